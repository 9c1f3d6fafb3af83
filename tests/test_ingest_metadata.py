"""What a document says of itself, field by field."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ingest.dates import find_date, only_date
from ingest.document import Metadata
from ingest.formats.raw import Line, RawDocument
from ingest.kinds import kind_of
from ingest.load import load
from ingest.metadata import describe
from ingest.numerals import to_int
from ingest.period import find_period


def _describe(*texts: str, stem: str = "文件") -> Metadata:
    from ingest.clean import clean

    raw = RawDocument(lines=tuple(Line(text=t) for t in texts))
    return describe(clean(raw).lines, raw, stem=stem)


@pytest.mark.parametrize(
    ("numeral", "value"),
    [
        ("12", 12),
        ("十二", 12),
        ("二十", 20),
        ("一百零三", 103),
        ("二〇一九", 2019),
        ("三十一", 31),
        ("甲", None),
        ("", None),
    ],
)
def test_numerals(numeral: str, value: int | None) -> None:
    assert to_int(numeral) == value


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2019年9月30日", date(2019, 9, 30)),
        ("2019-09-30 08:00", date(2019, 9, 30)),
        ("2019.9.30", date(2019, 9, 30)),
        ("二〇一九年九月三十日", date(2019, 9, 30)),
        ("二○二三年十二月一日", date(2023, 12, 1)),
        ("二O一九年九月三十日", date(2019, 9, 30)),
        ("二0一九年十月八日", date(2019, 10, 8)),
        ("2019 年 9 月 30 日", date(2019, 9, 30)),
        ("2019年9月31日", None),
        ("20xx年9月30日", None),
    ],
)
def test_dates(text: str, day: date | None) -> None:
    assert find_date(text) == day


def test_a_date_line_says_nothing_else() -> None:
    assert only_date("（2019年9月30日）") == date(2019, 9, 30)
    assert only_date("2019年9月30日前完成申报") is None


TITLES = {
    "first line": (("石桥镇2023年上半年工作总结", "一、工作情况"), "石桥镇2023年上半年工作总结"),
    "field": (("名称：石桥镇水稻补助公告", "补助公告"), "石桥镇水稻补助公告"),
    "after number and greeting": (("石政发〔2023〕6号", "关于发放补助的通知", "各村："), "关于发放补助的通知"),
    "two lines": (
        ("清溪县人民政府关于印发", "《水稻补助办法》的通知", "各镇："),
        "清溪县人民政府关于印发《水稻补助办法》的通知",
    ),
    "a word cut by the line's end": (
        ("清溪县2023年度巩固拓展脱贫攻坚成果后评估反馈问", "题整改情况报告", "市领导小组："),
        "清溪县2023年度巩固拓展脱贫攻坚成果后评估反馈问题整改情况报告",
    ),
    "an office that is no part of it": (("清溪县农业农村局", "2024年工作总结"), "2024年工作总结"),
    "two offices": (
        ("清溪县财政局", "清溪县农业农村局关于发放补助的通知"),
        "清溪县财政局 清溪县农业农村局关于发放补助的通知",
    ),
    "none": (("一、基本情况", "全镇共有12个村。"), "文件"),
    "prose": (("为做好补助发放工作，石桥镇逐户核对了面积。",), "文件"),
}


@pytest.mark.parametrize(("texts", "title"), TITLES.values(), ids=TITLES)
def test_title(texts: tuple[str, ...], title: str) -> None:
    assert _describe(*texts).title == title


NUMBERS = {
    "own line": (("某通知", "石政发〔2023〕6号", "各村："), "石政发〔2023〕6号"),
    "square brackets": (("某通知", "石政发[2023]6号"), "石政发[2023]6号"),
    "brackets round it": (("某通知", "（石政办(2023)第12号）"), "石政办(2023)第12号"),
    "field": (("文号：清办函〔2024〕9号", "某函"), "清办函〔2024〕9号"),
    "announcement": (("某公告", "公告2020年第3号"), "公告2020年第3号"),
    "order": (("某办法", "（2021年3月2日清溪市人民政府令第83号公布）"), "清溪市人民政府令第83号"),
    "spaces inside": (("某通知", "石政办发 ( 2019 ) 9 号"), "石政办发 ( 2019 ) 9 号"),
    "thick brackets": (("某通知", "石政发【2023】6号"), "石政发【2023】6号"),
    "wide brackets": (("某通知", "石政发﹝2023﹞6号"), "石政发﹝2023﹞6号"),
    "year and number": (("清溪县财政局公告", "2019年第9号"), "2019年第9号"),
    "order alone": (("某办法", "第83号"), "第83号"),
    "order in words": (("清溪市人民政府令", "第八十三号令", "某办法"), "第八十三号令"),
    "announcement alone": (("某公告", "第12号公告"), "第12号公告"),
    "with its label": (("某通知", "文号：石政发〔2023〕6号"), "石政发〔2023〕6号"),
    "placeholder": (("某通知", "石政发〔20XX〕6号"), None),
    "only cited": (
        ("石桥镇总结", "根据清政发〔2023〕1号文件要求，开展了核查。", "依据《办法》（清政发〔2022〕4号）。"),
        None,
    ),
}


@pytest.mark.parametrize(("texts", "number"), NUMBERS.values(), ids=NUMBERS)
def test_document_number(texts: tuple[str, ...], number: str | None) -> None:
    assert _describe(*texts).document_number == number


ISSUERS = {
    "field": (("发布机构：石桥镇人民政府", "总结"), "石桥镇人民政府"),
    "red head": (("清溪县人民政府办公室文件", "清政办〔2023〕6号", "关于补助的通知"), "清溪县人民政府办公室"),
    "title": (("清溪县农业农村局关于补助的通知",), "清溪县农业农村局"),
    "signature": (("半年总结", "工作平稳。", "中共石桥镇委员会", "2023年7月1日"), "中共石桥镇委员会"),
    "congress": (
        ("清溪市河道条例", "（2021年3月2日清溪市第七届人民代表大会常务委员会第九次会议通过）"),
        "清溪市人民代表大会常务委员会",
    ),
    "none": (("半年总结", "县财政局大力支持。"), None),
}


@pytest.mark.parametrize(("texts", "issuer"), ISSUERS.values(), ids=ISSUERS)
def test_issuer(texts: tuple[str, ...], issuer: str | None) -> None:
    assert _describe(*texts).issuer == issuer


def test_dates_from_fields() -> None:
    found = _describe("成文日期：2024-01-05 发布日期：2024-01-08 生效日期：2024-02-01 废止日期：2029-01-31", "某公告")
    assert (found.issued_on, found.published_on) == (date(2024, 1, 5), date(2024, 1, 8))
    assert (found.effective_on, found.expires_on) == (date(2024, 2, 1), date(2029, 1, 31))


VALIDITY = {
    "years": ("本办法自2023年5月1日起施行，有效期5年。", date(2023, 5, 1), date(2028, 4, 30)),
    "until": ("本办法自2023年5月1日起施行，有效期至2025年12月31日。", date(2023, 5, 1), date(2025, 12, 31)),
    "from issue": ("本办法自印发之日起施行。", date(2023, 4, 6), None),
    "years without a start": ("本办法有效期5年。", None, None),
    "another's": ("《旧办法》自2013年5月1日起施行。许可证的有效期3年。", None, None),
}


@pytest.mark.parametrize(("sentence", "effective", "expires"), VALIDITY.values(), ids=VALIDITY)
def test_validity(sentence: str, effective: date | None, expires: date | None) -> None:
    found = _describe("补助办法", "第一条 为了管理。", f"第二条 {sentence}", "清溪县人民政府", "二〇二三年四月六日")
    assert (found.effective_on, found.expires_on) == (effective, expires)


KINDS = [
    ("清溪县水稻种植补助办法（试行）", "rule"),
    ("关于印发《清溪县补助办法》的通知", "rule"),
    ("关于发放补助的通知", "notice"),
    ("石桥镇2024年工作计划", "plan"),
    ("清溪县2023年政府工作报告", "work_report"),
    ("石桥镇上半年工作总结", "summary"),
    ("石桥镇关于巡察问题整改落实情况的报告", "rectification_report"),
    ("《水稻补助办法》解读", "interpretation"),
    ("石桥镇简介", "other"),
    ("石桥镇脱贫户花名册", "ledger"),
    ("考核反馈问题整改台账", "ledger"),
    ("2023年补助项目清单", "ledger"),
    ("补助标准一览表", "ledger"),
    ("关于公布项目清单的通知", "notice"),
    ("惠农补助政策问答", "faq"),
    ("医保二十问", "faq"),
    ("县农业农村局负责人答记者问", "interpretation"),
]


@pytest.mark.parametrize(("title", "kind"), KINDS)
def test_kind(title: str, kind: str) -> None:
    assert kind_of(title) == kind


def test_year_is_never_a_placeholder() -> None:
    assert _describe("某镇20xx年工作总结", "20xx年，全镇平稳。").year is None
    assert _describe("某镇2021年工作总结", "2020年全年平稳。").year == 2021
    assert _describe("某镇总结", "2022年上半年，全镇平稳。2022年6月底完成。").year == 2022


def test_place_is_the_most_specific_in_the_title_else_the_one_spoken_of() -> None:
    assert _describe("清溪县石桥镇2021年工作总结").place == "石桥镇"
    body = "石桥镇党委高度重视。我镇开展核查，石桥镇各村参与，全镇完成整改，清溪县农业局指导。"
    assert _describe("工作总结", body).place == "石桥镇"


PERIODS = {
    "range": ("清溪县2021—2025年产业规划", "", (2021, 2025)),
    "range in words": ("清溪县2018年至2020年行动方案", "", (2018, 2020)),
    "plan": ("清溪县“十四五”农业规划", "", (2021, 2025)),
    "plan without marks": ("清溪县十三五时期工作总结", "", (2016, 2020)),
    "stated in the text": ("清溪县产业规划", "规划期为2021年至2030年。", (2021, 2030)),
    "no end": ("清溪县产业规划", "近三年来，2019年以来，进展顺利。", None),
    "one year": ("清溪县2021年工作总结", "", None),
    "fifteen": ("清溪县十五五小结", "", None),
}


@pytest.mark.parametrize(("title", "text", "period"), PERIODS.values(), ids=PERIODS)
def test_period(title: str, text: str, period: tuple[int, int] | None) -> None:
    assert find_period(title, text) == period


def test_every_issuer_by_itself() -> None:
    found = _describe("清溪县财政局", "清溪县农业农村局关于发放补助的通知")
    assert found.issuers == ("清溪县财政局", "清溪县农业农村局")


OPENNESS = {
    "field": (("公开方式：主动公开", "某公告"), "主动公开"),
    "on request": (("公开形式：依申请公开", "某公告"), "依申请公开"),
    "note": (("某公告", "各村要抓好落实。", "（此件公开发布）"), "主动公开"),
    "not": (("某公告", "（此件不予公开）"), "不予公开"),
    "none": (("某公告", "公开透明。"), None),
}


@pytest.mark.parametrize(("texts", "openness"), OPENNESS.values(), ids=OPENNESS)
def test_openness(texts: tuple[str, ...], openness: str | None) -> None:
    assert _describe(*texts).openness == openness


def test_subject_is_the_one_stated() -> None:
    assert _describe("主题分类：农业、水利", "某公告").subject == "农业、水利"


def test_a_text_without_a_title_is_of_the_place_it_keeps_naming() -> None:
    body = "在石桥镇党委领导下，工作组深入农户，为石桥镇群众办实事。"
    assert _describe(body).place == "石桥镇"
    assert _describe("为石桥镇和榆岭镇办实事。石桥镇抓好落实，榆岭镇也抓好落实。").place is None


def test_every_value_read_from_the_text_has_its_span(tmp_path: Path) -> None:
    text = "\n".join(
        (
            "索引号：QX01/2023-5 公开方式：主动公开",
            "清溪县财政局",
            "清溪县农业农村局关于发放补助的通知",
            "清财发〔2023〕6号",
            "各镇：",
            "2023年4月6日以前完成。本通知自2023年5月1日起施行，有效期至2025年12月31日。",
            "清溪县财政局",
            "清溪县农业农村局",
            "2023年4月6日",
        )
    )
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    (document,) = load(tmp_path / "a.txt")
    said = {s.field: document.text[s.start : s.end] for s in document.metadata.spans}
    assert said == {
        "title": "清溪县财政局\n清溪县农业农村局关于发放补助的通知",
        "document_number": "清财发〔2023〕6号",
        "issuer": "清溪县财政局\n清溪县农业农村局",
        "index_number": "QX01/2023-5",
        "openness": "主动公开",
        "issued_on": "2023年4月6日",
        "effective_on": "2023年5月1日",
        "expires_on": "2025年12月31日",
    }
    issued = next(s for s in document.metadata.spans if s.field == "issued_on")
    assert document.text[issued.end :] == ""
