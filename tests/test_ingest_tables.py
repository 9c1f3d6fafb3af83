"""Tables as text: every row can be understood alone."""

from __future__ import annotations

import pytest

from ingest.formats.tables import row_lines

CASES = {
    "header": (
        [["补助项目", "补助对象", "补助标准"], ["水稻种植", "农户", "60元/亩"], ["母牛养殖", "脱贫户", "3000元/头"]],
        [
            "补助项目：水稻种植｜补助对象：农户｜补助标准：60元/亩",
            "补助项目：母牛养殖｜补助对象：脱贫户｜补助标准：3000元/头",
        ],
    ),
    "key and value": (
        [["联系人", "镇农业中心"], ["电话", "每日8时至17时"]],
        ["联系人：镇农业中心", "电话：每日8时至17时"],
    ),
    "two columns with a header": (
        [["项目", "标准"], ["水稻", "60元"], ["母牛", "3000元"]],
        ["项目：水稻｜标准：60元", "项目：母牛｜标准：3000元"],
    ),
    "no header": ([["2023年", "1200户"], ["2024年", "900户"]], ["2023年｜1200户", "2024年｜900户"]),
    "title over all columns": (
        [["表1 补助表", "表1 补助表"], ["项目", "标准"], ["水稻", "60元"]],
        ["表1 补助表", "项目：水稻｜标准：60元"],
    ),
    "header of two rows": (
        [["村名", "脱贫户", "脱贫户"], ["村名", "户数", "人数"], ["上村", "12", "30"]],
        ["村名：上村｜脱贫户（户数）：12｜脱贫户（人数）：30"],
    ),
    "empty cells and columns": (
        [["项目", "标准", ""], ["水稻", "", ""], ["母牛", "3000元", ""]],
        ["项目：水稻", "项目：母牛｜标准：3000元"],
    ),
    "lines in a cell": ([["项目", "说明"], ["水稻", "种植\n双季稻 10 亩"]], ["项目：水稻｜说明：种植双季稻 10 亩"]),
    "one row": ([["甲", "乙", "丙"]], ["甲｜乙｜丙"]),
    "nothing": ([["", ""], ["", ""]], []),
}


@pytest.mark.parametrize(("grid", "lines"), CASES.values(), ids=CASES)
def test_rows(grid: list[list[str]], lines: list[str]) -> None:
    assert [line.text for line in row_lines(grid)] == lines
