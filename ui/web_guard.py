"""Under which names the page answers, and that only pages that it served itself may talk to it.

A page on the internet can make a browser call 127.0.0.1 or a machine of the office, by a form or by a name that it
points there (DNS rebinding). Requests under another host name, and requests sent by another origin, are refused. The
headers sent with every answer let the browser load nothing from elsewhere. Without login only the names of this
machine alone pass; with it also IP addresses, which no one can point elsewhere, and the names it is told.
"""

from __future__ import annotations

import ipaddress
import json
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

POLICY = (
    "default-src 'self' data: blob:; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; form-action 'self'; base-uri 'self'"
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),  # with less, a browser's own form names no origin
)
OTHER_HOST = "只接受本机访问，请用 http://127.0.0.1 或 http://localhost 打开"
OTHER_NAME = "不认识这个主机名，请用服务器的 IP 地址打开；要用这个名字，请用 zhengda serve --name 名字 启动"
OTHER_ORIGIN = "拒绝来自其他网页的请求"


class OwnPages:
    """ASGI middleware; see the module. `names` are the host names it answers to; None: those of this machine alone."""

    def __init__(self, app: App, names: frozenset[str] | None = None) -> None:
        self._app, self._names = app, names

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        refusal = refusal_of(headers_of(scope), self._names)
        if refusal is None:
            await self._app(scope, receive, _with_headers(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await refuse(send, 403, refusal)


def headers_of(scope: Message) -> dict[bytes, str]:
    """The headers of a request by their names in lower case."""
    return {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}


def refusal_of(headers: dict[bytes, str], names: frozenset[str] | None = None) -> str | None:
    """Why a request is refused; None when it may pass. `names` as of OwnPages."""
    host = headers.get(b"host", "")
    if names is None and not is_loopback(host_name(host)):
        return OTHER_HOST
    if names is not None and not _is_known(host_name(host), names):
        return OTHER_NAME
    origin = headers.get(b"origin")
    secure = f"https://{host}" if names is not None else None  # a proxy before it may speak HTTPS
    if origin is not None and origin not in (f"http://{host}", secure):
        return OTHER_ORIGIN
    if headers.get(b"sec-fetch-site") == "cross-site" and headers.get(b"sec-fetch-mode") != "navigate":
        return OTHER_ORIGIN
    return None


def names_of_machine() -> frozenset[str]:
    """What this machine is called on the office's network, in lower case."""
    own = socket.gethostname().casefold()
    return frozenset((own, f"{own.partition('.')[0]}.local")) - {""}


def is_loopback(host: str) -> bool:
    """True for localhost and the addresses of this machine alone."""
    if host.casefold() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_known(host: str, names: frozenset[str]) -> bool:
    """Whether the name is one of `names`, or an address, which no one can point elsewhere."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host.casefold() == "localhost" or host.casefold() in names
    return True


def host_name(host: str) -> str:
    """The host of a Host header, without port and brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if ":" in host else host


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = list(message.get("headers", ()))
            told = {name.lower() for name, _ in own}
            message["headers"] = own + [header for header in HEADERS if header[0] not in told]
        await send(message)

    return sending


async def refuse(send: Send, status: int, reason: str) -> None:
    """Answers with a status and {"error": reason}."""
    body = json.dumps({"error": reason}, ensure_ascii=False).encode()
    headers = [(b"content-type", b"application/json; charset=utf-8")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
