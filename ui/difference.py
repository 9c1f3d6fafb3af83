"""The difference between two documents as lines for a terminal and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qa.difference import Clause, ClauseChange, ClauseDifference, Difference
from ui.render import Json, source_label

if TYPE_CHECKING:
    from ingest.document import Document
    from qa.word_changes import Piece

CHANGE_WORDS = {
    ClauseChange.CHANGED: "修改",
    ClauseChange.ADDED: "新增",
    ClauseChange.REMOVED: "删去",
    ClauseChange.RENUMBERED: "只改序号",
    ClauseChange.MOVED: "换了位置",
}
_COLOURS = {"deleted": "\033[31;9m", "added": "\033[32m"}
_MARKS = {"deleted": ("[-", "-]"), "added": ("{+", "+}")}
_END = "\033[0m"
_SHORT_CHARS = 40  # shown of a clause whose words did not change


def difference_lines(found: Difference, *, colour: bool) -> list[str]:
    """Both documents, the figures that changed, then the clauses that did; those that are the same are counted."""
    lines = [f"原：{document_name(found.before)}", f"新：{document_name(found.after)}"]
    if not found.changes:
        return [*lines, "", "两份文件的内容相同"]
    if found.figures:
        lines += ["", "数字变动："]
        lines += [f"  {label} {figure.before} → {figure.after}" for label, figure in found.figures]
    lines += ["", "条款变动："]
    lines += [line for change in found.changes for line in _change_lines(change, colour)]
    return [*lines, "", summary(found)]


def summary(found: Difference) -> str:
    """How many clauses changed in which way."""
    counts = [f"{word} {found.count(kind)} 处" for kind, word in CHANGE_WORDS.items() if found.count(kind)]
    return "，".join([*counts, f"未变 {found.count(ClauseChange.SAME)} 处"])


def document_name(document: Document) -> str:
    """The formal name, the day it is of, and its number in the base."""
    metadata = document.metadata
    day = f"{metadata.issued_on} " if metadata.issued_on else ""
    return f"{source_label(metadata.title, metadata.document_number)} {day}{document.source}（编号 {document.id}）"


def difference_json(found: Difference) -> Json:
    """`diff --json`; unchanged clauses are only counted."""
    return {
        "before": _document_json(found.before),
        "after": _document_json(found.after),
        "figures": [{"clause": label, "before": f.before, "after": f.after} for label, f in found.figures],
        "clauses": [_change_json(change) for change in found.changes],
        "counts": {kind.value: found.count(kind) for kind in ClauseChange},
    }


def _change_lines(change: ClauseDifference, colour: bool) -> list[str]:
    head = f"  {CHANGE_WORDS[change.kind]} {change.label}"
    if change.pieces:
        return [head, f"    {''.join(_shown(p, colour) for p in change.pieces)}"]
    clause = change.after or change.before
    text = clause.text if clause else ""
    if change.kind in (ClauseChange.RENUMBERED, ClauseChange.MOVED):
        return [f"{head}：{text[:_SHORT_CHARS]}{'…' if len(text) > _SHORT_CHARS else ''}"]
    return [head, f"    {_run(text, 'added' if change.before is None else 'deleted', colour)}"]


def _shown(piece: Piece, colour: bool) -> str:
    return piece.text if piece.kind == "same" else _run(piece.text, piece.kind, colour)


def _run(text: str, kind: str, colour: bool) -> str:
    """Deleted or added words: in colour, or between marks where colour does not show."""
    if colour:
        return f"{_COLOURS[kind]}{text}{_END}"
    opening, closing = _MARKS[kind]
    return f"{opening}{text}{closing}"


def _document_json(document: Document) -> Json:
    metadata = document.metadata
    return {
        "document_id": document.id,
        "source": document.source,
        "title": metadata.title,
        "document_number": metadata.document_number,
        "issued_on": metadata.issued_on.isoformat() if metadata.issued_on else None,
    }


def _change_json(change: ClauseDifference) -> Json:
    return {
        "kind": change.kind.value,
        "label": change.label,
        "before": _clause_json(change.before),
        "after": _clause_json(change.after),
        "pieces": [{"kind": p.kind, "text": p.text} for p in change.pieces],
    }


def _clause_json(clause: Clause | None) -> Json | None:
    if clause is None:
        return None
    return {
        "label": clause.label,
        "start": clause.start,
        "end": clause.end,
        "pages": list(clause.pages),
        "text": clause.text,
    }
