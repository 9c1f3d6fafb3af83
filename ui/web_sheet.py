"""A page of the original with a quote boxed on it, as HTML. Turning pages and zooming are in static/viewer.js."""

from __future__ import annotations

from html import escape

from ingest.document import Box
from qa.pages import Sheet

ALT_CHARS = 120
UNFOUND = "没有在这一页的图像上找到引文的确切位置，请看“文字”。"
SWITCH = (
    '<div class="zd-views" role="group" aria-label="显示方式">'
    '<button type="button" data-view="page" aria-pressed="true">原页</button>'
    '<button type="button" data-view="text" aria-pressed="false">文字</button></div>'
)


def sheet_html(sheet: Sheet, title: str, quote: str) -> str:
    """The first page that the quote touches, the boxes of all of them, and the means to turn and zoom."""
    boxed = [page for page in sheet.pages if page.boxes] or list(sheet.pages)
    first = boxed[0].number
    boxes = "".join(_box_html(box, page.number, page.number == first) for page in sheet.pages for box in page.boxes)
    flat = " ".join(quote.split())
    alt = f"《{title}》第 {first} 页原件图像，框出的是引文：{flat[:ALT_CHARS]}{'……' if len(flat) > ALT_CHARS else ''}"
    note = "" if any(page.boxes for page in sheet.pages) else f'<p class="zd-warning" role="note">{UNFOUND}</p>'
    quoted = ",".join(str(page.number) for page in boxed)
    return (
        f'<div class="zd-sheet" data-src="{_address(sheet)}" data-query="?v={sheet.stamp}" data-count="{sheet.count}" '
        f'data-quoted="{quoted}" data-ratio="{sheet.ratio:.5f}" data-alt="{escape(alt)}" data-title="{escape(title)}">'
        f"{_bar(first, sheet.count)}{note}"
        '<div class="zd-sheet-view" tabindex="0" role="group" aria-label="原件页面，左右方向键翻页，加减号缩放">'
        f'<div class="zd-sheet-page" style="aspect-ratio:{sheet.ratio:.5f}">'
        f'<img src="{_address(sheet)}{first}.png?v={sheet.stamp}" alt="{escape(alt)}" decoding="async">{boxes}</div>'
        "</div></div>"
    )


def _address(sheet: Sheet) -> str:
    return f"/api/documents/{escape(sheet.document_id)}/pages/"


def _bar(first: int, count: int) -> str:
    """Pages and zoom; the first page is shown."""
    back, on = " disabled" if first <= 1 else "", " disabled" if first >= count else ""
    return (
        '<div class="zd-sheet-bar" role="group" aria-label="翻页和缩放">'
        f'<button type="button" data-sheet="back" aria-label="上一页"{back}>‹</button>'
        f'<span aria-live="polite">第 {first} / {count} 页</span>'
        f'<button type="button" data-sheet="on" aria-label="下一页"{on}>›</button>'
        '<button type="button" data-sheet="quote" class="is-word" aria-label="回到引文"><b>回到</b>引文</button>'
        '<i></i><button type="button" data-sheet="out" aria-label="缩小">－</button>'
        '<button type="button" data-sheet="fit" class="is-word" aria-label="适合宽度">适<b>合</b>宽<b>度</b></button>'
        '<button type="button" data-sheet="in" aria-label="放大">＋</button></div>'
    )


def _box_html(box: Box, number: int, shown: bool) -> str:
    place = (
        f"left:{box.x0 * 100:.3f}%;top:{box.y0 * 100:.3f}%;"
        f"width:{(box.x1 - box.x0) * 100:.3f}%;height:{(box.y1 - box.y0) * 100:.3f}%"
    )
    return f'<i class="zd-box" data-page="{number}" style="{place}" aria-hidden="true"{"" if shown else " hidden"}></i>'
