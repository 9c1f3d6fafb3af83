"""A quote is found again on the page of its original: in print, in tables, over a page end, in scans."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pypdfium2
import pytest
from pypdf import PdfReader, PdfWriter
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from eval.highlight import scanned_copy
from eval.scans import find_font
from ingest.document import Box, Document, PlacedText, UnreadableFile
from ingest.load import load
from ingest.locate import MarkedPage, locate
from ingest.page_image import page_kind, page_png, page_size
from ingest.page_match import Wanted, aligned, band_of
from ingest.page_text import PageText, plain

FONT, WIDTH, HEIGHT, LINE = "STSong-Light", A4[0], A4[1], 24
BODY = (
    "第一条 为规范产业到户补助资金的使用和管理，根据上级有关规定，结合本县的",
    "实际，制定本办法。",
    "第二条 种植业每亩补助80元，每户最多补助10亩，由乡镇核验以后统一发放到",
    "农户的一卡通账户。",
)
ROWS = (
    ("品种", "补助对象", "补助标准（元）"),
    ("水稻", "农户", "60"),
    ("油菜", "合作社", "45"),
    ("水稻", "合作社", "45"),
)
drawn = pytest.mark.skipif(find_font() is None, reason="no Chinese font on this machine to draw pages with")


def _canvas(path: Path) -> Canvas:
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    canvas = Canvas(str(path), pagesize=A4)
    canvas.setFont(FONT, 12)
    return canvas


def _lines(canvas: Canvas, lines: tuple[str, ...], top: float = 760, left: float = 72) -> None:
    for n, line in enumerate(lines):
        indent = 24 if line.startswith("第") else 0
        canvas.drawString(left + indent, top - n * LINE, line)


def _loaded(path: Path) -> Document:
    (document,) = load(path)
    return document


def _located(path: Path, document: Document, quote: str) -> tuple[MarkedPage, ...]:
    start = document.text.index(quote)
    return locate(path, document, start, start + len(quote))


def test_a_sentence_over_two_lines_gets_a_box_on_each(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    canvas = _canvas(path)
    _lines(canvas, BODY)
    canvas.save()
    quote = "每户最多补助10亩，由乡镇核验以后统一发放到农户的一卡通账户。"
    (page,) = _located(path, _loaded(path), quote)
    assert page.read == plain(quote)
    upper, lower = page.boxes
    assert lower.y0 > upper.y0
    assert upper.x0 == pytest.approx(
        (96 + pdfmetrics.stringWidth("第二条 种植业每亩补助80元，", FONT, 12)) / WIDTH, abs=0.01
    )
    assert lower.x0 == pytest.approx(72 / WIDTH, abs=0.005)
    for box, n in ((upper, 2), (lower, 3)):
        assert box.y0 < 1 - (760 + 4 - n * LINE) / HEIGHT < box.y1


def test_what_stands_twice_is_found_where_it_is_quoted(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    canvas = _canvas(path)
    _lines(canvas, ("第一条 补助每年发放一次。", "第二条 由乡镇核验。", "第三条 补助每年发放一次。"))
    canvas.save()
    document = _loaded(path)
    start = document.text.rindex("补助每年发放一次。")
    (page,) = locate(path, document, start, start + 9)
    assert page.boxes[0].y0 > 1 - (760 - 1.5 * LINE) / HEIGHT


def test_a_table_row_is_boxed_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    canvas = _canvas(path)
    _lines(canvas, ("第四条 种植补助按照下表执行。",))
    for r, row in enumerate(ROWS):
        for c, text in enumerate(row):
            canvas.rect(72 + c * 110, 700 - (r + 1) * LINE, 110, LINE)
            canvas.drawString(78 + c * 110, 707 - (r + 1) * LINE, text)
    canvas.save()
    document = _loaded(path)
    for r, (crop, who, amount) in enumerate(ROWS[1:], start=1):
        (page,) = _located(path, document, f"品种：{crop}｜补助对象：{who}｜补助标准（元）：{amount}")
        assert page.row
        assert page.read == plain(crop + who + amount)
        (box,) = page.boxes
        assert box.x0 == pytest.approx(72 / WIDTH, abs=0.01)
        assert box.x1 == pytest.approx(402 / WIDTH, abs=0.01)
        assert box.y0 == pytest.approx(1 - (700 - r * LINE) / HEIGHT, abs=0.01)


def test_a_sentence_over_a_page_end_is_boxed_on_both_pages(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    canvas = _canvas(path)
    pages = (BODY[:3], BODY[3:], ("第三条 本办法由县农业农村局负责解释。",), ("第四条 本办法自印发之日起施行。",))
    for number, lines in enumerate(pages, start=1):
        canvas.setFont(FONT, 12)
        canvas.drawString(240, 805, "云霞县产业到户补助办法")
        _lines(canvas, lines)
        canvas.drawString(290, 40, f"— {number} —")
        canvas.showPage()
    canvas.save()
    document = _loaded(path)
    quote = "由乡镇核验以后统一发放到农户的一卡通账户。"
    first, second = _located(path, document, quote)
    assert (first.number, second.number) == (1, 2)
    assert first.read + second.read == plain(quote)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_turned_page_is_boxed_as_it_is_shown(degrees: int, tmp_path: Path) -> None:
    upright, path = tmp_path / "a.pdf", tmp_path / "b.pdf"
    canvas = _canvas(upright)
    _lines(canvas, BODY)
    canvas.save()
    writer = PdfWriter()
    writer.add_page(PdfReader(upright).pages[0].rotate(degrees))
    writer.write(path)
    document = _loaded(path)
    (page,) = _located(path, document, "种植业每亩补助80元")
    assert page.read == plain("种植业每亩补助80元")
    assert _ink(path, page.boxes[0]) > 0.05


def _ink(path: Path, box: Box) -> float:
    """The share of dark dots within the box on the page as it is drawn."""
    import numpy as np

    with pypdfium2.PdfDocument(path) as pdf:
        shown = np.asarray(pdf[0].render(scale=3).to_pil().convert("L"))
    height, width = shown.shape
    part = shown[round(box.y0 * height) : round(box.y1 * height), round(box.x0 * width) : round(box.x1 * width)]
    return float((part < 128).mean())


def test_a_cropped_page_is_boxed_as_it_is_shown(tmp_path: Path) -> None:
    whole, path = tmp_path / "a.pdf", tmp_path / "b.pdf"
    canvas = _canvas(whole)
    _lines(canvas, BODY)
    canvas.save()
    writer = PdfWriter()
    page = PdfReader(whole).pages[0]
    page.cropbox.lower_left, page.cropbox.upper_right = (60, 600), (560, 800)
    writer.add_page(page)
    writer.write(path)
    (marked,) = _located(path, _loaded(path), "种植业每亩补助80元")
    assert marked.boxes[0].y0 < (800 - 760 + 2 * LINE) / 200 < marked.boxes[0].y1 + 0.05
    assert _ink(path, marked.boxes[0]) > 0.05


def test_bold_made_by_printing_twice_is_found_once(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    canvas = _canvas(path)
    _lines(canvas, BODY[:2])
    for shift in (0.0, 0.4):
        at = 72.0
        for character in "第二条按月发放公益性岗位补助":
            canvas.drawString(at + shift, 600, character)
            at += 12
    canvas.save()
    document = _loaded(path)
    (page,) = _located(path, document, "第二条按月发放公益性岗位补助")
    assert page.read == "第二条按月发放公益性岗位补助"
    assert len(page.boxes) == 1


@drawn
def test_a_scan_is_boxed_where_the_print_has_the_words(tmp_path: Path) -> None:
    printed, scan = tmp_path / "a.pdf", tmp_path / "b.pdf"
    canvas = _canvas(printed)
    _lines(canvas, BODY)
    canvas.save()
    scanned_copy(printed, scan)
    on_paper = _located(printed, _loaded(printed), "种植业每亩补助80元")[0].boxes[0]
    document = _loaded(scan)
    assert document.boxes
    box = _located(scan, document, "种植业每亩补助80元")[0].boxes[0]
    for name in ("x0", "x1", "y0", "y1"):
        assert getattr(box, name) == pytest.approx(getattr(on_paper, name), abs=0.02)


def test_part_of_a_scanned_line_takes_its_part_of_the_box(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    _picture(path)
    document = _loaded_as("每亩补助80元，按年发放。\n类别：水稻｜金额：80", path)
    (page,) = locate(path, document, 0, 7)
    (box,) = page.boxes
    assert (box.x0, box.x1) == (pytest.approx(0.1, abs=0.02), pytest.approx(0.5, abs=0.04))
    assert (box.y0, box.y1) == (0.1, 0.15)
    at = document.text.index("80", 15)
    (row,) = locate(path, document, at, at + 2)
    assert row.row
    assert row.boxes == (document.boxes[1].box,)


def test_a_page_scanned_on_its_head_is_cut_from_the_other_end(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    _picture(path)
    document = _loaded_as("每亩补助80元，按年发放。\n第二条 由乡镇核验", path)
    upper, lower = (p.box for p in document.boxes)
    turned = tuple(replace(p, box=box) for p, box in zip(document.boxes, (lower, upper), strict=True))
    (page,) = locate(path, replace(document, boxes=turned), 0, 7)
    (box,) = page.boxes
    assert (box.x0, box.x1) == (pytest.approx(0.5, abs=0.04), pytest.approx(0.9, abs=0.02))
    side = tuple(replace(p, box=Box(x0=p.box.y0, y0=0.1, x1=p.box.y1, y1=0.9)) for p in document.boxes)
    (page,) = locate(path, replace(document, boxes=side), 0, 7)
    assert page.boxes == (side[0].box,)


def _picture(path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (2000, 1000), "white").save(path)


def _loaded_as(text: str, path: Path) -> Document:
    from ingest.document import Metadata, Page

    end = text.index("\n")
    placed = (
        PlacedText(start=0, end=end, page=1, box=Box(x0=0.1, y0=0.1, x1=0.9, y1=0.15)),
        PlacedText(start=end + 1, end=len(text), page=1, box=Box(x0=0.1, y0=0.3, x1=0.9, y1=0.35)),
    )
    pages = (Page(number=1, start=0, end=len(text)),)
    return Document(id="d", source=str(path), text=text, metadata=Metadata(title="表"), pages=pages, boxes=placed)


def test_a_line_with_something_between_its_halves_is_found_in_pieces() -> None:
    page = "由乡镇核验以后统一云霞县人民政府发放到农户的账户"
    positions = aligned(page, Wanted(text="由乡镇核验以后统一发放到农户的账户"))
    assert "".join(page[at] for at in positions if at is not None) == "由乡镇核验以后统一发放到农户的账户"
    assert aligned(page, Wanted(text="没有这样的一句话")) == [None] * 8


def test_a_row_without_ruling_lines_is_found_in_one_band_of_the_page() -> None:
    lines = (("水稻", "60", "农户"), ("油菜", "45", "农户"), ("水稻", "60", "大户"))
    text = "".join("".join(line) for line in lines)
    places = [
        Box(x0=0.1 * column + 0.02 * n, y0=0.1 * row, x1=0.1 * column + 0.02 * n + 0.02, y1=0.1 * row + 0.02)
        for row, line in enumerate(lines, start=1)
        for column, cell in enumerate(line, start=1)
        for n in range(len(cell))
    ]
    page = PageText(text=text, places=tuple(places))
    boxes = band_of(page, "品种：油菜｜标准：45｜对象：农户")
    assert {round(box.y0, 2) for box in boxes} == {0.2}
    assert page.inside(boxes) == "油菜45农户"
    assert band_of(page, "品种：小麦｜标准：70｜对象：合作社") == []


def test_pages_are_drawn_for_pdf_and_pictures_whatever_they_are_called(tmp_path: Path) -> None:
    path = tmp_path / "原件.docx"
    canvas = _canvas(tmp_path / "a.pdf")
    _lines(canvas, BODY)
    canvas.save()
    (tmp_path / "a.pdf").rename(path)
    assert page_kind(path) == "pdf"
    assert page_png(path, 1, 300).startswith(b"\x89PNG")
    with pytest.raises(UnreadableFile, match="共 1 页，没有第 2 页"):
        page_png(path, 2)
    picture = tmp_path / "b.png"
    _picture(picture)
    assert page_size(picture, 1) == (2000, 1000)
    text = tmp_path / "c.txt"
    text.write_text("第一条 制定本办法。", encoding="utf-8")
    assert page_kind(text) is None
    assert locate(text, _loaded(text), 0, 3) == ()
    with pytest.raises(UnreadableFile, match="没有可以显示的页面"):
        page_png(text, 1)
