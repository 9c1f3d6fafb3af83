"""Correcting a document by the HTTP API, the command line and the page; all show the same from then on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from command_line import Zhengda, one_line
from documents import REPORT_A, RULE, write
from fastapi import FastAPI
from starlette.testclient import TestClient
from web_site import GRADIO_WARNINGS, Browser, chromium, needs_browser, served_base

from qa.correction import LABELS, Corrected
from qa.service import Service, open_service
from qa.settings import Settings
from ui import api, api_owner, wire
from ui.login import USER
from ui.turns import Turns
from ui.undo import Removals
from ui.web_correct import UNCHANGED
from ui.web_guard import App, Message, OwnPages, Receive, Send
from ui.web_library import Library

pytestmark = GRADIO_WARNINGS
EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("base")
    service = open_service(Settings(home=folder / "home", embedder="hash", reader="none"), to_write=True)
    service.ingest([write(folder / "docs", rule=RULE, a=REPORT_A)])
    yield service
    service.close()


@pytest.fixture
def service(built: Service) -> Iterator[Service]:
    """The base with nothing corrected."""
    yield built
    for record in built.documents():
        if record.metadata.corrected:
            built.correct(record.id, {}, as_read=record.metadata.corrected)


@pytest.fixture
def rule(service: Service) -> str:
    return next(r.id for r in service.documents() if r.source.endswith("rule.txt"))


@pytest.fixture
def app(service: Service) -> FastAPI:
    app = FastAPI()
    app.include_router(api_owner.router(service, "secret", Turns()))
    app.include_router(api.router(service))
    api.explain_errors(app)
    app.add_middleware(OwnPages)
    return app


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return TestClient(app, base_url="http://127.0.0.1:7860", client=("127.0.0.1", 50000))


# --- the API ---


def test_a_patch_counts_in_every_answer_of_the_api(client: TestClient, rule: str) -> None:
    said = {"expires_on": "2024-06-30", "topics": ["就业"], "place": "柳湾镇", "by": "张三"}
    shown = client.patch(f"/api/documents/{rule}", json=said).json()
    assert shown["corrected"] == ["expires_on", "place", "topics"]
    assert "柳湾镇" in shown["notes"][0]
    document = client.get(f"/api/documents/{rule}").json()
    assert (document["expires_on"], document["topics"], document["corrected"]) == (
        "2024-06-30", ["就业"], shown["corrected"],
    )  # fmt: skip
    asked = {"question": "种植业每亩补多少？", "as_of": "2025-01-01"}
    assert client.post("/api/ask", json=asked).json()["citations"][0]["status"] == "expired"
    listed = client.get("/api/search", params={"query": "种植业", "place": "柳湾镇"}).json()
    assert listed["hits"][0]["place"] == "柳湾镇"
    made = client.get(f"/api/documents/{rule}/corrections").json()
    assert {c["field"]: c["by"] for c in made["corrected"]} == dict.fromkeys(shown["corrected"], "张三")
    assert made["read"]["expires_on"] == "2028-02-29"
    back = client.patch(f"/api/documents/{rule}", json={"as_read": ["expires_on", "topics", "place"]}).json()
    assert (back["expires_on"], "corrected" in back) == ("2028-02-29", False)


def test_a_ruling_is_shown_with_what_ended_the_document(client: TestClient, rule: str) -> None:
    said = {"validity": "repealed", "ended_by": "云政发〔2025〕3号", "ended_on": "2025-04-01"}
    shown = client.patch(f"/api/documents/{rule}", json=said).json()
    assert {name: shown[name] for name in said} == said
    assert client.get("/api/documents").json()[1]["corrected"] == ["validity"]


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({"json": {"issued_on": "2024-02-30"}}, 400, "没有这一天"),
        ({"json": {"author": "甲"}}, 400, "author"),
        ({"json": {}}, 400, "至少给出一项"),
        ({"json": {"year": 2024.5}}, 400, "year"),
        ({"json": {"title": {"a": 1}}}, 400, "title"),
        ({"json": {"year": True}}, 400, "year"),
        ({"json": {"topics": [1]}}, 400, "topics"),
        ({"json": {"as_read": "title"}}, 400, "as_read"),
        ({"json": {"title": "甲", "by": 5}}, 400, "by"),
        ({"json": ["title"]}, 422, "JSON"),
        ({"content": b"{"}, 422, "JSON"),
        ({"json": {"year": 2024}, "headers": {"origin": "http://evil.example"}}, 403, ""),
    ],
    ids=str,
)
def test_what_is_wrong_is_one_line(client: TestClient, rule: str, body: dict[str, Any], status: int, says: str) -> None:
    response = client.patch(f"/api/documents/{rule}", **body)
    assert response.status_code == status
    assert says in response.json()["error"]
    assert "\n" not in response.json()["error"]
    assert "corrected" not in client.get(f"/api/documents/{rule}").json()


def test_a_document_that_is_not_there_is_404(client: TestClient) -> None:
    assert client.patch("/api/documents/nothing", json={"year": 2024}).status_code == 404
    assert client.get("/api/documents/nothing/corrections").status_code == 404


def test_behind_a_login_it_is_the_user_who_says_so(app: FastAPI, rule: str) -> None:
    class LoggedIn:
        def __init__(self, app: App) -> None:
            self._app = app

        async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
            await self._app({**scope, USER: "李四"}, receive, send)

    app.add_middleware(LoggedIn)
    client = TestClient(app, base_url="http://127.0.0.1:7860")
    client.patch(f"/api/documents/{rule}", json={"year": 2024, "by": "王五"})
    assert client.get(f"/api/documents/{rule}/corrections").json()["corrected"][0]["by"] == "李四"


# --- the command line ---


def test_the_command_line_works_through_the_server(client: TestClient, service: Service, rule: str) -> None:
    def call(name: str, **arguments: Any) -> Any:
        headers = {"authorization": "Bearer secret"}
        return client.post(f"/api/owner/call/{name}", json=arguments, headers=headers).json()

    given = {"validity": "superseded", "ended_on": "2025-04-01"}
    answer = call("correct", document_id=rule, given=given, as_read=[], by="张三")
    corrected: Corrected = wire.revived(wire.CALLS["correct"], answer["value"])
    assert corrected.record == next(r for r in service.documents() if r.id == rule)
    assert wire.revived(wire.CALLS["corrections"], call("corrections", document_id=rule)["value"]) == (
        service.corrections(rule)
    )
    wrong = call("correct", document_id=rule, given={"issued_on": "昨天"}, as_read=[], by=None)
    assert "不是日期" in str(wire.error_named(wrong["kind"], wrong["error"]))
    assert wrong["kind"] == "CorrectionError"


def test_correcting_by_command(tmp_path: Path) -> None:
    zhengda = Zhengda(tmp_path / "home")
    assert zhengda("ingest", write(tmp_path / "docs", rule=RULE))[0] == 0
    (record,) = json.loads(zhengda("documents", "--json")[1])
    id = record["document_id"]
    code, out, _ = zhengda("correct", id, "--expires-on", "2024-06-30", "--place", "", "--by", "张三")
    assert code == 0
    assert re.search(r"失效日期：2024-06-30  \[人工更正，张三，.*；原文所载：2028-02-29\]", out)
    assert "地区：未注明  [人工更正" in out
    shown = json.loads(zhengda("show", id, "--json")[1])
    assert (shown["expires_on"], shown["place"], shown["corrected"]) == ("2024-06-30", None, ["expires_on", "place"])
    assert "人工更正：失效日期、地区" in zhengda("show", id)[1]
    listed = json.loads(zhengda("correct", id, "--json")[1])
    assert [(c["field"], c["by"]) for c in listed["corrected"]] == [("expires_on", "张三"), ("place", "张三")]
    answer = json.loads(zhengda("ask", "种植业每亩补多少?", "--as-of", "2025-01-01", "--json")[1])
    assert answer["citations"][0]["status"] == "expired"
    assert zhengda("correct", id, "--year", "2024", "--as-read", "expires-on", "place")[0] == 0
    assert json.loads(zhengda("correct", id, "--as-read", "all", "--json")[1])["corrected"] == []
    for arguments, says in (
        (["--as-read", "all"], "没有人工更正"),
        (["--issued-on", "昨天"], "不是日期"),
        (["--as-read", "author"], "author"),
    ):
        code, _, err = zhengda("correct", id, *arguments)
        assert code == 1
        assert says in one_line(err)
    assert zhengda("correct", "f" * 16, "--year", "2024")[0] == 1


# --- the page ---


def clicked(library: Library, act: str, id: str, **fields: str) -> str:
    return library.act("", SimpleNamespace(act=act, id=id, **fields))  # type: ignore[arg-type]


def values(form: str) -> dict[str, str]:
    """What the form holds."""
    held = dict(re.findall(r'<input type="\w+" name="(\w+)" value="([^"]*)"', form))
    chosen = re.findall(r'<select name="(\w+)">.*?<option value="(\w*)" selected>', form)
    return held | dict(chosen)


def test_the_page_has_a_form_filled_in_saves_it_and_marks_what_was_set(service: Service, rule: str) -> None:
    library = Library(service)
    assert f'data-act="correct" data-id="{rule}"' in library.table("")
    assert 'data-act="correct"' in clicked(library, "view", rule)
    form = clicked(library, "correct", rule)
    held = values(form)
    assert set(held) == set(LABELS)
    assert (held["issued_on"], held["place"], held["kind"], held["validity"]) == ("2023-02-10", "云霞县", "rule", "")
    assert UNCHANGED in clicked(library, "correct-save", rule, **held)

    typed = held | {"expires_on": "2025-12-31", "title": f"办法{EVIL}", "validity": "repealed", "ended_by": "会议纪要"}
    saved = clicked(library, "correct-save", rule, **typed)
    assert "已保存" in saved
    assert EVIL not in saved
    assert saved.count("人工更正") == 3
    metadata = service.document(rule).metadata
    assert metadata.corrected == ("title", "expires_on", "validity")
    assert "人工更正：标题、失效日期、有效性" in library.table("")
    form = clicked(library, "correct", rule)
    assert values(form) | {"title": typed["title"]} == typed
    assert EVIL not in form
    assert form.count('data-act="correct-back"') == 4  # of each field, and of all

    assert "已恢复为原文所载；标题" in clicked(library, "correct-back", rule, field="title")
    assert service.document(rule).metadata.corrected == ("expires_on", "validity")
    clicked(library, "correct-back", rule)
    assert service.document(rule).metadata.corrected == ()
    assert UNCHANGED in clicked(library, "correct-back", rule)


def test_what_was_typed_is_still_there_beside_the_error(service: Service, rule: str) -> None:
    library = Library(service)
    held = values(clicked(library, "correct", rule))
    form = clicked(library, "correct-save", rule, **(held | {"document_number": f"五号{EVIL}", "year": "2024"}))
    assert "不是文号" in form
    assert EVIL not in form
    assert values(form)["year"] == "2024"
    assert service.document(rule).metadata.corrected == ()


def test_a_removal_taken_back_brings_the_corrections_back(service: Service, rule: str) -> None:
    service.correct(rule, {"title": "到户补助办法"}, by="张三")
    removals = Removals(service)
    removals.remove(rule)
    removals.take_back()
    assert service.document(rule).metadata.title == "到户补助办法"
    assert service.corrections(rule).made[0].made_by == "张三"


@needs_browser
def test_in_the_browser(tmp_path: Path) -> None:
    with served_base(tmp_path, write(tmp_path / "docs", rule=RULE)) as site, chromium() as driver:
        browser = Browser(driver, site.address)
        browser.tab("资料库")
        browser.click('#zd-shelf [data-act="correct"]')
        day = browser.find('.zd-correct [name="expires_on"]')
        assert day.get_attribute("value") == "2028-02-29"
        driver.execute_script("arguments[0].value = '2024-06-30'", day)
        browser.click('[data-act="correct-save"]')
        browser.says(".zd-told", "已保存")
        browser.says(".zd-corrected li", "2028-02-29")


def test_a_document_gone_meanwhile_leads_back_to_the_table(service: Service) -> None:
    assert "zd-table" in clicked(Library(service), "correct-save", "f" * 16, title="甲")
