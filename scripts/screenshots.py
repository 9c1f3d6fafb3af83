"""The pictures of docs/guide.md: a server on samples/ that demands login, walked through in headless Chromium.

    python scripts/screenshots.py                      writes docs/images/guide-NAME-WIDTH.png
    python scripts/screenshots.py --axe axe.min.js     looks for what keeps people out instead, with axe-core

A tab that is not there is named and left out. Needs chromium, chromedriver and the `dev` extra.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from ui.accounts import Accounts

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs" / "images"
HOME = Path("build") / "guide"  # as it is shown
CHROMIUM, CHROMEDRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync", "--disable-dev-shm-usage",
    "--disable-background-networking", "--disable-component-update", "--hide-scrollbars", "--window-size=1440,900",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip
SIZES = ((1440, 900), (390, 844))
COLOURS = 128
MOST_BYTES = 1_500_000
WAIT_S = 60
NAME, PASSWORD = "李文书", "清砚镇的桂花树又开了2024"
LIST = "1. 公益性岗位安置了多少人？\n2. 产业到户补助标准是怎样规定的？\n3. 饮水安全管护情况如何？\n"


class Page:
    """The page in a browser, with the gestures of a reader."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def until(self, condition: Callable[[], Any], what: str = "") -> Any:
        """What `condition` gives once it is true. Raises TimeoutError."""
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            with suppress(Exception):  # an element that is gone by now
                if found := condition():
                    return found
            time.sleep(0.1)
        raise TimeoutError(f"{what}: not there after {WAIT_S} s")

    def all(self, css: str) -> list[Any]:
        """The elements of a selector."""
        return list(self.driver.find_elements("css selector", css))

    def find(self, css: str) -> Any:
        """The first element of a selector, once it is there."""
        return self.until(lambda: self.all(css)[0], css)

    def click(self, css: str) -> None:
        """Clicks on the first element of a selector."""
        self.driver.execute_script("arguments[0].click()", self.find(css))

    def fill(self, css: str, text: str) -> None:
        """Puts a text into a field."""
        box = self.find(css)
        box.clear()
        box.send_keys(text)

    def open_tab(self, name: str) -> bool:
        """Opens a tab; False when there is none of that name."""
        tabs = self.driver.execute_script(
            "return [...document.querySelectorAll('button[role=tab], .overflow-dropdown button')]"
            ".filter(b => b.textContent.trim() === arguments[0])",
            name,
        )
        if tabs:
            self.driver.execute_script("arguments[0].click()", tabs[0])
        return bool(tabs)


def log_in(page: Page) -> None:
    """Goes through the login."""
    page.fill("#name", NAME)
    page.fill("#password", PASSWORD + "\n")
    page.find(".zd-recent")  # the page has its data, pickers too


def ask(page: Page) -> None:
    """A question with its answer and source."""
    page.fill("#zd-question textarea", "青禾县种一亩中药材补助多少元？\n")
    page.find("#zd-answer .zd-turn:not(.is-growing) .zd-answer")
    page.find("#zd-viewer mark, #zd-viewer .zd-sheet, #zd-viewer img")
    time.sleep(1)


def search(page: Page) -> None:
    """Reports searched for a word."""
    page.fill("#zd-find-query textarea, #zd-find-query input", "公益性岗位\n")
    page.find("#zd-hits mark")


def topic(page: Page) -> None:
    """A topic over the years."""
    page.open_tab("专题对比")
    page.fill("#zd-topic-name input", "就业\n")
    page.click("#zd-topic-send")
    page.find("#zd-topic h3, #zd-topic svg, #zd-topic table")


def draft(page: Page) -> None:
    """A reply to a list of questions."""
    page.fill("#zd-draft-list textarea", LIST)
    page.click("#zd-draft-send")
    page.find("#zd-draft .zd-draft-item, #zd-draft [data-key], #zd-draft article")
    time.sleep(1)


def library(page: Page) -> None:
    """The documents."""
    page.find("#zd-shelf .zd-table")


def system(page: Page) -> None:
    """How the base is, after a check."""
    page.find(".zd-check.is-good, .zd-check.is-bad")


JOURNEYS: tuple[tuple[str, str, Callable[[Page], None]], ...] = (
    ("ask", "问答", ask),
    ("search", "查报告", search),
    ("topic", "查报告", topic),
    ("draft", "迎检起草", draft),
    ("library", "资料库", library),
    ("system", "系统", system),
)


def walk(page: Page) -> Iterator[str]:
    """The names of the journeys, each when the page shows its end; those that can't be made are told of."""
    for name, tab, journey in JOURNEYS:
        if not page.open_tab(tab):
            print(f"{name}: there is no tab {tab}", file=sys.stderr)
            continue
        try:
            journey(page)
        except TimeoutError as error:
            print(f"{name}: {error}", file=sys.stderr)
            continue
        yield name


@contextmanager
def served(home: Path, *more: str) -> Iterator[str]:
    """The address of a server on the samples."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "ui.cli", "--home", str(home)]
    subprocess.run([*command, "ingest", "samples"], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    command += ["serve", "--port", str(port), *more]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        if "http://" not in server.stdout.readline():
            raise SystemExit("the server did not start")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)


@contextmanager
def browser() -> Iterator[Any]:
    """Headless Chromium that reaches loopback alone."""
    from selenium import webdriver

    with tempfile.TemporaryDirectory(prefix="guide-", ignore_cleanup_errors=True) as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(CHROMEDRIVER))
        try:
            yield driver
        finally:
            driver.quit()


def resize(driver: Any, width: int, height: int) -> None:
    """Makes the page as wide and high as a screen; narrow ones are a telephone."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def save(driver: Any, name: str, width: int) -> int:
    """Writes what is seen, in few colours; the bytes of the file."""
    driver.execute_script("window.scrollTo(0, 0); document.activeElement?.blur()")
    time.sleep(0.3)
    picture = Image.open(BytesIO(driver.get_screenshot_as_png())).convert("RGB")
    path = IMAGES / f"guide-{name}-{width}.png"
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    return path.stat().st_size


def take_pictures(address: str) -> None:
    """Writes all pictures. Ends the program when they are too large together."""
    IMAGES.mkdir(exist_ok=True)
    total = 0
    for width, height in SIZES:
        with browser() as driver:
            resize(driver, width, height)
            driver.get(address)
            page = Page(driver)
            page.find("#password")
            total += save(driver, "login", width)
            log_in(page)
            for name in walk(page):
                total += save(driver, name, width)
    print(f"{len(list(IMAGES.glob('guide-*.png')))} pictures, {total / 1000:.0f} KB")
    if total > MOST_BYTES:
        raise SystemExit(f"the pictures take {total:,} bytes, at most {MOST_BYTES:,} are wanted")


def violations(driver: Any, axe: str) -> list[dict[str, Any]]:
    """What axe-core finds wrong with the page as it stands."""
    driver.execute_script(axe)
    found: list[dict[str, Any]] = driver.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "axe.run(document, {resultTypes: ['violations']}).then(r => done(r.violations), e => done([{id: String(e), impact: 'critical', nodes: []}]))"
    )
    return found


def look_for_barriers(address: str, axe: str) -> int:
    """Prints what axe-core finds on each tab, in light and dark; how many serious and critical elements in all."""
    count = 0
    for theme in ("light", "dark"):
        with browser() as driver:
            driver.execute_cdp_cmd(
                "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": theme}]}
            )
            driver.set_script_timeout(120)
            driver.get(address)
            page = Page(driver)
            page.find("#password")
            count += tell("login", theme, violations(driver, axe))
            log_in(page)
            for name in walk(page):
                count += tell(name, theme, violations(driver, axe))
    return count


def tell(name: str, theme: str, found: list[dict[str, Any]]) -> int:
    """Prints the findings of a page; how many serious and critical elements."""
    grave = [v for v in found if v["impact"] in ("serious", "critical")]
    for each in grave:
        nodes = each["nodes"]
        print(f"{name} {theme} {each['impact']} {each['id']} x{len(nodes)}")
        for node in nodes[:3]:
            print(f"    {' '.join(map(str, node['target']))[:120]}  {node['html'][:140]}")
    return sum(len(v["nodes"]) for v in grave)


def main() -> None:
    """Takes the pictures, or looks for barriers."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--axe", type=Path, help="axe.min.js of the npm package axe-core")
    chosen = options.parse_args()
    os.environ["PYTHONPATH"] = str(ROOT)
    shutil.rmtree(ROOT / HOME, ignore_errors=True)
    Accounts(ROOT / HOME).add(NAME, PASSWORD)
    with served(HOME, "--login") as address:
        if chosen.axe is None:
            take_pictures(address)
        else:
            print(f"{look_for_barriers(address, chosen.axe.read_text('utf-8'))} serious or critical elements")


if __name__ == "__main__":
    main()
