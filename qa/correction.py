"""What a person types to correct a document, read and checked: the words of a form or a command become a `Word`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from ingest.document import Metadata
from ingest.document_number import is_number_line
from ingest.kinds import KINDS
from ingest.offices import offices_in
from ingest.place import level_of
from kb.corrections import FIELDS, Word
from kb.records import Record
from qa.gazetteer import Gazetteer
from qa.ruling import STATES, check_days, check_ruling, read_ruling, ruling_words
from qa.typed import LABELS, CorrectionError, Given, day_of, one_line, text_of, typed_topics, typed_years

_RULING = ("validity", "ended_by", "ended_on")
_DAYS = ("issued_on", "published_on", "effective_on", "expires_on")


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """A document after a correction, and what to say of it, a line each."""

    record: Record
    notes: tuple[str, ...] = ()


def read_word(
    record: Record,
    read: Metadata,
    given: Given,
    as_read: Collection[str],
    by: str | None,
    *,
    records: Sequence[Record],
    today: date,
) -> Word:
    """What is said of the document, checked; `read` is what its file says. Raises CorrectionError."""
    _refuse_unknown(given, as_read)
    said = replace(record.metadata, **{a: getattr(read, a) for name in as_read for a in FIELDS[name]})
    said = replace(said, **{k: v for name in given if name not in _RULING for k, v in _read(name, given).items()})
    fields = {name for name in given if name not in _RULING}
    back = set(as_read)
    if any(name in given for name in _RULING):
        ruling = read_ruling(record, given, records)
        said = replace(said, ruling=ruling)
        (fields if ruling else back).add("validity")
    if fields & {*_DAYS}:
        check_days(said)
    if fields & {*_DAYS, "validity"}:
        check_ruling(said, today)
    who = one_line("更正人", by or "", 60) or None
    return Word(said=said, fields=frozenset(fields - back), as_read=frozenset(back), by=who)


def notes_on_correction(record: Record, fields: Collection[str], gazetteer: Gazetteer) -> tuple[str, ...]:
    """What to say of a document that was corrected. `gazetteer` is that of the base before."""
    notes = []
    place = record.metadata.place
    if "place" in fields and place and place not in gazetteer.names:
        near = gazetteer.near(place)
        hint = f"，名称相近的有：{'、'.join(near)}" if near else ""
        shape = "" if level_of(place) else "；地区应写全称，如“松溪镇”"
        notes.append(f"资料库里还没有别的资料提到{place}{hint}{shape}。已照填写的保存")
    if record.current_id is not None:
        notes.append("这份文件是副本或不是现行的版本，不直接用于回答")
    return tuple(notes)


def field_words(metadata: Metadata, field: str) -> str:
    """What a document has for a field of FIELDS, as it would be typed; "" when it is not known."""
    if field == "validity":
        return ruling_words(metadata.ruling)
    if field == "year" and metadata.period:
        return f"{metadata.period[0]}-{metadata.period[1]}"
    value = getattr(metadata, field)
    return "、".join(value) if isinstance(value, tuple) else "" if value is None else str(value)


def read_words(read: Metadata, field: str) -> str:
    """What was read of a corrected field, `read` being what the file says."""
    return "原来按文件所载判断" if field == "validity" else f"原文所载：{field_words(read, field) or '未注明'}"


# --- one field ---


def _refuse_unknown(given: Given, as_read: Collection[str]) -> None:
    for name in (*given, *as_read):
        if name not in LABELS or (name in as_read and name not in FIELDS):
            raise CorrectionError(f"没有 {name} 这一项，可更正的有：{'、'.join(FIELDS)}；有效性另有 ended_by、ended_on")
    if not given and not as_read:
        raise CorrectionError("没有写明要更正什么，请至少给出一项")
    for name in as_read:
        if name in given or (name == "validity" and any(n in given for n in _RULING)):
            raise CorrectionError(f"{LABELS[name]}既要更正又要恢复原文所载，请二者取一")


def _read(name: str, given: Given) -> dict[str, Any]:
    """The attributes of Metadata that a field sets."""
    value = given[name]
    if name == "topics":
        return {"topics": typed_topics(value)}
    text = text_of(name, value)
    if name in _DAYS:
        return {name: day_of(name, text)}
    if name == "title" and not text:
        raise CorrectionError("标题不能为空；要恢复从文件里读到的标题，请选“恢复原文所载”")
    if name == "document_number" and text and not is_number_line(text):
        raise CorrectionError(f"“{text}”不是文号，应如 云政办发〔2023〕5号；没有文号请留空")
    if name == "kind" and text and text not in KINDS:
        raise CorrectionError(f"没有 {text} 这一种类，应是：{'、'.join(KINDS)}")
    if name == "issuer":
        offices = tuple(offices_in(text)) if text else ()
        return {"issuer": text or None, "issuers": offices or ((text,) if text else ())}
    if name == "year":
        return typed_years(text)
    return {name: text or None}


__all__ = ["LABELS", "STATES", "Corrected", "CorrectionError", "Given", "read_word"]
