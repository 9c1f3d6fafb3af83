"""Spreadsheets: the same table in every format gives the same rows; each row says what it means."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from ingest.chunk import split
from ingest.document import IngestError, UnknownFormat, UnreadableFile
from ingest.formats import delimited, read, sheets, xls, xlsx
from ingest.formats.sheet_numbers import built_in, number_format
from ingest.load import load

DATA = Path(__file__).parent / "data"
TITLE = "青禾县2024年产业到户补助发放台账"
UNIT = "单位：元"
LEDGER = [
    "村名：上河村｜补助项目：水稻种植｜发放情况（户数）：12｜发放情况（金额）：12,345.50｜发放日期：2024年11月5日｜占比：12.5%",
    "村名：上河村｜补助项目：母牛养殖｜发放情况（户数）：3｜发放情况（金额）：7,500.00｜发放日期：2024年11月6日｜占比：30.0%",
    "村名：下河村｜补助项目：水稻种植｜发放情况（户数）：8｜发放情况（金额）：6,400.00｜发放日期：2024年12月1日｜占比：100.0%",
]
CONTACTS = ["部门：农业农村局｜电话：1234567", "部门：财政局｜电话：7654321"]


def _book(path: Path, fill: Callable[[Worksheet], None]) -> Path:
    """A workbook with one sheet of the default name."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Sheet1"
    fill(sheet)
    book.save(path)
    return path


def _rows(path: Path, rows: list[list[Any]]) -> Path:
    def fill(sheet: Worksheet) -> None:
        for row in rows:
            sheet.append(row)

    return _book(path, fill)


def _texts(path: Path) -> list[str]:
    return [line.text for line in read(path).lines]


def _write_ledger(path: Path) -> Path:
    """A title over all columns, a unit, a header of two rows with merged cells, formats; an empty and a hidden sheet."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "补助标准"
    sheet["A1"], sheet["F2"] = TITLE, UNIT
    sheet.append(["村名", "补助项目", "发放情况", None, "发放日期", "占比"])
    sheet.append([None, None, "户数", "金额"])
    sheet.append(["上河村", "水稻种植", 12, 12345.5, date(2024, 11, 5), 0.125])
    sheet.append([None, "母牛养殖", 3, 7500, date(2024, 11, 6), 0.1 + 0.2])
    sheet.append(["下河村", "水稻种植", 8, 6400, date(2024, 12, 1), 1])
    for cells in ("A1:F1", "A3:A4", "B3:B4", "C3:D3", "E3:E4", "F3:F4", "A5:A6"):
        sheet.merge_cells(cells)
    for row in (5, 6, 7):
        sheet.cell(row, 4).number_format = "#,##0.00"
        sheet.cell(row, 5).number_format = 'yyyy"年"m"月"d"日"'
        sheet.cell(row, 6).number_format = "0.0%"
    book.create_sheet("空表")
    hidden = book.create_sheet("联系方式")
    hidden.sheet_state = "hidden"
    for contact in (["部门", "电话"], ["农业农村局", "1234567"], ["财政局", "7654321"]):
        hidden.append(contact)
    book.save(path)
    return path


def _ledger_xlsx(folder: Path) -> Path:
    return _write_ledger(folder / "ledger.xlsx")


def _ledger_xls(folder: Path) -> Path:  # noqa: ARG001
    return DATA / "ledger.xls"


@pytest.mark.parametrize("made", [_ledger_xlsx, _ledger_xls], ids=["xlsx", "xls"])
def test_a_ledger_in_both_formats(tmp_path: Path, made: Callable[[Path], Path]) -> None:
    raw = read(made(tmp_path))
    assert [line.text for line in raw.lines if line.page == 1] == ["补助标准", TITLE, UNIT, *LEDGER]
    assert [line.text for line in raw.lines if line.page == 3] == ["联系方式", *CONTACTS]
    assert (raw.pages, raw.pages_empty, raw.tables, raw.table_rows) == (3, 1, 2, 5)
    assert raw.warnings == ("第3张表“联系方式”是隐藏的，内容已读入",)
    assert raw.title == TITLE


TEXT_ROWS = [
    [TITLE, "", ""],
    ["", "", UNIT],
    ["项目", "说明", "标准"],
    ["水稻", "早稻,晚稻\n各一季", "80"],
    ["母牛", "", "2500"],
]
TEXT_LINES = [TITLE, UNIT, "项目：水稻｜说明：早稻,晚稻各一季｜标准：80", "项目：母牛｜标准：2500"]


@pytest.mark.parametrize("separator", [",", "\t", ";"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_text_tables(tmp_path: Path, encoding: str, separator: str) -> None:
    path = tmp_path / "table.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=separator).writerows(TEXT_ROWS)
    raw = read(path)
    assert [line.text for line in raw.lines] == TEXT_LINES
    assert (raw.pages, raw.tables, raw.table_rows) == (0, 1, 2)


def test_text_under_the_name_of_a_sheet(tmp_path: Path) -> None:
    path = tmp_path / "导出.xls"
    path.write_bytes("项目\t标准\n水稻\t80\n母牛\t2500\n".encode("gb18030"))
    assert _texts(path) == ["项目：水稻｜标准：80", "项目：母牛｜标准：2500"]


def test_quotes_that_never_close_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('项目,标准\n水稻,"80\n母牛,2500\n', encoding="utf-8")
    raw = read(path)
    assert [line.text for line in raw.lines] == ['项目：水稻｜标准："80', "项目：母牛｜标准：2500"]
    assert "引号不成对" in raw.warnings[0]


TABLES: dict[str, tuple[list[list[Any]], list[str]]] = {
    "title and notes above, a note below": (
        [["松溪镇补贴台账"], ["填报单位：松溪镇", None, None, UNIT], ["序号", "村名", "姓名", "金额"],
         [1, "上河村", "王小山", 120], [2, "下河村", "李大田", 80], ["制表人：赵一", None, "审核人：钱二"]],
        ["松溪镇补贴台账", "填报单位：松溪镇  单位：元", "序号：1｜村名：上河村｜姓名：王小山｜金额：120",
         "序号：2｜村名：下河村｜姓名：李大田｜金额：80", "制表人：赵一  审核人：钱二"],
    ),
    "header with blanks instead of merged cells": (
        [["村名", "脱贫户", None, "监测户", None], [None, "户数", "人数", "户数", "人数"], ["上河村", 3, 9, 1, 2]],
        ["村名：上河村｜脱贫户（户数）：3｜脱贫户（人数）：9｜监测户（户数）：1｜监测户（人数）：2"],
    ),
    "several tables": (
        [["项目", "标准"], ["水稻", 80], ["母牛", 2500], [], ["部门", "电话", "地址"], ["财政局", "88001", "城东路"]],
        ["项目：水稻｜标准：80", "项目：母牛｜标准：2500", "部门：财政局｜电话：88001｜地址：城东路"],
    ),
    "a blank row within a table": (
        [["项目", "标准"], ["水稻", 80], [], ["母牛", 2500]],
        ["项目：水稻｜标准：80", "项目：母牛｜标准：2500"],
    ),
    "groups": (
        [["项目", "对象", "标准"], ["一、种植业"], ["水稻", "农户", 80], ["二、养殖业"], ["母牛", "农户", 2500]],
        ["一、种植业", "项目：水稻｜对象：农户｜标准：80", "二、养殖业", "项目：母牛｜对象：农户｜标准：2500"],
    ),
    "one column is text": ([["关于发放补助的说明"], ["补助每年发放一次。"]], ["关于发放补助的说明", "补助每年发放一次。"]),
    "binary fractions": ([["项目", "标准"], ["水稻", 0.1 + 0.2], ["母牛", 1e15]], ["项目：水稻｜标准：0.3", "项目：母牛｜标准：1e+15"]),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "lines"), TABLES.values(), ids=TABLES)
def test_tables(tmp_path: Path, rows: list[list[Any]], lines: list[str]) -> None:
    assert _texts(_rows(tmp_path / "a.xlsx", rows)) == lines


def test_header_of_three_rows(tmp_path: Path) -> None:
    def fill(sheet: Worksheet) -> None:
        sheet.append(["村名", "补助", None, None])
        sheet.append([None, "种植", None, "养殖"])
        sheet.append([None, "面积", "金额", "金额"])
        sheet.append(["上河村", 10, 800, 2500])
        for cells in ("A1:A3", "B1:D1", "B2:C2"):
            sheet.merge_cells(cells)

    assert _texts(_book(tmp_path / "a.xlsx", fill)) == [
        "村名：上河村｜补助（种植）（面积）：10｜补助（种植）（金额）：800｜补助（养殖）（金额）：2500"
    ]


NUMBERS = [
    ("General", 0.1 + 0.2, "0.3"),
    ("General", 1234567, "1234567"),
    ("General", 1.5e-7, "0.00000015"),
    ("#,##0.00", 1234567.125, "1,234,567.13"),
    ("0.00%", 0.12345, "12.35%"),
    ('0"元"', 75, "75元"),
    ('#,##0.00"万元"', 12.5, "12.50万元"),
    ("000000", 42, "000042"),
    ("0.0#", 1.5, "1.5"),
    ("#,##0,", 1234567, "1,235"),
    ("[$¥-804]#,##0.00;[Red]-[$¥-804]#,##0.00", -1234.5, "-¥1,234.50"),
    ("0.00_);[Red](0.00)", -3.5, "(3.50)"),
    ('_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * "-"??_ ;_ @_ ', 0, "-"),
    ("0.00", -0.001, "0.00"),
    ("# ?/?", 0.5, "0.5"),
    ("yyyy-mm-dd", 45000, "2023-03-15"),
    ('yyyy"年"m"月"d"日";@', 45000, "2023年3月15日"),
    ("yyyy/m/d h:mm", 45000.75, "2023/3/15 18:00"),
    ("[DBNum1]yyyy年m月", 45000, "2023年3月"),
    ("[h]:mm", 1.5, "36:00"),
    (built_in(31), 45000, "2023年3月15日"),
    ("mm:ss", 0.0423, "00:55"),
]


@pytest.mark.parametrize(("code", "value", "shown"), NUMBERS)
def test_numbers_as_shown(code: str, value: float, shown: str) -> None:
    assert number_format(code)(value) == shown


@given(
    code=st.text(alphabet='0#?,.%;"\\[]$¥_*-年月日ymdhs@E+/ G', max_size=14),
    value=st.floats(allow_nan=False, allow_infinity=False),
)
def test_any_format_gives_a_text(code: str, value: float) -> None:
    assert isinstance(number_format(code)(value), str)


def test_dates_from_1904() -> None:
    assert number_format("yyyy-m-d", from_1904=True)(0) == "1904-1-1"


def test_formulas_without_a_value_are_reported(tmp_path: Path) -> None:
    raw = read(_rows(tmp_path / "a.xlsx", [["项目", "标准"], ["水稻", 80], ["合计", "=SUM(B2:B2)"]]))
    assert [line.text for line in raw.lines] == ["项目：水稻｜标准：80", "项目：合计"]
    assert raw.warnings == ("第1张表“Sheet1”：1 个公式没有保存计算结果，请用 Excel 或 WPS 打开并保存后重新导入",)


def test_title_and_unit_reach_every_chunk(tmp_path: Path) -> None:
    rows = [[TITLE], [None, None, UNIT], ["村名", "姓名", "金额"], *([f"第{i}村", f"户主{i}", i] for i in range(200))]
    (document,) = load(_rows(tmp_path / "a.xlsx", rows))
    chunks = split(document)
    assert len(chunks) > 5
    assert document.metadata.title == TITLE
    assert all(UNIT in chunk.text or UNIT in chunk.path for chunk in chunks)


def test_title_and_unit_above_a_word_table_reach_every_chunk(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("关于公示补助发放情况的说明")
    document.add_paragraph("一、发放情况")
    document.add_paragraph("现将本年度补助发放情况公示如下。")
    document.add_paragraph("表1 补助发放明细表")
    document.add_paragraph("单位：万元")
    table = document.add_table(61, 3)
    for row, texts in zip(
        table.rows, [("村名", "姓名", "金额"), *((f"第{i}村", f"户主{i}", str(i)) for i in range(60))], strict=True
    ):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    document.add_paragraph("二、下一步工作")
    document.save(str(tmp_path / "a.docx"))
    (loaded,) = load(tmp_path / "a.docx")
    _, *chunks, last = split(loaded)
    assert len(chunks) > 3
    for chunk in chunks:
        assert "单位：万元" in chunk.text or chunk.path == ("一、发放情况", "表1 补助发放明细表", "单位：万元")
    assert last.path == ("二、下一步工作",)


def test_every_sheet_keeps_its_unit(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for name in ("松溪镇", "榆岭镇", "青石镇", "柳林镇"):
        sheet = book.create_sheet(name)
        for row in ([None, None, UNIT], ["村名", "姓名", "金额"], [f"{name[0]}村", "王小山", 12]):
            sheet.append(row)
    book.save(tmp_path / "a.xlsx")
    (document,) = load(tmp_path / "a.xlsx")
    assert document.text.count(UNIT) == 4
    assert document.path_at(document.text.index("榆村")) == ("榆岭镇",)


def test_what_goes_beyond_the_limit_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MAX_ROWS", 3)
    raw = read(_rows(tmp_path / "a.xlsx", [["项目", "标准"], ["水稻", 80], ["母牛", 2500], ["黄牛", 900]]))
    assert raw.table_rows == 2
    assert "第 4 行起没有读入" in raw.warnings[0]


def test_bomb_is_refused(tmp_path: Path) -> None:
    path = _rows(tmp_path / "whole.xlsx", [["项目", "标准"]])
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, data + b" " * (60 << 20) if name == "xl/worksheets/sheet1.xml" else data)
    with pytest.raises(UnreadableFile, match="压缩炸弹"):
        read(bomb)


def test_encrypted_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 600
    )
    with pytest.raises(UnreadableFile, match="已加密"):
        read(path)


def test_an_empty_workbook_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="没有内容"):
        read(_rows(tmp_path / "a.xlsx", []))


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _write_ledger(tmp_path_factory.mktemp("xlsx") / "ledger.xlsx")


_FUZZ = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@_FUZZ
@given(data=st.data())
def test_damaged_parts_are_only_ever_an_ingest_error(ledger: Path, tmp_path: Path, data: st.DataObject) -> None:
    with zipfile.ZipFile(ledger) as package:
        members = {name: bytearray(package.read(name)) for name in package.namelist()}
    part = members[
        data.draw(st.sampled_from([n for n in sorted(members) if n.startswith("xl/") or n == "xl/workbook.xml"]))
    ]
    at = data.draw(st.integers(0, len(part) - 1))
    end = data.draw(st.integers(at, min(len(part), at + 30)))
    part[at:end] = data.draw(st.binary(max_size=12) | st.sampled_from([b"", b"-1", b"1e999", b"nan", b'"', b"ZZZ9"]))
    target = tmp_path / "damaged.xlsx"
    with zipfile.ZipFile(target, "w") as package:
        for member, content in members.items():
            package.writestr(member, bytes(content))
    _read_or_refuse(xlsx.read, target)


@_FUZZ
@given(cut=st.floats(0, 1), noise=st.binary(max_size=20))
def test_truncated_files_are_only_ever_an_ingest_error(ledger: Path, tmp_path: Path, cut: float, noise: bytes) -> None:
    for source, reader in ((ledger, xlsx.read), (DATA / "ledger.xls", xls.read)):
        whole = source.read_bytes()
        target = tmp_path / f"cut{source.suffix}"
        target.write_bytes(whole[: int(len(whole) * cut)] + noise)
        _read_or_refuse(reader, target)


@_FUZZ
@given(at=st.integers(0, 7679), noise=st.binary(min_size=1, max_size=30))
def test_damaged_old_workbooks_are_only_ever_an_ingest_error(tmp_path: Path, at: int, noise: bytes) -> None:
    whole = bytearray((DATA / "ledger.xls").read_bytes())
    whole[at : at + len(noise)] = noise
    (tmp_path / "damaged.xls").write_bytes(whole)
    _read_or_refuse(xls.read, tmp_path / "damaged.xls")


@_FUZZ
@given(data=st.binary(max_size=200) | st.text(alphabet='甲,"\t\n;1', max_size=80).map(str.encode))
def test_any_text_table_is_only_ever_an_ingest_error(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(data)
    _read_or_refuse(delimited.read, tmp_path / "a.csv")


def _read_or_refuse(reader: Callable[[Path], Any], path: Path) -> None:
    try:
        reader(path)
    except (IngestError, UnknownFormat) as error:
        assert str(path) in str(error)
