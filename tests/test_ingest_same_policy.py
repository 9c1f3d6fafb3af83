"""One policy in nine formats, merged cells and all: the same articles and the same table rows from each."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest
from ofd_builder import OfdBuilder
from old_office_policy import ARTICLES, CHAPTERS, MERGES, TABLE, TITLE, write_policy
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from eval.scans import find_font, table_page, text_page
from ingest.load import load

DATA = Path(__file__).parent / "data"
NUMBERED = [f"第{number}条 {text}" for number, text in zip("一二三四五", ARTICLES, strict=True)]
BEFORE = [TITLE, "青政办发〔2023〕12号", "各乡镇人民政府：", CHAPTERS[0], *NUMBERED[:2], CHAPTERS[1], NUMBERED[2]]
AFTER = [*NUMBERED[3:], "青禾县人民政府办公室", "2023年4月6日"]
ROWS = [
    "类别：种植业｜项目：水稻｜奖补标准（脱贫户）：每亩120元｜奖补标准（监测户）：每亩150元",
    "类别：种植业｜项目：辣椒｜奖补标准（脱贫户）：每亩200元｜奖补标准（监测户）：每亩260元",
    "类别：养殖业｜项目：肉牛｜奖补标准（脱贫户）：每头1500元｜奖补标准（监测户）：每头1800元",
]

Box = tuple[str, int, int, int, int]  # text, top, left, bottom, right


def _boxes() -> Iterator[Box]:
    """The table's cells, merged ones as one."""
    merged = {(y, x): (top, left, bottom, right) for (top, left), (bottom, right) in MERGES
              for y in range(top, bottom + 1) for x in range(left, right + 1)}  # fmt: skip
    for y, row in enumerate(TABLE):
        for x, text in enumerate(row):
            top, left, bottom, right = merged.get((y, x), (y, x, y, x))
            if (y, x) == (top, left):
                yield text, top, left, bottom, right


def _docx(path: Path) -> None:
    write_policy(path)


def _copied(path: Path) -> None:
    shutil.copyfile(DATA / f"policy{path.suffix}", path)


def _html(path: Path) -> None:
    cells: dict[int, str] = {}
    for text, top, left, bottom, right in _boxes():
        cells[top] = cells.get(top, "") + f'<td rowspan="{bottom - top + 1}" colspan="{right - left + 1}">{text}</td>'
    table = "".join(f"<tr>{row}</tr>" for row in cells.values())
    before, after = ("".join(f"<p>{line}</p>" for line in lines) for lines in (BEFORE, AFTER))
    path.write_text(f"<html><body>{before}<table>{table}</table>{after}</body></html>", encoding="utf-8")


def _xlsx(path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for line in BEFORE:
        sheet.append([line])
    top = len(BEFORE) + 1
    for row in TABLE:
        sheet.append(row)
    for (y0, x0), (y1, x1) in MERGES:
        sheet.merge_cells(start_row=top + y0, start_column=1 + x0, end_row=top + y1, end_column=1 + x1)
    sheet.append([])
    for line in AFTER:
        sheet.append([line])
    book.save(path)


def _pdf(path: Path) -> None:
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    canvas = Canvas(str(path), pagesize=A4)
    canvas.setFont("STSong-Light", 12)
    y = 780.0
    for line in BEFORE:
        canvas.drawString(96, y, line)
        y -= 26
    for text, top, left, bottom, right in _boxes():
        high, low = y - 24 * top, y - 24 * (bottom + 1)
        canvas.rect(72 + 110 * left, low, 110 * (right - left + 1), high - low)
        canvas.drawString(78 + 110 * left, (high + low) / 2 - 4, text)
    y -= 24 * len(TABLE) + 30
    for line in AFTER:
        canvas.drawString(96, y, line)
        y -= 26
    canvas.save()


def _ofd(path: Path) -> None:
    builder = OfdBuilder()
    builder.page()
    y = 25.0
    for line in BEFORE:
        y = builder.paragraph(y, line)
    for text, top, left, bottom, right in _boxes():
        x0, y0, x1, y1 = 25 + 40 * left, y + 9 * top, 25 + 40 * (right + 1), y + 9 * (bottom + 1)
        for ends in ((x0, y0, x1, y0), (x0, y1, x1, y1), (x0, y0, x0, y1), (x1, y0, x1, y1)):
            builder.rule(*ends)
        builder.text(x0 + 1, (y0 + y1) / 2 + 1.5, text, 4.0)
    y += 9 * len(TABLE) + 9
    for line in AFTER:
        y = builder.paragraph(y, line)
    builder.write(path)


def _scan(path: Path) -> None:
    marks = [list(row) for row in TABLE]
    for (top, left), (bottom, right) in MERGES:
        for y in range(top, bottom + 1):
            for x in range(left, right + 1):
                if (y, x) != (top, left):
                    marks[y][x] = "<" if y == top else "^"
    pages = [text_page(BEFORE)[0], table_page(marks), text_page(AFTER)[0]]
    pages[0].save(path, save_all=True, append_images=pages[1:], resolution=200, quality=90)


WRITERS: dict[str, Callable[[Path], None]] = {
    "policy.docx": _docx,
    "policy.doc": _copied,
    "policy.rtf": _copied,
    "policy.html": _html,
    "policy.xlsx": _xlsx,
    "policy.pdf": _pdf,
    "policy.ofd": _ofd,
    "scan.pdf": _scan,
}


def _words(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("name", WRITERS)
def test_the_same_articles_and_rows(tmp_path: Path, name: str) -> None:
    if name.startswith("scan") and find_font() is None:
        pytest.skip("no Chinese font on this machine to draw pages with")
    WRITERS[name](tmp_path / name)
    (document,) = load(tmp_path / name)
    lines = [_words(line) for line in document.text.split("\n")]
    articles = [_words(line) for line in NUMBERED]
    if name.startswith("scan"):
        articles = [line.replace("——", "") for line in articles]  # the OCR models do not see dashes
    assert [line for line in lines if re.match("第.条", line)] == articles
    assert [line for line in lines if "｜" in line] == [_words(row) for row in ROWS]
    assert document.coverage.table_rows == len(ROWS)
    assert document.metadata.document_number == "青政办发〔2023〕12号"
    assert str(document.metadata.issued_on) == "2023-04-06"
    marks = [s.heading for s in document.sections if re.match("第.条", s.heading)]
    assert marks == [f"第{number}条" for number in "一二三四五"]
    for placed in document.boxes:
        assert document.text[placed.start : placed.end].strip()
