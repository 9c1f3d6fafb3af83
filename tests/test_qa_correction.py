"""What a clerk types to correct a document: checked, and then what the product says from then on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from documents import REPORT_A, REPORT_B, RULE, write

from ingest.document import Ruling, RulingState
from kb.errors import UnknownDocument
from qa.answer import Validity
from qa.correction import CorrectionError, field_words
from qa.service import Service, open_service
from qa.settings import Settings

QUESTION, TODAY = "种植业每亩补多少?", date(2026, 6, 1)
NEW_RULE = """云霞县人民政府办公室关于印发产业到户补助办法的通知
云政办发〔2025〕3号
各乡镇人民政府:
第一条 为发展到户产业,扩大种植规模,制定本办法。
第二条 种植业每亩补助95元,每户最多补助12亩,由村级核实后报镇审核。
第三条 本办法自2025年4月1日起施行。
云霞县人民政府办公室
2025年3月5日
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("base")
    settings = Settings(home=folder / "home", embedder="hash", reader="none")
    service = open_service(settings, to_write=True)
    service.ingest([write(folder / "docs", rule=RULE, a=REPORT_A, b=REPORT_B)])
    yield service
    service.close()


@pytest.fixture
def service(built: Service) -> Iterator[Service]:
    """The base with nothing corrected."""
    yield built
    for record in built.documents(hidden=True):
        if record.metadata.corrected:
            built.correct(record.id, {}, as_read=record.metadata.corrected)
    assert not any(r.metadata.corrected for r in built.documents(hidden=True))


def id_of(service: Service, name: str) -> str:
    return next(r.id for r in service.documents() if r.source.endswith(f"{name}.txt"))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"title": " 产业到户\n补助办法 "}, {"title": "产业到户 补助办法"}),
        ({"document_number": ""}, {"document_number": None}),
        ({"document_number": "云政办发[2024]12号"}, {"document_number": "云政办发[2024]12号"}),
        ({"issuer": "甲县财政局、甲县农业局"}, {"issuers": ("甲县财政局", "甲县农业局")}),
        ({"issuer": None}, {"issuer": None, "issuers": ()}),
        ({"issued_on": "2024年5月1日"}, {"issued_on": date(2024, 5, 1)}),
        ({"published_on": "2024/5/1"}, {"published_on": date(2024, 5, 1)}),
        ({"place": "柳湾镇"}, {"place": "柳湾镇"}),
        ({"year": 2024}, {"year": 2024, "period": None}),
        ({"year": "2021—2025年"}, {"year": 2021, "period": (2021, 2025)}),
        ({"year": ""}, {"year": None}),
        ({"kind": "plan"}, {"kind": "plan"}),
        ({"topics": "就业、住房"}, {"topics": ("就业", "住房")}),
        ({"topics": []}, {"topics": ()}),
        ({"validity": "现行有效"}, {"ruling": Ruling(state=RulingState.IN_FORCE)}),
        (
            {"validity": "superseded", "ended_by": "县政府常务会议", "ended_on": "2025-01-01"},
            {"ruling": Ruling(state=RulingState.SUPERSEDED, by="县政府常务会议", from_day=date(2025, 1, 1))},
        ),
    ],
    ids=str,
)
def test_what_is_typed_is_what_counts(service: Service, given: dict[str, Any], expected: dict[str, Any]) -> None:
    metadata = service.correct(id_of(service, "rule"), given).record.metadata
    assert {name: getattr(metadata, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"title": " "}, "标题不能为空"),
        ({"title": "长" * 201}, "最多 200 字"),
        ({"document_number": "五号文"}, "不是文号"),
        ({"issued_on": "2024-02-30"}, "没有这一天"),
        ({"issued_on": "去年五月"}, "不是日期"),
        ({"expires_on": "2023-02-01"}, "早于施行日期"),
        ({"year": "24"}, "年份“24”不对"),
        ({"year": "2025-2021"}, "颠倒"),
        ({"kind": "令"}, "没有 令 这一种类"),
        ({"topics": "就业、天气"}, "没有“天气”"),
        ({"validity": "作废"}, "in_force"),
        ({"ended_by": "云政发〔2025〕3号"}, "请先选明"),
        ({"validity": "in_force", "ended_on": "2025-01-01"}, "请清空"),
        ({"validity": "repealed", "ended_by": "云政办发〔2023〕5号"}, "不能被自己"),
        ({"validity": "repealed", "ended_on": "2020-01-01"}, "早于成文日期"),
        ({"validity": "in_force", "expires_on": "2024-01-01"}, "矛盾"),
        ({"author": "甲"}, "没有 author 这一项"),
        ({}, "至少给出一项"),
        ({"place": ["甲镇"]}, "一行文字"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_in_one_line_and_changes_nothing(
    service: Service, given: dict[str, Any], says: str
) -> None:
    id = id_of(service, "rule")
    with pytest.raises(CorrectionError, match=says) as raised:
        service.correct(id, given)
    assert "\n" not in str(raised.value)
    assert service.corrections(id).made == ()


def test_a_field_is_either_corrected_or_as_read(service: Service) -> None:
    with pytest.raises(CorrectionError, match="二者取一"):
        service.correct(id_of(service, "rule"), {"year": 2024}, as_read=["year"])
    with pytest.raises(CorrectionError, match="没有 ended_on 这一项"):
        service.correct(id_of(service, "rule"), {}, as_read=["ended_on"])
    with pytest.raises(UnknownDocument):
        service.correct("f" * 16, {"year": 2024})


def test_a_rule_marked_expired_by_hand_is_expired_in_answers(service: Service) -> None:
    id = id_of(service, "rule")
    assert service.ask(QUESTION, as_of=TODAY).citations[0].status is Validity.IN_FORCE
    service.correct(id, {"expires_on": "2025-12-31", "title": "到户产业补助办法"})
    answer = service.ask(QUESTION, as_of=TODAY)
    assert answer.citations[0].status is Validity.EXPIRED
    assert answer.citations[0].title == "到户产业补助办法"
    assert any("已于2025-12-31失效" in w.text for w in answer.warnings)
    assert service.ask(QUESTION, as_of=date(2025, 12, 1)).citations[0].status is Validity.IN_FORCE
    assert id not in {h.document.id for h in service.search("种植业", as_of=TODAY).hits}
    service.correct(id, {}, as_read=["expires_on", "title"])
    assert service.ask(QUESTION, as_of=TODAY).citations[0].status is Validity.IN_FORCE
    assert id in {h.document.id for h in service.search("种植业", as_of=TODAY).hits}


@pytest.mark.parametrize(
    ("given", "status", "says"),
    [
        ({"validity": "repealed"}, Validity.REPEALED, "通知》已被废止"),
        ({"validity": "superseded", "ended_by": "云政办发〔2025〕3号", "ended_on": "2025-04-01"}, Validity.SUPERSEDED,
         "自2025-04-01起已被云政办发〔2025〕3号替代"),
        ({"validity": "repealed", "ended_on": "2027-01-01"}, Validity.IN_FORCE, ""),
    ],
)  # fmt: skip
def test_a_ruling_counts_from_its_day(service: Service, given: dict[str, Any], status: Validity, says: str) -> None:
    service.correct(id_of(service, "rule"), given)
    answer = service.ask(QUESTION, as_of=TODAY)
    assert answer.citations[0].status is status
    assert says in "".join(w.text for w in answer.warnings)
    if given.get("ended_on"):
        service.correct(id_of(service, "rule"), {"ended_on": ""})  # the rest stays as it was said
        assert service.ask(QUESTION, as_of=TODAY).citations[0].status is not Validity.IN_FORCE


def test_a_place_corrected_is_found_and_counted_there(service: Service) -> None:
    id = id_of(service, "a")
    corrected = service.correct(id, {"place": "柳湾镇", "year": "2022"}, by="张三")
    assert any("没有别的资料提到柳湾镇" in note for note in corrected.notes)
    assert id in {h.document.id for h in service.search("就业帮扶", place="柳湾镇").hits}
    facets = service.facets()
    assert (facets["place"].get("柳湾镇"), facets["place"].get("松溪镇"), facets["year"]["2022"]) == (1, None, 1)
    assert "柳湾镇" in service.places()
    assert service.correct(id, {"place": "榆岭镇"}).notes == ()


def test_another_document_can_be_named_and_a_wrong_repeal_be_undone(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", embedder="hash", reader="none")
    service = open_service(settings, to_write=True)
    repealing = NEW_RULE.replace("起施行。", "起施行。云政办发〔2023〕5号同时废止。")
    service.ingest([write(tmp_path / "docs", rule=RULE, new=repealing)])
    old, new = id_of(service, "rule"), id_of(service, "new")

    def status() -> Validity:
        return next(h.status for h in service.search("养蜂", document=old).hits)

    try:
        assert status() is Validity.SUPERSEDED
        service.correct(old, {"validity": "in_force"})
        assert status() is Validity.IN_FORCE
        ruling = service.correct(old, {"validity": "repealed", "ended_by": new}).record.metadata.ruling
        assert ruling is not None
        assert (ruling.document_id, ruling.by) == (
            new,
            f"《{service.document(new).metadata.title}》（云政办发〔2025〕3号）",
        )
        assert ruling.from_day == date(2025, 4, 1)
        assert status() is Validity.REPEALED
        assert field_words(service.document(old).metadata, "validity").startswith("已废止，自2025-04-01起（《")
        for words in ("云政办发[2025]3号", ruling.by, f"《{service.document(old).metadata.title}》"):
            by_words = {"validity": "repealed", "ended_by": words}
            ruling = service.correct(old, by_words).record.metadata.ruling
            assert ruling is not None
            assert (ruling.document_id, ruling.by) == (new, words)
        service.remove(new)  # the words are left
        assert status() is Validity.REPEALED
    finally:
        service.close()


def test_an_ingest_tells_what_became_of_corrections(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", embedder="hash", reader="none")
    service = open_service(settings, to_write=True)
    try:
        service.ingest([write(tmp_path / "docs", rule=RULE)])
        service.correct(id_of(service, "rule"), {"expires_on": "2025-12-31"}, by="张三")
        assert service.ingest([tmp_path / "docs"]).files[0].status.value == "unchanged"
        write(tmp_path / "docs", rule=RULE.replace("80元", "85元"))
        (file,) = service.ingest([tmp_path / "docs"]).files
        assert "沿用人工更正：失效日期" in file.notes
        answer = service.ask(QUESTION, as_of=TODAY)
        assert ("85元" in answer.text, answer.citations[0].status) == (True, Validity.EXPIRED)
        write(tmp_path / "docs", rule=REPORT_B)
        (file,) = service.ingest([tmp_path / "docs"]).files
        assert any("没有沿用" in note for note in file.notes)
    finally:
        service.close()
