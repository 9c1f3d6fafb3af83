"""The plain format in which an office writes its own questions: a workbook, or JSONL with the same Chinese headings."""

from __future__ import annotations

import hashlib
import warnings
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from eval.cases import REFUSE, BadRow, Case, Row, Way, stem, text_in
from eval.errors import EvalError

if TYPE_CHECKING:
    from openpyxl.cell import Cell

COLUMNS = ("问题", "答案", "其他写法", "依据原文", "文件名", "类型", "应拒答", "有效日期", "编号", "备注")
_NO_KIND = "未分类"
_YES, _NO = frozenset("是 √ ✓ 对 yes true 1".split()), frozenset(["", "否", "×", "no", "false", "0"])
_FILE_ENDINGS = frozenset("pdf doc docx wps xls xlsx et ofd txt md html htm png jpg jpeg tif tiff zip".split())


def office_case(row: Row) -> Case:
    """One row as a case. Raises BadRow."""
    if unknown := [str(k) for k in row if k not in COLUMNS]:
        raise BadRow(f"不认识的列“{unknown[0]}”，可用的列有：{'、'.join(COLUMNS)}")
    question = text_in(row, "问题")
    refuse = _is_yes(row)
    ways = tuple(way for way in (_way(row, "答案"), *_other_ways(row)) if way)
    if refuse and ways:
        raise BadRow("“应拒答”写了“是”，就不该再写答案")
    if not refuse and not ways:
        raise BadRow("没有答案：请填“答案”，资料库里本来就没有答案的请在“应拒答”写“是”")
    return Case(
        id=_optional(row, "编号") or hashlib.sha256(question.encode()).hexdigest()[:8],
        kind=_optional(row, "类型") or (REFUSE if refuse else _NO_KIND),
        question=question,
        documents=tuple(_file_stem(name) for name in _parts(row, "文件名")),
        ways=ways,
        evidence=_parts(row, "依据原文"),
        references=tuple("、".join(piece[0] for piece in way) for way in ways),
        should_refuse=refuse,
        as_of=_day(row),
    )


def read_workbook(path: Path) -> list[tuple[int, Row]]:
    """The rows of the first sheet, each with its number in the sheet. The first row that is not empty holds the
    headings."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # about drop-down lists and styles it does not keep
            workbook = load_workbook(path, data_only=True)
    except (OSError, InvalidFileException, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise EvalError(f"{path}：打不开，应是没有加密的 .xlsx 文件（{error}）") from error
    sheet = workbook.worksheets[0]
    head: dict[int, str] = {}
    rows: list[tuple[int, Row]] = []
    for number, cells in enumerate(sheet.iter_rows(), 1):
        filled = [cell for cell in cells if cell.value is not None and str(cell.value).strip()]
        if not filled:
            continue
        if not head:
            head = {c.column or 0: str(c.value).strip() for c in filled}
            if "问题" not in head.values():
                raise EvalError(f"{path} 第 {number} 行：表头里没有“问题”，可用的列有：{'、'.join(COLUMNS)}")
            continue
        rows.append((number, _row(path, number, head, filled)))
    return rows


def _row(path: Path, number: int, head: dict[int, str], cells: Sequence[Cell]) -> Row:
    row: Row = dict.fromkeys(head.values(), "")
    for cell in cells:
        name = head.get(cell.column or 0)
        if name is None:
            raise EvalError(f"{path} 第 {number} 行：{cell.coordinate} 有内容，但这一列没有表头")
        value = cell.value
        if isinstance(value, datetime | date | time) or (isinstance(value, int | float) and "%" in cell.number_format):
            if name == "有效日期" and isinstance(value, datetime):
                row[name] = value.date().isoformat()
                continue
            raise EvalError(
                f"{path} 第 {number} 行：“{name}”是日期或百分比格式，请把单元格改为“文本”，照文件里的写法填写"
            )
        row[name] = f"{value:g}" if isinstance(value, float) else str(value)
    return row


def _way(row: Row, key: str) -> Way:
    """The points of an answer, all of which must be said: parted by "|", or a list in JSONL."""
    return tuple((part,) for part in _parts(row, key))


def _other_ways(row: Row) -> list[Way]:
    """Other right ways to answer, one a line (or one an item of a list in JSONL), each like the answer itself."""
    value = row.get("其他写法")
    lines = value if isinstance(value, list) else _optional(row, "其他写法").splitlines()
    return [_way({"其他写法": line}, "其他写法") for line in lines]


def _parts(row: Row, key: str) -> tuple[str, ...]:
    value = row.get(key)
    if isinstance(value, list):
        if not all(isinstance(v, str) and v.strip() for v in value):
            raise BadRow(f"“{key}”应是文字，或文字的列表")
        return tuple(value)
    return tuple(part.strip() for part in _optional(row, key).replace("｜", "|").split("|") if part.strip())


def _optional(row: Row, key: str) -> str:
    value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, str | int | float | None):
        raise BadRow(f"“{key}”应是文字")
    return "" if value is None else str(value).strip()


def _is_yes(row: Row) -> bool:
    value = row.get("应拒答")
    said = str(value).lower() if isinstance(value, bool) else _optional(row, "应拒答").lower()
    if said not in _YES | _NO:
        raise BadRow(f"“应拒答”应是“是”“否”或空着，实际是 {said}")
    return said in _YES


def _day(row: Row) -> date | None:
    said = _optional(row, "有效日期")
    try:
        return date.fromisoformat(said) if said else None
    except ValueError as error:
        raise BadRow(f"“有效日期”应如 2024-12-31，实际是 {said}") from error


def _file_stem(name: str) -> str:
    return stem(name) if name.rsplit(".", 1)[-1].lower() in _FILE_ENDINGS else stem(f"{name}.x")
