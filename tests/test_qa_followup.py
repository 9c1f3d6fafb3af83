"""Follow-ups made whole from what was asked before, and questions that are whole left alone."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from documents import REPORT_A, REPORT_B, RULE, write
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.answer import Outcome
from qa.followup import Understood, understood
from qa.grounds import without_grounds
from qa.parts import clauses_of, editions_of, parts_of, things_of
from qa.question import Question, QuestionError, read_question
from qa.service import Service, open_service
from qa.settings import Settings
from ui.cli import main

TODAY = date(2024, 12, 31)
TOWNS = ("清砚镇", "松岔镇", "鹿坞镇", "麦垄乡", "石臼岭乡", "青禾县")
CASES = [json.loads(line) for line in (Path(__file__).parent / "data/followups.jsonl").read_text("utf-8").splitlines()]
WHOLE = [
    case["question"]
    for line in (Path(__file__).parents[1] / "eval/sets/samples.jsonl").read_text("utf-8").splitlines()
    if (case := json.loads(line))
]


def read(text: str) -> Question:
    return read_question(text, TOWNS)


def taken(question: str, *history: str) -> Understood:
    return understood(question, history, read, TODAY)


def is_right(case: dict[str, Any]) -> bool:
    """Whether the question was understood as the case says."""
    found = taken(case["question"], *case["history"])
    if case.get("same"):
        return not found.is_changed and not found.trouble
    if case.get("unclear"):
        return bool(found.trouble)
    whole = read(found.text)
    return (
        found.is_changed
        and all(word in found.text for word in case["has"])
        and not any(word in found.text for word in case["lacks"])
        and set(whole.places) == set(case["places"])
        and list(whole.years) == case["years"]
        and case["want"] in ("", whole.wants[0].kind.value)
    )


@pytest.mark.parametrize("case", [c for c in CASES if c["part"] == "tune"], ids=lambda c: c["id"])
def test_a_follow_up_is_made_whole(case: dict[str, Any]) -> None:
    assert is_right(case)


def test_follow_ups_that_the_rules_were_not_made_on() -> None:
    held = [is_right(case) for case in CASES if case["part"] == "held"]
    assert sum(held) / len(held) >= 0.95


def test_whole_questions_one_after_another_stay_as_they_are() -> None:
    order = random.Random(3).sample(WHOLE, len(WHOLE))
    for at, question in enumerate(order):
        found = taken(question, *order[max(0, at - 3) : at])
        assert not found.is_changed, f"{order[at - 1]} | {question} -> {found.text}"
        assert not found.trouble


def test_a_question_with_nothing_before_it_is_never_changed() -> None:
    assert all(taken(question) == Understood(text=question) for question in WHOLE)


@given(st.lists(st.text("那羊呢年2023镇多少户？它的和、上半 a去每亩补", max_size=30), max_size=4), st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_no_conversation_breaks_it(history: list[str], question: str) -> None:
    try:
        found = taken(question, *history)
    except QuestionError:
        return
    assert found.is_changed or found.text == question


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("清砚镇2024年上半年和全年各兑付多少元?", ["清砚镇2024年上半年兑付多少元?", "清砚镇2024年全年兑付多少元?"]),
        ("2023年底和2024年6月底分别多少户?", ["2023年底多少户?", "2024年6月底多少户?"]),
        ("县里和清砚镇分别到哪天截止?", ["县里到哪天截止?", "清砚镇到哪天截止?"]),
        ("清砚镇有多少户监测户?", ["清砚镇有多少户监测户?"]),
    ],
)
def test_a_question_of_several_times_or_places_comes_apart(question: str, parts: list[str]) -> None:
    assert [p.text for p in parts_of(read(question))] == parts


def test_clauses_that_ask_more_of_the_same_come_apart() -> None:
    parts = clauses_of(read("种一亩玉米补助多少、什么时候截止，找谁办?"), read)
    assert [p.question.text for p in parts] == ["种一亩玉米补助多少", "种玉米补助什么时候截止", "种玉米补助找谁办"]
    assert not clauses_of(read("申报了多少户产业项目,第一批补助资金多少?"), read)


def test_editions_and_things_come_apart() -> None:
    parts = editions_of(read("D级危房重建,旧办法和现行办法每户各补助多少?"), read)
    assert {p.question.text for p in parts} == {"D级危房重建,每户补助多少?"}
    assert [p.name for p in parts] == ["原办法", "现行办法"]
    assert [p.edition for p in editions_of(read("蜜蜂补助2021年办法和2023年办法分别多少元?"), read)] == [2021, 2023]
    names = [p.question.text for p in things_of(read("C级和D级危房各补多少?"), read)]
    assert names == ["C级危房补多少?", "D级危房补多少?"]


@pytest.mark.parametrize(
    ("question", "rest"),
    [
        ("种一亩玉米补助多少元,依据是什么文件?", "种一亩玉米补助多少元"),
        ("玉米补助标准是哪个文件规定的?", "玉米补助标准"),
        ("种一亩玉米补助多少元?", None),
        ("依据是什么文件?", None),
    ],
)
def test_what_is_asked_beside_its_grounds(question: str, rest: str | None) -> None:
    assert without_grounds(question) == rest


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("talk")
    made = open_service(Settings(home=folder / "home", embedder="hash"), to_write=True)
    made.ingest([write(folder / "docs", rule=RULE, a=REPORT_A, b=REPORT_B)])
    yield made
    made.close()


def test_an_answer_says_how_the_question_was_taken(service: Service) -> None:
    answer = service.ask("那榆岭镇呢", history=["松溪镇有多少户脱贫户?"])
    assert answer.question == "那榆岭镇呢"
    assert answer.understood_as == "榆岭镇有多少户脱贫户?"
    assert service.ask("松溪镇有多少户脱贫户?", history=["种植业每亩补多少?"]).understood_as is None


def test_what_cannot_be_understood_is_said_and_not_guessed(service: Service) -> None:
    answer = service.ask("那羊呢")
    assert answer.outcome is Outcome.NO_EVIDENCE
    assert "写成完整的问题" in answer.text
    assert not answer.citations


def test_the_grounds_of_an_answer_are_quoted_from_the_document(service: Service) -> None:
    answer = service.ask("依据是什么文件", history=["种植业每亩补多少?"])
    assert answer.outcome is Outcome.ANSWERED
    assert "云政办发〔2023〕5号" in answer.text
    for citation in answer.citations:
        assert service.document(citation.document_id).text[citation.start : citation.end] == citation.quote


def test_a_part_without_evidence_is_named(service: Service) -> None:
    answer = service.ask("松溪镇和龙首镇各有多少户脱贫户?")
    assert answer.outcome is Outcome.ANSWERED
    assert "关于龙首镇，资料库里没有找到依据。" in [w.text for w in answer.warnings]


def test_the_command_line_takes_what_was_asked_before(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ZHENGDA_EMBEDDER", "hash")
    home = str(service.settings.home)
    asked = ["那榆岭镇呢", "--json", "--after", "种植业每亩补多少?", "--after", "松溪镇有多少户脱贫户?"]
    assert main(["--home", home, "ask", *asked]) == 0
    assert json.loads(capsys.readouterr().out)["understood_as"] == "榆岭镇有多少户脱贫户?"
    lines = [
        {"id": "1", "question": "那榆岭镇呢", "history": ["松溪镇有多少户脱贫户?"]},
        {"id": "2", "question": "那榆岭镇呢", "history": [{"question": "松溪镇有多少户脱贫户?", "answers": ["312户"]}]},
        {"id": "3", "question": "松溪镇有多少户脱贫户?"},
    ]
    batch = tmp_path / "batch.jsonl"
    batch.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    assert main(["--home", home, "ask", "--batch", str(batch)]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [a.get("understood_as") for a in answers] == ["榆岭镇有多少户脱贫户?"] * 2 + [None]
    batch.write_text('{"id": "1", "question": "那榆岭镇呢", "history": [3]}', encoding="utf-8")
    assert main(["--home", home, "ask", "--batch", str(batch)]) == 1
    assert "history 应为前面问过的问题" in capsys.readouterr().err
