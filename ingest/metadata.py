"""What a document says of itself. Rules read the page the way a clerk does; what is not stated is None."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date

from ingest import validity
from ingest.dates import find_date
from ingest.document import Metadata
from ingest.fields import meaning_of, parse_field
from ingest.formats.raw import Line, RawDocument
from ingest.kinds import kind_of
from ingest.masthead import Masthead, find_masthead
from ingest.offices import is_issuer, offices_in
from ingest.period import find_period, year_in, year_spoken_of
from ingest.place import LEVELS, find_places
from ingest.placeholder import has_placeholder, placeholder_years

_HEAD_CHARS = 2000
_OFTEN_PLACE, _OFTEN_VILLAGE = 2, 5  # times a text without a title names the place it speaks of
_FAR_MORE = 5
_OPENNESS = {"不予公开": r"不予公开|不公开", "依申请公开": r"依申请", "主动公开": r"主动公开|此件公开发布|^公开$"}
_MADE_OPEN = re.compile(r"[（(]?此件(?:主动公开|公开发布|依申请公开|不予公开|不公开)[)）]?")


def describe(lines: Sequence[Line], raw: RawDocument, stem: str, *, title: str | None = None) -> Metadata:
    """The document's metadata; `stem` is the file's name, the title of last resort, `title` one that is known."""
    fields = _fields(lines, raw)
    body = [line.text for line in lines if line.kind != "field"]
    shown = title or fields.get("title") or raw.title
    head = find_masthead(body, shown=shown, property_title=raw.property_title, stem=stem)
    issuer = _issuer(fields.get("issuer")) or head.issuer
    issued = _date(fields.get("issued_on")) or head.issued_on
    published = _date(fields.get("published_on"))
    text = "\n".join(body)
    span = validity.find_validity(text, issued_on=issued, published_on=published)
    effective = _date(fields.get("effective_on")) or span.effective_on
    return Metadata(
        title=head.title,
        document_number=_number(fields.get("document_number")) or head.document_number,
        issuer=issuer,
        issuers=offices_in(issuer) if issuer else (),
        issued_on=issued,
        published_on=published,
        effective_on=effective,
        expires_on=_date(fields.get("expires_on")) or span.expires_on(effective),
        index_number=fields.get("index_number"),
        subject=fields.get("subject"),
        openness=_openness(fields.get("openness"), body),
        place=_place(head, issuer, text[: 2 * _HEAD_CHARS]),
        year=_year(head, issued, text[:_HEAD_CHARS]),
        period=find_period(head.title if head.title_found else "", text[:_HEAD_CHARS]),
        kind=kind_of(head.title),
    )


def _fields(lines: Sequence[Line], raw: RawDocument) -> dict[str, str]:
    """Meaning -> value: what the text states, then what the file carries beside it."""
    stated = [parse_field(line.text) for line in lines if line.kind == "field"]
    found: dict[str, str] = {}
    for label, value in (*(f for f in stated if f), *raw.fields):
        meaning = meaning_of(label)
        if meaning and value:
            found.setdefault(meaning, value)
    return found


def _date(value: str | None) -> date | None:
    return find_date(value) if value else None


def _number(value: str | None) -> str | None:
    if not value or not re.search(r"\d", value) or has_placeholder(value):
        return None
    value = re.split(r"[：:]\s*", value)[-1]  # two fields of a table that came as one line
    words = [w for w in value.split() if "号" in w and re.search(r"\d", w)] if len(value.split()) > 1 else [value]
    return words[-1] if words and len(words[-1]) <= 40 else None


def _issuer(value: str | None) -> str | None:
    return value if value and is_issuer(value) and not has_placeholder(value) else None


def _openness(stated: str | None, body: Sequence[str]) -> str | None:
    """How the document is made public: by its field, or by the note below it."""
    if stated is None:
        stated = next((m[0] for line in body if len(line) <= 40 and (m := _MADE_OPEN.fullmatch(line.strip()))), "")
    return next((kind for kind, pattern in _OPENNESS.items() if re.search(pattern, stated.strip())), None)


def _place(head: Masthead, issuer: str | None, text: str) -> str | None:
    """The most specific place in the title, else in the issuer's name, else one that the text keeps naming."""
    title = head.title if head.title_found else ""
    for stated in (title, issuer or ""):
        places = find_places(stated)
        if places:
            order = list(dict.fromkeys(LEVELS.values()))
            return max(places, key=lambda p: order.index(p.level)).name
    return _dominant_place(text) or (None if head.title_found else _only_place(text))


def _only_place(text: str) -> str | None:
    """Of a text without a title: the place it names again and again while it hardly names any other."""
    counts = Counter((p.name, p.level) for p in find_places(text))
    ((name, level), times), (_, second) = (counts.most_common(2) + [(("", ""), 0), (("", ""), 0)])[:2]
    enough = _OFTEN_VILLAGE if level == "village" else _OFTEN_PLACE
    return name if times >= enough and times >= _FAR_MORE * second else None


def _dominant_place(text: str) -> str | None:
    """The town or county that the text keeps naming, at the level at which it speaks of itself ("我镇")."""
    level = _own_level(text)
    counts = Counter(p.name for p in find_places(text) if p.level == level)
    (name, times), (_, second) = (counts.most_common(2) + [("", 0), ("", 0)])[:2]
    return name if times >= 2 and times >= 2 * second else None


def _own_level(text: str) -> str | None:
    towns = len(re.findall("[我全本][镇乡]|镇党委|乡党委|镇政府|乡政府", text))
    counties = len(re.findall("[我全本]县|县委|县政府", text))
    if towns == counties:
        return None
    return "town" if towns > counties else "county"


def _year(head: Masthead, issued: date | None, text: str) -> int | None:
    """The year in the title; else, for what is not a rule, the one the text speaks of most; else that of issue.

    A title with a placeholder for its year names none, and no other year stands in for it.
    """
    title = head.title
    if year := year_in(title):
        return year
    if placeholder_years(title):
        return None
    spoken, clearly = year_spoken_of(text)
    if spoken and clearly and kind_of(title) != "rule":
        return spoken
    return issued.year if issued else spoken
