"""The real page in a real browser, with nothing but loopback to talk to."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from documents import REPORT_A, REPORT_B, RULE, write
from web_site import EVIL, GRADIO_WARNINGS, Browser, Site, chromium, needs_browser, served_base

from qa.service import open_service
from qa.settings import Settings
from ui.web import ServeError, listen

EVIL_REPORT = f"""桂桥镇2023年工作总结{EVIL}
一、基本情况
桂桥镇共有脱贫户208户，{EVIL}其中监测户17户。
桂桥镇人民政府
2024年1月5日
"""
pytestmark = GRADIO_WARNINGS


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    with served_base(folder, write(folder / "docs", rule=RULE, a=REPORT_A, b=REPORT_B, evil=EVIL_REPORT)) as site:
        yield site


@pytest.fixture(scope="module")
def browser(site: Site) -> Iterator[Browser]:
    with chromium() as driver:
        yield Browser(driver, site.address)


def is_in_sight(browser: Browser) -> bool:
    """Whether the marked quote is inside the part of the text that is scrolled into view."""
    return bool(
        browser.driver.execute_script(
            """const mark = document.querySelector('#zd-viewer mark').getBoundingClientRect();
            const text = document.querySelector('#zd-viewer .zd-text').getBoundingClientRect();
            return mark.top >= text.top && mark.top < text.bottom;"""
        )
    )


@needs_browser
def test_an_answer_opens_its_source_with_the_quote_marked(site: Site, browser: Browser) -> None:
    browser.ask("种植业每亩补多少?")
    browser.says(".zd-answer", "80元")
    browser.click("#zd-answer .zd-chip")
    citation = site.service.ask("种植业每亩补多少?").citations[0]
    browser.until(lambda: browser.text("#zd-viewer mark") == citation.quote)
    assert is_in_sight(browser)
    browser.says("#zd-viewer .zd-title", "云政办发〔2023〕5号")
    browser.says("#zd-viewer .zd-facts", "云霞县人民政府办公室")
    copied = browser.attribute("#zd-viewer [data-copy]", "data-copy")
    assert copied.startswith(f"“{citation.quote}”——《")
    assert "（云政办发〔2023〕5号）" in copied
    original = browser.attribute("#zd-viewer .zd-actions a", "href")
    assert httpx.get(original, trust_env=False).content.decode() == RULE


@needs_browser
def test_sources_that_differ_are_listed_and_stepped_through(browser: Browser) -> None:
    browser.ask("公益性岗位安置了多少人?")
    assert len(browser.all(".zd-several tbody tr")) == 2
    first = browser.text("#zd-viewer mark")
    browser.click("#zd-viewer .zd-steps button:last-child")
    browser.until(lambda: browser.text("#zd-viewer mark") != first)
    browser.until(lambda: browser.texts("#zd-answer .zd-chip.is-open") == ["2"])
    assert len(browser.all(".zd-earlier-turn")) >= 1


@needs_browser
def test_no_evidence_is_said_calmly(browser: Browser) -> None:
    browser.ask("桂桥镇养老金每月发多少钱?")
    browser.says("#zd-answer .is-none", "没有查到")
    assert not browser.all("#zd-answer .zd-chip")
    assert all("不是答案" in near.text for near in browser.all("#zd-answer .is-near h3"))


@needs_browser
def test_a_question_too_long_is_refused_in_one_line(browser: Browser) -> None:
    box = browser.find("#zd-question textarea")
    browser.driver.execute_script(
        "arguments[0].value = '长'.repeat(2001); arguments[0].dispatchEvent(new Event('input'))", box
    )
    browser.click("#zd-send")
    assert "2000" in browser.until(lambda: browser.text("#zd-answer .zd-error"))
    box.clear()


@needs_browser
def test_scripts_in_a_document_and_a_question_are_only_text(site: Site, browser: Browser) -> None:
    browser.ask(f"桂桥镇共有脱贫户多少户{EVIL}?")
    citation = site.service.ask("桂桥镇共有脱贫户多少户?").citations[0]
    assert EVIL in citation.quote
    browser.click("#zd-answer .zd-card")
    browser.until(lambda: browser.text("#zd-viewer mark") == citation.quote)
    browser.says("#zd-viewer .zd-title", EVIL)
    assert browser.driver.title == "政答"
    assert not browser.all("#zd-viewer script, #zd-answer script")


@needs_browser
def test_each_uploaded_file_gets_its_line(site: Site, browser: Browser) -> None:
    good, broken = site.folder / "柳湾镇总结.txt", site.folder / "损坏.pdf"
    good.write_text("柳湾镇2022年工作总结\n一、基本情况\n柳湾镇有脱贫户95户。\n", encoding="utf-8")
    broken.write_bytes(b"%PDF-1.7 nothing")
    browser.tab("资料库")
    browser.find("#zd-upload input[type=file]").send_keys(f"{good}\n{broken}")
    lines = browser.until(lambda: [line.text.split("\n") for line in browser.all(".zd-ingest:not([aria-busy]) li")])
    said = {line[1]: line for line in lines}
    assert said["柳湾镇总结.txt"][0] == "已入库"
    assert said["损坏.pdf"][0] == "失败"
    assert said["损坏.pdf"][2]
    assert str(site.folder) not in "".join(map("".join, said.values()))
    browser.says("#zd-shelf", "柳湾镇2022年工作总结")
    assert not list((site.folder / "home").glob("uploads/*"))
    assert not [
        path for path in Path(os.environ["GRADIO_TEMP_DIR"]).rglob("*") if path.is_file() and path.stat().st_size
    ]

    browser.find("#zd-upload input[type=file]").send_keys(str(good))
    browser.until(lambda: browser.all(".zd-ingest li.is-unchanged"))


@needs_browser
def test_a_file_over_the_limit_is_named_and_not_sent(browser: Browser) -> None:
    browser.tab("资料库")
    browser.driver.execute_script(
        """const file = new File(['x'], '台账.pdf');
        Object.defineProperty(file, 'size', { value: 201 * 1024 * 1024 });
        Object.defineProperty(arguments[0], 'files', { value: [file], configurable: true });
        arguments[0].dispatchEvent(new Event('change', { bubbles: true }));
        delete arguments[0].files;""",
        browser.find("#zd-upload input[type=file]"),
    )
    browser.says("#zd-upload-note", "台账.pdf 超过 200 MB")


@needs_browser
def test_the_library_is_filtered_read_and_thinned_out(site: Site, browser: Browser) -> None:
    browser.tab("资料库")
    before = len(site.service.documents())
    browser.find("#zd-filter input, #zd-filter textarea").send_keys("榆岭镇")
    browser.until(lambda: len(browser.all(".zd-table tbody tr")) == 1)
    browser.settle("#zd-shelf")  # each character typed draws the table anew
    browser.click("[data-act=view]")
    browser.says("#zd-shelf .zd-text", "71人")
    browser.click("[data-act=back]")
    browser.click("[data-act=remove]")
    browser.click("[data-act=keep]")
    browser.until(lambda: not browser.all("[data-act=remove-now]"))
    assert len(site.service.documents()) == before
    browser.click("[data-act=remove]")
    browser.click("[data-act=remove-now]")
    browser.says("#zd-shelf", "没有符合")
    assert len(site.service.documents()) == before - 1
    browser.tab("问答")


@needs_browser
def test_nothing_is_asked_of_another_machine(browser: Browser, refused_connections: list[str]) -> None:
    assert browser.hosts() == {"127.0.0.1"}
    assert refused_connections == []


def test_stopping_finishes_the_file_in_hand_and_begins_no_other(tmp_path: Path) -> None:
    from ui.web_library import Library

    service = open_service(Settings(home=tmp_path / "home", embedder="hash"), to_write=True)
    library = Library(service)
    names = [f"第{number}村.txt" for number in range(40)]
    for name in names:
        (tmp_path / name).write_text(f"{name}工作总结\n本村有脱贫户若干户。\n", encoding="utf-8")
    updates = library.upload([str(tmp_path / name) for name in names], "")
    next(updates)
    library.stop()
    assert "程序正在退出" in "".join(str(update[1]) for update in updates)
    kept = service.documents()
    assert len(kept) < len(names)
    assert service.check() == []
    service.close()


def test_the_served_page_loads_nothing_from_elsewhere(site: Site) -> None:
    response = httpx.get(site.address, trust_env=False)
    assert "default-src 'self'" in response.headers["content-security-policy"]
    for sign in ("fonts.googleapis", "fonts.gstatic", "cdnjs", "jsdelivr", "unpkg"):
        assert sign not in response.text
    assert httpx.get(site.address, headers={"host": "evil.example"}, trust_env=False).status_code == 403


def test_a_taken_port_is_refused_in_one_line() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServeError, match=f"端口 {port} 已被占用.*--port {port + 1}"):
            listen("127.0.0.1", port)
    with pytest.raises(ServeError, match="--port"):
        listen("127.0.0.1", 99999)


SERVE = """
import sys
from pathlib import Path
from qa.service import open_service
from qa.settings import Settings
from ui.web import serve
service = open_service(Settings(home=Path(sys.argv[1]), embedder="hash"), to_write=True)
close = service.close
service.close = lambda: (close(), print("closed", flush=True))
serve(service, port=0, on_ready=lambda address: print(address, flush=True))
print("over", flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_sigterm_closes_the_service(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(tmp_path / "home")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    address = child.stdout.readline().strip()
    with socket.create_connection((urlsplit(address).hostname, urlsplit(address).port)):
        child.send_signal(signal.SIGTERM)
        out, errors = child.communicate(timeout=20)
    assert (child.returncode, out.split()) == (0, ["closed", "over"]), errors
