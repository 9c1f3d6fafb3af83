"""Signs in place of a value: seen, and never read as one."""

from __future__ import annotations

import pytest

from ingest.clean import clean
from ingest.document import Metadata
from ingest.formats.raw import Line, RawDocument
from ingest.metadata import describe
from ingest.placeholder import has_placeholder, placeholder_spans

FOUND = [
    ("现有农户**户", ["**"]),
    ("惠及××人", ["××"]),
    ("xx县人民政府", ["xx"]),
    ("XX镇", ["XX"]),
    ("20xx年工作总结", ["20xx"]),
    ("20××年", ["20××"]),
    ("202X年度", ["202X"]),
    ("X县松溪镇", ["X"]),
    ("×政办〔20XX〕×号", ["〔20XX〕"]),
    ("补助____元", ["____"]),
    ("联系人：□□□", ["□□□"]),
    ("A县与B镇", ["A", "B"]),
]
NOT_FOUND = [
    "3×4=12",
    "XXL号防护服",
    "C级危房",
    "A类农户",
    "规格2x3米",
    "2019年9月30日",
    "www.example.cn",
    "一、基本情况",
    "T恤",
    "X光机",
    "D级危房12户",
]


@pytest.mark.parametrize(("text", "signs"), FOUND)
def test_a_placeholder_is_seen(text: str, signs: list[str]) -> None:
    assert [text[a:b] for a, b in placeholder_spans(text)] == signs


@pytest.mark.parametrize("text", NOT_FOUND)
def test_no_placeholder(text: str) -> None:
    assert not has_placeholder(text)


def _describe(*texts: str) -> Metadata:
    raw = RawDocument(lines=tuple(Line(text=t) for t in texts))
    return describe(clean(raw).lines, raw, stem="文件")


def test_a_placeholder_is_never_read_as_a_value() -> None:
    found = _describe(
        "X县20xx年工作总结", "X政办〔20XX〕×号", "2016年、2016年、2016年。", "X县人民政府", "20xx年×月×日"
    )
    assert (found.place, found.year, found.document_number, found.issued_on) == (None, None, None, None)


def test_placeholder_years_outvote_a_real_one() -> None:
    assert _describe("松溪镇工作总结", "20xx年，20xx年，20xx年，2016年，2016年。").year is None
