"""Ruled tables in PDF files: rows that can be understood alone, in their place, and no character lost."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pypdfium2
import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from ingest.clean import clean
from ingest.formats import pdf
from ingest.formats.raw import Line, RawDocument
from ingest.load import load

SAMPLES = Path(__file__).parent.parent / "samples"
SOURCES = Path(__file__).parent.parent / "scripts" / "sample_sources"
FONT = "STSong-Light"
ROW = 24

Cell = tuple[str, int, int, int, int]  # text, row, column, rows down, columns across


def _canvas(path: Path) -> Canvas:
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    canvas = Canvas(str(path), pagesize=A4)
    canvas.setFont(FONT, 12)
    return canvas


def _plain_cells(rows: Sequence[Sequence[str]]) -> list[Cell]:
    return [(text, r, c, 1, 1) for r, row in enumerate(rows) for c, text in enumerate(row)]


def _draw(canvas: Canvas, cells: Sequence[Cell], *, top: float, left: float = 72, width: float = 110) -> float:
    """Draws every cell as a stroked box with its lines of text; the height of the lower edge."""
    for text, row, column, down, across in cells:
        high, low = top - row * ROW, top - (row + down) * ROW
        canvas.rect(left + column * width, low, across * width, high - low)
        lines = text.split("\n")
        for i, line in enumerate(lines):
            middle = (high + low) / 2 - 4 + (len(lines) - 1) * 5.5 - i * 11
            canvas.setFont(FONT, 12 if len(lines) == 1 else 10)
            canvas.drawString(left + column * width + 6, middle, line)
    canvas.setFont(FONT, 12)
    return top - max(row + down for _, row, _, down, _ in cells) * ROW


def _bag(texts: str) -> Counter[str]:
    return Counter(re.sub(r"\s|｜", "", texts))


def _page_text(path: Path) -> str:
    with pypdfium2.PdfDocument(path) as document:
        return "".join(page.get_textpage().get_text_range() for page in document)


def _texts(raw: RawDocument) -> list[str]:
    return [line.text for line in raw.lines]


def _simple(path: Path) -> None:
    canvas = _canvas(path)
    canvas.drawString(96, 760, "第四条 种植补助按照下表执行。")
    canvas.drawString(200, 730, "表1 种植补助标准")
    canvas.drawString(330, 710, "（单位：元）")
    rows = (("品种", "补助对象", "补助标准"), ("水稻", "农户", "60"), ("油菜", "合作社", "45"))
    low = _draw(canvas, _plain_cells(rows), top=700)
    canvas.drawString(96, low - 30, "第五条 补助每年发放一次。")
    canvas.save()


def _merged(path: Path) -> None:
    canvas = _canvas(path)
    cells = [("类别", 0, 0, 1, 1), ("品种", 0, 1, 1, 1), ("标准", 0, 2, 1, 1), ("种植业", 1, 0, 2, 1)]
    cells += [("水稻", 1, 1, 1, 1), ("60元/亩", 1, 2, 1, 1), ("油菜", 2, 1, 1, 1), ("45元/亩", 2, 2, 1, 1)]
    cells += [("养殖业", 3, 0, 1, 1), ("山羊", 3, 1, 1, 1), ("200元/只", 3, 2, 1, 1)]
    _draw(canvas, cells, top=700)
    canvas.save()


def _two_row_header(path: Path) -> None:
    canvas = _canvas(path)
    cells = [("品种", 0, 0, 2, 1), ("补助标准", 0, 1, 1, 2), ("备注", 0, 3, 2, 1), ("2023年", 1, 1, 1, 1)]
    cells += [
        ("2024年", 1, 2, 1, 1),
        *_shifted(_plain_cells((("水稻", "60", "75", "每亩"), ("山羊", "200", "240", "每只"))), 2),
    ]
    _draw(canvas, cells, top=700)
    canvas.save()


def _shifted(cells: Sequence[Cell], rows: int) -> list[Cell]:
    return [(text, row + rows, *rest) for text, row, *rest in cells]


def _lines_in_a_cell(path: Path) -> None:
    canvas = _canvas(path)
    rows = (("品种", "要求"), ("水稻", "面积以公示的\n结果为准"), ("山羊", "佩戴耳标"))
    _draw(canvas, _plain_cells(rows), top=700)
    canvas.save()


def _empty_column(path: Path) -> None:
    canvas = _canvas(path)
    rows = (("品种", "标准", "备注"), ("水稻", "60元", ""), ("山羊", "200元", ""))
    _draw(canvas, _plain_cells(rows), top=700)
    canvas.save()


def _equal_figures_without_header(path: Path) -> None:
    canvas = _canvas(path)
    _draw(canvas, _plain_cells((("1", "12", "12"), ("2", "7", "8"))), top=700)
    canvas.save()


def _filled_bars(path: Path) -> None:
    """The lines as thin filled rectangles, the text of a row in one go."""
    canvas = _canvas(path)
    for row in range(4):
        canvas.rect(72, 700 - row * ROW, 330.7, 0.7, stroke=0, fill=1)
    for column in range(4):
        canvas.rect(72 + column * 110, 628, 0.7, 72.7, stroke=0, fill=1)
    for i, row_text in enumerate((("品种", "数量", "金额"), ("水稻", "12亩", "720元"), ("山羊", "3只", "600元"))):
        for j, text in enumerate(row_text):
            canvas.drawString(78 + j * 110, 684 - i * ROW, text)
    canvas.save()


TABLES: dict[str, tuple[Callable[[Path], None], list[str]]] = {
    "in order": (
        _simple,
        [
            "第四条 种植补助按照下表执行。",
            "表1 种植补助标准",
            "（单位：元）",
            "品种：水稻｜补助对象：农户｜补助标准：60",
            "品种：油菜｜补助对象：合作社｜补助标准：45",
            "第五条 补助每年发放一次。",
        ],
    ),
    "merged first column": (
        _merged,
        [
            "类别：种植业｜品种：水稻｜标准：60元/亩",
            "类别：种植业｜品种：油菜｜标准：45元/亩",
            "类别：养殖业｜品种：山羊｜标准：200元/只",
        ],
    ),
    "header of two rows": (
        _two_row_header,
        [
            "品种：水稻｜补助标准（2023年）：60｜补助标准（2024年）：75｜备注：每亩",
            "品种：山羊｜补助标准（2023年）：200｜补助标准（2024年）：240｜备注：每只",
        ],
    ),
    "two lines in a cell": (_lines_in_a_cell, ["品种：水稻｜要求：面积以公示的结果为准", "品种：山羊｜要求：佩戴耳标"]),
    "a column left empty": (_empty_column, ["品种｜标准｜备注", "品种：水稻｜标准：60元", "品种：山羊｜标准：200元"]),
    "no header": (_equal_figures_without_header, ["1｜12｜12", "2｜7｜8"]),
    "filled bars": (_filled_bars, ["品种：水稻｜数量：12亩｜金额：720元", "品种：山羊｜数量：3只｜金额：600元"]),
}


@pytest.mark.parametrize(("write", "texts"), TABLES.values(), ids=TABLES)
def test_a_ruled_table_becomes_rows(tmp_path: Path, write: Callable[[Path], None], texts: list[str]) -> None:
    path = tmp_path / "table.pdf"
    write(path)
    raw = pdf.read(path)
    assert _texts(raw) == texts
    rows = [line for line in raw.lines if line.kind == "table_row"]
    assert (raw.tables, raw.table_rows) == (1, len(rows))
    assert not _bag(_page_text(path)) - _bag("".join(texts))


HEADER = ("序号", "村名", "户数")


def _two_pages(path: Path, *, repeat: bool, between: str = "", header_alone: bool = False) -> None:
    canvas = _canvas(path)
    rows = [(str(n), f"{name}村", str(n * 7)) for n, name in enumerate("甲乙丙丁戊己庚辛", start=1)]
    first = [HEADER] if header_alone else [HEADER, *rows[:5]]
    second = rows if header_alone else rows[5:]
    for number, part in enumerate((first, ([HEADER] if repeat else []) + second), start=1):
        canvas.setFont(FONT, 12)
        canvas.drawString(250, 800, "石桥镇文件汇编")
        if number == 1:
            canvas.drawString(96, 780, "各村户数以年底公示为准，由镇农业服务中心会同各村民委员会逐户核对以后填")
            canvas.drawString(72, 762, "报，户数发生变化的，各村应当在变化当月报送镇农业服务中心，不得迟报漏报。")
            canvas.drawString(200, 744, "附表 各村户数")
        elif between:
            canvas.drawString(96, 760, between)
        _draw(canvas, _plain_cells(part), top=735 if number == 1 else 750)
        if number == 2:
            canvas.drawString(96, 300, "以上户数已经公示。")
        canvas.drawString(290, 40, f"— {number} —")
        canvas.showPage()
    canvas.save()


@pytest.mark.parametrize(
    "how",
    [
        {"repeat": False},
        {"repeat": True},
        {"repeat": False, "header_alone": True},
        {"repeat": True, "between": "续表"},
    ],
    ids=str,
)
def test_a_table_over_two_pages_is_one(tmp_path: Path, how: dict[str, bool]) -> None:
    path = tmp_path / "long.pdf"
    _two_pages(path, **how)
    raw = pdf.read(path)
    rows = [line for line in raw.lines if line.kind == "table_row"]
    names = "甲乙丙丁戊己庚辛"
    assert [line.text for line in rows] == [f"序号：{n}｜村名：{names[n - 1]}村｜户数：{n * 7}" for n in range(1, 9)]
    assert [line.page for line in rows] == ([2] * 8 if how.get("header_alone") else [1] * 5 + [2] * 3)
    assert (raw.tables, raw.table_rows) == (1, 8)
    cleaned = [line.text for line in clean(raw).lines if line.kind != "table_row"]
    assert cleaned[-1] == "以上户数已经公示。"
    assert "附表 各村户数" in cleaned
    assert not _bag(_page_text(path)) - _bag("".join([*_texts(raw), *HEADER]))


def test_a_merged_cell_goes_on_over_the_page(tmp_path: Path) -> None:
    path = tmp_path / "merged.pdf"
    canvas = _canvas(path)
    header = _plain_cells((("类别", "品种", "标准"),))
    first = [
        ("种植业", 0, 0, 2, 1),
        *((text, r, c + 1, 1, 1) for text, r, c, _, _ in _plain_cells((("水稻", "60"), ("油菜", "45")))),
    ]
    second = [
        ("", 0, 0, 2, 1),
        *((text, r, c + 1, 1, 1) for text, r, c, _, _ in _plain_cells((("花生", "50"), ("油茶", "90")))),
    ]
    _draw(canvas, [*header, *_shifted(first, 1)], top=700)
    canvas.showPage()
    _draw(canvas, second, top=780)
    canvas.save()
    assert _texts(pdf.read(path)) == [
        "类别：种植业｜品种：水稻｜标准：60",
        "类别：种植业｜品种：油菜｜标准：45",
        "类别：种植业｜品种：花生｜标准：50",
        "类别：种植业｜品种：油茶｜标准：90",
    ]


def test_a_line_of_text_between_parts_two_tables(tmp_path: Path) -> None:
    path = tmp_path / "two.pdf"
    _two_pages(path, repeat=True, between="附表2 移民户数")
    raw = pdf.read(path)
    assert raw.tables == 2
    assert _texts(raw)[10:13] == ["石桥镇文件汇编", "附表2 移民户数", "序号：6｜村名：己村｜户数：42"]


def _framed_page(canvas: Canvas) -> None:
    canvas.rect(40, 40, 515, 760)
    canvas.rect(44, 44, 507, 752)


def _crossed_frame(canvas: Canvas) -> None:
    for at in (40, 52, 543, 555):
        canvas.line(at, 20, at, 820)
    for at in (40, 52, 790, 802):
        canvas.line(20, at, 575, at)


def _broken_edges(canvas: Canvas) -> None:
    for row in range(4):
        canvas.line(72, 780 - row * 40, 460, 780 - row * 40)
    for column in range(3):
        canvas.line(72 + column * 194, 780, 72 + column * 194, 675)
    canvas.line(72, 660, 460, 660)


def _single_column(canvas: Canvas) -> None:
    for row in range(4):
        canvas.rect(72, 660 + row * 40, 400, 40)


def _letterhead(canvas: Canvas) -> None:
    canvas.rect(72, 690, 200, 40)
    canvas.rect(272, 690, 200, 40)


def _line_through_text(canvas: Canvas) -> None:
    for row in range(4):
        for left, right in ((72, 126), (126, 400)):
            canvas.rect(left, 600 + row * 40, right - left, 40)


def _underlines(canvas: Canvas) -> None:
    for row in range(6):
        canvas.line(72, 736 - row * 40, 460, 736 - row * 40)


@pytest.mark.parametrize(
    "drawing",
    [
        _framed_page,
        _crossed_frame,
        _broken_edges,
        _single_column,
        _letterhead,
        _line_through_text,
        _underlines,
    ],
)
def test_what_is_no_sure_table_leaves_the_page_as_it_is(tmp_path: Path, drawing: Callable[[Canvas], None]) -> None:
    texts = [f"第{n}条 各村要逐户核对面积，公示无异议后上报。" for n in "一二三"]
    pages = []
    for drawn in (False, True):
        path = tmp_path / f"{drawn}.pdf"
        canvas = _canvas(path)
        for i, text in enumerate(texts):
            canvas.drawString(96, 740 - i * 40, text)
        if drawn:
            drawing(canvas)
        canvas.save()
        pages.append(pdf.read(path))
    assert pages[0] == pages[1]
    assert _texts(pages[1]) == texts


def test_rows_that_differ_in_figures_only_are_no_running_heads() -> None:
    rows = tuple(
        Line(text=f"2{page}{row}｜12{page}", page=page, kind="table_row") for page in (1, 2, 3, 4) for row in (1, 2)
    )
    cleaned = clean(RawDocument(lines=rows, pages=4, hard_wrapped=True))
    assert cleaned.lines == rows


def _source_rows(name: str) -> list[str]:
    """The rows of the tables in a sample's source, in the form that the readers give."""
    (source,) = SOURCES.glob(name)
    rows: list[str] = []
    header: list[str] = []
    for line in source.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if not cells or set(line) <= set("|-"):
            header = header if cells else []
        elif header:
            rows.append("｜".join(f"{head}：{cell}" for head, cell in zip(header, cells, strict=True)))
        else:
            header = cells
    return rows


PRINTED = {
    "01_*.md": ("青政办规〔2021〕3号*.pdf", 2),
    "02_*.md": ("青政办规〔2023〕6号*.pdf", 2),
    "09_*.md": ("青政办发〔2024〕11号*.pdf", 1),
    "14_*.md": ("松岔镇2024年上半年*.pdf", 1),
    "15_*.md": ("鹿坞镇2024年*.pdf", 1),
}


@pytest.mark.parametrize(("source", "name", "tables"), [(k, *v) for k, v in PRINTED.items()], ids=PRINTED)
def test_the_tables_of_the_sample_pdfs_are_those_of_their_sources(source: str, name: str, tables: int) -> None:
    (path,) = SAMPLES.rglob(name)
    (document,) = load(path)
    expected = _source_rows(source)
    assert [line for line in document.text.split("\n") if "｜" in line] == expected
    assert (document.coverage.tables, document.coverage.table_rows) == (tables, len(expected))


@pytest.mark.parametrize("path", sorted(SAMPLES.rglob("*.pdf")), ids=lambda path: path.stem)
def test_no_character_of_a_sample_pdf_is_lost_or_said_twice(path: Path) -> None:
    raw = pdf.read(path)
    said, printed = _bag("".join(_texts(raw))), _bag(_page_text(path))
    names = _bag(
        "".join(
            cell.split("：")[0] + "："
            for line in raw.lines
            if line.kind == "table_row"
            for cell in line.text.split("｜")
        )
    )
    assert not printed - said
    assert not said - printed - names
