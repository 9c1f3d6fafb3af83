"""What befalls a page in an office: a first start, many files at once, a server that ends, others asking at once."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from command_line import Zhengda
from documents import REPORT_A, REPORT_B, RULE, write
from web_site import GRADIO_WARNINGS, Browser, Site, chromium, needs_browser, served, served_base

from qa import draft_jobs
from qa.service import open_service
from qa.settings import Settings
from ui.web import build_app

EVIL_NAME = "<img src=x onerror=document.title='ran'>.txt"
pytestmark = GRADIO_WARNINGS


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("journeys")
    docs = write(folder / "docs", rule=RULE, a=REPORT_A, b=REPORT_B)
    (docs / EVIL_NAME).write_text("龙潭镇2023年工作总结\n龙潭镇有监测户17户。\n", encoding="utf-8")
    with served_base(folder, docs) as site:
        yield site


@pytest.fixture(scope="module")
def browser(site: Site) -> Iterator[Browser]:
    with chromium() as driver:
        yield Browser(driver, site.address)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _reload(browser: Browser) -> None:
    browser.driver.refresh()
    browser.find(".zd-start")
    browser.until(lambda: browser.all(".zd-recent"), "the page did not load its data")


@needs_browser
def test_a_page_opened_while_the_first_documents_go_in_is_of_use(tmp_path: Path) -> None:
    docs = write(tmp_path / "docs", rule=RULE, a=REPORT_A)
    service = open_service(Settings(home=tmp_path / "home", embedder="hash", reader="none"), to_write=True)
    app = build_app(service)
    with served(app) as address, chromium() as driver:
        with app.state.turns.write():  # the run waits, as it would for a slow first file
            app.state.library.take_in(docs)
            driver.get(address)
            browser = object.__new__(Browser)
            browser.driver = driver
            browser.says(".zd-start", "还是空的")
            browser.until(lambda: "正在导入资料" in browser.text("#zd-intake"), "the run is not told")
            assert not browser.all("#zd-filter input")
        browser.until(lambda: "现有 2 份文件" in browser.text(".zd-start"), "the page does not take in what came")
        browser.until(lambda: browser.texts(".zd-recent li") and not browser.all(".zd-intake"))
        browser.ask("松溪镇有多少户脱贫户?")
        browser.says(".zd-answer", "312户")
        browser.tab("资料库")
        browser.until(lambda: len(browser.all(".zd-table tbody tr")) == 2)
        browser.says(".zd-ingest", "已入库 2 份")
    app.state.drafts.stop()
    service.close()


def test_a_server_answers_before_its_first_documents_are_in(tmp_path: Path) -> None:
    zhengda = Zhengda(tmp_path / "home")
    docs = write(tmp_path / "docs", rule=RULE, a=REPORT_A)
    server = zhengda.start("serve", "--port", "0", "--first-ingest", docs)
    try:
        assert server.stdout is not None
        address = "http://" + server.stdout.readline().split("http://")[1].split("（")[0]
        until = time.monotonic() + 30
        while len(httpx.get(f"{address}/api/documents", trust_env=False).json()) < 2:
            assert time.monotonic() < until
            time.sleep(0.1)
    finally:
        server.terminate()
        _, errors = server.communicate(timeout=30)
    assert server.returncode == 0
    assert errors.splitlines() == [f"首次启动，打开网页后在后台导入 {docs}"]


def test_a_first_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    code, _, errors = Zhengda(tmp_path / "home")("serve", "--port", "0", "--first-ingest", tmp_path / "none")
    assert code == 1
    assert "没有这个文件或文件夹" in errors
    assert len(errors.splitlines()) == 1


def _ten(folder: Path) -> list[Path]:
    """Eight good files and two broken ones."""
    folder.mkdir()
    for number in range(1, 9):
        (folder / f"第{number}村〔2023〕.txt").write_text(
            f"梅岭镇第{number}村工作总结\n本村有脱贫户{number}0户。\n", encoding="utf-8"
        )
    (folder / "损坏.pdf").write_bytes(b"%PDF-1.7 nothing")
    (folder / "损坏.docx").write_bytes(b"PK\x03\x04 nothing")
    return sorted(folder.iterdir())


@needs_browser
def test_of_ten_files_two_broken_ones_are_named_with_why_and_a_reload_loses_nothing(
    site: Site, browser: Browser
) -> None:
    files, before = _ten(site.folder / "ten"), len(site.service.documents())
    browser.tab("资料库")
    with site.turns.write():  # the run waits while the page is loaded again
        browser.find("#zd-upload input[type=file]").send_keys("\n".join(map(str, files)))
        browser.until(lambda: browser.all(".zd-ingest[aria-busy]"), "the upload does not begin")
        _reload(browser)
        browser.until(lambda: browser.all("#zd-intake .zd-intake"), "the run is forgotten")
        browser.tab("资料库")
        browser.until(lambda: browser.all(".zd-ingest[aria-busy]"), "the run is not shown")
    browser.until(lambda: len(browser.texts(".zd-ingest:not([aria-busy]) li")) == 10, "not all files have a line")
    said = dict(
        zip(
            browser.texts(".zd-ingest li span"),
            zip(browser.texts(".zd-ingest li b"), browser.texts(".zd-ingest li small"), strict=True),
            strict=True,
        )
    )
    assert {name for name, (status, _) in said.items() if status == "失败"} == {"损坏.pdf", "损坏.docx"}
    assert all(why.strip() for _, why in said.values())
    assert said["第8村〔2023〕.txt"][0] == "已入库"
    browser.says(".zd-ingest > p", "已入库 8 份，失败 2 份")
    assert len(site.service.documents()) == before + 8
    browser.tab("问答")
    browser.ask("梅岭镇第3村有多少户脱贫户?")  # a place that came in after the page was opened
    browser.says(".zd-answer", "30户")


@needs_browser
def test_a_file_name_is_only_text(browser: Browser) -> None:
    browser.ask("龙潭镇有多少户监测户?")
    browser.click("#zd-answer .zd-chip")
    browser.says("#zd-viewer .zd-actions span", EVIL_NAME)
    browser.tab("资料库")
    browser.until(lambda: any(EVIL_NAME in name for name in browser.texts("#zd-shelf td.is-title small")))
    assert not browser.all("#zd-shelf img, #zd-viewer .zd-actions img")
    assert browser.driver.title == "政答"


@needs_browser
def test_a_real_file_over_the_limit_is_named(site: Site, browser: Browser) -> None:
    large = site.folder / "大台账.pdf"
    with large.open("wb") as file:
        file.truncate(201 * 2**20)  # nothing of it is on the disk
    browser.tab("资料库")
    browser.find("#zd-upload input[type=file]").send_keys(str(large))
    browser.says("#zd-upload-note", "大台账.pdf 超过 200 MB")
    assert not browser.all(".zd-ingest[aria-busy]")
    browser.tab("问答")


def test_the_server_takes_no_file_over_the_limit(site: Site) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.pdf"\r\n\r\n'
    parts = [head, *[bytes(2**20)] * 201, b"\r\n--x--\r\n"]
    kind = {"content-type": "multipart/form-data; boundary=x"}
    try:
        refused = httpx.post(
            f"{site.address}/gradio_api/upload", content=iter(parts), headers=kind, trust_env=False, timeout=60
        )
        assert refused.status_code == 413
    except (httpx.WriteError, httpx.ReadError):
        pass  # hung up on before all was sent
    assert httpx.get(f"{site.address}/api/health", trust_env=False).status_code == 200


@needs_browser
def test_two_tabs_and_two_people_at_once_each_get_their_own(site: Site, browser: Browser) -> None:
    _reload(browser)
    with chromium() as second:
        people = [browser, Browser(second, site.address)]
        first_tab = browser.driver.current_window_handle
        asked, said = ["种植业每亩补多少?", "榆岭镇有多少户脱贫户?"], ["80元", "405户"]
        with ThreadPoolExecutor(2) as at_once:
            list(at_once.map(Browser.ask, people, asked))
        assert [words in each.text(".zd-answer") for each, words in zip(people, said, strict=True)] == [True, True]
        assert [len(each.all("#zd-answer .zd-turn")) for each in people] == [1, 1]

        browser.driver.switch_to.new_window("tab")
        other = Browser(browser.driver, site.address)
        other.ask("松溪镇有多少户脱贫户?")
        browser.driver.switch_to.window(first_tab)
        assert browser.texts("#zd-answer .zd-asked") == [asked[0]]
        browser.ask("那养羊呢?")
        browser.says(".zd-answer", "260元")  # follows what was asked in this tab


@needs_browser
def test_a_lost_connection_is_told_and_the_page_goes_on(tmp_path: Path) -> None:
    service = open_service(Settings(home=tmp_path / "home", embedder="hash", reader="none"), to_write=True)
    service.ingest([write(tmp_path / "docs", rule=RULE, a=REPORT_A)])
    port = _free_port()
    with chromium() as driver:
        with served(build_app(service), port) as address:
            browser = Browser(driver, address)
            browser.ask("养羊每只补多少钱?")
            browser.until(lambda: driver.execute_script("return localStorage['zhengda-talk']"))
        browser.find("#zd-question textarea").send_keys("养牛每头补助多少元?\n")
        browser.until(lambda: any("连接断了" in text for text in browser.texts(".toast-body")), "nothing is said")
        browser.says(".toast-body", "重新连接")
        with served(build_app(service), port):
            browser.until(lambda: not browser.all(".toast-body") and browser.all(".zd-recent"), "no new start")
            box = "return document.querySelector('#zd-question textarea').value"
            browser.until(lambda: driver.execute_script(box) == "养牛每头补助多少元?", "the question is lost")
            browser.until(lambda: "养羊每只补多少钱?" in browser.text("#zd-talk"), "the conversation is lost")
            browser.click("#zd-send")
            browser.until(lambda: "2500元" in "".join(browser.texts("#zd-answer .zd-turn:not(.is-growing) .zd-answer")))
    service.close()


@needs_browser
def test_a_draft_that_is_made_is_there_after_the_page_is_loaded_again(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()

    def slowly(*arguments: Any, **options: Any) -> Iterator[Any]:
        go_on.wait(30)
        yield from replies(*arguments, **options)

    replies = draft_jobs._replies
    monkeypatch.setattr(draft_jobs, "_replies", slowly)
    browser.tab("迎检起草")
    browser.find("#zd-draft-list textarea").send_keys("公益性岗位管理不够规范")
    browser.click("#zd-draft-send")
    browser.until(lambda: browser.all("#zd-draft [aria-busy]"), "the draft does not begin")
    _reload(browser)
    browser.tab("迎检起草")
    browser.until(lambda: browser.all("#zd-draft [aria-busy]"), "the draft is forgotten")
    go_on.set()
    browser.until(lambda: browser.all(".zd-review"), "the draft does not end")
    browser.tab("问答")
