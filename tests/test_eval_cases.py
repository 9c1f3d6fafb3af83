"""Question sets in each format, and what is said of one that cannot be read."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from eval.cases import Case, read_cases
from eval.errors import EvalError


def jsonl(folder: Path, *rows: dict[str, Any] | str) -> Path:
    path = folder / "题集.jsonl"
    lines = [r if isinstance(r, str) else json.dumps(r, ensure_ascii=False) for r in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def workbook(folder: Path, *rows: list[Any]) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    book.save(folder / "题集.xlsx")
    return folder / "题集.xlsx"


def only(folder: Path, row: dict[str, Any]) -> Case:
    (case,) = read_cases(jsonl(folder, row)).cases
    return case


def test_facts(tmp_path: Path) -> None:
    row = {"id": "s1", "kind": "scope", "question": "几户？", "docs": ["a"], "answer_all_of_any": [["5户"], ["3人", "三人"]], "evidence_any": ["5户3人"], "as_of": "2024-01-02", "year": 2023, "place": "甲镇"}  # fmt: skip
    case = only(tmp_path, row)
    assert case.ways == ((("5户",), ("3人", "三人")),)
    assert (case.documents, case.evidence, case.references) == (("a",), ("5户3人",), ())
    assert (case.place, case.year, str(case.as_of)) == ("甲镇", 2023, "2024-01-02")
    refuse = {"id": "r", "kind": "refuse", "question": "?", "docs": [], "answer_all_of_any": [], "evidence_any": []}
    assert only(tmp_path, refuse).should_refuse


def test_spans_and_questions_without_an_answer(tmp_path: Path) -> None:
    row = {"id": "1", "qid": "1", "question": "?", "answers": ["甲" * 100], "doc_id": "d", "alt_doc_ids": ["e"], "split": "dev"}  # fmt: skip
    case = only(tmp_path, row)
    assert (case.kind, case.documents, case.evidence) == ("span", ("d", "e"), ("甲" * 80,))
    assert case.ways == ((("甲" * 100,),),)
    nothing = {"id": "2", "question": "?", "answers": [], "doc_id": None, "split": "noanswer_candidate"}
    found = read_cases(jsonl(tmp_path, nothing))
    assert found.cases[0].should_refuse
    assert "自动推定" in found.notes[0]


def test_rgb_wants_every_group(tmp_path: Path) -> None:
    row = {"id": "1", "question": "?", "answers": ["甲", "乙", "二"], "answer_groups": ["甲", ["乙", "二"]], "fake_answer": "丙", "doc_id": "d", "doc_ids": ["d", "e"], "neg_doc_ids": ["n"], "split": "integration"}  # fmt: skip
    case = only(tmp_path, row)
    assert case.ways == ((("甲",), ("乙", "二")),)
    assert (case.kind, case.documents, case.false_answers) == ("integration", ("d", "e"), ("丙",))
    assert only(tmp_path, {**row, "answer_groups": "70", "fake_answer": None}).ways == ((("70",),),)


def test_domainrag_takes_any_group(tmp_path: Path) -> None:
    row = {"id": "1", "question": "它成立于哪年", "answers": ["甲", "乙", "丙"], "answer_groups": [["甲", "乙"], ["丙"]], "doc_id": "d", "doc_ids": ["d"], "split": "conversation", "history": [{"question": "?", "answers": ["!"]}]}  # fmt: skip
    found = read_cases(jsonl(tmp_path, row))
    assert found.cases[0].ways == ((("甲",), ("乙",)), (("丙",),))
    assert "多轮对话" in found.notes[0]
    assert found.cases[0].history == ("?",)
    free = read_cases(jsonl(tmp_path, {**row, "answer_groups": None, "history": None}))
    assert (free.cases[0].ways, free.cases[0].references) == ((), ("甲", "乙", "丙"))
    assert "ROUGE-L" in free.notes[0]


def test_questions_before_are_taken_as_ask_takes_them(tmp_path: Path) -> None:
    row = {"id": "1", "kind": "fact", "question": "榆岭镇呢？", "docs": ["a"], "answer_all_of_any": [["1"]], "evidence_any": ["1"]}  # fmt: skip
    assert only(tmp_path, {**row, "history": ["松溪镇有几户？"]}).history == ("松溪镇有几户？",)
    assert only(tmp_path, row).history == ()
    with pytest.raises(EvalError, match="第 1 行：history"):
        only(tmp_path, {**row, "history": "松溪镇有几户？"})


OFFICE = [
    ["问题", "答案", "其他写法", "依据原文", "文件名", "类型", "应拒答", "备注"],
    ["养蜂每箱补多少？", "150元", "一百五十元", "养蜂每箱补助150元", "办法.pdf", "标准", None, "x"],
    ["几户几人？", "312户|1042人", "312户|一千零四十二人\n全部", None, "总结2.0版|总结.docx", None, "否", None],
    [None, None, None, None, None, None, None, None],
    ["养猪补多少？", None, None, None, None, None, "是", None],
    ["几箱？", 150, None, None, None, None, None, None],
]


def test_an_office_writes_its_own_questions(tmp_path: Path) -> None:
    bees, households, pigs, boxes = read_cases(workbook(tmp_path, *OFFICE)).cases
    assert bees.ways == ((("150元",),), (("一百五十元",),))
    assert (bees.kind, bees.documents, bees.evidence) == ("标准", ("办法",), ("养蜂每箱补助150元",))
    assert households.ways == ((("312户",), ("1042人",)), (("312户",), ("一千零四十二人",)), (("全部",),))
    assert (households.kind, households.documents) == ("未分类", ("总结2.0版", "总结"))
    assert (pigs.should_refuse, pigs.kind) == (True, "refuse")
    assert boxes.ways == ((("150",),),)


def test_the_same_questions_as_lines_are_the_same(tmp_path: Path) -> None:
    head, *rows = OFFICE
    lines = [{k: v for k, v in zip(head, row, strict=True) if v is not None} for row in rows if row[0]]
    assert read_cases(jsonl(tmp_path, *lines)).cases == read_cases(workbook(tmp_path, *OFFICE)).cases
    as_list = {"问题": "几户几人？", "答案": ["312户", "1042人"], "文件名": ["总结.docx"]}
    assert only(tmp_path, as_list).ways == ((("312户",), ("1042人",)),)


GOOD = {"问题": "?", "答案": "1"}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "不是合法的 JSON"),
        ("[1]", "JSON 对象"),
        ({"id": "1", "text": "?"}, "认不出"),
        ({"问题": "", "答案": "1"}, "问题"),
        ({"问题": "甲"}, "没有答案"),
        ({"问题": "甲", "答案": "1", "应拒答": "是"}, "不该再写答案"),
        ({"问题": "甲", "答案": "1", "应拒答": "大概"}, "应拒答"),
        ({"问题": "甲", "答案": "1", "应据答": "是"}, "不认识的列“应据答”"),
        ({"问题": "甲", "答案": {"a": 1}}, "答案"),
        (GOOD, "前面已经用过"),
        ({"id": "1", "kind": "fact", "question": "?", "docs": ["a"], "answer_all_of_any": []}, "没有答案"),
        ({"id": "1", "kind": "fact", "question": "?", "docs": ["a"], "answer_all_of_any": [["1", 2]]}, "列表"),
        ({"kind": "fact", "question": "?", "docs": ["a"], "answer_all_of_any": [["1"]]}, "id"),
        ({"id": "1", "question": "?", "answers": "甲"}, "认不出"),
    ],
    ids=lambda v: v if isinstance(v, str) else None,
)
def test_a_bad_line_is_named(line: dict[str, Any] | str, says: str, tmp_path: Path) -> None:
    with pytest.raises(EvalError) as caught:
        read_cases(jsonl(tmp_path, GOOD, "", line))
    message = str(caught.value)
    assert "题集.jsonl 第 3 行" in message
    assert says in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([["题目", "答案"], ["?", "1"]], "第 1 行：表头里没有“问题”"),
        ([["问题", "答案"], ["?", datetime(2024, 1, 2)]], "第 2 行：“答案”是日期"),
        ([["问题", "答案"], ["?", "1", "多出来"]], "第 2 行：C2"),
        ([["问题", "答案"]], "没有一道题"),
    ],
    ids=["no heading", "a date cell", "no heading above", "empty"],
)
def test_a_bad_workbook_is_named(rows: list[list[Any]], says: str, tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="题集.xlsx") as caught:
        read_cases(workbook(tmp_path, *rows))
    assert says in str(caught.value)


def test_files_that_are_no_sets(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"PK no")
    (tmp_path / "b.jsonl").write_bytes(b"\xff\xfe\x00")
    for name, says in (
        ("a.xlsx", "打不开"),
        ("b.jsonl", "UTF-8"),
        ("c.csv", ".jsonl 或 .xlsx"),
        ("no.jsonl", "读不了"),
    ):
        with pytest.raises(EvalError, match=says):
            read_cases(tmp_path / name)
