"""The backups over HTTP. Imports fastapi: import it late."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, JSONResponse, Response

from ui.backups import backup_path, backups_in
from ui.render import Json


def router(home: Path) -> APIRouter:
    """GET /api/backups lists them, GET /api/backups/{name} gives one."""
    routes = APIRouter(prefix="/api/backups")

    @routes.get("")
    def backups() -> list[Json]:
        return [
            {"name": b.name, "size": b.size, "made_at": b.made_at.isoformat("T", "seconds")} for b in backups_in(home)
        ]

    @routes.get("/{name}")
    def backup(name: str) -> Response:
        path = backup_path(home, name)
        if path is None:
            return JSONResponse({"error": f"没有名为 {name} 的备份"}, status_code=404)
        return FileResponse(path, filename=name, media_type="application/zip", headers={"cache-control": "no-store"})

    return routes
