"""The real page behind a real server on loopback, and the real browser that the tests drive over it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI

from qa.service import Service, open_service
from qa.settings import Settings
from ui.turns import Turns
from ui.web import build_app, listen, make_server, upload_folder

CHROMIUM, CHROMEDRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)  # fmt: skip
EVIL = "<script>document.title='x'</script>"
GRADIO_WARNINGS = [  # both come from Gradio's queue counting its own events with pandas
    pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting':DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The copy keyword is deprecated:DeprecationWarning"),
]
needs_browser = pytest.mark.skipif(
    not (Path(CHROMIUM).exists() and Path(CHROMEDRIVER).exists()), reason="chromium or chromedriver is not installed"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    address: str
    service: Service
    folder: Path
    turns: Turns


@contextmanager
def served(app: FastAPI, port: int = 0) -> Iterator[str]:
    """The address of a server of its own for the app."""
    ready = threading.Event()
    with listen("127.0.0.1", port) as listening, upload_folder():
        server = make_server(app, listening, lambda _: ready.set())
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        assert ready.wait(60)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:  # a server that outlives a test that failed would keep the tests from ending
            server.should_exit = True
            thread.join(30)
        assert not thread.is_alive()


@contextmanager
def served_base(folder: Path, docs: Path) -> Iterator[Site]:
    """The page over a base in the folder, which holds the documents."""
    service = open_service(Settings(home=folder / "home", embedder="hash"), to_write=True)
    service.ingest([docs])
    app = build_app(service)
    try:
        with served(app) as address:
            yield Site(address=address, service=service, folder=folder, turns=app.state.turns)
    finally:
        app.state.drafts.stop()
        service.close()


@contextmanager
def chromium(size: str = "1440,900") -> Iterator[Any]:
    """A browser with an empty profile, that notes what it asks the network for."""
    from selenium import webdriver

    with TemporaryDirectory(prefix="profile-", ignore_cleanup_errors=True) as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for flag in (*FLAGS, f"--user-data-dir={profile}", f"--window-size={size}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
        driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(CHROMEDRIVER))
        try:
            yield driver
        finally:
            driver.quit()


class Browser:
    """Chromium on one page, with the few gestures that the tests make."""

    def __init__(self, driver: Any, address: str) -> None:
        self.driver = driver
        driver.get(address)
        self.find(".zd-start")
        self.until(lambda: self.all(".zd-recent"), "the page did not load its data")

    def until(self, condition: Callable[[], Any], message: str = "") -> Any:
        from selenium.common.exceptions import StaleElementReferenceException
        from selenium.webdriver.support.ui import WebDriverWait

        redrawn = (StaleElementReferenceException,)  # between being found and being read
        waiting = WebDriverWait(self.driver, 30, poll_frequency=0.1, ignored_exceptions=redrawn)
        return waiting.until(lambda _: condition(), message)

    def all(self, css: str) -> list[Any]:
        return list(self.driver.find_elements("css selector", css))

    def find(self, css: str) -> Any:
        return self.until(lambda: next(iter(self.all(css)), None), f"no {css}")

    def settle(self, css: str, still_s: float = 1.0) -> None:
        """Waits until nothing has been drawn anew within the element for a while."""
        marked = "arguments[0].firstElementChild.dataset.seen = 1"
        self.driver.execute_script(marked, self.find(css))
        until = time.monotonic() + still_s
        while time.monotonic() < until:
            if not self.all(f"{css} > [data-seen]"):
                self.driver.execute_script(marked, self.find(css))
                until = time.monotonic() + still_s
            time.sleep(0.05)

    def texts(self, css: str) -> list[str]:
        """What the elements say, found and read in one step: the page may be drawn anew between two."""
        said = "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)"
        return [str(text) for text in self.driver.execute_script(said, css)]

    def text(self, css: str) -> str:
        return str(self.until(lambda: self.texts(css), f"no {css}")[0])

    def says(self, css: str, words: str) -> None:
        """Waits until one of the elements says so: what was done before may still be on its way."""
        self.until(lambda: any(words in text for text in self.texts(css)), f"{css} does not say {words}")

    @contextmanager
    def redrawn(self, css: str) -> Iterator[None]:
        """Waits after what is done within until the element shows something else, and is not at work any more."""
        mark = "for (const e of document.querySelectorAll(arguments[0])) e.dataset.seen = 1"
        drawn = f"{css} [class^=zd-]"
        self.driver.execute_script(mark, drawn)
        yield
        old = f"{css} [data-seen], {css} [aria-busy]"
        self.until(lambda: self.all(drawn) and not self.all(old), f"{css} is not drawn anew")

    def attribute(self, css: str, name: str) -> str | None:
        value = self.until(lambda: [e.get_attribute(name) for e in self.all(css)[:1]], f"no {css}")[0]
        return None if value is None else str(value)

    def click(self, css: str) -> None:
        clicked = "const found = document.querySelector(arguments[0]); found?.click(); return !!found"
        self.until(lambda: self.driver.execute_script(clicked, css), f"no {css}")

    def tab(self, name: str) -> None:
        next(tab for tab in self.all('button[role="tab"]') if name in tab.text).click()

    def ask(self, question: str) -> None:
        box = self.find("#zd-question textarea")
        box.clear()
        box.send_keys(question + "\n")
        self.until(lambda: question in self.texts("#zd-answer .zd-turn:not(.is-growing) .zd-asked"), "no answer")

    def hosts(self) -> set[str]:
        """The hosts of all that the browser asked for."""
        entries = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        sent = [e["params"]["request"]["url"] for e in entries if e["method"] == "Network.requestWillBeSent"]
        return {urlsplit(url).hostname or "" for url in sent if url.startswith(("http", "ws"))}
