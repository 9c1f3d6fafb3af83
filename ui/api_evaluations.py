"""The reports of question sets over HTTP. Imports fastapi: import it late."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, JSONResponse, Response

from ui.evaluations import report_path

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"  # a report needs no more


def router(home: Path) -> APIRouter:
    """GET /api/evaluations/{name} gives a report."""
    routes = APIRouter(prefix="/api/evaluations")

    @routes.get("/{name}")
    def report(name: str) -> Response:
        path = report_path(home, name)
        if path is None:
            return JSONResponse({"error": f"没有名为 {name} 的评测报告"}, status_code=404)
        headers = {"content-security-policy": _POLICY, "cache-control": "no-store"}
        return FileResponse(path, media_type="text/html; charset=utf-8", headers=headers)

    return routes
