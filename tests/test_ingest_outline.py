"""The heading grammar, and sections that tile the text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.outline import find_sections, heading_mark
from ingest.run_in import run_in_items

MARKS = [
    ("第一编 总则", "part"),
    ("第二章 补助标准", "chapter"),
    ("第三节 申请", "clause"),
    ("第十二条 申请人应当", "article"),
    ("一、基本情况", "first"),
    ("（二）主要做法", "second"),
    ("(三)存在问题", "second"),
    ("1.水稻种植补助。", "third"),
    ("2、养殖补助", "third"),
    ("3．发放方式", "third"),
    ("4.2021年项目资金。", "third"),
    ("（5）公示", "fourth"),
    ("1）公示", "fourth"),
    ("①摸底", "fifth"),
    ("第一部分 2023年工作回顾", "part"),
    ("第二部分：重点任务", "part"),
    ("一、二〇二三年工作回顾", "first"),
    ("1. 2023年资金安排", "third"),
    ("附件2", "annex"),
    ("附：补助标准", "annex"),
    ("附表1", "annex"),
    ("附件：补助标准表", "annex"),
]
NO_MARKS = [
    "2019.9.30",
    "9.30日前完成",
    "3.5万亩水稻",
    "3. 5万亩水稻",
    "59. 53%的农户",
    "1、｜水稻｜75元",
    "（一）｜种植业｜75元",
    "三、四季度任务",
    "五、六月份汛期",
    "一要加强领导",
    "第一部分人群",
    "附近村民",
    "（12人）",
    "1.5万元用于补助",
    "2023年，全镇共种植水稻",
    "18、69%的农户",
    "二、三产业融合发展",
    "第三条规定的补助",
    "第二条第一款",
    "一是加强领导",
    "（2019年8月23日通过）",
    "第一章规定了申请人应当提交的全部材料，并且要求在期限内补正，逾期不再受理",
    "附件材料应当齐全，由申请人签字。",
]


@pytest.mark.parametrize(("line", "kind"), MARKS)
def test_a_heading_mark(line: str, kind: str) -> None:
    mark = heading_mark(line)
    assert mark is not None
    assert mark.kind == kind


@pytest.mark.parametrize("line", NO_MARKS)
def test_no_heading_mark(line: str) -> None:
    assert heading_mark(line) is None


LONG = "各村要按照镇里的统一安排，逐户核对种植面积，张榜公示后再上报，确保不漏一户、不错一亩，补助资金及时到位。"


def test_report_with_nested_headings_and_leads() -> None:
    text = "\n".join(
        (
            "石桥镇上半年工作报告",
            "一、工作情况",
            f"（一）种植补助。{LONG}",
            f"1.核对面积。{LONG}",
            f"小额信贷工作。{LONG}",
            f"二是{LONG}",
            "二、下步打算",
            LONG,
        )
    )
    shown = [(s.level, s.path) for s in find_sections(text)]
    assert shown == [
        (0, ()),
        (5, ("一、工作情况",)),
        (6, ("一、工作情况", "（一）种植补助")),
        (7, ("一、工作情况", "（一）种植补助", "1.核对面积")),
        (9, ("一、工作情况", "（一）种植补助", "1.核对面积", "小额信贷工作")),
        (5, ("二、下步打算",)),
    ]


def test_the_items_of_an_article_belong_to_it() -> None:
    text = "第一条 【目的】为了规范管理，制定本办法。\n第二条 申请人应当具备下列条件：\n（一）本地户籍；\n（二）信用良好。\n附件1\n标准表"
    assert [s.heading for s in find_sections(text)] == ["第一条 【目的】", "第二条", "附件1"]


def test_a_table_of_contents_makes_no_sections() -> None:
    text = "某某办法\n目录\n第一章 总则\n第二章 附则\n第一章 总则\n第一条 为了管理。\n第二章 附则\n第二条 即日施行。"
    assert [s.heading for s in find_sections(text)] == ["", "第一章 总则", "第一条", "第二章 附则", "第二条"]


def test_a_heading_known_to_the_format_needs_no_mark() -> None:
    text = "某镇年报\n总体情况\n全年平稳。"
    headings = [(s.level, s.heading) for s in find_sections(text, {text.index("总体情况"): 1})]
    assert headings == [(0, ""), (2, "总体情况")]


LINES = st.sampled_from(
    [
        "",
        "  ",
        "一、甲",
        "（一）乙",
        "1.丙",
        "第一章 丁",
        "第二条 戊己。",
        "附件",
        "小额贷款。" + LONG,
        LONG,
        "第一章 丁",
        "短行",
    ]
)


@given(st.lists(LINES | st.text(max_size=30), max_size=25))
def test_sections_tile_the_text(lines: list[str]) -> None:
    text = "\n".join(lines)
    sections = find_sections(text)
    assert "".join(text[s.start : s.end] for s in sections) == text
    assert all(s.start < s.end for s in sections)
    assert all(a.end == b.start for a, b in zip(sections, sections[1:], strict=False))
    assert all(s.path[-1:] == ((s.heading,) if s.level else ()) for s in sections)


RUN_IN = {
    "是": ("做法：一是抓领导。二是抓责任；三是抓督导。下一步再抓。", ["一是抓领导。", "二是抓责任；", "三是抓督导。"]),
    "是 in lines": ("一是抓产业。建社。\n二是抓就业。开岗。", ["一是抓产业。建社。", "二是抓就业。开岗。"]),
    "ordinals": ("要求：第一，抓紧；第二，落实。", ["第一，抓紧；", "第二，落实。"]),
    "brackets": ("材料：（1）申请；（2）公示。其他不变。", ["（1）申请；", "（2）公示。"]),
    "circled": ("①甲②乙③丙", ["①甲", "②乙", "③丙"]),
    "within an item": ("一是抓：（1）甲；（2）乙。二是丁。", ["一是抓：（1）甲；（2）乙。", "二是丁。"]),
    "no second": ("问题：一是缺水。", []),
    "not from one": ("二是缺水，三是缺路。", []),
    "numbers of another kind": ("2019年3月，（2019年）1200元。", []),
    "decimals": ("面积1.5亩，产量2.5吨。", []),
}


@pytest.mark.parametrize(("text", "items"), RUN_IN.values(), ids=RUN_IN)
def test_items_within_running_text(text: str, items: list[str]) -> None:
    assert [text[a:b] for a, b in run_in_items(text, 0, len(text))] == items


@given(st.text("一二三是（）12①②。；\n甲乙", max_size=60))
def test_run_in_items_do_not_overlap(text: str) -> None:
    spans = run_in_items(text, 0, len(text))
    assert all(0 <= a < b <= len(text) for a, b in spans)
    assert all(a[1] <= b[0] for a, b in zip(spans, spans[1:], strict=False))
