"""What a person says of a document's validity: typed, checked, and in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date

from ingest.document import Metadata, Ruling, RulingState
from ingest.document_number import is_number_line
from ingest.title import plain_title
from kb.identity import number_key
from kb.records import Record
from qa.typed import CorrectionError, Given, day_of, text_of

STATES = {"": "按文件所载", "in_force": "现行有效", "repealed": "已废止", "superseded": "已被替代"}
_FORMAL = re.compile(r"《.+》\s*[（(](?P<number>.+号)[）)]")


def read_ruling(record: Record, given: Given, records: Sequence[Record]) -> Ruling | None:
    """What is said of the validity; what is not given stays as it was said before. None: as the documents say.

    Where no day is given, it is the first day of the document of the base that is named.
    """
    before = record.metadata.ruling
    state, by, document_id, day = None, None, None, None
    if before is not None:
        state, by, document_id, day = before.state, before.by, before.document_id, before.from_day
    if "validity" in given:
        state = _state(text_of("validity", given["validity"]))
    if "ended_by" in given:
        by, ending = _ended_by(record, text_of("ended_by", given["ended_by"]), records)
        document_id = ending.id if ending else None
    if "ended_on" in given:
        day = day_of("ended_on", text_of("ended_on", given["ended_on"]))
    day = day or next((_first_day(r.metadata) for r in records if r.id == document_id), None)
    if state in (RulingState.REPEALED, RulingState.SUPERSEDED):
        return Ruling(state=state, by=by, document_id=document_id, from_day=day)
    if (given.get("ended_by") or given.get("ended_on")) and state is None:
        raise CorrectionError("请先选明是已废止还是已被替代，再填由什么文件、自哪天起")
    if given.get("ended_by") or given.get("ended_on"):
        raise CorrectionError("选了现行有效，就不能再填废止或替代它的文件和日期，请清空")
    return Ruling(state=state) if state else None


def _state(text: str) -> RulingState | None:
    value = {label: value for value, label in STATES.items()}.get(text, text)
    if value not in STATES:
        raise CorrectionError(
            f"有效性“{text}”不对，应是 in_force（现行有效）、repealed（已废止）、superseded（已被替代）"
        )
    return RulingState(value) if value else None


def _first_day(metadata: Metadata) -> date | None:
    return metadata.effective_on or metadata.issued_on


def _ended_by(record: Record, text: str, records: Sequence[Record]) -> tuple[str | None, Record | None]:
    """The words, and the document of the base that they name: by its id, 文号 or title."""
    found = [r for r in records if r.id == text] or [r for r in records if _is_named(r, text)]
    own = {record.id, *record.versions, *record.copies, record.current_id}
    others = [r for r in found if r.id not in own]
    if found and not others:
        raise CorrectionError(f"“{text}”就是这份文件，文件不能被自己废止或替代")
    if len(others) != 1:
        return text or None, None
    metadata = others[0].metadata
    number = f"（{metadata.document_number}）" if metadata.document_number else ""
    return f"《{metadata.title}》{number}" if text == others[0].id else text, others[0]


def _is_named(record: Record, text: str) -> bool:
    """Whether the words are its 文号, its title, or 《标题》（文号）."""
    metadata = record.metadata
    if formal := _FORMAL.fullmatch(text):
        text = formal["number"]
    number = number_key(Metadata(title="", document_number=text)) if is_number_line(text) else None
    if number is not None:
        return number == number_key(metadata)
    title = plain_title(text[1:-1] if text[:1] + text[-1:] == "《》" else text)
    return bool(title) and title == plain_title(metadata.title)


def check_days(said: Metadata) -> None:
    """Raises CorrectionError where it would end before it began."""
    starts: Iterable[tuple[str, date | None]] = (("施行日期", said.effective_on), ("成文日期", said.issued_on))
    for name, day in starts:
        if day and said.expires_on and said.expires_on < day:
            raise CorrectionError(f"失效日期 {said.expires_on} 早于{name} {day}，请核对")


def check_ruling(said: Metadata, today: date) -> None:
    """Raises CorrectionError where what is said of its validity and its dates cannot both be true."""
    ruling = said.ruling
    if ruling and ruling.from_day and said.issued_on and ruling.from_day < said.issued_on:
        raise CorrectionError(f"废止或替代之日 {ruling.from_day} 早于成文日期 {said.issued_on}，请核对")
    if ruling and ruling.state is RulingState.IN_FORCE and said.expires_on and said.expires_on < today:
        raise CorrectionError(f"失效日期是 {said.expires_on}，已经过了，与“现行有效”矛盾；请一并改失效日期或清空")


def ruling_words(ruling: Ruling | None) -> str:
    """What a person says of the validity, for people."""
    if ruling is None:
        return STATES[""]
    day = f"，自{ruling.from_day:%Y-%m-%d}起" if ruling.from_day else ""
    return f"{STATES[ruling.state.value]}{day}{f'（{ruling.by}）' if ruling.by else ''}"
