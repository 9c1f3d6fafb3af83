"""Login before everything: no page, file, queue or call of the API is given to who has not logged in.

POST /login takes name and password and gives a cookie that scripts can't read and other sites can't send; POST /logout
takes it back. The routes of the command line (ui.api_owner) pass from this machine alone: they ask for a secret of
their own, in the base's folder.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs

from ui.accounts import AccountError, Accounts, plain
from ui.login_limits import Limits
from ui.login_page import POLICY, login_html
from ui.login_sessions import Sessions
from ui.web_guard import App, Message, Receive, Send, headers_of, host_name, is_loopback, names_of_machine, refuse

ASKED_TO_LOG_IN = "请先登录"
WRONG = "用户名或密码不对"
NOT_FROM_HERE = "请在登录页面上登录"
USER = "zhengda.user"  # the key in the ASGI scope under which the page finds who asks
_OWNER = re.compile(r"/api/owner/(?:ping|ingest|repair|call/[a-z_]+)")
_MOST_BODY_BYTES = 4096
_CHECKS_AT_ONCE = 2  # each takes a core and 16 MiB


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Who may come in, under which names of the server, and what is remembered of them."""

    accounts: Accounts
    names: frozenset[str]  # host names in lower case
    sessions: Sessions
    limits: Limits


def door_of(home: Path, names: Iterable[str] = (), clock: Callable[[], float] = time.monotonic) -> Door:
    """The door of the base in `home`, for a server that is also called `names`. Raises AccountError without a user."""
    accounts = Accounts(home)
    if not accounts.all():
        raise AccountError("还没有可以登录的用户，请先运行 zhengda users add 名字，再启动")
    known = names_of_machine() | {name.casefold() for name in names}
    return Door(accounts=accounts, names=known, sessions=Sessions(accounts, clock), limits=Limits(clock))


class Login:
    """ASGI middleware; see the module. Belongs inside ui.web_guard.OwnPages, which refuses other origins."""

    def __init__(self, app: App, door: Door) -> None:
        self._app, self._accounts = app, door.accounts
        self._sessions, self._limits = door.sessions, door.limits
        self._checking = asyncio.Semaphore(_CHECKS_AT_ONCE)
        self._cookie = cookie_name(door.accounts.path.parent)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
        elif scope["type"] == "http" and (scope["method"], scope["path"]) in _OPEN:
            await getattr(self, _OPEN[scope["method"], scope["path"]])(scope, receive, send)
        elif _is_owner(scope):
            await self._app(scope, receive, send)
        else:
            await self._pass(scope, receive, send)

    async def _pass(self, scope: Message, receive: Receive, send: Send) -> None:
        """Lets a request of a user through; answers any other."""
        try:
            user = self._sessions.user(self._token(scope))
        except AccountError as error:
            await _refuse(scope, send, 503, str(error))
            return
        if user is not None:
            await self._app({**scope, USER: user}, receive, send)
        elif scope["type"] == "http" and scope["method"] == "GET" and scope["path"] == "/":
            await _redirect(send, "/login")
        else:
            await _refuse(scope, send, 401, ASKED_TO_LOG_IN)

    async def _show(self, _scope: Message, _receive: Receive, send: Send) -> None:
        await _answer(send, 200, login_html())

    async def _log_in(self, scope: Message, receive: Receive, send: Send) -> None:
        headers = headers_of(scope)
        origin, form = headers.get(b"origin", ""), await _form(receive)
        if not origin:  # every browser sends it with a form; what it is, OwnPages has looked at
            await _answer(send, 403, login_html(message=NOT_FROM_HERE))
            return
        name, address = plain(form.get("name", ""))[:64].strip(), str((scope.get("client") or ("",))[0])
        if wait_s := self._limits.begin(name, address):
            minutes = math.ceil(wait_s / 60)
            said = login_html(name, f"试错次数太多，请 {minutes} 分钟后再试")
            await _answer(send, 429, said, (b"retry-after", str(math.ceil(wait_s)).encode()))
            return
        try:
            async with self._checking:
                account = await asyncio.to_thread(self._accounts.check, name, form.get("password", "")[:400])
        except AccountError as error:
            await _answer(send, 503, login_html(name, str(error)))
            return
        if account is None:
            await _answer(send, 401, login_html(name, WRONG))
            return
        self._limits.succeeded(name, address)
        self._sessions.end(self._token(scope))
        token = self._sessions.begin(account)
        secure = "; Secure" if origin.startswith("https://") else ""
        await _redirect(send, "/", f"{self._cookie}={token}; Path=/; HttpOnly; SameSite=Strict{secure}")

    async def _log_out(self, scope: Message, _receive: Receive, send: Send) -> None:
        self._sessions.end(self._token(scope))
        await _redirect(send, "/login", f"{self._cookie}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0")

    def _token(self, scope: Message) -> str:
        """The session's token of a request, "" where there is none."""
        for part in headers_of(scope).get(b"cookie", "").split(";"):
            name, _, value = part.strip().partition("=")
            if name == self._cookie:
                return value
        return ""


_OPEN = {("GET", "/login"): "_show", ("POST", "/login"): "_log_in", ("POST", "/logout"): "_log_out"}


def cookie_name(home: Path) -> str:
    """Another for each base: cookies know no ports, and one machine may serve several."""
    return f"zhengda-{hashlib.sha256(str(home.resolve()).encode('utf-8', 'surrogateescape')).hexdigest()[:8]}"


def _is_owner(scope: Message) -> bool:
    """Whether a request is for the command line's routes and comes from this machine, not through a proxy on it."""
    here = is_loopback(str((scope.get("client") or ("",))[0]))
    named = is_loopback(host_name(headers_of(scope).get(b"host", "")))
    return scope["type"] == "http" and here and named and _OWNER.fullmatch(scope["path"]) is not None


async def _form(receive: Receive) -> dict[str, str]:
    """The fields of a form; of one that is too large, nothing."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return {}
        body += message.get("body", b"")
        if len(body) > _MOST_BODY_BYTES:
            return {}
        more = message.get("more_body", False)
    fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=10) if body.count(b"&") < 10 else {}
    return {name: values[0] for name, values in fields.items()}


async def _refuse(scope: Message, send: Send, status: int, reason: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
    else:
        await refuse(send, status, reason)


async def _answer(send: Send, status: int, html: str, *headers: tuple[bytes, bytes]) -> None:
    own = ((b"content-type", b"text/html; charset=utf-8"), (b"cache-control", b"no-store"))
    policy = (b"content-security-policy", POLICY.encode())
    await send({"type": "http.response.start", "status": status, "headers": [*own, policy, *headers]})
    await send({"type": "http.response.body", "body": html.encode("utf-8", "replace")})


async def _redirect(send: Send, path: str, cookie: str = "") -> None:
    headers = [(b"location", path.encode()), (b"cache-control", b"no-store")]
    headers += [(b"set-cookie", cookie.encode())] if cookie else []
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
