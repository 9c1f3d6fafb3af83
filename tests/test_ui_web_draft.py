"""The 迎检起草 tab in a real browser: a list in, each sentence decided, a Word file out."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
import httpx
import openpyxl
import pytest
from documents import REPORT_A, REPORT_B, RULE, write
from test_qa_draft import RECTIFICATION
from test_qa_draft_review import LEDGER
from web_site import EVIL, GRADIO_WARNINGS, Browser, Site, chromium, needs_browser, served_base

from qa.draft_rows import row_words
from ui.web_draft import _items

LIST = f"公益性岗位管理不够规范\n养猪补助标准是否公开{EVIL}\n公益性岗位安置就业"
pytestmark = GRADIO_WARNINGS


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    texts = {"rule": RULE, "a": REPORT_A, "b": REPORT_B, "r": RECTIFICATION, "ledger": LEDGER}
    with served_base(folder, write(folder / "docs", **texts)) as site:
        yield site


@pytest.fixture(scope="module")
def browser(site: Site) -> Iterator[Browser]:
    with chromium() as driver:
        yield Browser(driver, site.address)


def lines(browser: Browser, words: str, state: str = "") -> list[Any]:
    """The lines that say the words, in a state."""
    found = browser.all(f"#zd-draft .zd-line{state}")
    return [line for line in found if words in line.get_attribute("textContent")]


def press(browser: Browser, words: str, action: str, state: str = "") -> None:
    """Presses a button of the first line that says the words."""
    line = browser.until(lambda: next(iter(lines(browser, words, state)), None), f"no line {words}{state}")
    button = line.find_element("css selector", f"[data-act={action}]")
    browser.driver.execute_script("arguments[0].click()", button)


def drafted(site: Site, browser: Browser) -> docx.document.Document:  # type: ignore[name-defined]
    link = browser.attribute("#zd-draft a[download]", "href")
    assert link.startswith(f"{site.address}/api/drafts/")
    return docx.Document(BytesIO(httpx.get(link, trust_env=False).raise_for_status().content))


@needs_browser
def test_a_list_becomes_a_reviewed_word_file(site: Site, browser: Browser) -> None:
    browser.tab("迎检起草")
    box = browser.find("#zd-draft-list textarea")
    browser.driver.execute_script(
        "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input'))", box, LIST
    )
    browser.find("#zd-draft-place input").click()
    offered_places = browser.until(lambda: browser.all("ul[role=listbox] li"))
    next(place for place in offered_places if "松溪镇" in place.text).click()
    browser.click("#zd-draft-send")
    browser.until(lambda: browser.all(".zd-review"), "the draft does not end")
    assert browser.driver.title == "政答"
    browser.says("#zd-draft .zd-draft-top", "松溪镇")
    browser.says("#zd-draft", EVIL)
    assert not browser.all("#zd-draft script")
    before = "".join(p.text for p in drafted(site, browser).paragraphs)

    rule = browser.text("#zd-draft .zd-line.is-sentence .zd-card q")
    browser.click("#zd-draft .zd-line.is-sentence .zd-card")
    browser.until(lambda: rule in browser.text("#zd-draft-viewer mark"), "the source does not open")

    gap = browser.text("#zd-draft .zd-line.is-gap .zd-line-said p")
    area = browser.find("#zd-draft .zd-line.is-gap.is-open textarea")
    area.send_keys("已逐户核对并公示<b>。")  # not lost by what is decided before it is sent

    sentence = browser.text("#zd-draft .zd-line.is-sentence .zd-line-said p")
    press(browser, sentence, "others")
    offered = browser.text("#zd-draft .zd-offers li q")
    browser.click("#zd-draft .zd-offers li [data-act=take]")
    browser.until(lambda: lines(browser, offered, ".is-replace"), "nothing was replaced")

    press(browser, gap, "fill", ".is-open")
    browser.until(lambda: lines(browser, "已逐户核对并公示<b>。", ".is-fill"), "the gap was not filled")

    struck = browser.driver.execute_script(
        "return [...document.querySelectorAll('#zd-draft .zd-line.is-sentence.is-open .zd-line-said p')].at(-1).textContent"
    )
    press(browser, struck, "strike", ".is-open")
    browser.until(lambda: lines(browser, struck, ".is-strike"), "nothing was struck")

    after = drafted(site, browser)
    text = "\n".join(p.text for p in after.paragraphs)
    assert sentence in before
    assert sentence not in text
    assert row_words(offered) in text
    assert "已逐户核对并公示<b>。（人工填写）" in text
    assert gap not in text
    assert struck in before
    assert struck not in text
    evidence, missing = after.tables
    quotes = [row.cells[-1].text for row in evidence.rows]
    assert offered in quotes
    assert rule not in quotes
    told = [row.cells[-1].text for row in missing.rows]
    assert gap.strip("【】") not in told
    assert "已由人工填写、资料中没有出处：已逐户核对并公示<b>。" in told


@needs_browser
def test_the_draft_is_there_after_the_page_is_loaded_again(browser: Browser) -> None:
    browser.driver.refresh()
    browser.until(lambda: any("迎检起草" in tab.text for tab in browser.all('button[role="tab"]')))
    browser.tab("迎检起草")
    browser.until(lambda: lines(browser, "人工填写", ".is-fill"), "the review is gone")
    browser.click("#zd-draft [data-act=close]")
    browser.until(lambda: not browser.all(".zd-review"))
    browser.click("#zd-draft-recent [data-act=open]")
    browser.until(lambda: lines(browser, "人工填写", ".is-fill"), "the draft does not open from the list")


@needs_browser
def test_an_empty_list_is_one_line(browser: Browser) -> None:
    browser.click("#zd-draft [data-act=close]")
    browser.until(lambda: not browser.all(".zd-review"))
    browser.click("#zd-draft-send")
    assert browser.until(lambda: browser.text("#zd-draft .zd-error")) == "没有读到问题，请每行写一个问题"


@needs_browser
def test_a_file_is_drafted_and_the_draft_removed(site: Site, browser: Browser) -> None:
    path = site.folder / "检查问题.xlsx"
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (["序号", "问题"], [1, "补助资金拨付滞后"], [2, "公益性岗位补助金额"]):
        book.active.append(row)
    book.save(path)
    browser.find("#zd-draft-file input[type=file]").send_keys(str(path))
    browser.until(lambda: "检查问题" in browser.text("#zd-draft-file"), "the file was not taken")
    browser.click("#zd-draft-send")
    browser.until(lambda: "检查问题.xlsx" in browser.text("#zd-draft .zd-draft-top"), "the file was not drafted")
    browser.says("#zd-draft", "33.12")
    kept = len(browser.all("#zd-draft-recent li"))
    browser.click("#zd-draft-recent [data-act=remove]")
    browser.click("#zd-draft-recent [data-act=remove-now]")
    browser.until(lambda: len(browser.all("#zd-draft-recent li")) == kept - 1)
    assert not browser.all("#zd-draft .zd-review")


def test_a_file_that_cannot_be_read_is_named_without_its_folder(tmp_path: Path) -> None:
    from qa.draft_items import DraftError

    path = tmp_path / "问题.docx"
    path.write_bytes(b"PK\x03\x04 broken")
    with pytest.raises(DraftError) as error:
        _items("", str(path))
    assert "问题.docx" in str(error.value)
    assert str(tmp_path) not in str(error.value)
    with pytest.raises(DraftError, match="只留一样"):
        _items("甲", str(path))


def test_a_draft_that_is_not_there_gives_404(site: Site) -> None:
    for id in ("f" * 16, "..%2f..%2fx", "x"):
        answer = httpx.get(f"{site.address}/api/drafts/{id}.docx", trust_env=False)
        assert answer.status_code == 404
        assert "error" in answer.json()
