"""Drafts: which rule is named as the basis of a question, and which reply is the reply to a problem."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from documents import REPORT_A, RULE, loaded, write

from qa.draft import DraftKind, Options, PartKind, Reply, draft
from qa.draft_gaps import wants_unmet
from qa.draft_items import Item
from qa.draft_overtaken import is_overtaken
from qa.draft_topic import subject_of
from qa.draft_units import Unit
from qa.service import Service, open_service
from qa.settings import Settings

NOTICE = """云霞县人力资源和社会保障局关于调整公益性岗位补助标准的通知
云人社发〔2024〕7号
各乡镇人民政府:
一、自2024年7月1日起,公益性岗位补助标准调整为每人每月700元。
二、《云霞县产业到户补助办法》(云政办发〔2023〕5号)第四条规定的标准,自2024年7月1日起按照本通知执行。
云霞县人力资源和社会保障局
2024年5月20日
"""
REPLIES = """松溪镇2023年考核反馈问题整改情况报告
云霞县松溪镇对照反馈问题逐项整改。
一、资金管理不够规范
1.有的项目未留质保金。某县两个项目完工后已全额拨付。
整改情况:镇财政所落实资金管理制度,按合同约定程序拨付项目质保金。
2.少数地方公益性岗位管理不够规范。某村护林员没有续签合同。
整改情况:一是对松坪村公益性岗位管理不规范及时整改,续签合同;二是督促各村开展防火排查。
松溪镇人民政府
2024年1月15日
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("base")
    service = open_service(Settings(home=folder / "home", embedder="hash"), to_write=True)
    service.ingest([write(folder / "docs", rule=RULE, notice=NOTICE, a=REPORT_A, replies=REPLIES)])
    yield service
    service.close()


def reply(service: Service, text: str, **options: object) -> Reply:
    title = text.split("。")[0]
    item = Item(number=1, title=title, text=text)
    (got,) = draft([item], service, Options(**options))  # type: ignore[arg-type]
    return got


def said(reply: Reply, kind: PartKind) -> str:
    return "".join(s.label + s.text for part in reply.parts if part.kind is kind for s in part.sentences)


@pytest.mark.parametrize(
    ("question", "subject"),
    [
        ("公益性岗位安置了多少人？", "公益性岗位"),
        ("改厕完成了多少座？", "改厕"),
        ("光伏收益如何分配？", "光伏收益分配"),
        ("雨露计划发放了多少资金？", "雨露计划资金"),
        ("饮水安全", "饮水安全"),
        ("多少？", "多少？"),
    ],
)
def test_a_rule_is_looked_for_without_the_asking(question: str, subject: str) -> None:
    assert subject_of(question) == subject


@pytest.mark.parametrize("question", ["松溪镇公益性岗位安置了多少人？", "公益性岗位安置了多少人？"])
def test_a_question_for_a_figure_has_the_rule_as_its_basis(service: Service, question: str) -> None:
    got = reply(service, question, kind=DraftKind.STATEMENT, place="松溪镇", year=2023)
    assert "第四条：" in said(got, PartKind.BASIS)
    assert "600元" in said(got, PartKind.BASIS)
    assert "46人" in said(got, PartKind.RESULTS)


def test_an_article_that_a_newer_rule_took_the_place_of_is_no_basis(service: Service) -> None:
    got = reply(service, "公益性岗位安置了多少人？", kind=DraftKind.STATEMENT, place="松溪镇", year=2024)
    assert "700元" in said(got, PartKind.BASIS)
    assert "600元" not in said(got, PartKind.BASIS)


@pytest.mark.parametrize(
    ("day", "article", "expected"),
    [
        (date(2024, 12, 31), "第四条", True),
        (date(2024, 6, 30), "第四条", False),
        (date(2024, 12, 31), "第三条", False),
    ],
    ids=["taken over", "not yet", "another article"],
)
def test_what_takes_the_place_of_an_article(tmp_path: Path, day: date, article: str, expected: bool) -> None:
    rule, _ = loaded(tmp_path / "rule", RULE)
    notice, _ = loaded(tmp_path / "notice", NOTICE)
    start = rule.text.index(article) + len(article) + 1
    unit = Unit(document=rule, start=start, end=rule.text.index("。", start) + 1)
    assert is_overtaken(unit, [rule, notice], day) is expected


@pytest.mark.parametrize(
    ("problem", "reply_says"),
    [
        ("有的项目未留质保金。某县两个项目完工后已全额拨付。", "按合同约定程序拨付项目质保金"),
        ("少数地方公益性岗位管理不够规范。某村护林员没有续签合同。", "督促各村开展防火排查"),
    ],
    ids=["a word of money in the problem", "a village named in the reply"],
)
def test_the_reply_below_the_problem_itself_is_never_lost(service: Service, problem: str, reply_says: str) -> None:
    got = reply(service, problem, kind=DraftKind.RECTIFICATION, place="松溪镇", year=2023)
    assert reply_says in said(got, PartKind.WORK) + said(got, PartKind.RESULTS)


def test_a_second_question_that_names_nothing_is_of_the_first_one(service: Service) -> None:
    got = reply(service, "松溪镇脱贫户有多少户？现在还有多少？")
    assert {c.quote for c in got.citations} == {c.quote for c in got.citations if "脱贫户312户" in c.quote}


@pytest.mark.parametrize(
    ("quote", "is_met"), [("根据统一安排将2014、2015年已脱贫户交镇干部联系。", False), ("3月5日有脱贫户183户。", True)]
)
def test_a_year_is_no_count(service: Service, quote: str, is_met: bool) -> None:
    (known,) = reply(service, "松溪镇脱贫户有多少户？").citations
    asked = service.question("松溪镇脱贫户有多少户？")
    assert (not wants_unmet(asked, [replace(known, quote=quote)])) is is_met


def test_without_a_place_the_place_of_what_is_quoted_is_named(service: Service) -> None:
    got = reply(service, "外出务工脱贫劳动力有多少人？", kind=DraftKind.STATEMENT)
    assert said(got, PartKind.RESULTS).startswith("松溪镇：")


@pytest.mark.parametrize("kind", [DraftKind.ANSWERS, DraftKind.STATEMENT])
@pytest.mark.parametrize("text", ["好的。", "123", "。。。"])
def test_what_names_nothing_is_not_looked_for(service: Service, kind: DraftKind, text: str) -> None:
    got = reply(service, text, kind=kind)
    assert not got.citations
    assert "没有查" in got.gaps[0]


def test_a_deed_that_no_document_speaks_of_is_not_another_subsidy(service: Service) -> None:
    got = reply(service, "就业见习补贴标准是多少？")
    assert not got.citations
    assert "金额或标准" in got.gaps[0]
