"""The web page and the HTTP API on this machine: one uvicorn server, nothing leaves it.

Error:
    ServeError   the page can't be served here; the message is one line for the user, in Chinese
"""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import signal
import socket
import tempfile
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ui.server_note import new_token, note_of_this_process, remove_note
from ui.web_guard import LoopbackOnly, is_loopback

if TYPE_CHECKING:
    import gradio as gr
    import uvicorn
    from fastapi import FastAPI

    from qa.service import Service
    from ui.web_library import Library

NAME = "政答"
UPLOAD_LIMIT = "200mb"
STOP_WITHIN_S = 3
OFFLINE = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "GRADIO_RUN_HISTORY": "False",
    "GRADIO_SHARE": "False",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
}
_HEADER = (
    '<header class="zd-head"><span class="zd-seal" aria-hidden="true">政<br>答</span>'
    "<div><h1>政答</h1><p>从本单位的政策文件和工作报告里找答案，逐字引用，句句有出处</p></div></header>"
)


class ServeError(Exception):
    """The page can't be served. The message is one line for the user."""


def serve(
    service: Service,
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    open_browser: bool = False,
    on_ready: Callable[[str], None],
) -> None:
    """Serves until Ctrl-C or SIGTERM, then closes the service. `on_ready` gets the address once it answers."""
    try:
        listening = listen(host, port)
        with listening, upload_folder(), _own_signals():
            home, token = service.settings.home, new_token()

            def ready(address: str) -> None:
                with suppress(OSError):  # a full disk must not keep anyone from asking
                    note_of_this_process(address, token).write(home)
                on_ready(address)
                if open_browser:
                    webbrowser.open(address)

            app = build_app(service, token)
            try:
                make_server(app, listening, ready).run(sockets=[listening])
            finally:
                remove_note(home)
            app.state.library.stop()
    finally:
        service.close()


def listen(host: str, port: int) -> socket.socket:
    """A bound socket on this machine; ServeError when the host is not this machine or the port can't be had."""
    if not is_loopback(host):
        raise ServeError(f"不能在 {host} 上提供服务：登录功能尚未完成，暂时只允许本机访问，请用 --host 127.0.0.1")
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


def make_server(app: FastAPI, listening: socket.socket, on_ready: Callable[[str], None]) -> uvicorn.Server:
    """A server for `app` on `listening`; set its `should_exit` to stop it."""
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                on_ready(_address(listening))

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            app.state.turns.end()  # so that runs can still say why they end
            await super().shutdown(sockets)

    config = uvicorn.Config(
        app,
        log_level="warning",
        timeout_graceful_shutdown=STOP_WITHIN_S,
        proxy_headers=False,
        server_header=False,
    )
    return Server(config)


def build_app(service: Service, token: str = "") -> FastAPI:
    """The API, with the page mounted at /, behind the guard. With a `token`, the command line's routes too."""
    stay_offline()
    return asyncio.run(_mounted(service, token))  # without a running loop Gradio makes several and leaves them open


async def _mounted(service: Service, token: str) -> FastAPI:
    import gradio as gr
    from fastapi import FastAPI

    from ui import api, api_owner, theme
    from ui.turns import Turns
    from ui.web_library import Library

    app = FastAPI(title=NAME, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.turns = turns = Turns()
    if token:
        app.include_router(api_owner.router(service, token, turns))
    app.include_router(api.router(service))
    api.explain_errors(app)
    app.add_middleware(LoopbackOnly)
    app.state.library = library = Library(service, turns)
    gr.mount_gradio_app(
        app,
        build_page(service, library),
        path="/",
        theme=theme.theme(),
        css_paths=[theme.STATIC / name for name in theme.SHEETS],
        head=theme.head(),
        favicon_path=str(theme.STATIC / "seal.png"),
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
        mcp_server=False,
        max_file_size=UPLOAD_LIMIT,
    )
    return app


def build_page(service: Service, library: Library | None = None) -> gr.Blocks:
    """The Gradio page with its two tabs."""
    stay_offline()
    import gradio as gr

    from ui.web_ask import ask_tab
    from ui.web_library import Library, library_tab

    library = library or Library(service)

    quiet: dict[str, Any] = {"show_progress": "hidden", "queue": False, "api_visibility": "private"}
    with gr.Blocks(title=NAME, analytics_enabled=False, fill_width=True, delete_cache=(3600, 3600)) as made:
        gr.HTML(_HEADER, elem_id="zd-header", apply_default_css=False)
        with gr.Tabs(elem_id="zd-tabs"):
            with gr.Tab("问答"):
                desk, turns, refreshed = ask_tab(service)
            with gr.Tab("资料库") as shelf:
                parts = library_tab(library)
        made.load(desk.refresh, turns, refreshed, **quiet)
        shelf.select(library.table, parts["wanted"], parts["table"], **quiet)
        for changed in (parts["stored"], parts["acted"]):
            changed.then(desk.refresh, turns, refreshed, **quiet)
    made.queue(max_size=64)
    page: gr.Blocks = made
    return page


def stay_offline() -> None:
    """Tells Gradio and what it brings along to call nobody. Before they are imported."""
    os.environ.update(OFFLINE)


@contextmanager
def upload_folder() -> Iterator[Path]:
    """A temporary folder for uploads, gone afterwards with all that is in it."""
    before = os.environ.get("GRADIO_TEMP_DIR")
    folder = Path(tempfile.mkdtemp(prefix="zhengda-upload-"))
    os.environ["GRADIO_TEMP_DIR"] = str(folder)
    try:
        yield folder
    finally:
        os.environ.pop("GRADIO_TEMP_DIR")
        if before is not None:
            os.environ["GRADIO_TEMP_DIR"] = before
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _own_signals() -> Iterator[None]:
    """uvicorn stops on SIGINT and SIGTERM, then raises them again; here that second time does nothing, so that
    what has to be closed is closed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _why_not(host: str, port: int, error: Exception) -> str:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return f"端口 {port} 已被占用：可能已有一个政答在运行，请关掉它，或换一个端口，例如 --port {port + 1}"
    if isinstance(error, OSError) and error.errno == errno.EACCES:
        return f"没有权限使用端口 {port}，请换一个 1024 以上的端口，例如 --port 7860"
    return f"无法在 {host} 的端口 {port} 上提供服务，请检查 --host 和 --port（端口为 0—65535）"
