"""Finding and comparing on every surface: the command line, the API, files, and the page in a real browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from command_line import Zhengda, one_line
from documents import REPORT_A, REPORT_B, RULE, write
from docx import Document
from openpyxl import load_workbook
from test_qa_search import REPORT_A_2022, REPORT_A_2024
from web_site import GRADIO_WARNINGS, Browser, Site, chromium, needs_browser, served_base

from ui.search_export import HEADERS, xlsx_bytes
from ui.topic_render import value_label

EVIL = "<img src=x onerror=\"document.title='x'\">"
EVIL_REPORT = f"""桂桥镇2023年工作总结{EVIL}
一、就业帮扶
=HYPERLINK("http://x","公益性岗位")桂桥镇开发公益性岗位{EVIL}33个。
桂桥镇人民政府
2024年1月5日
"""
TEXTS = {
    "rule": RULE,
    "a22": REPORT_A_2022,
    "a23": REPORT_A,
    "a24": REPORT_A_2024,
    "b23": REPORT_B,
    "evil": EVIL_REPORT,
}
pytestmark = GRADIO_WARNINGS


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    with served_base(folder, write(folder / "docs", **TEXTS)) as site:
        yield site


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Zhengda:
    folder = tmp_path_factory.mktemp("cli")
    zhengda = Zhengda(folder / "home")
    assert zhengda("ingest", write(folder / "docs", **TEXTS))[0] == 0
    return zhengda


def test_search_json_only_adds_to_the_contract(base: Zhengda) -> None:
    code, out, _ = base(
        "search", "“公益性岗位” -安置", "--sort", "date", "--issuer", "松溪镇", "--limit", "3", "--json"
    )
    page = json.loads(out)
    assert code == 0 and list(page)[:3] == ["query", "total", "hits"]
    assert {"place", "year", "kind", "topic"} <= set(page["facets"])
    hit = page["hits"][0]
    wanted = {
        "document_id", "source", "title", "issuer", "issued_on", "place", "year", "kind", "topics", "path", "pages",
        "start", "end", "quote", "score",
    }  # fmt: skip
    assert wanted <= set(hit) and hit["year"] == 2024
    assert all("公益性岗位" in h["quote"] and "安置" not in h["quote"] for h in page["hits"])
    a, b = hit["matched"][0]
    assert hit["quote"][a - hit["start"] : b - hit["start"]] == "公益性岗位"
    code, out, _ = base("search", "--like", f"{hit['document_id']}:{hit['start']}", "--limit", "2", "--json")
    assert code == 0 and len(json.loads(out)["hits"]) == 2


def test_search_writes_files_with_sources(base: Zhengda, tmp_path: Path) -> None:
    xlsx, docx = tmp_path / "found.xlsx", tmp_path / "found.docx"
    code, out, err = base("search", "公益性岗位", "--xlsx", xlsx, "--docx", docx)
    assert code == 0 and not out and "found.xlsx" in err
    sheet = load_workbook(xlsx).active
    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0] == HEADERS and len(rows) > 3
    assert any("《松溪镇2022年乡村振兴工作总结》" in str(row[2]) for row in rows)
    said = "\n".join(p.text for p in Document(str(docx)).paragraphs)
    assert "开发公益性岗位52个" in said and "——《松溪镇2024年乡村振兴工作总结》" in said


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("search",), "二者取一"),
        (("search", "就业", "--like", "x:1"), "二者取一"),
        (("search", "--like", "x"), "看不懂"),
        (("search", "--like", "0123456789abcdef:1"), "没有编号"),
        (("search", "就业", "--xlsx", "a.csv"), ".xlsx"),
        (("search", "就业", "--docx", "/nowhere/a.docx"), "没有文件夹"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(base: Zhengda, arguments: tuple[str, ...], says: str) -> None:
    code, out, err = base(*arguments)
    assert code == 1 and not out and says in one_line(err)


def test_topic_by_command(base: Zhengda) -> None:
    code, out, _ = base("topic", "就业", "--place", "松溪镇", "--json")
    page = json.loads(out)
    assert code == 0 and [column["year"] for column in page["years"]] == [2024, 2023, 2022]
    assert any(i["unit"] == "个" and len(i["points"]) == 2 for i in page["indicators"])
    code, out, _ = base("topic", "就业", "--place", "松溪镇")
    assert "以前的写法：下一步" in out and "——《松溪镇2022年乡村振兴工作总结》“四、下一步打算”" in out


def test_no_cell_is_a_formula(site: Site) -> None:
    page = site.service.search("“=HYPERLINK”")
    assert page.hits
    sheet = load_workbook(BytesIO(xlsx_bytes(page))).active
    assert sheet is not None
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert any(str(cell.value).lstrip().startswith("=HYPERLINK") or "=HYPERLINK" in str(cell.value) for cell in cells)
    assert all(cell.data_type in "sn" for cell in cells)


def test_the_api_sorts_finds_alike_and_exports(site: Site) -> None:
    with httpx.Client(base_url=site.address) as client:
        page = client.get("/api/search", params={"query": "公益性岗位", "sort": "date-asc", "limit": 2}).json()
        assert page["hits"][0]["year"] == 2022
        spot = f"{page['hits'][0]['document_id']}:{page['hits'][0]['start']}"
        assert client.get("/api/search", params={"query": "", "like": spot}).json()["hits"]
        for form in ("xlsx", "docx"):
            file = client.get(f"/api/search/export.{form}", params={"query": "公益性岗位"})
            assert file.status_code == 200 and file.content[:2] == b"PK"
            assert "attachment" in file.headers["content-disposition"]
        assert client.get("/api/search/export.pdf", params={"query": "x"}).status_code == 404
        assert client.get("/api/search/export.xlsx", params={"like": "x"}).status_code == 400
        assert client.get("/api/topic", params={"topic": "就业"}).json()["years"]


@pytest.mark.parametrize(
    ("value", "unit", "shown"), [(46, "个", "46个"), (164000, "元", "16.4万元"), (102.5, "%", "102.5%"), (3e8, "元", "3亿元")]
)  # fmt: skip
def test_values_read_as_people_write_them(value: float, unit: str, shown: str) -> None:
    assert value_label(value, unit) == shown


@pytest.fixture(scope="module")
def browser(site: Site) -> Iterator[Browser]:
    with chromium() as driver:
        browser = Browser(driver, site.address)
        browser.tab("查报告")
        yield browser


def find(browser: Browser, query: str) -> None:
    box = browser.find("#zd-find-query textarea, #zd-find-query input")
    with browser.redrawn("#zd-hits"):
        box.clear()
        box.send_keys(query + "\n")


@needs_browser
def test_a_hit_opens_the_exact_line(browser: Browser, site: Site) -> None:
    find(browser, "“开发公益性岗位52个” 务工")
    browser.until(lambda: "52个" in browser.text("#zd-hits .zd-hit q"))
    assert "开发公益性岗位52个" in browser.texts("#zd-hits .zd-hit mark")
    browser.says("#zd-hits .zd-count", "共 1 段")
    copied = browser.attribute("#zd-hits [data-copy]", "data-copy")
    assert "52个" in copied and copied.endswith("——《松溪镇2024年乡村振兴工作总结》")
    browser.click("#zd-hits .zd-hit .zd-card")
    (hit,) = site.service.search("“开发公益性岗位52个”").hits
    browser.until(lambda: browser.text("#zd-find-viewer mark") == hit.quote)


@needs_browser
def test_more_like_a_hit_and_back(browser: Browser) -> None:
    find(browser, "“安置46人就业”")
    browser.until(lambda: "46人" in browser.text("#zd-hits .zd-hit q"))
    browser.click('#zd-hits [data-act="like"]')
    browser.until(lambda: "相似" in browser.text("#zd-hits .zd-count"))
    assert any("安置71人就业" in text for text in browser.texts("#zd-hits q"))
    browser.click('#zd-hits [data-act="back"]')
    browser.until(lambda: "相似" not in browser.text("#zd-hits .zd-count"))


@needs_browser
def test_a_facet_narrows_and_the_list_is_exported(browser: Browser, site: Site) -> None:
    find(browser, "公益性岗位")
    browser.until(lambda: browser.all('#zd-hits [data-name="year"][data-value="2022"]'))
    browser.click('#zd-hits [data-name="year"][data-value="2022"]')
    browser.until(lambda: "来自 1 份文件" in browser.text("#zd-hits .zd-count"))
    link = browser.attribute('#zd-hits a[href*="export.xlsx"]', "href")
    assert link.startswith(site.address) and "year=2022" in link
    sheet = load_workbook(BytesIO(httpx.get(link).content)).active
    assert sheet is not None
    assert {row[8] for row in sheet.iter_rows(min_row=2, values_only=True)} == {2022}
    find(browser, "“桂桥镇” 公益性岗位")
    browser.until(lambda: browser.all("#zd-hits .zd-blank"))
    browser.click('#zd-hits [data-act="clear"]')
    browser.until(lambda: "桂桥镇" in browser.text("#zd-hits .zd-hit q"))


@needs_browser
def test_document_text_never_runs(browser: Browser) -> None:
    find(browser, "“桂桥镇”")
    browser.until(lambda: "桂桥镇" in browser.text("#zd-hits .zd-hit q"))
    assert EVIL in browser.text("#zd-hits") and not browser.all("#zd-hits img, #zd-find-viewer img")
    assert browser.driver.title != "x"


@needs_browser
def test_a_topic_side_by_side(browser: Browser) -> None:
    browser.tab("专题对比")
    name = browser.find("#zd-topic-name input")
    browser.driver.execute_script("arguments[0].focus()", name)
    name.send_keys("就业\n")
    browser.click("#zd-topic-send")
    browser.until(lambda: browser.texts("#zd-topic .zd-year h4") == ["2024 年", "2023 年", "2022 年"])
    assert browser.all("#zd-topic svg polyline.line") and not browser.all("#zd-topic img")
    assert "开头" in [text[:2] for text in browser.texts("#zd-topic .zd-phrases summary")]
    browser.settle("#zd-topic")  # the words typed and the button each compare
    text = browser.text("#zd-topic .zd-year .zd-said")
    browser.click("#zd-topic .zd-year .zd-said")
    browser.until(lambda: browser.text("#zd-find-viewer mark") == text)
