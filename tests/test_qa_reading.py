"""Which sentence answers: what is easily taken for the answer and is not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from documents import write

from qa.answer import Outcome
from qa.question import read_question
from qa.service import Service, open_service
from qa.settings import Settings
from qa.want import Kind

WATER = """云霞县水利局关于农村供水管护的通知
各乡镇人民政府:
一、项目安排
2024年安排维修养护资金90万元,各乡镇安排如下:
乡(镇):松溪镇｜项目(处):6｜资金(万元):35
乡(镇):榆岭镇｜项目(处):9｜资金(万元):55
乡(镇):合计｜项目(处):15｜资金(万元):90
二、水质检测
千人以上供水工程每月检测1次水质。检测结果在出具后5日内张贴公示。
三、水费收缴
农村生活用水执行每立方米1.7元的指导价格。脱贫户每户每月免收2立方米水费,所需资金由县财政承担。水费收缴率低于百分之七十五的工程,不得申请下一年度资金。
每月最后一个星期五为管护日。
云霞县水利局
2024年4月1日
"""
SCHOOL = """关于开展2024年雨露计划补助申报工作的通知
各乡镇人民政府:
一、补助对象
接受中等职业教育的在校学生。下列情形不予补助:
(一)就读普通高中的;
(二)休学、退学的。
二、申报时间
申报截止时间为2024年10月25日。村级公示不少于5天,乡镇于10月31日前完成审核。
云霞县农业农村局
2024年9月1日
"""
ASKED = """《云霞县产业到户补助办法》政策解读
问:申请务工交通补助要不要提供车票?
答:不需要车票。凭务工合同、工资流水之一即可,由村民委员会核实。
问:两季作物能不能分别申请?
答:能。两季分别核验。
"""
REPORT = """松溪镇2024年乡村振兴工作总结
一、工作成效
集体经济收入118.6万元,收入最低的村为6.3万元。收入不足10万元的村有4个。
全年兑付产业到户补助403800元。其中种植业补助166300元,养殖业补助237500元。
监测户46户131人。未消除风险的监测户18户51人。
二、2025年打算
集体经济收入达到140万元。
松溪镇人民政府
2025年1月5日
"""
LEDGER = """松溪镇监测户台账
编号 | 所在村 | 人数 | 主要风险
SX-01 | 甘棠村 | 3 | 因病
SX-02 | 石桥村 | 2 | 因残
SX-03 | 石桥村 | 4 | 因学
"""
PROBLEMS = """云霞县2024年考核反馈问题整改情况报告
一、总体情况
全县共梳理问题14个,制定措施46条。
二、下一步
巩固整改成果,培训干部150人次。
云霞县人民政府
2024年10月11日
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("base")
    texts = {"水": WATER, "学": SCHOOL, "问": ASKED, "总结": REPORT, "台账": LEDGER, "问题": PROBLEMS}
    service = open_service(Settings(home=folder / "home"), to_write=True)
    service.ingest([write(folder / "docs", **texts)])
    yield service
    service.close()


@pytest.mark.parametrize(
    ("question", "says", "not_"),
    [
        ("农村生活用水指导价格是多少?", "1.7元", "2立方米"),
        ("水费收缴率低于多少不能申请下一年度资金?", "百分之七十五", "1.7元"),
        ("千人以上供水工程多久检测一次水质?", "每月检测1次", "5日"),
        ("管护日是每月哪一天?", "星期五", "5日"),
        ("雨露计划申报截止到哪天?", "10月25日", "10月31日"),
        ("就读普通高中的学生能享受雨露计划补助吗?", "不予补助", "休学"),
        ("申请务工交通补助需要提供车票吗?", "不需要车票", ""),
        ("松溪镇2024年集体经济收入是多少万元?", "118.6万元", "140万元"),
        ("松溪镇2024年兑付产业到户补助多少元?", "403800元", ""),
        ("松溪镇2024年有多少监测户?", "46户", "18户"),
        ("松溪镇2024年维修养护资金是多少万元?", "35", "合计"),
        ("全县2024年维修养护项目一共多少处?", "合计｜项目(处):15", ""),
        ("SX-02户的主要风险是什么?", "因残", "主要风险 |"),
        ("考核反馈的问题一共有多少个?", "问题14个", ""),
    ],
)
def test_answer_is_the_sentence_that_says_it(service: Service, question: str, says: str, not_: str) -> None:
    answer = service.ask(question)
    assert answer.outcome is not Outcome.NO_EVIDENCE
    assert says in answer.text and (not not_ or not_ not in answer.text)


@pytest.mark.parametrize(
    "question", ["松溪镇2023年有多少监测户?", "SX-09户的主要风险是什么?", "农村低保标准每人每月多少元?"]
)
def test_what_only_stands_near_is_refused(service: Service, question: str) -> None:
    assert service.ask(question).outcome is Outcome.NO_EVIDENCE


def test_levels_side_by_side_are_no_place() -> None:
    assert read_question("松溪镇养蜂县镇两级合计补多少元?", ["松溪镇"]).places == ("松溪镇",)


def test_frequency_is_asked_for_as_a_time() -> None:
    (want,) = read_question("多久检查一次?").wants
    assert want.kind is Kind.DATE and want.pattern is not None
    assert want.pattern.search("每季度检查一次") and not want.pattern.search("5日内公示")
    assert all(
        w.kind is not Kind.DATE or w.pattern is not want.pattern
        for w in read_question("干满几个月才能领一次性补助?").wants
    )
