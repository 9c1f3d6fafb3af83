"""Question sets: what is asked, and what a right answer holds. The format of a file is told by its fields."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath

from eval.errors import EvalError
from qa.history import questions_before
from qa.service import QuestionError

Row = dict[str, object]
Piece = tuple[str, ...]  # one thing an answer must say, in any of these wordings
Way = tuple[Piece, ...]  # all pieces of one right answer

REFUSE = "refuse"
_EVIDENCE_CHARS = 80  # of a long answer span, how much a quote must hold to count as its evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One question and its gold."""

    id: str
    kind: str
    question: str
    documents: tuple[str, ...] = ()  # stems of the files that hold the answer; empty when not known
    ways: tuple[
        Way, ...
    ] = ()  # right is what says every piece of any one way; empty: free text, judged by ROUGE-L only
    evidence: tuple[str, ...] = ()  # a quote that holds any of these shows the answer
    references: tuple[str, ...] = ()  # texts that a good answer resembles, for ROUGE-L
    false_answers: tuple[str, ...] = ()  # planted in some document, known to be false
    should_refuse: bool = False
    place: str | None = None  # picked beside the question, as are year and day
    year: int | None = None
    as_of: date | None = None
    history: tuple[str, ...] = ()  # the questions of the conversation before this one, oldest first

    @property
    def needs_several_documents(self) -> bool:
        """Whether a right answer cites more than one document: no place or year is named and the documents differ."""
        return self.kind == "ambiguous" and len(self.documents) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionSet:
    """The questions of one file."""

    name: str
    path: Path
    cases: tuple[Case, ...]
    notes: tuple[str, ...] = ()  # what of the format is not measured, a sentence each


def read_cases(path: Path) -> QuestionSet:
    """The set in a .jsonl or .xlsx file. Raises EvalError naming file and line for anything that cannot be read."""
    from eval.office import read_workbook

    if path.suffix.lower() == ".xlsx":
        numbered = read_workbook(path)
    elif path.suffix.lower() == ".jsonl":
        numbered = _read_lines(path)
    else:
        raise EvalError(f"{path}：题集应是 .jsonl 或 .xlsx 文件")
    if not numbered:
        raise EvalError(f"{path}：没有一道题")
    rows = [row for _, row in numbered]
    cases: dict[str, Case] = {}
    for number, row in numbered:
        case = _case(path, number, row)
        if case.id in cases:
            raise EvalError(
                f"{path} 第 {number} 行：编号 {case.id} 前面已经用过（问题：{cases[case.id].question[:30]}）"
            )
        cases[case.id] = case
    return QuestionSet(name=path.stem, path=path, cases=tuple(cases.values()), notes=_notes(rows))


def plain(text: str) -> str:
    """Text without spaces and line breaks, full and half width alike: the form in which texts are compared."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def stem(source: str) -> str:
    """The file's name without folders and ending: "docs/a.pdf" is "a"."""
    return PurePosixPath(source.replace("\\", "/")).name.rsplit(".", 1)[0]


class BadRow(ValueError):
    """What is wrong with a row, in words; the reader adds file and line."""


def text_in(row: Row, key: str) -> str:
    """A text that must be there."""
    value = row.get(key)
    if not isinstance(value, str) or not value.strip():
        raise BadRow(f"缺少“{key}”，或它不是文字")
    return value.strip()


def texts_in(row: Row, key: str) -> tuple[str, ...]:
    """A list of texts; () when it is missing or null. One text is a list of one."""
    return _texts(row.get(key), key)


def _texts(value: object, key: str) -> tuple[str, ...]:
    if value is None:
        return ()
    items = value if isinstance(value, list) else [value]
    if not all(isinstance(i, str) and i.strip() for i in items):
        raise BadRow(f"“{key}”应是文字的列表")
    return tuple(str(i) for i in items)


# --- lines ---


def _read_lines(path: Path) -> list[tuple[int, Row]]:
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise EvalError(f"{path}：读不了（{error}），应是 UTF-8 的 JSONL 文件") from error
    rows: list[tuple[int, Row]] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise EvalError(f"{path} 第 {number} 行：不是合法的 JSON，实际是 {line.strip()[:60]}") from error
        if not isinstance(row, dict):
            raise EvalError(f"{path} 第 {number} 行：应是一个 JSON 对象，实际是 {line.strip()[:60]}")
        rows.append((number, row))
    return rows


def _case(path: Path, number: int, row: Row) -> Case:
    reader = next((read for has, read in _FORMATS if has(row)), None)
    if reader is None:
        raise EvalError(
            f"{path} 第 {number} 行：认不出题目格式，本单位的题要有“问题”，字段有：{'、'.join(map(str, row))[:60]}"
        )
    try:
        return reader(row)
    except BadRow as error:
        raise EvalError(f"{path} 第 {number} 行：{error}") from error


# --- one reader a format ---


def _facts(row: Row) -> Case:
    kind = text_in(row, "kind")
    refuse = kind == REFUSE
    groups = row.get("answer_all_of_any")
    if not isinstance(groups, list):
        raise BadRow("“answer_all_of_any”应是列表的列表")
    way = tuple(_texts(group, "answer_all_of_any") for group in groups)
    if not refuse and (not way or not all(way)):
        raise BadRow("没有答案，而 kind 不是 refuse")
    return Case(
        id=_id(row),
        kind=kind,
        question=text_in(row, "question"),
        documents=texts_in(row, "docs"),
        ways=() if refuse else (way,),
        evidence=texts_in(row, "evidence_any"),
        should_refuse=refuse,
        place=text_in(row, "place") if row.get("place") is not None else None,
        year=_year(row),
        as_of=_day(row),
        history=_history(row),
    )


def _span(row: Row) -> Case:
    answers = texts_in(row, "answers")
    if not answers:  # asked of other documents: nothing here answers it
        return Case(id=_id(row), kind=REFUSE, question=text_in(row, "question"), should_refuse=True)
    return Case(
        id=_id(row),
        kind="span",
        question=text_in(row, "question"),
        documents=tuple(dict.fromkeys([text_in(row, "doc_id"), *texts_in(row, "alt_doc_ids")])),
        ways=((answers,),),
        evidence=tuple(plain(a)[:_EVIDENCE_CHARS] for a in answers),
        references=answers,
    )


def _rgb(row: Row) -> Case:
    """RGB asks for every item of `answer_groups`; an item that is a list holds wordings of one thing."""
    groups = row.get("answer_groups")
    way = tuple(_texts(g, "answer_groups") for g in (groups if isinstance(groups, list) else [groups]))
    if not way or not all(way):
        raise BadRow("“answer_groups”是空的")
    return Case(
        id=_id(row),
        kind=text_in(row, "split"),
        question=text_in(row, "question"),
        documents=texts_in(row, "doc_ids"),
        ways=(way,),
        false_answers=texts_in(row, "fake_answer"),
    )


def _domainrag(row: Row) -> Case:
    """DomainRAG takes any one of `answer_groups`; a group that is a list must be said in full."""
    groups, answers = row.get("answer_groups"), texts_in(row, "answers")
    if not answers:
        raise BadRow("“answers”是空的")
    if groups is not None and not (isinstance(groups, list) and groups):
        raise BadRow("“answer_groups”应是列表")
    ways = [_texts(g, "answer_groups") for g in groups] if isinstance(groups, list) else []
    return Case(
        id=_id(row),
        kind=text_in(row, "split"),
        question=text_in(row, "question"),
        documents=texts_in(row, "doc_ids"),
        ways=tuple(tuple((piece,) for piece in way) for way in ways),
        references=tuple("、".join(way) for way in ways) or answers,
        history=_history(row),
    )


def _office(row: Row) -> Case:
    from eval.office import office_case

    return office_case(row)


_FORMATS: Sequence[tuple[Callable[[Row], bool], Callable[[Row], Case]]] = (
    (lambda row: "问题" in row, _office),
    (lambda row: "answer_all_of_any" in row, _facts),
    (lambda row: "fake_answer" in row or "neg_doc_ids" in row, _rgb),
    (lambda row: "answer_groups" in row, _domainrag),
    (lambda row: "answers" in row and "doc_id" in row, _span),
)


def _notes(rows: Sequence[Row]) -> tuple[str, ...]:
    """What of these rows is not measured, so that no one takes a number for more than it is."""

    def count(has: Callable[[Row], object]) -> int:
        return sum(bool(has(row)) for row in rows)

    notes = []
    if n := count(lambda r: r.get("history")):
        notes.append(f"{n} 题是多轮对话的后续问题，连同前面的问题一起问，前面的回答不给")
    if n := count(lambda r: r.get("counterfact_answers")):
        notes.append(f"{n} 题带改过的文件（counterfact），这里只测原文，不测改文")
    if n := count(lambda r: "answer_groups" in r and r["answer_groups"] is None):
        notes.append(f"{n} 题是自由作答，没有可逐条核对的答案，不计答对，只看 ROUGE-L")
    if n := count(lambda r: r.get("split") == "time_sensitive"):
        notes.append(f"{n} 题的答案随时间变化而题里没有日期，同一问题可能有不同的标准答案")
    if n := count(lambda r: r.get("split") == "noanswer_candidate"):
        notes.append(f"{n} 题的“应拒答”是自动推定的，个别题资料库里可能有答案")
    return tuple(notes)


def _id(row: Row) -> str:
    value = row.get("id", row.get("qid"))
    if not isinstance(value, str | int):
        raise BadRow("缺少“id”")
    return str(value)


def _history(row: Row) -> tuple[str, ...]:
    """The questions before this one, in any shape that `ask --batch` takes."""
    try:
        return questions_before(row.get("history") or [])
    except QuestionError as error:
        raise BadRow(str(error)) from error


def _year(row: Row) -> int | None:
    value = row.get("year")
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise BadRow(f"“year”应是整数，实际是 {value}")
    return value


def _day(row: Row) -> date | None:
    value = row.get("as_of")
    try:
        return None if value is None else date.fromisoformat(str(value))
    except ValueError as error:
        raise BadRow(f"“as_of”应如 2024-12-31，实际是 {value}") from error
