"""An answer's source in every kind of original: what is boxed on the page or marked in the text is the quote."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from openpyxl import Workbook
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from web_site import GRADIO_WARNINGS, Browser, Site, chromium, needs_browser, served_base

from eval.scans import find_font, text_page
from ingest.page_text import plain
from qa.answer import Answer, Outcome
from qa.pages import SourcePages

pytestmark = [needs_browser, *GRADIO_WARNINGS]
drawn = pytest.mark.skipif(find_font() is None, reason="no Chinese font on this machine to draw pages with")

HEAD = ("品种", "单位", "标准（元）")
CROPS = (("水稻", "亩", "90"), ("油菜", "亩", "110"), ("茶叶", "亩", "420"))
STOCK = (("母猪", "头", "350"), ("山羊", "头", "240"), ("肉牛", "头", "1600"))
BEES = (("中蜂", "箱", "150"), ("意蜂", "箱", "120"))
TREES = (("核桃", "株", "12"), ("板栗", "株", "9"))
SCANNED = (
    "桂桥镇饮水安全管护通知",
    "一、管护经费",
    "每处水源每年安排管护经费1350元。",
    "二、管护责任",
    "各村确定一名管护员，每月巡查四次。",
)
TOP, ROW_PT, LEFT = 600, 30, 90  # of the table on the page, in points


def _pdf(path: Path) -> None:
    """A page with a table of crops."""
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    canvas = Canvas(str(path), pagesize=A4)
    canvas.setFont("STSong-Light", 14)
    lines = ("云霞县产业到户补助办法", "第一条 对发展种植业的，按照下表给予补助。", "附表 种植业补助标准")
    for n, line in enumerate(lines):
        canvas.drawString(LEFT, 740 - n * 40, line)
    columns, rows = [LEFT, 220, 320, 460], [TOP - n * ROW_PT for n in range(len(CROPS) + 2)]
    canvas.grid(columns, rows)
    for n, row in enumerate((HEAD, *CROPS)):
        for x, value in zip(columns, row, strict=False):
            canvas.drawString(x + 8, rows[n] - 20, value)
    canvas.drawString(LEFT, 420, "第二条 本办法自2023年3月1日起施行。")
    canvas.save()


def _docx(path: Path) -> None:
    import docx

    document = docx.Document()
    for line in ("松溪镇产业到户补助办法", "第一条 对发展养殖业的，按照下表给予补助。", "附表 养殖业补助标准"):
        document.add_paragraph(line)
    table = document.add_table(0, len(HEAD))
    for row in (HEAD, *STOCK):
        for cell, value in zip(table.add_row().cells, row, strict=True):
            cell.text = value
    document.save(str(path))


def _xlsx(path: Path) -> None:
    book = Workbook()
    assert book.active is not None
    book.active.append(["榆岭镇养蜂补助标准"])
    for row in (HEAD, *BEES):
        book.active.append(row)
    book.save(path)


def _html(path: Path) -> None:
    rows = "".join(f"<tr>{''.join(f'<td>{value}</td>' for value in row)}</tr>" for row in (HEAD, *TREES))
    path.write_text(
        f"""<html><head><meta charset="utf-8"><title>柳湾镇经济林补助办法</title>
        <script>document.title = "ran"</script></head><body><h1>柳湾镇经济林补助办法</h1>
        <p>第一条 对发展经济林的，按照下表给予补助。<img src="x" onerror="document.title='ran'"></p>
        <p>附表 经济林补助标准</p><table>{rows}</table><p>第二条 本办法由柳湾镇人民政府负责解释。</p></body></html>""",
        encoding="utf-8",
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("formats")
    docs = folder / "docs"
    docs.mkdir()
    _pdf(docs / "云霞县产业到户补助办法.pdf")
    _docx(docs / "松溪镇产业到户补助办法.docx")
    _xlsx(docs / "榆岭镇养蜂补助标准.xlsx")
    _html(docs / "柳湾镇经济林补助办法.html")
    if find_font() is not None:
        text_page(SCANNED)[0].save(docs / "桂桥镇饮水安全管护通知.png")
    with served_base(folder, docs) as site:
        yield site


@pytest.fixture(scope="module")
def browser(site: Site) -> Iterator[Browser]:
    with chromium() as driver:
        yield Browser(driver, site.address)


def _asked(site: Site, browser: Browser, question: str, name: str) -> Answer:
    """Asks, opens the last citation in the file of that name, and waits for it."""
    answer = site.service.ask(question)
    assert answer.outcome is Outcome.ANSWERED
    citation = next(c for c in answer.citations if Path(c.source).suffix == name)
    browser.ask(question)
    browser.click(f'#zd-answer .zd-chip[data-n="{citation.number}"]')
    browser.until(lambda: browser.all(f'#zd-viewer .zd-source[data-n="{citation.number}"]'), "no source")
    browser.settle("#zd-viewer .zd-source", 0.3)
    return answer


BOXES = """const picture = document.querySelector('#zd-viewer .zd-sheet img');
if (!picture?.complete || !picture.naturalWidth) return null;
const paper = document.querySelector('#zd-viewer .zd-sheet-page').getBoundingClientRect();
return [...document.querySelectorAll('#zd-viewer .zd-box:not([hidden])')].map(box => {
  const at = box.getBoundingClientRect();
  return [(at.top - paper.top) / paper.height, (at.bottom - paper.top) / paper.height];
});"""


def _boxes(browser: Browser) -> list[tuple[float, float]]:
    """(top, bottom) of each box that is shown, as shares of the page's height."""
    browser.until(lambda: browser.driver.execute_script(BOXES) is not None, "the page's picture did not come")
    return [(float(top), float(bottom)) for top, bottom in browser.driver.execute_script(BOXES)]


def test_all_rows_that_are_quoted_are_boxed_on_a_page(site: Site, browser: Browser) -> None:
    answer = _asked(site, browser, "云霞县种植业每亩补多少?", ".pdf")
    assert [row.split("｜")[0] for row in answer.citations[0].quote.split("\n")] == [
        f"品种：{name}" for name, *_ in CROPS
    ]
    boxes = _boxes(browser)
    middles = [1 - (TOP - n * ROW_PT - ROW_PT / 2) / A4[1] for n in range(len(CROPS) + 1)]
    covered = [any(top <= y <= bottom for top, bottom in boxes) for y in middles]
    assert covered == [False, True, True, True]
    assert browser.texts("#zd-answer .zd-rows tbody td.is-figure") == [row[-1] for row in CROPS]


@pytest.mark.parametrize(
    ("question", "name", "rows"),
    [
        pytest.param("松溪镇养殖业每头补多少?", ".docx", STOCK, id="docx"),
        pytest.param("榆岭镇养蜂每箱补多少?", ".xlsx", BEES, id="xlsx"),
        pytest.param("柳湾镇经济林每株补多少?", ".html", TREES, id="html"),
    ],
)
def test_all_rows_that_are_quoted_are_marked_in_a_table(
    site: Site, browser: Browser, question: str, name: str, rows: tuple[Any, ...]
) -> None:
    _asked(site, browser, question, name)
    assert browser.texts("#zd-viewer tr.is-quoted mark") == [value for row in rows for value in row]
    assert browser.find("#zd-viewer tr.is-quoted").is_displayed()
    assert browser.texts("#zd-answer .zd-rows thead th")[:-1] == [*HEAD]
    assert browser.driver.title == "政答"
    assert not browser.all("#zd-viewer script, #zd-viewer .zd-text img")


def _bands(picture: Path) -> list[tuple[float, float]]:
    """(top, bottom) of each line of ink, as shares of the height."""
    with Image.open(picture) as image:
        inked = np.asarray(image.convert("L")).min(axis=1) < 128
    edges = np.flatnonzero(np.diff(np.concatenate(([0], inked.astype(int), [0]))))
    return [(top / len(inked), bottom / len(inked)) for top, bottom in edges.reshape(-1, 2)]


@drawn
def test_the_line_of_a_scan_is_boxed(site: Site, browser: Browser) -> None:
    answer = _asked(site, browser, "桂桥镇每处水源每年管护经费多少元?", ".png")
    citation = answer.citations[0]
    assert "1350元" in citation.quote
    line = _bands(site.folder / "docs" / Path(citation.source).name)[2]
    top, bottom = next((top, bottom) for top, bottom in _boxes(browser) if top <= sum(line) / 2 <= bottom)
    assert top <= line[0] + 0.004 and bottom >= line[1] - 0.004
    assert bottom - top < 3 * (line[1] - line[0])
    sheet = SourcePages(site.service).sheet(site.service.document(citation.document_id), citation.start, citation.end)
    assert sheet is not None
    assert plain(citation.quote) in plain("".join(page.read for page in sheet.pages))


def test_rows_stand_below_each_other_on_a_telephone(site: Site, browser: Browser) -> None:
    size = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        _asked(site, browser, "云霞县种植业每亩补多少?", ".pdf")
        wide = """const rows = document.querySelector('#zd-answer .zd-rows');
            return [document.documentElement.scrollWidth, rows.scrollWidth - rows.clientWidth];"""
        assert browser.driver.execute_script(wide) == [390, 0]
    finally:
        browser.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
