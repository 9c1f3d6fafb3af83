"""What is no answer though it reads like one: another of a row, a value left out, a plan, a total, another year."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from documents import RULE, write

from qa.answer import Outcome
from qa.bare_names import named_in_full
from qa.question import read_question
from qa.service import Service, open_service
from qa.settings import Settings
from qa.thesaurus import synonyms

FUNDS = """柳湾镇2023年产业帮扶工作总结
一、资金使用
第一批产业帮扶资金27.6万元已拨付到户。
公益性岗位全年支出31.2万元。
二、基本情况
柳湾镇有**个村民小组,286户**96人,耕地1005亩。
引进农产品加工企业1家,总投资××亿元,目前正在洽谈。
村部活动室由县里派来的施工队建成。
村民黄桂兰的老伴是护林员,妻子黄桂兰在村里做保洁。
已建成产业园3个,甘棠村产业园、石桥村产业园、白泥村产业园,共投入资金3600万元。
2023年春季学期落实教育资助资金33.5万元。
各村由农技站站长负责技术指导。
三、下一步打算
计划改造户厕150座。
柳湾镇人民政府
2023年12月20日
"""
YEARS = """榆岭镇{year}年工作总结
一、主要成效
全年改造户厕{toilets}座,新识别监测户{new}户,现有监测户{watched}户。
榆岭镇人民政府
{year}年12月20日
"""
FLOOD = """云霞县防汛应急预案
第一条 为做好防汛工作,制定本预案。
第二条 启动Ⅰ级响应由县长批准;启动Ⅱ级响应由常务副县长批准;启动Ⅲ级响应由分管副县长批准。
第三条 农村住房保险保费2023年标准为每户12元。
第四条 脱贫户、监测户跨省务工的,由本办法给予交通补助。跨省务工的每人每年补助700元。
第五条 单户补助最多不超过8亩。
第六条 本预案自2023年3月1日起施行。
云霞县人民政府
2023年2月20日
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("base")
    years = {
        f"y{year}": YEARS.format(year=year, toilets=toilets, new=new, watched=watched)
        for year, toilets, new, watched in ((2021, 320, 9, 64), (2022, 412, 11, 81), (2023, 386, 12, 93))
    }
    service = open_service(Settings(home=folder / "home", reader="none"), to_write=True)
    service.ingest([write(folder / "docs", funds=FUNDS, flood=FLOOD, **years)])
    yield service
    service.close()


@pytest.mark.parametrize(
    "question",
    [
        pytest.param("柳湾镇第二批产业帮扶资金是多少?", id="another of a row"),
        pytest.param("柳湾镇有几个村民小组?", id="a count left out"),
        pytest.param("柳湾镇引进的农产品加工企业总投资多少?", id="an amount left out"),
        pytest.param("柳湾镇公益性岗位一个月给几块钱?", id="a total for a rate"),
        pytest.param("柳湾镇村部活动室是哪家公司建的?", id="a company that is not named"),
        pytest.param("柳湾镇石桥村产业园投了多少钱?", id="a sum for several places"),
        pytest.param("柳湾镇2023年秋季学期落实教育资助资金多少?", id="another term"),
        pytest.param("柳湾镇农技站站长是谁?", id="an office without a name"),
        pytest.param("云霞县2024年农村住房保险保费每户多少元?", id="a standard of another year"),
        pytest.param("柳湾镇2023年中药材种了多少亩?", id="a limit for a count"),
    ],
)
def test_no_answer_is_made_of_it(service: Service, question: str) -> None:
    assert service.ask(question).outcome is Outcome.NO_EVIDENCE


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("柳湾镇第一批产业帮扶资金是多少?", "27.6万元"),
        ("柳湾镇耕地有多少亩?", "1005亩"),
        ("云霞县2023年农村住房保险保费每户多少元?", "12元"),
        ("脱贫户到外省打工一年补多少路费?", "700元"),
        ("黄桂兰的老婆在村里干什么?", "保洁"),
        ("柳湾镇计划改造多少座厕所?", "150座"),
        ("榆岭镇2022年改了多少厕所?", "412座"),
    ],
)
def test_what_answers_is_found_by_everyday_words(service: Service, question: str, says: str) -> None:
    answer = service.ask(question)
    assert answer.outcome is Outcome.ANSWERED
    assert says in answer.text


def test_the_rule_at_the_end_of_the_year_counts_for_it(tmp_path: Path) -> None:
    old = RULE.replace("养蜂每箱补助150元", "养蜂每箱补助190元")
    new = (
        RULE.replace("云政办发〔2023〕5号", "云政办规〔2024〕7号")
        .replace(
            "2023年3月1日起施行,有效期至2028年2月29日",
            "2024年6月1日起施行。《产业到户补助办法》(云政办发〔2023〕5号)同时废止",
        )
        .replace("2023年2月10日", "2024年5月10日")
    )
    service = open_service(Settings(home=tmp_path / "home", reader="none"), to_write=True)
    try:
        service.ingest([write(tmp_path / "docs", old=old, new=new)])
        assert "150元" in service.ask("云霞县2024年养蜂每箱补多少元?").text
        assert "190元" in service.ask("云霞县2023年养蜂每箱补多少元?").text
    finally:
        service.close()


def test_of_a_row_of_grades_the_one_that_is_asked_for(service: Service) -> None:
    answer = service.ask("启动三级响应由谁批准?")
    assert "Ⅲ级" in answer.text
    assert service.ask("启动四级响应由谁批准?").outcome is Outcome.NO_EVIDENCE


def test_reports_of_several_years_stand_side_by_side_newest_first(service: Service) -> None:
    answer = service.ask("榆岭镇改造户厕多少座?")
    assert answer.outcome is Outcome.SEVERAL
    assert [n for n in ("386座", "412座", "320座") if n in answer.text] == ["386座", "412座", "320座"]
    assert answer.text.index("386座") < answer.text.index("412座") < answer.text.index("320座")
    assert any("年份" in w.text for w in answer.warnings)
    assert service.ask("榆岭镇2021年改造户厕多少座?").outcome is Outcome.ANSWERED


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("榆岭有多少户监测户", "榆岭镇有多少户监测户"),
        ("榆岭山上有多少户", "榆岭山上有多少户"),
        ("和平协商怎么办", "和平协商怎么办"),
        ("石桥怎么修", "石桥怎么修"),
    ],
)
def test_a_bare_name_is_the_one_place_called_so(question: str, text: str) -> None:
    read, changes = named_in_full(question, ["榆岭镇", "和平镇", "石桥镇", "石桥村"])
    assert read == text
    assert [(c.typed, c.read) for c in changes] == ([("榆岭", "榆岭镇")] if read != question else [])


def test_that_a_name_was_completed_is_said(service: Service) -> None:
    answer = service.ask("榆岭2022年改造户厕多少座?")
    assert "412座" in answer.text
    assert any("榆岭镇" in w.text and "输入的是“榆岭”" in w.text for w in answer.warnings)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("脱了贫的有几户人家", "脱贫的有几户"),
        ("要不要交押金", "是否要交押金"),
        ("需要不需要盖章", "是否需要盖章"),
        ("来不起了怎么算", "来不起了怎么算"),
    ],
)
def test_everyday_grammar_is_read_as_documents_write(question: str, text: str) -> None:
    assert read_question(question).text == text


def test_a_thing_said_in_several_words_is_one() -> None:
    assert "没劳力" in read_question("家里没劳力的怎么办").words
    assert "无劳动能力" in synonyms("没劳力")
    assert "动工" in synonyms("开工")
    assert not set(synonyms("脱贫户")) & {"监测户", "低保户"}
