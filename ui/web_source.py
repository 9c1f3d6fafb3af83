"""The source viewer as HTML: what a document says of itself, and one quote on its page and in its text."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from qa.answer import Citation
from qa.text_layout import Window, window_of
from ui.render import day_label, name_of, pages_label, quote_with_source, source_label
from ui.web_answer import validity_html
from ui.web_sheet import SWITCH, sheet_html
from ui.web_text import text_html

if TYPE_CHECKING:
    from ingest.document import Document, Metadata
    from qa.pages import Sheet

MOVED = "这份文件在回答之后更新过，原来的引文位置对不上了，请重新提问。"
NO_PAGES = "这种文件的页面不能直接显示，下面是它的文字，引文已标出；原样请下载原件查看。"


def citation_view(
    turn: int,
    citations: Sequence[Citation],
    number: int,
    document: Document,
    *,
    original: bool,
    full: bool,
    sheet: Sheet | None = None,
    trouble: str = "",
) -> str:
    """The source of citation `number`: bar to step through citations, facts, and the quote: boxed on the page of
    the original when there is a `sheet` of it, and marked in the text. `trouble` is why no page can be shown."""
    citation = next(c for c in citations if c.number == number)
    stands = document.text[citation.start : citation.end] == citation.quote
    quote = (citation.start, citation.end) if stands else (0, 0)
    sheet = sheet if stands else None
    window = Window(start=0, end=len(document.text)) if full else window_of(document.text, *quote)
    where = [*citation.path, *filter(None, [pages_label(citation.pages)])]
    page = sheet_html(sheet, document.metadata.title, citation.quote) if sheet else ""
    return (
        f'<section class="zd-source{" has-sheet" if sheet else ""}" data-turn="{turn}" data-n="{number}" '
        f'data-key="{turn}/{number}/{full}/{document.id}" aria-label="原文">'
        f"{_steps(turn, citations, number)}{_heading(document.metadata, validity_html(citation.status))}"
        f'<p class="zd-where">{escape(" › ".join(where))}</p>'
        f"{_actions(document, copy=quote_with_source(citation), original=original, views=SWITCH if sheet else '')}"
        f"{'' if stands else _note(MOVED)}"
        f"{_near_note(citation)}{_pages_note(document, trouble, paged=sheet is not None, original=original)}"
        f"{page}{text_html(document, window, *quote)}{_more(turn, number, document, window)}</section>"
    )


def document_view(document: Document, *, original: bool, back: bool, about: str = "") -> str:
    """A whole document, nothing marked; `back` adds the way back to the list and lets it be as long as it is.

    `about` is HTML on its versions and on what was kept of it.
    """
    everything = Window(start=0, end=len(document.text))
    way_back = '<button type="button" class="zd-link" data-act="back">‹ 返回目录</button>' if back else ""
    return (
        f'<section class="zd-source{" is-whole" if back else ""}" '
        f'data-key="{escape(document.id)}" aria-label="文件全文">'
        f'<nav class="zd-steps">{way_back or "<b>文件全文</b>"}</nav>'
        f"{_heading(document.metadata, '')}{_actions(document, copy='', original=original)}{about}"
        f"{text_html(document, everything, 0, 0)}</section>"
    )


def missing_view(message: str) -> str:
    """In place of a source that can't be shown."""
    return f'<section class="zd-source">{_note(message)}</section>'


def _steps(turn: int, citations: Sequence[Citation], number: int) -> str:
    """Previous and next citation, and which one this is."""
    numbers = [c.number for c in citations]
    at = numbers.index(number)
    previous = _step("‹ 上一处", turn, numbers[at - 1] if at > 0 else None)
    following = _step("下一处 ›", turn, numbers[at + 1] if at + 1 < len(numbers) else None)
    return f'<nav class="zd-steps"><b>引文 {number}</b><span>共 {len(numbers)} 处</span>{previous}{following}</nav>'


def _step(label: str, turn: int, number: int | None) -> str:
    if number is None:
        return f'<button type="button" class="zd-link" disabled>{label}</button>'
    return (
        f'<button type="button" class="zd-link" data-act="cite" data-turn="{turn}" data-n="{number}">{label}</button>'
    )


def _heading(metadata: Metadata, badge: str) -> str:
    """The formal name, and the facts that are known."""
    facts = [
        ("发文机关", metadata.issuer),
        ("成文日期", day_label(metadata.issued_on)),
        ("施行日期", day_label(metadata.effective_on)),
        ("失效日期", day_label(metadata.expires_on)),
        ("地区", metadata.place),
    ]
    listed = "".join(f"<div><dt>{name}</dt><dd>{escape(value)}</dd></div>" for name, value in facts if value)
    label = escape(source_label(metadata.title, metadata.document_number))
    return f'<h3 class="zd-title">{label}{badge}</h3><dl class="zd-facts">{listed}</dl>'


def _actions(document: Document, *, copy: str, original: bool, views: str = "") -> str:
    buttons = views
    if copy:
        buttons += f'<button type="button" class="zd-button" data-copy="{escape(copy)}">复制并附出处</button>'
    if original:
        link = f"/api/documents/{escape(document.id)}/original"
        buttons += f'<a class="zd-button" href="{link}" download>下载原件</a>'
    name = escape(name_of(document.source))
    return f'<div class="zd-actions">{buttons}<span title="{name}">{name}</span></div>'


def _pages_note(document: Document, trouble: str, *, paged: bool, original: bool) -> str:
    """Why a document that has pages is shown as text."""
    if trouble:
        return _note(trouble)
    return _note(NO_PAGES) if document.pages and original and not paged else ""


def _near_note(citation: Citation) -> str:
    return _note("这一段只是与问题相近，不是答案。") if citation.nearest else ""


def _more(turn: int, number: int, document: Document, window: Window) -> str:
    if window.end - window.start >= len(document.text):
        return ""
    return (
        f'<p class="zd-more">只显示了引文前后的内容，全文共 {len(document.text):,} 字。'
        f'<button type="button" class="zd-link" data-act="full" data-turn="{turn}" data-n="{number}">显示全文</button></p>'
    )


def _note(message: str) -> str:
    return f'<p class="zd-warning" role="note">{escape(message)}</p>'
