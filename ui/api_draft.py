"""Drafts as Word files over HTTP. Imports fastapi: import it late."""

from __future__ import annotations

import tempfile
from pathlib import Path
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from qa.draft_items import DraftError
from qa.draft_jobs import Drafts
from ui.draft_docx import Frame, write
from ui.draft_words import TITLES

MIME = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def router(drafts: Drafts) -> APIRouter:
    """GET /api/drafts/ID.docx gives the draft with what was decided on it."""
    routes = APIRouter(prefix="/api/drafts")

    @routes.get("/{id}.docx")
    def word(id: str) -> Response:
        try:
            title, content = docx_of(drafts, id)
        except DraftError as error:
            return JSONResponse({"error": str(error)}, status_code=404)
        name = quote(f"{title}.docx")
        return Response(
            content,
            media_type=MIME,
            headers={"content-disposition": f"attachment; filename*=UTF-8''{name}", "cache-control": "no-store"},
        )

    return routes


def docx_of(drafts: Drafts, id: str) -> tuple[str, bytes]:
    """The title of the draft and its file. Raises DraftError."""
    head, replies, review = drafts.reviewed(id)
    of = head.options
    title = review.title or f"{of.place or ''}{TITLES[of.kind]}"
    frame = Frame(kind=of.kind, title=title, issuer=review.issuer or None, day=review.day)
    with tempfile.TemporaryDirectory(prefix="zhengda-draft-") as folder:
        path = Path(folder) / "draft.docx"
        write(path, replies, frame)
        return title, path.read_bytes()
