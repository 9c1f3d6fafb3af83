"""What is shown of a list or a sentence, and what looks like an answer and is none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from qa.answer import Outcome
from qa.service import Service, open_service
from qa.settings import Settings

RULE = """云霞县庭院经济和住房补助办法
第一条 为发展庭院经济，制定本办法。
第二条 脱贫户发展庭院经济的，按照利用面积给予补助：
（一）利用面积30平方米以上、不足100平方米的，每户每年500元；
（二）利用面积100平方米以上的，每户每年900元。
第三条 农村危房改造补助标准：
（一）D级危房拆除重建，每户3.5万元；
（二）C级危房修缮加固，每户1.2万元。
第四条 本办法自2023年3月1日起施行。
云霞县人民政府
2023年2月10日
"""
REPORT = """松溪镇2024年防止返贫工作总结
一、监测户帮扶情况
6月中旬强降雨造成白石村、桥头村23户受灾，3日内完成核灾，发放应急救助7.9万元。
二、民政救助
对2户困难家庭给予临时救助6000元、低保兜底。
松溪镇人民政府
2025年1月5日
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("spans")
    (folder / "docs").mkdir()
    (folder / "docs" / "rule.txt").write_text(RULE, encoding="utf-8")
    (folder / "docs" / "report.txt").write_text(REPORT, encoding="utf-8")
    service = open_service(Settings(home=folder / "home", embedder="hash", reader="none"), to_write=True)
    service.ingest([folder / "docs"])
    yield service
    service.close()


def test_items_that_differ_by_their_condition_alone_are_all_shown(service: Service) -> None:
    answer = service.ask("庭院经济利用面积120平方米每户每年补助多少元?")
    assert answer.citations[0].quote.splitlines()[0].startswith("第二条")
    assert "500元" in answer.text
    assert "900元" in answer.text


def test_an_item_that_is_named_is_shown_alone(service: Service) -> None:
    answer = service.ask("D级危房拆除重建每户补助多少元?")
    assert "3.5万元" in answer.text
    assert "1.2万元" not in answer.text


@pytest.mark.parametrize(
    "question",
    [
        "松溪镇2024年6月有多少户监测户?",  # 23户受灾 is so many households, and none of these
        "松溪镇低保标准每人每月多少元?",  # 6000元 is an amount, and none for each
    ],
)
def test_a_figure_of_something_else_is_no_answer(service: Service, question: str) -> None:
    assert service.ask(question).outcome is Outcome.NO_EVIDENCE
