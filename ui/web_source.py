"""The source viewer as HTML: a document's text with one quote highlighted, and what the document says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from qa.answer import Answer, Citation
from ui.render import day_label, name_of, pages_label, quote_with_source, source_label
from ui.web_answer import validity_html

if TYPE_CHECKING:
    from ingest.document import Document, Metadata

WINDOW_CHARS = 4000  # shown on each side of a quote before "全文" is asked for
HEADING_CHARS = 60  # a longer "heading" is a paragraph
INDENT = '<i class="zd-indent"></i>'
MOVED = "这份文件在回答之后更新过，原来的引文位置对不上了，请重新提问。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The part of a document that is shown, cut at line ends."""

    start: int
    end: int


def citation_view(turn: int, answer: Answer, number: int, document: Document, *, original: bool, full: bool) -> str:
    """The source of citation `number`: bar to step through citations, facts, text with the quote marked."""
    citation = next(c for c in answer.citations if c.number == number)
    stands = document.text[citation.start : citation.end] == citation.quote
    quote = (citation.start, citation.end) if stands else (0, 0)
    window = Window(start=0, end=len(document.text)) if full else window_of(document.text, *quote)
    where = [*citation.path, *filter(None, [pages_label(citation.pages)])]
    return (
        f'<section class="zd-source" data-turn="{turn}" data-n="{number}" '
        f'data-key="{turn}/{number}/{full}" aria-label="原文">'
        f"{_steps(turn, answer, number)}{_heading(document.metadata, validity_html(citation.status))}"
        f'<p class="zd-where">{escape(" › ".join(where))}</p>'
        f"{_actions(document, copy=quote_with_source(citation), original=original)}"
        f"{'' if stands else _note(MOVED)}"
        f"{_near_note(citation)}"
        f"{text_html(document, window, *quote)}{_more(turn, number, document, window)}</section>"
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


def window_of(text: str, start: int, end: int) -> Window:
    """The quote with up to WINDOW_CHARS on either side, widened to whole lines."""
    first = text.rfind("\n", 0, max(0, start - WINDOW_CHARS)) + 1
    last = text.find("\n", min(len(text), end + WINDOW_CHARS))
    return Window(start=first, end=len(text) if last < 0 else last)


def text_html(document: Document, window: Window, start: int, end: int) -> str:
    """The text of the window. `<mark>` holds exactly `text[start:end]`: indents, page marks and headings are
    drawn by empty or inline elements that add no character."""
    before = _run(document, window.start, max(start, window.start))
    marked = f"<mark>{_run(document, start, end)}</mark>" if end > start else ""
    after = _run(document, max(end, window.start), window.end)
    return f'<div class="zd-text" tabindex="0">{before}{marked}{after}</div>'


def _run(document: Document, start: int, end: int) -> str:
    """Escaped text[start:end], with a drawn sign where a page, a heading or a paragraph begins."""
    starts = {s.start: s.heading for s in document.sections if s.heading}
    pages = {p.start: p.number for p in document.pages if p.number > 1}
    pieces = []
    position = start
    for line in document.text[start:end].splitlines(keepends=True):
        for at in sorted(p for p in pages if position <= p < position + len(line)):
            pieces.append(f'<i class="zd-page" data-page="{pages[at]}"></i>')
        begins = position == 0 or document.text[position - 1] == "\n"
        heading = starts.get(position, "") if begins else ""
        pieces.append(_line(line, heading, begins))
        position += len(line)
    return "".join(pieces)


def _line(line: str, heading: str, begins: bool) -> str:
    """A line with its heading in bold; a line that is more than a heading is indented like a paragraph."""
    at = line.find(heading) if heading else -1
    if at < 0 or line[:at].strip() or len(heading) > HEADING_CHARS:
        return (INDENT if begins and line.strip() else "") + escape(line)
    rest = line[at + len(heading) :]
    return f"{INDENT if rest.strip() else ''}{escape(line[:at])}<b>{escape(heading)}</b>{escape(rest)}"


def _steps(turn: int, answer: Answer, number: int) -> str:
    """Previous and next citation, and which one this is."""
    numbers = [c.number for c in answer.citations]
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


def _actions(document: Document, *, copy: str, original: bool) -> str:
    buttons = ""
    if copy:
        buttons += f'<button type="button" class="zd-button" data-copy="{escape(copy)}">复制引文</button>'
    if original:
        link = f"/api/documents/{escape(document.id)}/original"
        buttons += f'<a class="zd-button" href="{link}" download>下载原件</a>'
    return f'<div class="zd-actions">{buttons}<span>{escape(name_of(document.source))}</span></div>'


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
