"""The pages of the originals as pictures. Imports fastapi: import it late."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from ingest.document import IngestError
from qa.pages import SourcePages

YEAR_S = 31_536_000


def add_pages(routes: APIRouter, pages: SourcePages) -> None:
    """GET /documents/{id}/pages/{number}.png; with `?v=` the original's stamp, it may be kept for good."""

    @routes.get("/documents/{document_id}/pages/{number}.png")
    def page(request: Request, document_id: str, number: int, v: str = "") -> Response:
        try:
            picture, stamp = pages.png(document_id, number)
        except IngestError as error:
            return JSONResponse({"error": str(error)}, status_code=404)
        kept = f"private, max-age={YEAR_S}, immutable" if v == stamp else "private, no-cache"
        headers = {"cache-control": kept, "etag": f'"{stamp}-{number}"'}
        if request.headers.get("if-none-match") == headers["etag"]:
            return Response(status_code=304, headers=headers)
        return Response(picture, media_type="image/png", headers=headers)
