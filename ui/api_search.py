"""Lists of hits as files, and topic pages, over HTTP. Imports fastapi: import it late."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, Query
from fastapi.responses import Response

from qa.search import Sort
from qa.service import Service
from ui.render import Json
from ui.search_export import MIME, SHEET, WRITERS
from ui.topic_render import topic_dict

EXPORT_LIMIT = 1000


def add_search(routes: APIRouter, service: Service) -> None:
    """GET /search/export.xlsx and .docx take what GET /search takes; GET /topic gives a topic page."""

    @routes.get("/search/export.{form}")
    def export(
        form: str,
        query: str = "",
        place: str | None = None,
        year: int | None = None,
        kind: str | None = None,
        topic: str | None = None,
        issuer: str | None = None,
        limit: int = Query(100, ge=1, le=EXPORT_LIMIT),
        sort: Sort = Sort.RELEVANCE,
        like: str | None = None,
    ) -> Response:
        if form not in WRITERS:
            return Response(f"没有 {form} 这种格式，可用：{'、'.join(WRITERS)}", status_code=404)
        page = service.search(
            query, place=place, year=year, kind=kind, topic=topic, issuer=issuer, limit=limit, sort=sort, like=like
        )
        name = quote(f"{SHEET}.{form}")
        return Response(
            WRITERS[form](page),
            media_type=MIME[form],
            headers={"content-disposition": f"attachment; filename*=UTF-8''{name}", "cache-control": "no-store"},
        )

    @routes.get("/topic")
    def topic_page(topic: str, place: str | None = None, year: int | None = None, kind: str | None = None) -> Json:
        return topic_dict(service.topic_page(topic, place=place, year=year, kind=kind))
