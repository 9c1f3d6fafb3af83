"""The sockets a server listens on, and the addresses under which people and the command line find it.

Error:
    ServeError   the page can't be served here; the message is one line for the user, in Chinese
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import logging
import os
import socket
from contextlib import suppress

from ui.web_guard import is_loopback


class ServeError(Exception):
    """The page can't be served. The message is one line for the user."""


def listen_all(host: str, port: int) -> list[socket.socket]:
    """The socket of `host` first; a second on loopback where the command line could not reach that one."""
    sockets = [listen(host, port)]
    if not (is_loopback(host) or _is_everywhere(host)):
        with suppress(ServeError):
            sockets.append(listen("127.0.0.1", 0))
    return sockets


def listen(host: str, port: int) -> socket.socket:
    """A bound socket; ServeError when the port can't be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    if os.name == "posix":
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)
    except (OSError, OverflowError) as error:
        listening.close()
        raise ServeError(_why_not(host, port, error)) from error
    return listening


def address_of(listening: socket.socket) -> str:
    """Where people find it; of all addresses of this machine, the one that others on the network use."""
    host, port = listening.getsockname()[:2]
    host = _address_on_network() if _is_everywhere(host) else host
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def own_address(sockets: list[socket.socket]) -> str:
    """Where the command line on this machine finds it."""
    host, port = sockets[-1].getsockname()[:2]
    if _is_everywhere(host):
        host = "::1" if ":" in host else "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def quiet_end() -> None:
    """Keeps uvicorn from writing a traceback for each page that is still open when the server is told to end."""
    logging.getLogger("uvicorn.error").addFilter(_says_more)  # the same filter is added once


def _says_more(record: logging.LogRecord) -> bool:
    cut_off = record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError)
    return not (cut_off or "timeout graceful shutdown exceeded" in str(record.msg))


def _is_everywhere(host: str) -> bool:
    """Whether it stands for all addresses of this machine."""
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def _address_on_network() -> str:
    """This machine's address on the office's network, as far as its own name tells; else that name."""
    name = socket.gethostname()
    try:
        found = [str(each[4][0]) for each in socket.getaddrinfo(name, None, socket.AF_INET)]
    except OSError:
        found = []
    return next((host for host in found if not is_loopback(host)), name)


def _why_not(host: str, port: int, error: Exception) -> str:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return f"端口 {port} 已被占用：可能已有一个政答在运行，请关掉它，或换一个端口，例如 --port {port + 1}"
    if isinstance(error, OSError) and error.errno == errno.EACCES:
        return f"没有权限使用端口 {port}，请换一个 1024 以上的端口，例如 --port 7860"
    return f"无法在 {host} 的端口 {port} 上提供服务，请检查 --host 和 --port（端口为 0—65535）"
