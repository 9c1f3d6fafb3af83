"""What rules a sentence out, however much of the question's wording it has: another one of a row, or a value left out."""

from __future__ import annotations

import re

from ingest.numerals import NUMERAL, to_int
from ingest.placeholder import PLACEHOLDER
from ingest.sentences import CELL_MARK
from qa.plans import is_plan_told
from qa.question import CODE, Question
from qa.reader import Reading, word_weights
from qa.spoken import found_around, spoken_of
from qa.want import Kind, Want

_BELOW = 0.5  # of a scope: the sentence speaks of another place or year
_ONE_OF_A_ROW = re.compile(rf"第([{NUMERAL}\d]{{1,4}})(批|次|期|届|轮|季度|阶段|类|档|等|级|年级|产业)")
_UNSAID = re.compile(_ONE_OF_A_ROW.pattern.replace("第", "第?", 1))  # "二批"
_CLASS = re.compile(
    r"(?<![这那哪某同各分每\d一-鿿])([A-Ea-eⅠ-Ⅴ甲乙丙丁一二三四五])(类|级|档)|(?<=[一-鿿])([A-Ea-eⅠ-Ⅴ甲乙丙丁三四五])(类|级|档)(?!联动|书记|干部|网络|体系)"
)
_SEASON = re.compile(r"[春秋夏冬](?=季|学期)|[上下](?=学期)")
_TELLING_NUMBER = re.compile(  # no year, and no bound
    r"(?<![\d.过超满达足于])(?!(?:19|20)\d{2}(?:年|-|/))\d{3,}(?=个|名|户|套|人|座|处|亩|条|头)(?!.{1,2}(?:以[上下内]|左右))"
)
_CAPTION_CHARS = 40
_ACTUALLY = re.compile(r"实际")
_ORDER = {c: n for row in ("ABCDE", "abcde", "ⅠⅡⅢⅣⅤ", "甲乙丙丁", "一二三四五") for n, c in enumerate(row, 1)}
_MONEY_UNIT = r"(?:十|百|千|万|亿)*元"
_CLAUSE = re.compile(r"[^,，;；。]+")


def is_ruled_out(question: Question, reading: Reading) -> bool:
    """Whether the sentence cannot answer: another place or year, another household, another of a row, a value left out."""
    if reading.scope < _BELOW:
        return True
    if any(CODE.fullmatch(w) and found_around(w, reading.evidence) < 1.0 for w in question.words):
        return True
    if question.wants[0].kind is Kind.ORGANISATION and not reading.has_figure:
        return True
    return (
        _of_another_number(question, reading)
        or _of_another_amount(question, reading)
        or _only_planned(question, reading)
        or _of_another_season(question, reading)
        or value_left_out(question, reading)
    )


def _of_another_number(question: Question, reading: Reading) -> bool:
    """Whether the question is of one of a row ("第二批") and the sentence, or what stands around it, only of others."""
    numbers, classes = _numbers(_ONE_OF_A_ROW, question.text), _classes(question.text)
    if not numbers and not classes:
        return False
    evidence = reading.evidence
    around = " ".join((evidence.text, evidence.lead, evidence.before, evidence.headings, evidence.head))
    return not (numbers <= _numbers(_UNSAID, around) and classes <= _classes(around))


def _of_another_amount(question: Question, reading: Reading) -> bool:
    """Whether the question tells by a number which ones it means ("那249个学生"), and only another sentence has that."""
    evidence = reading.evidence
    around = evidence.text + evidence.lead + evidence.before
    named = [m[0] for m in _TELLING_NUMBER.finditer(question.text)]
    return any(n not in around and n in evidence.document.text for n in named)


def _only_planned(question: Question, reading: Reading) -> bool:
    """Whether what was done is asked for in so many words, and the sentence tells what was planned."""
    evidence = reading.evidence
    if not _ACTUALLY.search(question.text):
        return False
    is_row = CELL_MARK in evidence.text or "；" in evidence.text  # a caption above it says what its figures are
    return evidence.document.metadata.kind == "plan" or is_plan_told(
        evidence.text, (*evidence.document.path_at(evidence.start), evidence.before[:_CAPTION_CHARS] if is_row else "")
    )


def _of_another_season(question: Question, reading: Reading) -> bool:
    """Whether the question is of one term or season and the sentence speaks of others alone."""
    said = set(_SEASON.findall(reading.evidence.text))
    asked = set(_SEASON.findall(question.text))
    return bool(asked and said) and not asked & said


def _numbers(pattern: re.Pattern[str], text: str) -> set[tuple[int | None, str]]:
    return {(to_int(m[1]), m[2]) for m in pattern.finditer(text)}


def _classes(text: str) -> set[tuple[int, str]]:
    """ "A类", "Ⅲ级", "三级" as (3, "级"): however the row is numbered."""
    return {(_ORDER[m[1] or m[3]], m[2] or m[4]) for m in _CLASS.finditer(text)}


def value_left_out(question: Question, reading: Reading) -> bool:
    """Whether the source left out the very number that is asked for ("有**个小组"), and gives that of something else."""
    text = reading.evidence.text
    if not PLACEHOLDER.search(text):
        return False
    counted = [w for w in question.wants if w.pattern is not None and (w.kind is Kind.MONEY or w.unit)]
    return any(_is_left_out(question, text, want) for want in counted)


def _is_left_out(question: Question, text: str, want: Want) -> bool:
    weights = word_weights(question, lambda _: 1.0)

    def told(clause: str) -> float:
        return sum(weight * spoken_of(word, clause) for word, weight in weights.items())

    clauses = [m.group() for m in _CLAUSE.finditer(text)]
    left_out = re.compile(rf"(?:{PLACEHOLDER.pattern})\s*(?:{_MONEY_UNIT if want.kind is Kind.MONEY else want.unit})")
    gaps = [told(c) for c in clauses if left_out.search(c)]
    given = [told(left_out.sub("", c)) for c in clauses if want.pattern and want.pattern.search(left_out.sub("", c))]
    return bool(gaps) and max(gaps) > 0 and max(gaps) >= max(given, default=0.0)
