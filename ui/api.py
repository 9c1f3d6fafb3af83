"""The HTTP API beside the page. Bad input gives 4xx and {"error": "one line"}. Imports fastapi: import it late."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException

from kb.errors import UnknownDocument
from qa.answer import Answer
from qa.correction import CorrectionError
from qa.errors import USER_ERRORS
from qa.history import questions_before
from qa.pages import SourcePages
from qa.search import Sort
from qa.service import QuestionError, Service
from ui.api_correct import add_corrections
from ui.api_pages import add_pages
from ui.api_search import add_search
from ui.render import Json, answer_dict, document_dict, name_of, record_dict, search_dict

SEARCH_LIMIT = 200
NO_ORIGINAL = "没有留存这份文件的原件"


class Question(BaseModel):
    """What POST /api/ask takes."""

    model_config = ConfigDict(extra="forbid")

    question: str
    place: str | None = None
    year: int | None = None
    as_of: date | None = None
    history: list[Any] = []


def router(service: Service) -> APIRouter:
    """The routes under /api."""
    routes = APIRouter(prefix="/api")
    _add_questions(routes, service)
    _add_documents(routes, service)
    add_corrections(routes, service)
    add_search(routes, service)
    add_pages(routes, SourcePages(service))

    @routes.api_route("/{elsewhere:path}", methods=["GET", "POST"], include_in_schema=False)
    def nothing(elsewhere: str) -> Response:
        return _error(404, f"没有这个地址：/api/{elsewhere}")

    return routes


def explain_errors(app: FastAPI) -> None:
    """Turns our errors, and FastAPI's, into a status and one Chinese line."""
    for wrong in (QuestionError, CorrectionError):
        app.add_exception_handler(wrong, lambda _, error: _error(400, str(error)))
    app.add_exception_handler(UnknownDocument, lambda _, error: _error(404, str(error)))
    for kind in USER_ERRORS:
        if kind not in (QuestionError, CorrectionError):
            app.add_exception_handler(kind, lambda _, error: _error(503, str(error)))
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_error)


def _add_questions(routes: APIRouter, service: Service) -> None:
    @routes.get("/health")
    def health() -> Json:
        return {"status": "ok", "documents": len(service.documents())}

    @routes.post("/ask")
    def ask(asked: Question) -> Json:
        return answer_dict(service.ask(asked.question, **_scope(asked)))

    @routes.post("/ask/stream")
    def stream(asked: Question) -> StreamingResponse:
        answers = service.stream(asked.question, **_scope(asked))
        first = next(answers)  # a question that can't be asked gives its 4xx before the stream begins
        return StreamingResponse(_events(first, answers), media_type="text/event-stream")

    @routes.get("/search")
    def search(
        query: str,
        place: str | None = None,
        year: int | None = None,
        kind: str | None = None,
        topic: str | None = None,
        issuer: str | None = None,
        document: str | None = None,
        as_of: date | None = None,
        limit: int = Query(20, ge=1, le=SEARCH_LIMIT),
        sort: Sort = Sort.RELEVANCE,
        like: str | None = None,
    ) -> Json:
        page = service.search(
            query,
            place=place,
            year=year,
            kind=kind,
            topic=topic,
            issuer=issuer,
            document=document,
            as_of=as_of,
            limit=limit,
            sort=sort,
            like=like,
        )
        return search_dict(page)


def _add_documents(routes: APIRouter, service: Service) -> None:
    @routes.get("/documents")
    def documents() -> list[Json]:
        return [record_dict(record) for record in service.documents()]

    @routes.get("/documents/{document_id}")
    def document(document_id: str) -> Json:
        return document_dict(service.document(document_id))

    @routes.get("/documents/{document_id}/original")
    def original(document_id: str) -> Response:
        source = service.document(document_id).source
        path = service.original(document_id)
        if path is None or not path.is_file():
            return _error(404, NO_ORIGINAL)
        return FileResponse(path, filename=name_of(source), media_type="application/octet-stream")


def _scope(asked: Question) -> dict[str, Any]:
    """What is asked beside the question, as the service takes it. Raises QuestionError for a history of another shape."""
    history = questions_before(asked.history)
    return {"place": asked.place, "year": asked.year, "as_of": asked.as_of, "history": history}


def _events(first: Answer, rest: Iterator[Answer]) -> Iterator[str]:
    """Server-sent events: "partial" for each growing answer, "answer" for the checked one, or "error"."""
    latest = first
    try:
        for answer in rest:
            yield _event("partial", answer_dict(latest))
            latest = answer
    except USER_ERRORS as error:
        yield _event("error", {"error": str(error)})
    else:
        yield _event("answer", answer_dict(latest))


def _event(name: str, value: Json) -> str:
    return f"event: {name}\ndata: {json.dumps(value, ensure_ascii=False)}\n\n"


def _error(status: int, line: str) -> JSONResponse:
    return JSONResponse({"error": line}, status_code=status)


def _http_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    lines = {404: "没有这个地址", 405: "这个地址不支持这种请求方法"}
    return _error(error.status_code, lines.get(error.status_code, f"请求无法处理（{error.status_code}）"))


def _invalid(_: Request, error: Exception) -> JSONResponse:
    """What is wrong with the first bad field."""
    assert isinstance(error, RequestValidationError)
    first: dict[str, Any] = error.errors()[0]
    if first["type"] == "json_invalid" or first["loc"] == ("body",):
        return _error(422, '请求正文应为 JSON 对象，例如 {"question": "……"}，并注明 Content-Type: application/json')
    field = first["loc"][-1]
    if first["type"] == "missing":
        return _error(422, f"缺少参数 {field}")
    if first["type"] == "extra_forbidden":
        return _error(422, f"没有参数 {field}，可用：question、place、year、as_of、history")
    wanted = {
        "year": "应为整数年份，例如 2024",
        "as_of": "应为日期，例如 2024-06-30",
        "history": '应为前面问过的问题，例如 ["种植业每亩补助多少元？"]',
    }
    return _error(422, f"参数 {field} 的值不对{'，' + wanted[field] if field in wanted else ''}")
