"""The HTTP API over a real service: the contract's answers, and one Chinese line for what is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from documents import REPORT_A, RULE, write
from fastapi import FastAPI
from starlette.testclient import TestClient

from qa.service import Service, open_service
from qa.settings import Settings
from ui import api
from ui.web_guard import OwnPages


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("base")
    service = open_service(Settings(home=folder / "home", embedder="hash"), to_write=True)
    service.ingest([write(folder / "docs", rule=RULE, a=REPORT_A)])
    yield service
    service.close()


@pytest.fixture(scope="module")
def client(service: Service) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(api.router(service))
    api.explain_errors(app)
    app.add_middleware(OwnPages)
    with TestClient(app, base_url="http://127.0.0.1:7860") as client:
        yield client


def id_of(client: TestClient, stem: str) -> str:
    return str(next(d["document_id"] for d in client.get("/api/documents").json() if Path(d["source"]).stem == stem))


def test_a_question_gets_an_answer_whose_quote_is_in_the_document(client: TestClient) -> None:
    answer = client.post("/api/ask", json={"question": "种植业每亩补多少？", "as_of": "2024-01-01"}).json()
    assert answer["outcome"] == "answered"
    assert "80元" in answer["answer"]
    (citation,) = answer["citations"]
    document = client.get(f"/api/documents/{citation['document_id']}").json()
    assert document["text"][citation["start"] : citation["end"]] == citation["quote"]
    assert citation["status"] == "in_force"


def test_a_question_without_an_answer_is_refused_in_a_sentence(client: TestClient) -> None:
    answer = client.post("/api/ask", json={"question": "养老金每月发多少钱？"}).json()
    assert answer["outcome"] == "no_evidence"
    assert all(c["nearest"] for c in answer["citations"])


def test_a_stream_ends_with_the_checked_answer(client: TestClient) -> None:
    sent = client.post("/api/ask/stream", json={"question": "种植业每亩补多少？"}).text
    events = [part.split("\n", 1) for part in sent.strip().split("\n\n")]
    assert events[-1][0] == "event: answer"
    last = json.loads(events[-1][1].removeprefix("data: "))
    assert "80元" in last["answer"]


def test_search_gives_hits_and_facets(client: TestClient) -> None:
    page = client.get("/api/search", params={"query": "公益性岗位", "limit": 3}).json()
    assert set(page) == {"query", "total", "hits", "facets", "notes"}
    assert 1 <= len(page["hits"]) <= 3
    assert {"document_id", "quote", "score", "topics"} <= set(page["hits"][0])


def test_the_original_is_what_was_ingested(client: TestClient) -> None:
    response = client.get(f"/api/documents/{id_of(client, 'rule')}/original")
    assert response.content.decode() == RULE
    assert response.headers["content-disposition"].startswith("attachment")
    assert response.headers["x-content-type-options"] == "nosniff"


def test_health(client: TestClient) -> None:
    assert client.get("/api/health").json() == {"status": "ok", "documents": 2}


@pytest.mark.parametrize(
    ("method", "path", "sent", "status", "says"),
    [
        ("POST", "/api/ask", {"json": {"question": " "}}, 400, ""),
        ("POST", "/api/ask", {"json": {"question": "长" * 2001}}, 400, "2000"),
        ("POST", "/api/ask/stream", {"json": {"question": ""}}, 400, ""),
        ("POST", "/api/ask", {"json": {}}, 422, "缺少参数 question"),
        ("POST", "/api/ask", {"json": {"question": "x", "year": "前年"}}, 422, "year"),
        ("POST", "/api/ask", {"json": {"question": "x", "as_of": "去年"}}, 422, "2024-06-30"),
        ("POST", "/api/ask", {"json": {"question": "x", "yera": 1}}, 422, "没有参数 yera"),
        ("POST", "/api/ask", {"content": b"{"}, 422, "JSON"),
        ("POST", "/api/ask", {"json": ["x"]}, 422, "JSON"),
        ("GET", "/api/search", {}, 422, "缺少参数 query"),
        ("GET", "/api/search", {"params": {"query": "x", "limit": 0}}, 422, "limit"),
        ("GET", "/api/documents/nothing", {}, 404, ""),
        ("GET", "/api/documents/nothing/original", {}, 404, ""),
        ("GET", "/api/elsewhere", {}, 404, "/api/elsewhere"),
        ("DELETE", "/api/documents", {}, 405, ""),
        ("GET", "/api/health", {"headers": {"host": "evil.example"}}, 403, "127.0.0.1"),
        ("POST", "/api/ask", {"json": {"question": "x"}, "headers": {"origin": "http://evil.example"}}, 403, ""),
    ],
)
def test_what_is_wrong_is_said_in_one_chinese_line(
    client: TestClient, method: str, path: str, sent: dict[str, Any], status: int, says: str
) -> None:
    response = client.request(method, path, **sent)
    assert response.status_code == status
    error = response.json()["error"]
    assert says in error
    assert any("\u4e00" <= character <= "\u9fff" for character in error)
    assert "\n" not in error
