"""The heading grammar, and sections that tile the text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.outline import find_sections, heading_mark

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
    ("附件2", "annex"),
    ("附件：补助标准表", "annex"),
]
NO_MARKS = [
    "2019.9.30",
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
