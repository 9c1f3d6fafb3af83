"""Where in the text the values of the metadata stand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from ingest.dates import DATE, only_date, to_date
from ingest.document import FieldSpan, Metadata
from ingest.fields import LABELS, meaning_of, parse_field
from ingest.formats.raw import Line
from ingest.validity import expiry_span

_TEXTS = ("title", "document_number", "issuer", "index_number", "subject", "openness")
_DATES = ("issued_on", "published_on", "effective_on", "expires_on")
_SIGNED_CHARS = 60
_BEFORE = {"effective_on": r"自\s?$|[(（]?\s*$", "expires_on": r"(?:至|到)\s?$"}
_AFTER = {"effective_on": r"\s*(?:起|施行|实施|生效|执行)", "expires_on": ""}


def field_spans(metadata: Metadata, lines: Sequence[Line], starts: Sequence[int], text: str) -> tuple[FieldSpan, ...]:
    """A span for each value that the text states, by field; a value from beside the text has none."""
    found: list[FieldSpan] = []
    for name in (*_TEXTS, *_DATES):
        value = getattr(metadata, name)
        if value is None:
            continue
        span = _in_field(name, value, lines, starts) or (
            _date_span(name, value, text) if isinstance(value, date) else _text_span(value, text)
        )
        if span:
            found.append(FieldSpan(field=name, start=span[0], end=span[1]))
    return tuple(found)


def _in_field(name: str, value: str | date, lines: Sequence[Line], starts: Sequence[int]) -> tuple[int, int] | None:
    """The value in the information field that states it."""
    if name not in LABELS:
        return None
    for line, start in zip(lines, starts, strict=True):
        field = parse_field(line.text) if line.kind == "field" else None
        if field is None or meaning_of(field[0]) != name:
            continue
        at = line.text.rindex(field[1])
        span = _date_span("", value, field[1]) if isinstance(value, date) else _text_span(value, field[1])
        return (start + at + span[0], start + at + span[1]) if span else None
    return None


def _text_span(value: str, text: str) -> tuple[int, int] | None:
    """The first place where the value stands, spaces and line ends aside."""
    at = text.find(value)
    if at >= 0:
        return at, at + len(value)
    letters = [re.escape(c) for c in value.rstrip("…") if not c.isspace()]
    match = re.search(r"\s*".join(letters), text) if 2 <= len(letters) <= 120 else None
    return match.span() if match else None


def _date_span(name: str, value: date, text: str) -> tuple[int, int] | None:
    """The date in the wording that its field asks for: a signature, "自…起施行", "有效期至…"."""
    matches = [m for m in DATE.finditer(text) if to_date(m) == value]
    if name == "expires_on" and not matches:
        return expiry_span(text)
    best = next((m for m in matches if _is_said_so(name, m, text)), matches[0] if matches else None)
    return best.span() if best else None


def _is_said_so(name: str, match: re.Match[str], text: str) -> bool:
    if name == "issued_on":
        line = _line_at(text, match.start())
        return only_date(line) is not None or (len(line) <= _SIGNED_CHARS and line.rstrip().endswith(match[0]))
    if name not in _BEFORE:
        return True
    return (
        re.search(_BEFORE[name], text[max(0, match.start() - 6) : match.start()]) is not None
        and re.match(_AFTER[name], text[match.end() : match.end() + 6]) is not None
    )


def _line_at(text: str, position: int) -> str:
    start = text.rfind("\n", 0, position) + 1
    end = text.find("\n", position)
    return text[start : end if end >= 0 else len(text)]
