"""Cleaning: what goes, what stays, how lines become paragraphs."""

from __future__ import annotations

import pytest

from ingest.characters import mend_characters, mend_spaces
from ingest.clean import clean
from ingest.fields import parse_field, split_fields
from ingest.formats.raw import Line, RawDocument
from ingest.furniture import furniture_reason

FURNITURE = [
    ("您现在所在的位置：首页 > 政务公开 > 年度总结", "breadcrumb"),
    ("首页 > 政策文件", "breadcrumb"),
    ("范文网 > 工作总结 > 半年总结", "breadcrumb"),
    ("浏览次数：128 次", "counter"),
    ("【字体：大 中 小】", "font-size"),
    ("【打印】【关闭】", "page-action"),
    ("分享到：微信 微博", "page-action"),
    ("扫一扫在手机打开当前页", "scan-code"),
    ("版权所有：石桥镇人民政府 备案号：某ICP备1号", "site-footer"),
    ("上一篇：石桥镇春耕备耕情况", "neighbour-link"),
    ("相关阅读", "related-links"),
    ("下面是小编为大家整理的乡镇半年总结，供大家参考。", "article-site"),
    ("【正文】", "article-site"),
    ("以上就是小编整理的范文，希望大家喜欢。", "article-site"),
    ("扩展阅读：", "related-links"),
    ("热门推荐", "related-links"),
    ("猜您喜欢", "related-links"),
    ("[责任编辑：王某] [信息审核：李某]", "editor"),
    ("本文来自：某某范文网", "origin"),
    ("本文链接：http://www.example.cn/1.html", "origin"),
    ("转载请注明出处", "origin"),
    ("免责声明：本站部分内容来自网友上传，如有侵权请联系删除。", "disclaimer"),
    ("凡注明来源本网的作品，版权均属本网所有。", "disclaimer"),
    ("下载本文档", "page-action"),
    ("分享到：朋友圈 QQ空间 新浪微博 更多", "page-action"),
    ("登录后即可下载全文", "member-offer"),
    ("— 3 —", "page-number"),
    ("第 3 页 共 9 页", "page-number"),
]
KEPT = [
    "索引号：X123/2024-7",
    "废止日期：2029-01-31",
    "路径：打开手机应用→补助申领",
    "各村要扫清障碍，确保按时完成。",
    "大中型水库移民",
    "分享发展经验，促进共同增收。",
    "首页公示的补助标准以文件为准。",
    "主办单位：县农业农村局",
    "1200—3000元",
    "审核人：王某",
    "来源：石桥镇人民政府",
    "相关部门要按照职责分工抓好落实。",
    "推荐农户进入合作社务工。",
    "信息来源于各村上报，逐户核实后录入系统，并由驻村工作队复核，经乡镇审定之后予以公示，确保数据真实准确完整可靠。",
    "应当在备案后向社会公布备案号；逾期不公布的，责令改正。",
    "本网格员负责巡查。",
    "编辑出版农业技术手册3期。",
    "附件下载后填写，报镇政府。",
    "35574",
]


@pytest.mark.parametrize(("line", "reason"), FURNITURE)
def test_furniture_goes_with_its_reason(line: str, reason: str) -> None:
    assert furniture_reason(line) == reason


@pytest.mark.parametrize("line", KEPT)
def test_a_line_of_the_document_stays(line: str) -> None:
    assert furniture_reason(line) is None


@pytest.mark.parametrize(
    ("raw", "mended"),
    [
        ("补助７５元／亩，占１８．５％", "补助75元／亩，占18.5%"),
        ("清⼭⽔\u200b镇", "清山水镇"),
        ("Ａ类　农户", "A类　农户"),
    ],
)
def test_characters(raw: str, mended: str) -> None:
    assert mend_characters(raw) == mended


@pytest.mark.parametrize(
    ("raw", "mended"),
    [
        ("第一章　总　则", "第一章 总则"),
        ("全镇共有 12 户脱贫户", "全镇共有12户脱贫户"),
        ("表 1 补助标准", "表1 补助标准"),
        ("补助标准 ， 按年发放。 各村", "补助标准，按年发放。各村"),
        ("县财政局 县农业农村局", "县财政局 县农业农村局"),
        ("石桥镇人民政府  2023年4月6日", "石桥镇人民政府 2023年4月6日"),
    ],
)
def test_spaces(raw: str, mended: str) -> None:
    assert mend_spaces(raw) == mended


def test_information_fields_part_at_their_labels() -> None:
    line = "索 引 号： X1/2024-7 主题分类：农业、水利 发布机构: 石桥镇人民政府"
    assert split_fields(line) == ["索 引 号： X1/2024-7", "主题分类：农业、水利", "发布机构: 石桥镇人民政府"]
    assert parse_field("索 引 号： X1/2024-7") == ("索引号", "X1/2024-7")
    assert parse_field("【发文日期】 2024-03-01") == ("发文日期", "2024-03-01")
    assert parse_field("补助标准：每亩75元") is None


def _texts(*lines: str, **more: bool) -> list[str]:
    raw = RawDocument(lines=tuple(Line(text=line) for line in lines), **more)
    return [line.text for line in clean(raw).lines]


def test_a_page_saved_as_one_line_is_cut_into_paragraphs() -> None:
    sentence = "各村逐户核对面积，公示无异议后上报，镇里按时发放补助资金。"
    page = f"关于做好水稻补助申报的通知 石政发〔2023〕6号 各村民委员会： 　　{sentence * 3} 一、申报对象 {sentence * 3} 石桥镇人民政府 2023年4月6日 附件：标准表"
    assert _texts(page) == [
        "关于做好水稻补助申报的通知",
        "石政发〔2023〕6号",
        "各村民委员会：",
        sentence * 3,
        "一、申报对象",
        sentence * 3,
        "石桥镇人民政府",
        "2023年4月6日",
        "附件：标准表",
    ]


def test_what_is_cut_is_recorded() -> None:
    raw = RawDocument(lines=tuple(Line(text=t) for t in ("浏览次数：12", "文号：", "名称：石桥镇总结", "正文如下。")))
    cleaned = clean(raw)
    assert [line.text for line in cleaned.lines] == ["名称：石桥镇总结", "正文如下。"]
    assert [(c.reason, c.text) for c in cleaned.cuts] == [("counter", "浏览次数：12"), ("empty-field", "文号：")]


def _physical(text: str, page: int, *, indented: bool = False, full: bool = True) -> Line:
    return Line(text=text, page=page, indented=indented, full=full)


def test_hard_line_ends_are_joined_across_pages_with_the_page_turn_kept() -> None:
    lines = (
        _physical("各村要按照统一安排逐户核对种植", 1, indented=True),
        _physical("面积，张榜公示后再上", 1),
        _physical("报。", 2, full=False),
        _physical("公示期不少于七天，不得提前结束并", 2, indented=True),
        _physical("（一）核对面积。", 2, full=False),
    )
    joined = clean(RawDocument(lines=lines, pages=2, hard_wrapped=True)).lines
    assert [line.text for line in joined] == [
        "各村要按照统一安排逐户核对种植面积，张榜公示后再上报。",
        "公示期不少于七天，不得提前结束并",
        "（一）核对面积。",
    ]
    ((offset, page),) = joined[0].turns
    assert (joined[0].text[offset:], page) == ("报。", 2)


def test_links_below_the_text_go_with_their_heading() -> None:
    raw = RawDocument(
        lines=tuple(
            Line(text=t)
            for t in (
                *("石桥镇工作总结", "全镇平稳。", "各村抓好落实。", "补助按时发放。", "群众满意。", "谢谢。"),
                *("相关推荐：", "榆岭镇工作总结", "乡镇半年总结范文", "版权所有：某某网"),
            )
        )
    )
    cleaned = clean(raw)
    assert [line.text for line in cleaned.lines][-1] == "谢谢。"
    assert [c.reason for c in cleaned.cuts] == ["related-links"] * 3 + ["site-footer"]


def test_what_follows_a_recommendation_stays_when_it_is_text() -> None:
    assert _texts("石桥镇工作总结", "全镇平稳。", "推荐阅读", "补助按时发放。", "石桥镇人民政府")[-2:] == [
        "补助按时发放。",
        "石桥镇人民政府",
    ]


def test_the_number_an_article_site_leaves_goes_and_any_other_stays() -> None:
    assert _texts("范文网 > 工作总结 > 半年总结", "石桥镇总结", "全镇平稳。", "35574") == ["石桥镇总结", "全镇平稳。"]
    assert _texts("石桥镇总结", "全镇平稳。", "35574")[-1] == "35574"


def test_an_unfinished_figure_does_not_part_a_paragraph() -> None:
    paragraph = f"石桥镇有农户312户，其中轻度困难户占1、 %，重度困难户12户。{'各村抓好落实。' * 30}"
    assert len(_texts(paragraph, "二、打算")) == 2


def test_fields_in_two_columns_come_apart_after_their_lines_are_joined() -> None:
    texts = (
        "标 题：关于推进数字乡村建设",
        "的实施意见 发文机关：",
        "青禾县人民政府",
        "发文字号：青政发〔2024〕3号 成文日期：2024年5月6日",
    )
    lines = tuple(Line(text=text, indented=True, full=False) for text in texts)
    cleaned = clean(RawDocument(lines=lines, pages=1, hard_wrapped=True))
    assert [parse_field(line.text) for line in cleaned.lines] == [
        ("标题", "关于推进数字乡村建设的实施意见"),
        ("发文机关", "青禾县人民政府"),
        ("发文字号", "青政发〔2024〕3号"),
        ("成文日期", "2024年5月6日"),
    ]
