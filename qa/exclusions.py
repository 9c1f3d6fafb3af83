"""What rules a sentence out, however much of the question's wording it has: another one of a row, or a value left out."""

from __future__ import annotations

import re

from ingest.numerals import NUMERAL, to_int
from ingest.placeholder import PLACEHOLDER
from qa.question import CODE, Question
from qa.reader import Reading, found_around, spoken_of, word_weights
from qa.want import Kind, Want

_BELOW = 0.5  # of a scope: the sentence speaks of another place or year
_ONE_OF_A_ROW = re.compile(rf"第([{NUMERAL}\d]{{1,4}})(批|次|期|届|轮|季度|阶段|类|档|等|级|年级|产业|师)")
_CLAUSE = re.compile(r"[^,，;；。]+")


def is_ruled_out(question: Question, reading: Reading) -> bool:
    """Whether the sentence cannot answer: another place or year, another household, another of a row, a value left out."""
    if reading.scope < _BELOW:
        return True
    if any(CODE.fullmatch(w) and found_around(w, reading.evidence) < 1.0 for w in question.words):
        return True
    return _of_another_number(question, reading) or _value_left_out(question, reading)


def _of_another_number(question: Question, reading: Reading) -> bool:
    """Whether the question is of one of a row ("第二批") and the sentence, or what stands around it, only of others."""
    asked = {_number(m) for m in _ONE_OF_A_ROW.finditer(question.text)}
    if not asked:
        return False
    evidence = reading.evidence
    around = " ".join((evidence.text, evidence.lead, evidence.before, evidence.headings, evidence.head))
    said = {_number(m) for m in re.finditer(_ONE_OF_A_ROW.pattern.replace("第", "第?", 1), around)}
    return not asked <= said


def _number(one: re.Match[str]) -> tuple[int | None, str]:
    return to_int(one[1]), one[2]


def _value_left_out(question: Question, reading: Reading) -> bool:
    """Whether the source left out the very number that is asked for ("有**个小组"), and gives that of something else."""
    text = reading.evidence.text
    counted = [w for w in question.wants if w.kind is Kind.COUNT and w.unit and w.pattern is not None]
    return any(_is_left_out(question, text, want) for want in counted)


def _is_left_out(question: Question, text: str, want: Want) -> bool:
    weights = word_weights(question, lambda _: 1.0)

    def told(clause: str) -> float:
        return sum(weight * spoken_of(word, clause) for word, weight in weights.items())

    clauses = [m.group() for m in _CLAUSE.finditer(text)]
    left_out = re.compile(rf"(?:{PLACEHOLDER.pattern})\s*{want.unit}")
    gaps = [told(c) for c in clauses if left_out.search(c)]
    given = [told(left_out.sub("", c)) for c in clauses if want.pattern and want.pattern.search(left_out.sub("", c))]
    return bool(gaps) and max(gaps) > 0 and max(gaps) >= max(given, default=0.0)
