"""A document's versions, their difference, and what ingest kept and cut of it, as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from qa.difference import ClauseChange, ClauseDifference, Difference
from ui.coverage import cut_reason, failure_reason, kept_words
from ui.difference import CHANGE_WORDS, summary
from ui.render import day_label, name_of, source_label

if TYPE_CHECKING:
    from ingest.document import Document
    from kb.records import Failure, Record
    from qa.word_changes import Piece

CUTS_SHOWN = 300


def about_html(document: Document, family: Sequence[Record]) -> str:
    """What a reader of the document should know: its other versions and copies, what was kept, what was cut."""
    return _family_html(document, family) + _kept_html(document)


def difference_view(found: Difference) -> str:
    """Two versions side by side in words: the figures that changed, then the clauses."""
    names = "".join(
        f"<div><dt>{word}</dt><dd>{_name(d)}</dd></div>" for word, d in (("原", found.before), ("新", found.after))
    )
    figures = "".join(
        f"<li><b>{escape(label)}</b> <del>{escape(f.before)}</del> → <ins>{escape(f.after)}</ins></li>"
        for label, f in found.figures
    )
    listed = f'<h4>数字变动</h4><ul class="zd-figures">{figures}</ul>' if figures else ""
    clauses = "".join(_change_html(change) for change in found.changes)
    clauses = f"<h4>条款变动</h4>{clauses}" if clauses else '<p class="zd-count">两份文件的内容相同</p>'
    return (
        f'<section class="zd-source is-whole zd-diff" aria-label="版本比较"><nav class="zd-steps">'
        f'<button type="button" class="zd-link" data-act="view" data-id="{escape(found.after.id)}">‹ 返回文件</button></nav>'
        f'<dl class="zd-facts">{names}</dl>{listed}{clauses}<p class="zd-count">{summary(found)}</p></section>'
    )


def failures_html(failures: Sequence[Failure]) -> str:
    """The files that could not be taken in, folded; nothing when there are none."""
    if not failures:
        return ""
    rows = "".join(
        f"<li><small>{f.failed_at.astimezone():%Y-%m-%d %H:%M}</small> {escape(failure_reason(f))}</li>"
        for f in failures
    )
    return f'<details class="zd-fold is-failed"><summary>{len(failures)} 份文件没有导入成功</summary><ul>{rows}</ul></details>'


def _family_html(document: Document, family: Sequence[Record]) -> str:
    if len(family) < 2:
        return ""
    rows = "".join(_member_html(document, record) for record in family)
    return f'<div class="zd-family"><b>版本</b><ul>{rows}</ul></div>'


def _member_html(document: Document, record: Record) -> str:
    states = {None: "现行，用于回答", "version": "另一版本，不用于回答", "copy": "内容相同的副本"}
    words = [day_label(record.metadata.issued_on), name_of(record.source), states[record.kinship]]
    label = escape("，".join(word for word in words if word))
    id = escape(record.id)
    if record.id == document.id:
        return f"<li>{label}（正在看）</li>"
    return (
        f'<li><button type="button" class="zd-link" data-act="view" data-id="{id}">{label}</button> '
        f'<button type="button" class="zd-link is-quiet" data-act="diff" data-id="{escape(document.id)}" '
        f'data-other="{id}">与正在看的比较</button></li>'
    )


def _kept_html(document: Document) -> str:
    warnings = "".join(f'<p class="zd-warning" role="note">{escape(w)}</p>' for w in document.coverage.warnings)
    return f'{warnings}<p class="zd-count">入库：{escape(kept_words(document.coverage))}</p>{_cuts_html(document)}'


def _cuts_html(document: Document) -> str:
    """What cleaning took out, folded."""
    if not document.cuts:
        return ""
    rows = "".join(
        f"<li><small>{escape(cut_reason(cut))}{f'，第 {cut.page} 页' if cut.page else ''}</small> {escape(cut.text)}</li>"
        for cut in document.cuts[:CUTS_SHOWN]
    )
    more = len(document.cuts) - CUTS_SHOWN
    rows += f"<li>另有 {more} 处，用 zhengda coverage {escape(document.id)} 查看</li>" if more > 0 else ""
    return f'<details class="zd-fold"><summary>去掉的内容 {len(document.cuts)} 处</summary><ul>{rows}</ul></details>'


def _name(document: Document) -> str:
    label = source_label(document.metadata.title, document.metadata.document_number)
    day = day_label(document.metadata.issued_on)
    return escape("，".join(part for part in (label, day, name_of(document.source)) if part))


def _change_html(change: ClauseDifference) -> str:
    clause = change.after or change.before
    text = clause.text if clause else ""
    body = "".join(_piece_html(p) for p in change.pieces) or escape(text)
    if change.kind is ClauseChange.ADDED:
        body = f"<ins>{body}</ins>"
    if change.kind is ClauseChange.REMOVED:
        body = f"<del>{body}</del>"
    head = f"<small>{CHANGE_WORDS[change.kind]}</small> {escape(change.label)}"
    return f'<div class="zd-clause is-{change.kind.value}"><b>{head}</b><p>{body}</p></div>'


def _piece_html(piece: Piece) -> str:
    tag = {"deleted": "del", "added": "ins"}.get(piece.kind)
    return f"<{tag}>{escape(piece.text)}</{tag}>" if tag else escape(piece.text)
