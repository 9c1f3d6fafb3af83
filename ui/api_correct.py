"""The routes that correct what was read of a document. Imports fastapi: import it late."""

from typing import Any

from fastapi import APIRouter, Request

from qa.correction import CorrectionError, Given
from qa.service import Service
from ui.login import USER
from ui.render import Json, corrections_dict, record_dict


def add_corrections(routes: APIRouter, service: Service) -> None:
    """PATCH /documents/{id} takes what a person says of it; GET /documents/{id}/corrections lists what was said."""

    @routes.patch("/documents/{document_id}")
    def correct(document_id: str, said: dict[str, Any], request: Request) -> Json:
        given, as_read, by = _read(said)
        user = request.scope.get(USER)
        corrected = service.correct(document_id, given, as_read=as_read, by=str(user) if user else by)
        return {**record_dict(corrected.record), "notes": list(corrected.notes)}

    @routes.get("/documents/{document_id}/corrections")
    def corrections(document_id: str) -> Json:
        return {"document_id": document_id, **corrections_dict(service.corrections(document_id))}


def _read(said: dict[str, Any]) -> tuple[Given, list[str], str | None]:
    """The fields, those to be as read again, and who says so. Raises CorrectionError for another shape."""
    as_read, by = said.get("as_read") or [], said.get("by")
    if not isinstance(as_read, list) or not all(isinstance(name, str) for name in as_read):
        raise CorrectionError('as_read 应为要恢复原文所载的各项，例如 ["title", "year"]')
    if by is not None and not isinstance(by, str):
        raise CorrectionError("by 应为更正人的名字")
    given = {name: value for name, value in said.items() if name not in ("as_read", "by")}
    for name, value in given.items():
        texts = value if isinstance(value, list) else [value]
        if not all(text is None or (isinstance(text, str | int) and not isinstance(text, bool)) for text in texts):
            raise CorrectionError(f"{name} 的值应为文字、整数年份、文字的列表或 null")
        if isinstance(value, list) and not all(isinstance(text, str) for text in value):
            raise CorrectionError(f"{name} 的值应为文字、整数年份、文字的列表或 null")
    return given, as_read, by
