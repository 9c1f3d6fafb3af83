"""The routes by which the command line works through the server that holds the base. Imports fastapi: import it late.

They may name files of this machine, so they are for callers on this machine that can read the base's folder: each
call carries the token of `ui.server_note`, and none may come from a browser. Runs take turns with the page's own.
"""

from __future__ import annotations

import asyncio
import json
import queue
import threading
import time
from collections.abc import AsyncIterator, Callable
from hmac import compare_digest
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import ValidationError, validate_call
from starlette.exceptions import HTTPException

from ingest.files import FoundFile
from qa.errors import USER_ERRORS
from qa.intake import IngestReport, Progress
from qa.service import Service
from ui import wire
from ui.render import Json
from ui.server_note import proof, settings_proof
from ui.turns import Stopped, Turns
from ui.web_guard import is_loopback

_TICK_S = 0.05
_BEAT_S = 1.0  # between two signs of life: the caller knows that the server lives, the server that the caller does
Tell = Callable[[Json], None]


def router(service: Service, token: str, turns: Turns) -> APIRouter:
    """The routes under /api/owner."""
    routes = APIRouter(prefix="/api/owner", include_in_schema=False)
    allowed = [Depends(_allowed(token))]

    @routes.get("/ping")
    def ping(nonce: str) -> Json:
        """Proof of being the server of the note, sent to anyone who asks: it gives nothing away."""
        settings = service.settings
        return {"proof": proof(token, nonce, settings.home), "settings": settings_proof(token, nonce, settings)}

    @routes.post("/call/{name}", dependencies=allowed)
    def call(name: str, arguments: dict[str, Any]) -> JSONResponse:
        if name not in wire.CALLS:
            raise HTTPException(404)
        try:
            value = validate_call(getattr(service, name))(**arguments)
        except (*USER_ERRORS, ValidationError) as error:
            return JSONResponse(_error(error), status_code=400)
        return JSONResponse({"value": wire.plain(wire.CALLS[name], value)})

    @routes.post("/ingest", dependencies=allowed)
    async def ingest(request: Request) -> StreamingResponse:
        found = [_found(file) for file in json.loads(await request.body())["found"]]

        def work(tell: Tell) -> Json:
            def told(step: Progress) -> None:
                turns.refuse_when_stopping()
                tell({"progress": wire.plain(Progress, step)})

            return {"value": wire.plain(IngestReport, service.ingest_found(found, on_progress=told))}

        return StreamingResponse(_lines(work, turns), media_type="application/x-ndjson")

    @routes.post("/repair", dependencies=allowed)
    async def repair() -> StreamingResponse:
        def work(tell: Tell) -> Json:
            service.repair(lambda done, total: tell({"done": done, "total": total}))
            return {"value": None}

        return StreamingResponse(_lines(work, turns), media_type="application/x-ndjson")

    return routes


def _allowed(token: str) -> Callable[[Request], None]:
    """Lets through who knows the token, calls from this machine, and is no browser."""

    def check(request: Request) -> None:
        here = request.client is not None and is_loopback(request.client.host)
        sent = request.headers.get("authorization", "").encode()
        browser = any(name in request.headers for name in ("origin", "sec-fetch-site", "cookie"))
        if not here or browser or not compare_digest(sent, f"Bearer {token}".encode()):
            raise HTTPException(403)

    return check


class _Gone(Exception):
    """The caller no longer listens: what is in the base stays, the rest is left."""


async def _lines(work: Callable[[Tell], Json], turns: Turns) -> AsyncIterator[str]:
    """What `work` tells, a JSON value a line, an empty line where there is nothing to tell; last "value" or "error".

    The work goes on in a thread of its own until its next word after the caller has gone.
    """
    told: queue.SimpleQueue[Json] = queue.SimpleQueue()
    gone, over = threading.Event(), threading.Event()

    def tell(line: Json) -> None:
        if gone.is_set():
            raise _Gone
        told.put(line)

    threading.Thread(target=_work, args=(work, tell, turns, told, gone, over), name="owner", daemon=True).start()
    beat = time.monotonic()
    try:
        while True:
            was_over = over.is_set()
            if lines := _drained(told):
                yield "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
            elif time.monotonic() - beat > _BEAT_S:
                beat = time.monotonic()
                yield "\n"
            if was_over:
                return
            await asyncio.sleep(_TICK_S)
    finally:
        gone.set()


def _work(
    work: Callable[[Tell], Json],
    tell: Tell,
    turns: Turns,
    told: queue.SimpleQueue[Json],
    gone: threading.Event,
    over: threading.Event,
) -> None:
    try:
        with turns.write(gone):
            last = work(tell)
    except (_Gone, Stopped, *USER_ERRORS) as error:
        last = _error(error)
    except BaseException as error:
        told.put({"error": f"服务内部出错（{error!r}），详见运行 zhengda serve 的窗口", "kind": ""})
        over.set()
        raise
    told.put(last)
    over.set()


def _drained(told: queue.SimpleQueue[Json]) -> list[Json]:
    """What has been told since; of steps of progress only the last."""
    lines: list[Json] = []
    while not told.empty():
        lines.append(told.get())
    return lines[-2:]  # the last step, and the end when it is there


def _found(file: Json) -> FoundFile:
    return FoundFile(**{**file, "path": Path(file["path"])})


def _error(error: Exception) -> Json:
    line = (
        str(error) if not isinstance(error, ValidationError) else "命令行与正在运行的服务版本不同，请重启 zhengda serve"
    )
    return {"error": line, "kind": type(error).__name__}
