"""From an answer's chip to the boxed line on the page of the original, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from openpyxl import Workbook
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from web_site import GRADIO_WARNINGS, Browser, Site, chromium, needs_browser, served_base

from qa.answer import Answer

FONT = "STSong-Light"
PDF_PAGES = (
    (
        "云霞县人民政府办公室关于印发产业到户补助办法的通知",
        "云政办发〔2023〕5号",
        "第一条 为发展到户产业，制定本办法。",
        "第二条 种植业每亩补助80元，每户最多补助10亩。",
    ),
    ("第三条 养牛每头补助2500元，由乡镇核验。", "第四条 本办法自2023年3月1日起施行。"),
)
DOCX = (
    "松溪镇2023年乡村振兴工作总结",
    "一、基本情况",
    "松溪镇辖9个行政村，其中脱贫户312户1042人。",
    "二、就业帮扶",
    "松溪镇开发公益性岗位，安置46人就业。",
)
ROWS = (("村名", "光伏电站容量（千瓦）", "发电收益（万元）"), ("白石村", 60, 5.2), ("桥头村", 100, 8.9))
pytestmark = [
    needs_browser,
    *GRADIO_WARNINGS,
]


def _write_pdf(path: Path) -> None:
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    canvas = Canvas(str(path), pagesize=A4)
    for lines in PDF_PAGES:
        canvas.setFont(FONT, 14)
        for n, line in enumerate(lines):
            canvas.drawString(90, 740 - n * 40, line)
        canvas.showPage()
    canvas.save()


def _write_docx(path: Path) -> None:
    import docx

    document = docx.Document()
    for line in DOCX:
        document.add_paragraph(line)
    document.save(str(path))


def _write_xlsx(path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in ROWS:
        sheet.append(row)
    book.save(path)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    docs = folder / "docs"
    docs.mkdir()
    _write_pdf(docs / "补助办法.pdf")
    _write_docx(docs / "松溪镇2023年总结.docx")
    _write_xlsx(docs / "云霞县2023年光伏电站台账.xlsx")
    with served_base(folder, docs) as site:
        yield site


@pytest.fixture(scope="module")
def browser(site: Site) -> Iterator[Browser]:
    with chromium() as driver:
        yield Browser(driver, site.address)


def _opened(site: Site, browser: Browser, question: str) -> Answer:
    """Asks, clicks the first chip, and waits for its source."""
    browser.ask(question)
    browser.until(lambda: browser.all("#zd-answer .zd-card.is-open"), "the first source was not opened")
    browser.click("#zd-answer .zd-chip")
    browser.settle("#zd-viewer .zd-source", 0.5)
    return site.service.ask(question)


def _shown_page(browser: Browser) -> int:
    return int(browser.attribute("#zd-viewer .zd-sheet", "data-page") or 0)


def _image_is_there(browser: Browser) -> bool:
    script = "const i = document.querySelector('#zd-viewer .zd-sheet img'); return i.complete && i.naturalWidth > 0;"
    return bool(browser.driver.execute_script(script))


def _key(browser: Browser, name: str) -> None:
    from selenium.webdriver.common.keys import Keys

    browser.find("#zd-viewer .zd-sheet-view").send_keys(getattr(Keys, name))


def test_a_chip_opens_the_page_with_the_line_boxed(site: Site, browser: Browser) -> None:
    answer = _opened(site, browser, "种植业每亩补助多少元?")
    browser.until(lambda: _image_is_there(browser), "the page's picture did not come")
    place = browser.driver.execute_script(
        """const paper = document.querySelector('#zd-viewer .zd-sheet-page').getBoundingClientRect();
        const pane = document.querySelector('#zd-viewer .zd-sheet-view').getBoundingClientRect();
        const box = document.querySelector('#zd-viewer .zd-box:not([hidden])').getBoundingClientRect();
        return {x: (box.left - paper.left) / paper.width, y: (box.top + box.height / 2 - paper.top) / paper.height,
                seen: box.top >= pane.top && box.bottom <= pane.bottom};"""
    )
    assert "80元" in answer.citations[0].quote
    assert place["y"] == pytest.approx(1 - (740 - 3 * 40 + 5) / A4[1], abs=0.012)
    assert place["x"] >= 90 / A4[0] - 0.02
    assert place["seen"]
    assert answer.citations[0].quote in browser.attribute("#zd-viewer .zd-sheet img", "alt")
    copied = browser.attribute("#zd-viewer [data-copy]", "data-copy")
    assert "（云政办发〔2023〕5号）第二条，第 1 页" in copied


def test_pages_are_turned_and_zoomed_by_keys_and_back_to_the_quote(site: Site, browser: Browser) -> None:
    _opened(site, browser, "种植业每亩补助多少元?")
    _key(browser, "ARROW_RIGHT")
    browser.until(lambda: _shown_page(browser) == 2)
    browser.until(lambda: _image_is_there(browser), "the second page did not come")
    assert not browser.all("#zd-viewer .zd-box:not([hidden])")
    assert browser.attribute('#zd-viewer [data-sheet="on"]', "disabled")
    _key(browser, "HOME")
    browser.until(lambda: _shown_page(browser) == 1)
    assert browser.all("#zd-viewer .zd-box:not([hidden])")
    width = "return document.querySelector('#zd-viewer .zd-sheet-page').clientWidth;"
    before = browser.driver.execute_script(width)
    browser.click('#zd-viewer [data-sheet="in"]')
    browser.until(lambda: browser.driver.execute_script(width) > before)
    browser.click('#zd-viewer [data-sheet="fit"]')
    browser.until(lambda: browser.driver.execute_script(width) == before)


def test_the_text_is_one_click_away_with_the_quote_marked(site: Site, browser: Browser) -> None:
    answer = _opened(site, browser, "养牛每头补助多少元?")
    browser.until(lambda: _shown_page(browser) == 2)
    assert not browser.find("#zd-viewer .zd-text").is_displayed()
    browser.click('#zd-viewer [data-view="text"]')
    browser.until(lambda: browser.find("#zd-viewer .zd-text").is_displayed())
    assert not browser.find("#zd-viewer .zd-sheet").is_displayed()
    assert browser.text("#zd-viewer mark") == answer.citations[0].quote
    assert browser.attribute('#zd-viewer [data-view="text"]', "aria-pressed") == "true"
    browser.click('#zd-viewer [data-view="page"]')
    browser.until(lambda: browser.find("#zd-viewer .zd-sheet").is_displayed())
    assert not browser.find("#zd-viewer .zd-text").is_displayed()


def test_a_word_file_shows_its_paragraph_marked(site: Site, browser: Browser) -> None:
    answer = _opened(site, browser, "松溪镇公益性岗位安置了多少人?")
    mark = browser.find("#zd-viewer mark")
    assert mark.is_displayed()
    assert mark.get_attribute("textContent") == answer.citations[0].quote
    assert not browser.all("#zd-viewer .zd-sheet")


def test_a_workbook_shows_its_row_marked_in_a_table(site: Site, browser: Browser) -> None:
    _opened(site, browser, "桥头村光伏电站发电收益多少万元?")
    row = browser.find("#zd-viewer tr.is-quoted")
    assert row.is_displayed()
    assert [cell.text for cell in row.find_elements("css selector", "td")] == ["桥头村", "100", "8.9"]
    assert [cell.text for cell in browser.all("#zd-viewer thead th")] == [*ROWS[0]]


def test_nothing_is_wider_than_a_telephone(site: Site, browser: Browser) -> None:
    size = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        _opened(site, browser, "种植业每亩补助多少元?")
        wide = """const bar = document.querySelector('#zd-viewer .zd-sheet-bar');
            return [document.documentElement.scrollWidth, bar.scrollWidth - bar.clientWidth];"""
        assert browser.driver.execute_script(wide) == [390, 0]
    finally:
        browser.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_pages_picture_is_served_once_and_only_here(site: Site) -> None:
    citation = site.service.ask("种植业每亩补助多少元?").citations[0]
    address = f"{site.address}/api/documents/{citation.document_id}/pages"
    first = httpx.get(f"{address}/1.png", trust_env=False)
    assert (first.status_code, first.headers["content-type"]) == (200, "image/png")
    assert first.headers["cache-control"] == "private, no-cache"
    tag = first.headers["etag"]
    again = httpx.get(f"{address}/1.png", headers={"if-none-match": tag}, trust_env=False)
    assert (again.status_code, again.content) == (304, b"")
    kept = httpx.get(f"{address}/1.png?v={tag.strip(chr(34)).partition('-')[0]}", trust_env=False)
    assert "immutable" in kept.headers["cache-control"]
    missing = httpx.get(f"{address}/9.png", trust_env=False)
    assert (missing.status_code, missing.json()) == (404, {"error": "共 2 页，没有第 9 页"})
    unknown = httpx.get(f"{site.address}/api/documents/none/pages/1.png", trust_env=False)
    assert unknown.status_code == 404
    assert httpx.get(f"{address}/1.png", headers={"host": "evil.example"}, trust_env=False).status_code == 403
