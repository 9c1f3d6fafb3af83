"""Mistyped questions: read as the word of the base that is meant, said on the answer, and whole questions left alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from documents import REPORT_A, REPORT_B, RULE, write
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.answer import Outcome
from qa.service import Service, open_service
from qa.settings import Settings
from qa.sounds import alike, readings, spelt_out
from qa.spelling import Change, Spelling

NOTICE = """云霞县民政局关于做好2024年最低生活保障工作的通知
各乡镇人民政府:
一、低保标准为每人每月520元,低保户每季度复核一次。
二、种植业保险的保费由县财政补贴一半。中药材种植户可以申请小额信贷。
三、危房改造C级每户补贴1.1万元。
云霞县民政局
2024年3月1日
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("base")
    texts = {"rule": RULE, "a": REPORT_A, "b": REPORT_B, "notice": NOTICE}
    service = open_service(Settings(home=folder / "home"), to_write=True)
    service.ingest([write(folder / "docs", **texts)])
    yield service
    service.close()


@pytest.fixture(scope="module")
def spelling(service: Service) -> Spelling:
    return service._knowing.now().spelling


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("种直业每亩补助多少钱?", "种植业每亩补助多少钱?"),
        ("低宝标准是多少?", "低保标准是多少?"),
        ("公易性岗位每月多少钱?", "公益性岗位每月多少钱?"),
        ("工艺性岗位每月多少钱?", "公益性岗位每月多少钱?"),  # a word, but none that a document has
        ("中药才种植户能申请贷款吗?", "中药材种植户能申请贷款吗?"),
        ("公性岗位每月多少钱?", "公益性岗位每月多少钱?"),
        ("种植植业每亩补助多少钱?", "种植业每亩补助多少钱?"),
        ("dibao标准是多少?", "低保标准是多少?"),
        ("zhongzhiye每亩补多少?", "种植业每亩补多少?"),
        ("低保 butie", "低保 补贴"),
        ("種植業每畝補助多少錢?", "种植业每亩补助多少钱?"),
        ("松溪鎮脫貧戶有多少?", "松溪镇脱贫户有多少?"),
        ("ｄｉｂａｏ标准是多少？", "低保标准是多少?"),
    ],
)
def test_mistyped_words_are_read_as_the_ones_meant(spelling: Spelling, typed: str, read: str) -> None:
    assert spelling.read(typed).text == read


@pytest.mark.parametrize(
    "text",
    [
        "种植业每亩补助80元吗？",
        "松西镇有多少脱贫户?",  # a place that is not in the base is no other place
        "榆林镇公益性岗位安置多少人?",
        "《产业到户补助办珐》什么时候施行?",
        "“种直业”怎么写?",
        "云政办发〔2023〕5号第四条说什么?",
        "养驴每头补助多少钱?",
        "GDP是多少?",
        "wifi怎么连?",
        "县长叫什么名字?",
        "三百元够不够?",
        "",
        "？！",
    ],
)
def test_what_is_whole_or_is_no_word_of_the_base_stays(spelling: Spelling, text: str) -> None:
    assert spelling.read(text).text == text and not spelling.read(text).changes


def test_no_question_of_our_own_set_is_changed_without_a_typing_error(spelling: Spelling) -> None:
    lines = (Path(__file__).parents[1] / "eval/sets/samples.jsonl").read_text("utf-8").splitlines()
    asked = [case["question"] for case in map(json.loads, lines) if case["kind"] != "colloquial"]
    assert [(q, found) for q in asked if (found := spelling.read(q).changes)] == []


@settings(max_examples=60)
@given(st.text(alphabet="种植业补助低保宝每亩元多少？?a“”《》1〔 ", max_size=24))
def test_reading_twice_is_reading_once(spelling: Spelling, text: str) -> None:
    once = spelling.read(text).text
    assert spelling.read(once).text == once


def test_answer_says_what_was_read(service: Service) -> None:
    answer = service.ask("种直业每亩补助多少钱?")
    assert "80元" in answer.text and answer.outcome is Outcome.ANSWERED
    assert [(w.kind, w.text) for w in answer.warnings] == [("other", "按“种植业”理解（输入的是“种直业”）。")]
    assert answer.question == "种直业每亩补助多少钱?"


def test_earlier_questions_are_read_alike(service: Service) -> None:
    answer = service.ask("那公易性岗位呢?", history=["种直业补助多少钱?"])
    assert "600元" in answer.text


def test_unknown_place_is_still_refused(service: Service) -> None:
    answer = service.ask("松西镇的低宝标准是多少?")
    assert answer.outcome is Outcome.NO_EVIDENCE and "松溪镇" in answer.text


def test_search_is_read_alike_but_for_phrases(service: Service) -> None:
    page = service.search("低宝标准")
    assert page.query == "低宝标准" and "低保" in page.hits[0].quote
    assert page.notes == ("按“低保”理解（输入的是“低宝”）。",)
    assert service.search("“低宝”").hits == ()


def test_several_words_that_sound_alike_and_none_likelier_change_nothing() -> None:
    words = {"权利": 4, "权力": 4}
    assert Spelling(lambda: words, [], [], lambda _: True).read("全力清单").changes == ()
    once = Spelling(lambda: {"权利": 40, "权力": 4}, [], [], lambda text: text in ("权利", "权利清单"))
    assert once.read("泉利清单").changes == (Change(typed="泉利", read="权利"),)


def test_sounds() -> None:
    assert readings("绿") == (("lv",),)
    assert readings("行") == (("xing",), ("hang",))
    assert readings("a行") == ()
    assert alike("zhang") == alike("zan") and alike("nan") == alike("lang") != alike("ma")
    assert spelt_out("zhongzhiye") == [("zhong", "zhi", "ye")]
    assert spelt_out("wifi") == []
