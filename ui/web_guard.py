"""Who may talk to the page: this machine only, and only pages that it served itself.

A page on the internet can make a browser call 127.0.0.1, by a form or by a name that it points there (DNS
rebinding). Requests under another host name, and requests sent by another origin, are refused. The headers sent
with every answer let the browser load nothing from elsewhere.
"""

from __future__ import annotations

import ipaddress
import json
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
    (b"referrer-policy", b"no-referrer"),
)
OTHER_HOST = "只接受本机访问，请用 http://127.0.0.1 或 http://localhost 打开"
OTHER_ORIGIN = "拒绝来自其他网页的请求"


class LoopbackOnly:
    """ASGI middleware; see the module."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        refusal = refusal_of({name.lower(): value.decode("latin-1") for name, value in scope["headers"]})
        if refusal is None:
            await self._app(scope, receive, _with_headers(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await _refuse(send, refusal)


def refusal_of(headers: dict[bytes, str]) -> str | None:
    """Why a request is refused; None when it may pass."""
    host = headers.get(b"host", "")
    if not is_loopback(_name(host)):
        return OTHER_HOST
    origin = headers.get(b"origin")
    if origin is not None and origin != f"http://{host}":
        return OTHER_ORIGIN
    if headers.get(b"sec-fetch-site") == "cross-site" and headers.get(b"sec-fetch-mode") != "navigate":
        return OTHER_ORIGIN
    return None


def is_loopback(host: str) -> bool:
    """True for localhost and the addresses of this machine alone."""
    if host.casefold() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _name(host: str) -> str:
    """The host of a Host header, without port and brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if ":" in host else host


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *HEADERS]
        await send(message)

    return sending


async def _refuse(send: Send, reason: str) -> None:
    body = json.dumps({"error": reason}, ensure_ascii=False).encode()
    headers = [(b"content-type", b"application/json; charset=utf-8")]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})
