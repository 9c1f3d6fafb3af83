"""A document's text laid out for reading: tables come back from their row lines, and nothing is lost."""

from __future__ import annotations

import pytest

from ingest.document import Document, Metadata
from qa.text_layout import Table, Window, blocks_of, laid_out_quote
from ui.web_text import text_html

TEXT = """第六条 补助标准见附表。
附表 养殖业补助标准
品种：肉牛｜单位：头｜标准（元）：1600
品种：山羊｜标准（元）：240｜备注：含羔羊：满3个月
品种：蜜蜂
第七条 补助按年发放：春季、秋季各一次。
户数：12｜人数：30｜户数：5
合计｜1840
小计｜240"""
WHOLE = Window(start=0, end=len(TEXT))


def _tables() -> list[Table]:
    return [block for block in blocks_of(TEXT, WHOLE) if isinstance(block, Table)]


def test_rows_stand_under_the_names_of_their_columns() -> None:
    first, second, third = _tables()
    assert [name for name, _ in first.columns] == ["品种", "单位", "标准（元）", "备注"]
    assert [len(cells) for _, cells in first.rows] == [3, 3, 1]
    assert second.columns == [("户数", 0), ("人数", 0), ("户数", 1)]
    assert third.columns == [("", 0), ("", 1)]
    assert len(third.rows) == 2


def test_a_sentence_with_a_colon_is_no_row() -> None:
    shown = [TEXT[b.start : b.end] for b in blocks_of(TEXT, WHOLE) if isinstance(b, Window)]
    assert shown[-1] == "第七条 补助按年发放：春季、秋季各一次。\n"


@pytest.mark.parametrize("length", [1, 7, 30, len(TEXT)])
def test_every_span_is_laid_out_as_it_stands(length: int) -> None:
    for start in range(len(TEXT) - length + 1):
        assert laid_out_quote(TEXT, start, start + length) == TEXT[start : start + length]


def test_the_quoted_row_is_marked_by_its_values() -> None:
    document = Document(id="d", source="a.docx", text=TEXT, metadata=Metadata(title="办法"))
    quote = "品种：山羊｜标准（元）：240｜备注：含羔羊：满3个月"
    at = TEXT.index(quote)
    html = text_html(document, WHOLE, at, at + len(quote))
    assert html.count('<tr class="is-quoted">') == 1
    row = html[html.index('<tr class="is-quoted">') :].partition("</tr>")[0]
    assert row.count("<mark>") == 3
    assert '<td data-name="品种"><mark>山羊</mark></td><td></td>' in row
