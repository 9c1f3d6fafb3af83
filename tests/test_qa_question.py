"""A question taken apart."""

from __future__ import annotations

import pytest

from ingest.place import find_places
from qa.question import QuestionError, place_stem, read_question
from qa.want import Kind


@pytest.mark.parametrize(
    ("question", "kinds"),
    [
        ("养一头牛能补多少钱?", [Kind.MONEY]),
        ("种地一亩补几块?", [Kind.MONEY]),
        ("公益性岗位安置了多少人?", [Kind.COUNT]),
        ("补助资金惠及多少户?", [Kind.COUNT]),
        ("户籍人口有多少户多少人?", [Kind.COUNT, Kind.COUNT]),
        ("还有多少建档立卡脱贫户?", [Kind.COUNT]),
        ("任务完成率是多少?", [Kind.SHARE]),
        ("办法什么时候开始施行?", [Kind.DATE]),
        ("活动室面积多大?", [Kind.COUNT]),
        ("镇党委书记是谁?", [Kind.PERSON]),
        ("云溪村由哪个单位帮扶?", [Kind.ORGANISATION]),
        ("咨询电话是多少?", [Kind.PHONE]),
        ("脱贫户能不能申请小额信贷?", [Kind.YES_NO]),
        ("申请要哪些材料?", [Kind.LIST]),
        ("怎样申报雨露计划?", [Kind.METHOD]),
    ],
)
def test_what_is_asked_for(question: str, kinds: list[Kind]) -> None:
    assert [w.kind for w in read_question(question).wants] == kinds


@pytest.mark.parametrize(
    ("want", "text", "matches"),
    [
        ("补多少钱?", "每亩补助75元", True),
        ("补多少钱?", "每亩补助七十五元", True),
        ("补多少钱?", "共46户98人", False),
        ("多少户?", "为46户脱贫户发放", True),
        ("多少户?", "补助49573.5元", False),
        ("多少人?", "安置39名脱贫劳动力", True),
        ("占比多少?", "占比69%", True),
        ("什么时候?", "2023年3月1日起", True),
        ("什么时候?", "每亩补助75元", False),
    ],
)
def test_how_it_looks_in_a_text(want: str, text: str, matches: bool) -> None:
    pattern = read_question(want).wants[0].pattern
    assert pattern is not None
    assert bool(pattern.search(text)) is matches


def test_subject_words_leave_out_places_years_and_question_words() -> None:
    question = read_question("云溪镇2023年每只鸡补助多少钱?")
    assert question.places == ("云溪镇",)
    assert question.years == (2023,)
    assert question.words == ("鸡", "补助")


def test_known_places_are_found_whatever_their_shape() -> None:
    assert read_question("宝塔岭安置了几户?", ["宝塔岭"]).places == ("宝塔岭",)
    assert read_question("松溪镇榆树村有多少户?", ["榆树村", "松溪镇"]).places == ("松溪镇", "榆树村")


@pytest.mark.parametrize("request_", ["帮我写一首诗", "写一篇春节致辞", "帮我起草一份通知", "把下面这段翻译成英文"])
def test_an_order_is_no_question(request_: str) -> None:
    assert read_question(request_).is_request


@pytest.mark.parametrize("question", ["申报书写在哪里公示?", "补助标准写在哪个文件里?"])
def test_a_question_about_writing_is_a_question(question: str) -> None:
    assert not read_question(question).is_request


@pytest.mark.parametrize(("question", "says"), [("", "空的"), ("  \n", "空的"), ("问" * 10_000, "10000 字")])
def test_what_cannot_be_taken(question: str, says: str) -> None:
    with pytest.raises(QuestionError, match=says):
        read_question(question)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("云霞县松溪镇榆树村", ["云霞县", "松溪镇", "榆树村"]),
        ("我镇各村和全县贫困村", []),
        ("上海市最低工资", ["上海市"]),
        ("推进农村改厕和美丽乡村建设", []),
        ("各乡镇、街道办事处", []),
    ],
)
def test_places_in_a_text(text: str, names: list[str]) -> None:
    places = find_places(text)
    assert [p.name for p in places] == names
    assert all(text[p.start : p.end] == p.name for p in places)


def test_a_city_is_known_with_and_without_its_suffix() -> None:
    assert place_stem("德阳市") == "德阳"
    assert place_stem("松溪镇") == "松溪镇"
