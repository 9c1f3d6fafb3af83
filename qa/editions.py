"""A document's other copies and versions: which to compare it with, and what to say of them after an ingest."""

from __future__ import annotations

from collections.abc import Sequence

from kb.errors import NoOtherVersion
from kb.knowledge_base import KnowledgeBase
from kb.records import Record
from kb.versions import Kinship
from qa.correction import LABELS


def family_of(base: KnowledgeBase, document_id: str) -> tuple[Record, ...]:
    """All versions and copies of a document, itself among them: the one that stands for all first, then the newest.

    Raises UnknownDocument.
    """
    record = base.record(document_id)
    current = base.record(record.current_id) if record.current_id else record
    return (current, *(base.record(id) for id in (*current.versions, *current.copies)))


def to_compare(base: KnowledgeBase, document_id: str, other_id: str | None = None) -> tuple[str, str]:
    """Ids of two documents to compare, the earlier one first: those given, or the document and its own earlier version.

    Raises NoOtherVersion when it has none, and UnknownDocument.
    """
    record = base.record(document_id)
    if other_id is not None:
        return record.id, base.record(other_id).id
    if record.kinship is Kinship.VERSION and record.current_id:
        return record.id, record.current_id
    current = base.record(record.current_id) if record.current_id else record
    if not current.versions:
        raise NoOtherVersion(
            f"《{record.metadata.title}》在资料库里没有别的版本；要比较两份文件，请给出两个编号：zhengda diff 编号 编号"
        )
    return current.versions[0], record.id


def notes_on(base: KnowledgeBase, document_ids: Sequence[str]) -> tuple[str, ...]:
    """What to say of documents just taken in that are copies or versions of others, a line each."""
    records = [base.record(id) for id in document_ids]
    notes = [*(_note(base, record) for record in records), *(_corrected_note(record) for record in records)]
    return tuple(filter(None, notes))


def corrected_in(base: KnowledgeBase, file: str) -> frozenset[str]:
    """Ids of a file's documents that people corrected."""
    held = base.file(file)
    return frozenset(id for id in (held.documents if held else ()) if base.record(id).metadata.corrected)


def lost_note(before: frozenset[str], file: str, base: KnowledgeBase) -> tuple[str, ...]:
    """A line where what people said of documents of a file, `before` it changed, holds for none that it has now."""
    now = corrected_in(base, file) if before else before
    if len(before - now) <= len(now - before):
        return ()
    return ("原来的人工更正没有沿用：新内容看来是另一份文件，请核对标题、日期等信息",)


def _corrected_note(record: Record) -> str:
    corrected = "、".join(LABELS[field] for field in record.metadata.corrected)
    return f"沿用人工更正：{corrected}" if corrected else ""


def _note(base: KnowledgeBase, record: Record) -> str:
    if record.current_id is None:
        return "已替换较早的版本，较早的保留备查，不再用于回答" if record.versions else ""
    current = base.record(record.current_id)
    name = f"《{current.metadata.title}》（{current.source}）"
    if record.kinship is Kinship.COPY:
        return f"与{name}内容相同，只保留一份用于回答"
    return f"{name}是更新的版本，这一份保留备查，不用于回答"
