"""Login: who is let in, for how long, and that nothing is given to anyone else. A real server, told to demand it."""

from __future__ import annotations

import json
import os
import re
import select
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from command_line import Zhengda, note_of, one_line
from documents import REPORT_A, RULE, write
from web_site import GRADIO_WARNINGS, chromium, needs_browser, served

from qa.service import open_service
from qa.settings import Settings
from ui import accounts, login_limits, login_sessions
from ui.accounts import AccountError, Accounts
from ui.login import door_of
from ui.login_limits import Limits
from ui.login_sessions import Sessions
from ui.web import build_app
from ui.web_guard import OTHER_NAME, OTHER_ORIGIN, refusal_of

NAME, PASSWORD = "李文书", "松溪镇里的桂花树0901"
TOKEN = "secret-of-the-command-line"
pytestmark = GRADIO_WARNINGS


@pytest.fixture(scope="module", autouse=True)
def quick_hashes() -> Iterator[None]:
    """Fewer rounds of scrypt, so that the tests are quick; what is stored says so."""
    patch = pytest.MonkeyPatch()
    patch.setattr(accounts, "_N", 2**10)
    yield
    patch.undo()


class Clock:
    """A clock that the tests turn."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    address: str
    home: Path
    clock: Clock
    document_id: str

    def client(self, **options: Any) -> httpx.Client:
        return httpx.Client(base_url=self.address, trust_env=False, timeout=30, **options)

    def log_in(self, client: httpx.Client, name: str = NAME, password: str = PASSWORD) -> httpx.Response:
        return client.post("/login", data={"name": name, "password": password}, headers={"origin": self.address})

    @contextmanager
    def entered(self) -> Iterator[httpx.Client]:
        with self.client() as client:
            assert self.log_in(client).status_code == 303
            yield client


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("login")
    home, clock = folder / "home", Clock()
    Accounts(home).add(NAME, PASSWORD)
    service = open_service(Settings(home=home, embedder="hash", reader="none"), to_write=True)
    service.ingest([write(folder / "docs", rule=RULE, a=REPORT_A)])
    app = build_app(service, TOKEN, door_of(home, ["zhengda.example"], clock))
    with served(app) as address:
        yield Site(address=address, home=home, clock=clock, document_id=service.documents()[0].id)
    service.close()


@pytest.fixture(autouse=True)
def later(request: pytest.FixtureRequest) -> None:
    """Tries of the test before are forgotten."""
    if "site" in request.fixturenames:
        request.getfixturevalue("site").clock.now += login_limits.WITHIN_S + 1


CLOSED = [
    ("GET", "/config"), ("GET", "/gradio_api/info"), ("GET", "/gradio_api/startup-events"), ("GET", "/theme.css"),
    ("POST", "/gradio_api/queue/join"), ("GET", "/gradio_api/queue/data?session_hash=x"), ("POST", "/gradio_api/upload"),
    ("POST", "/gradio_api/run/predict"), ("GET", "/gradio_api/heartbeat/x"), ("GET", "/gradio_api/file=/etc/passwd"),
    ("GET", "/file=/etc/passwd"), ("GET", "/static/fonts/x.woff2"), ("GET", "/assets/index.js"), ("GET", "/favicon.ico"),
    ("GET", "/api/health"), ("POST", "/api/ask"), ("POST", "/api/ask/stream"), ("GET", "/api/search?query=x"),
    ("GET", "/api/documents"), ("GET", "/api/documents/{id}"), ("GET", "/api/documents/{id}/original"),
    ("GET", "/api/documents/{id}/pages/1.png"), ("GET", "/api/backups"), ("GET", "/api/backups/a.zip"),
    ("POST", "/api/owner/elsewhere"), ("GET", "//"), ("GET", "/login/"), ("GET", "/login/../api/documents"),
    ("GET", "/login%2f..%2fapi/documents"), ("GET", "/api/owner/../documents"), ("PUT", "/login"), ("GET", "/logout"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), CLOSED, ids=[f"{m} {p}" for m, p in CLOSED])
def test_nothing_is_given_without_login(site: Site, method: str, path: str) -> None:
    with site.client() as client:
        raw = path.replace("{id}", site.document_id).encode()
        url = httpx.URL(site.address).copy_with(raw_path=raw)
        answer = client.send(client.build_request(method, url))
    assert (answer.status_code, answer.json()) == (401, {"error": "请先登录"})


def test_the_page_leads_to_the_login_and_that_loads_nothing(site: Site) -> None:
    with site.client() as client:
        first = client.get("/")
        assert (first.status_code, first.headers["location"], first.content) == (303, "/login", b"")
        page = client.get("/login")
    assert page.status_code == 200
    assert not re.findall(r"(?:src|href)=\"(?!data:)", page.text)
    assert "<script" not in page.text
    assert page.headers.get_list("content-security-policy")[0].startswith("default-src 'none'")
    assert len(page.headers.get_list("referrer-policy")) == 1


def test_a_websocket_is_closed_without_login(site: Site) -> None:
    with site.client() as client:
        headers = {"connection": "upgrade", "upgrade": "websocket", "sec-websocket-version": "13"}
        answer = client.get("/gradio_api/queue/join", headers={**headers, "sec-websocket-key": "x" * 22 + "=="})
    assert answer.status_code in (401, 403)


def test_who_logs_in_gets_everything_by_a_cookie_that_only_the_browser_reads(site: Site) -> None:
    with site.client() as client:
        answer = site.log_in(client)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        cookie, *flags = answer.headers["set-cookie"].split("; ")
        assert set(flags) == {"Path=/", "HttpOnly", "SameSite=Strict"}
        assert len(cookie.partition("=")[2]) >= 43
        assert client.get("/").status_code == 200
        assert client.get("/config").status_code == 200
        assert client.get("/api/health").json()["documents"] == 2
        assert client.get(f"/api/documents/{site.document_id}/original").status_code == 200
        assert client.post("/api/ask", json={"question": "养蜂每箱补多少钱?"}).json()["outcome"] == "answered"


def test_behind_https_the_cookie_is_for_https_only(site: Site) -> None:
    with site.client() as client:
        said = {"host": "zhengda.example", "origin": "https://zhengda.example"}
        answer = client.post("/login", data={"name": NAME, "password": PASSWORD}, headers=said)
    assert "Secure" in answer.headers["set-cookie"].split("; ")


def test_a_wrong_password_and_an_unknown_name_look_the_same(site: Site) -> None:
    with site.client() as client:
        wrong = site.log_in(client, password="不是这个密码123")
        unknown = site.log_in(client, name="王五", password="不是这个密码123")
        assert wrong.status_code == unknown.status_code == 401
        assert wrong.text.replace(NAME, "") == unknown.text.replace("王五", "")
        assert "set-cookie" not in wrong.headers
        assert client.get("/api/health").status_code == 401


def test_a_name_is_shown_as_text(site: Site) -> None:
    with site.client() as client:
        page = site.log_in(client, name='"><script>alert(1)</script>').text
    assert "<script" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    "origin", [None, "http://evil.example", "null", "http://127.0.0.1:1"], ids=["none", "other", "null", "port"]
)
def test_a_login_sent_by_another_page_is_refused(site: Site, origin: str | None) -> None:
    with site.client() as client:
        headers = {"origin": origin} if origin else {}
        answer = client.post("/login", data={"name": NAME, "password": PASSWORD}, headers=headers)
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers


def test_too_large_a_form_is_a_wrong_login(site: Site) -> None:
    with site.client() as client:
        assert site.log_in(client, password=PASSWORD + "x" * 5000).status_code == 401


def test_logging_out_ends_the_session(site: Site) -> None:
    with site.entered() as client:
        kept = dict(client.cookies)
        elsewhere = client.post("/logout", headers={"origin": "http://evil.example"})
        assert elsewhere.status_code == 403
        assert client.get("/api/health").status_code == 200
        assert client.post("/logout", headers={"origin": site.address}).headers["location"] == "/login"
        assert not client.cookies
    with site.client(cookies=kept) as client:
        assert client.get("/api/health").status_code == 401


def test_a_session_ends_when_idle_and_after_its_time(site: Site) -> None:
    with site.entered() as client:
        site.clock.now += login_sessions.IDLE_S - 1
        assert client.get("/api/health").status_code == 200
        site.clock.now += login_sessions.IDLE_S + 1
        assert client.get("/api/health").status_code == 401
    with site.entered() as client:
        for _ in range(int(login_sessions.MOST_S // 3600)):
            assert client.get("/api/health").status_code == 200
            site.clock.now += 3600
        site.clock.now += 1
        assert client.get("/api/health").status_code == 401


def test_a_removed_user_and_a_new_password_end_sessions_at_once(site: Site) -> None:
    users = Accounts(site.home)
    users.add("赵干事", "云霞县里的山茶花2088")
    with site.client() as client:
        assert site.log_in(client, "赵干事", "云霞县里的山茶花2088").status_code == 303
        users.set_password("赵干事", "青禾县里的油菜花2099")
        assert client.get("/api/health").status_code == 401
        assert site.log_in(client, "赵干事", "云霞县里的山茶花2088").status_code == 401
        assert site.log_in(client, "赵干事", "青禾县里的油菜花2099").status_code == 303
        users.remove("赵干事")
        assert client.get("/api/health").status_code == 401


def test_after_too_many_tries_a_name_waits_even_with_the_right_password(site: Site) -> None:
    with site.client() as client:
        for _ in range(login_limits.MOST_FOR_NAME):
            assert site.log_in(client, password="不是这个密码123").status_code == 401
        refused = site.log_in(client)
        assert refused.status_code == 429
        assert "试错次数太多" in refused.text
        site.clock.now += int(refused.headers["retry-after"])
        assert site.log_in(client).status_code == 303


def test_guessing_many_names_from_one_address_is_stopped() -> None:
    clock = Clock()
    limits = Limits(clock)
    for number in range(login_limits.MOST_FOR_ADDRESS):
        assert limits.begin(f"用户{number}", "2001:db8::1") == 0
    assert limits.begin("另一个", "2001:db8::2") > 0  # the same /64
    assert limits.begin("另一个", "192.0.2.7") == 0
    clock.now += login_limits.WITHIN_S
    assert limits.begin("另一个", "2001:db8::2") == 0


def test_many_tries_at_once_gain_nothing(site: Site) -> None:
    found: list[int] = []

    def attempt() -> None:
        with site.client() as client:
            found.append(site.log_in(client, password="不是这个密码123").status_code)

    threads = [threading.Thread(target=attempt) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [401] * login_limits.MOST_FOR_NAME + [429] * (20 - login_limits.MOST_FOR_NAME)


def test_a_made_up_token_opens_nothing(site: Site) -> None:
    with site.entered() as client:
        (name,) = client.cookies.keys()
    for value in ("", "x", "é", "a" * 5000):
        with site.client(headers={b"cookie": f"{name}={value}".encode("latin-1")}) as client:
            assert client.get("/api/health").status_code == 401


@pytest.mark.parametrize(
    ("headers", "refusal"),
    [
        ({"host": "192.0.2.7:7860", "origin": "http://192.0.2.7:7860"}, None),
        ({"host": "[2001:db8::1]:7860"}, None),
        ({"host": "ZhengDa.example"}, None),
        ({"host": "zhengda.example", "origin": "https://zhengda.example"}, None),
        ({"host": "localhost:7860"}, None),
        ({"host": "evil.example"}, OTHER_NAME),
        ({"host": "192.0.2.7.evil.example"}, OTHER_NAME),
        ({}, OTHER_NAME),
        ({"host": "192.0.2.7:7860", "origin": "http://192.0.2.8:7860"}, OTHER_ORIGIN),
        ({"host": "192.0.2.7:7860", "origin": "null"}, OTHER_ORIGIN),
        ({"host": "192.0.2.7:7860", "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors"}, OTHER_ORIGIN),
    ],
)
def test_behind_a_login_addresses_and_named_hosts_are_served(headers: dict[str, str], refusal: str | None) -> None:
    found = refusal_of({k.encode(): v for k, v in headers.items()}, frozenset(["zhengda.example"]))
    assert found == refusal


def test_the_command_line_passes_from_this_machine_with_its_secret(site: Site) -> None:
    with site.client() as client:
        assert client.get("/api/owner/ping", params={"nonce": "n"}).status_code == 200
        call = "/api/owner/call/documents"
        assert client.post(call, json={}).status_code == 403
        mine = {"authorization": f"Bearer {TOKEN}"}
        assert client.post(call, json={}, headers=mine).status_code == 200
        assert client.post(call, json={}, headers={**mine, "host": "zhengda.example"}).status_code == 401


# --- the users ---


def test_users_are_kept_hashed_in_a_file_for_the_owner_alone(tmp_path: Path) -> None:
    Accounts(tmp_path).add(NAME, PASSWORD)
    Accounts(tmp_path).add("b", PASSWORD)
    text = (tmp_path / "users.json").read_text(encoding="utf-8")
    assert PASSWORD not in text
    assert len({user["hash"] for user in json.loads(text)["users"]}) == 2
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "users.json").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("name", "password", "why"),
    [
        ("", PASSWORD, "用户名"),
        ("a b", PASSWORD, "用户名"),
        ("../x", PASSWORD, "用户名"),
        ("字" * 33, PASSWORD, "用户名"),
        ("a", "short", "10 到 200"),
        ("a", "", "10 到 200"),
        ("李文书", "李文书1234567", "太容易猜"),
        ("b", "1111111111", "太容易猜"),
    ],
)
def test_a_poor_name_or_password_is_refused(tmp_path: Path, name: str, password: str, why: str) -> None:
    with pytest.raises(AccountError, match=why):
        Accounts(tmp_path).add(name, password)
    assert Accounts(tmp_path).all() == ()


def test_full_width_letters_are_the_same_password(tmp_path: Path) -> None:
    Accounts(tmp_path).add("abc", "Ｑｉｎｇ-2024-hé")
    assert Accounts(tmp_path).check("ａｂｃ", "Qing-2024-hé")


def test_a_damaged_list_lets_no_one_in(tmp_path: Path) -> None:
    users = Accounts(tmp_path)
    token = (sessions := Sessions(users)).begin(users.add(NAME, PASSWORD))
    assert sessions.user(token) == NAME
    (tmp_path / "users.json").write_text('{"users": [', encoding="utf-8")
    with pytest.raises(AccountError, match=r"users\.json"):
        sessions.user(token)


# --- the command line ---


@pytest.fixture
def zhengda(tmp_path: Path) -> Zhengda:
    return Zhengda(tmp_path / "home")


def test_users_are_added_listed_changed_and_removed(zhengda: Zhengda) -> None:
    assert zhengda("users", "list")[0] == 0
    assert zhengda("users", "add", NAME, "--password-stdin", said=f"{PASSWORD}\n")[0] == 0
    code, _, err = zhengda("users", "add", NAME, "--password-stdin", said=f"{PASSWORD}\n")
    assert code == 1
    assert "已有用户" in one_line(err)
    assert one_line(zhengda("users", "list")[1]).startswith(NAME)
    assert zhengda("users", "password", NAME, "--password-stdin", said="另一个很长的密码77\r\n")[0] == 0
    assert Accounts(zhengda.home).check(NAME, "另一个很长的密码77")
    code, _, err = zhengda("users", "add", "b")
    assert code == 1
    assert "--password-stdin" in one_line(err)
    assert zhengda("users", "remove", NAME)[0] == 0
    code, _, err = zhengda("users", "remove", NAME)
    assert code == 1
    assert "没有用户" in one_line(err)
    assert Accounts(zhengda.home).all() == ()


def _read_terminal(main: int) -> bytes:
    """What the program wrote next, empty when it has ended."""
    assert select.select([main], [], [], 60)[0], "nothing was written for a minute"
    try:
        return os.read(main, 1000)
    except OSError:  # EIO: its side was closed
        return b""


@pytest.mark.skipif(os.name == "nt", reason="a POSIX terminal")
def test_on_a_terminal_the_password_is_asked_twice_and_not_shown(zhengda: Zhengda) -> None:
    import pty

    command = [sys.executable, "-m", "ui.cli", "--home", str(zhengda.home), "users", "add", "b"]
    main, side = pty.openpty()
    process = subprocess.Popen(command, stdin=side, stdout=side, stderr=side, start_new_session=True)
    os.close(side)
    seen = b""
    for asked in (1, 2):  # not before it asks: what is typed earlier is thrown away
        while seen.count("：".encode()) < asked:
            seen += _read_terminal(main)
        os.write(main, f"{PASSWORD}\n".encode())
    while more := _read_terminal(main):
        seen += more
    assert process.wait(30) == 0
    os.close(main)
    assert PASSWORD.encode() not in seen
    assert Accounts(zhengda.home).check("b", PASSWORD)


@pytest.mark.parametrize("more", [("--host", "0.0.0.0"), ("--login",)], ids=["host", "login"])
def test_without_a_user_serving_others_is_refused_in_one_line(zhengda: Zhengda, more: tuple[str, ...]) -> None:
    code, _, err = zhengda("serve", "--port", "0", *more)
    assert code == 1
    assert "zhengda users add" in one_line(err)


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_served_to_all_the_command_line_still_works_through_the_server(zhengda: Zhengda) -> None:
    Accounts(zhengda.home).add(NAME, PASSWORD)
    write(zhengda.home.parent / "docs", rule=RULE)
    server = zhengda.start("serve", "--port", "0", "--host", "0.0.0.0")
    try:
        assert server.stdout is not None
        assert "http://" in server.stdout.readline()
        address = note_of(zhengda)["address"]
        assert address.startswith("http://127.0.0.1:")
        assert httpx.get(f"{address}/api/health", trust_env=False).status_code == 401
        code, out, err = zhengda("ingest", zhengda.home.parent / "docs", "--json")
        assert (code, json.loads(out)["added"]) == (0, 1), err
    finally:
        server.terminate()
        server.communicate(timeout=30)


@needs_browser
def test_in_a_browser_one_logs_in_asks_and_logs_out(site: Site) -> None:
    from selenium.webdriver.support.ui import WebDriverWait

    def find(css: str) -> Any:
        return WebDriverWait(driver, 30).until(lambda d: d.find_elements("css selector", css), css)[0]

    with chromium() as driver:
        driver.get(site.address)
        find("#name").send_keys(NAME)
        find("#password").send_keys(PASSWORD + "\n")
        assert find(".zd-user span").text == NAME
        find("#zd-question textarea").send_keys("养蜂每箱补多少钱?\n")
        assert "150元" in find("#zd-answer .zd-turn:not(.is-growing) .zd-answer").text
        site.clock.now += login_sessions.IDLE_S + 1
        find("#zd-question textarea").send_keys("养羊每只补多少钱?\n")
        find("#name").send_keys(NAME)
        find("#password").send_keys(PASSWORD + "\n")
        find(".zd-user button").click()
        find("#password")
        driver.get(site.address)
        find("#password")
