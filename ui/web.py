"""The web page and the HTTP API: one uvicorn server, on this machine alone or, behind a login, for others too."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import tempfile
import threading
import webbrowser
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ui.listening import ServeError, address_of, listen, listen_all, own_address, quiet_end
from ui.server_note import new_token, note_of_this_process, remove_note
from ui.web_guard import OwnPages, is_loopback

if TYPE_CHECKING:
    import gradio as gr
    import uvicorn
    from fastapi import FastAPI

    from qa.draft_jobs import Drafts
    from qa.service import Service
    from ui.login import Door
    from ui.web_library import Library
    from ui.web_system import SystemDesk

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


def serve(
    service: Service,
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    login: bool = False,
    names: Iterable[str] = (),
    open_browser: bool = False,
    first: Path | None = None,
    on_ready: Callable[[str], None],
) -> None:
    """Serves until Ctrl-C or SIGTERM, then closes the service. `on_ready` gets the address once it answers; then the
    folder `first` is taken in, while people can ask.

    With `login`, and always where others can reach the host, only users may come in; `names` are what they may call
    the server. Raises ServeError, and AccountError when there is no user.
    """
    try:
        door = _door(service, names) if login or not is_loopback(host) else None
        with ExitStack() as open_sockets, upload_folder(), _own_signals():
            sockets = [open_sockets.enter_context(each) for each in listen_all(host, port)]
            home, token = service.settings.home, new_token()

            def ready(address: str) -> None:
                with suppress(OSError):  # a full disk must not keep anyone from asking
                    note_of_this_process(own_address(sockets), token).write(home)
                if first is not None:
                    app.state.library.take_in(first)
                on_ready(address)
                if open_browser:
                    webbrowser.open(address)

            app = build_app(service, token, door)
            try:
                make_server(app, sockets[0], ready).run(sockets=sockets)
            finally:
                remove_note(home)
            app.state.drafts.stop()
            app.state.library.stop()
    finally:
        service.close()


def _door(service: Service, names: Iterable[str]) -> Door:
    from ui.login import door_of

    return door_of(service.settings.home, names)


def make_server(app: FastAPI, listening: socket.socket, on_ready: Callable[[str], None]) -> uvicorn.Server:
    """A server for `app` on `listening`; set its `should_exit` to stop it."""
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                on_ready(address_of(listening))

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            app.state.turns.end()  # so that runs can still say why they end
            await asyncio.to_thread(app.state.system.stop)
            await super().shutdown(sockets)

    quiet_end()
    config = uvicorn.Config(
        app,
        log_level="warning",
        timeout_graceful_shutdown=STOP_WITHIN_S,
        proxy_headers=False,
        server_header=False,
    )
    return Server(config)


def build_app(service: Service, token: str = "", door: Door | None = None) -> FastAPI:
    """The API, with the page mounted at /, behind the guard. With a `token`, the command line's routes too; with a
    `door`, everything behind its login."""
    stay_offline()
    # without a running loop Gradio makes several and leaves them open
    return asyncio.run(_mounted(service, token, door))


async def _mounted(service: Service, token: str, door: Door | None) -> FastAPI:
    import gradio as gr
    from fastapi import FastAPI

    from qa.draft_jobs import Drafts
    from ui import api, api_backups, api_draft, api_evaluations, api_owner, theme
    from ui.login import Login
    from ui.turns import Turns
    from ui.web_library import Library
    from ui.web_system import SystemDesk

    app = FastAPI(title=NAME, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.turns = turns = Turns()
    if token:
        app.include_router(api_owner.router(service, token, turns))
    app.state.drafts = drafts = Drafts(service, service.settings.home)
    app.include_router(api_draft.router(drafts))
    app.include_router(api_backups.router(service.settings.home))
    app.include_router(api_evaluations.router(service.settings.home))
    app.include_router(api.router(service))
    api.explain_errors(app)
    if door is not None:
        app.add_middleware(Login, door=door)
    app.add_middleware(OwnPages, names=door.names if door else None)
    app.state.library = library = Library(service, turns)
    app.state.system = system = SystemDesk(service)
    gr.mount_gradio_app(
        app,
        build_page(service, library, drafts, system, with_login=door is not None),
        path="/",
        theme=theme.theme(),
        css_paths=[theme.STATIC / name for name in theme.SHEETS],
        head=theme.head(with_login=door is not None),
        favicon_path=str(theme.STATIC / "seal.png"),
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
        mcp_server=False,
        max_file_size=UPLOAD_LIMIT,
    )
    return app


def build_page(
    service: Service,
    library: Library | None = None,
    drafts: Drafts | None = None,
    system: SystemDesk | None = None,
    *,
    with_login: bool = False,
) -> gr.Blocks:
    """The Gradio page with its tabs; with a login, also who is in and the way out."""
    stay_offline()
    import gradio as gr

    from qa.draft_jobs import Drafts
    from ui.web_ask import ask_tab
    from ui.web_draft_tab import draft_memory, draft_tab
    from ui.web_head import HEADER, head_of_user
    from ui.web_library import Library, library_tab
    from ui.web_search import find_tab
    from ui.web_system import TICK_S, SystemDesk, system_tab

    library = library or Library(service)
    drafts = drafts or Drafts(service, service.settings.home)
    system = system or SystemDesk(service)

    quiet: dict[str, Any] = {"show_progress": "hidden", "queue": False, "api_visibility": "private"}
    with gr.Blocks(title=NAME, analytics_enabled=False, fill_width=True, delete_cache=(3600, 3600)) as made:
        head = gr.HTML(HEADER, elem_id="zd-header", apply_default_css=False)
        ticking = gr.Timer(TICK_S, active=False)
        memory = draft_memory(service)
        notice, news = gr.HTML(elem_id="zd-intake", apply_default_css=False), gr.State(0.0)
        with gr.Tabs(elem_id="zd-tabs"):
            with gr.Tab("问答"):
                refreshing, offering, resuming = ask_tab(service)
            with gr.Tab("查报告"):
                find, asked, offered = find_tab(service)
            with gr.Tab("迎检起草") as drafting:
                opening, choosing = draft_tab(service, drafts, memory)
            with gr.Tab("资料库") as shelf:
                parts = library_tab(library)
            with gr.Tab("系统") as engine_room:
                system_tab(system, engine_room, ticking)
        if with_login:
            made.load(head_of_user, None, head, **quiet)
        made.load(**refreshing, **quiet).then(**offering, **quiet)
        made.load(**resuming, **quiet)
        made.load(find.refresh, asked, offered, **quiet)
        made.load(**opening, **quiet)
        drafting.select(**choosing, **quiet)
        shelf.select(library.table, parts["wanted"], parts["table"], **quiet)
        for changed in (parts["stored"], parts["acted"], parts["undone"]):
            changed.then(**refreshing, **quiet).then(**offering, **quiet)
            changed.then(find.refresh, asked, offered, **quiet)
            changed.then(**opening, **quiet)
        resumed = [notice, parts["report"], parts["table"], news]
        made.load(library.resume, parts["wanted"], resumed, concurrency_limit=None, **{**quiet, "queue": True})
        told = news.change(**refreshing, **quiet).then(**offering, **quiet)
        told.then(find.refresh, asked, offered, **quiet).then(**opening, **quiet)
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


__all__ = ["ServeError", "build_app", "build_page", "listen", "make_server", "serve", "upload_folder"]
