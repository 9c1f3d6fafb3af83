"""How sure it is that a reading answers the question, and does not only stand near it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.sentences import CELL_MARK
from kb.rerank import Wording
from qa.ellipsis import says_people
from qa.exclusions import is_ruled_out, value_left_out
from qa.question import Question
from qa.reader import Rarity, Reading, asked_of, word_weights
from qa.spoken import found_around, spoken_of
from qa.want import FIGURES, Kind, asks_who_holds

_SHARES = {"score": 0.4, "coverage": 0.3, "document": 0.3}
_WORDING_SHARE = 1 / 3  # of the certainty where no figure is asked for: half around the sentence, half in the document
_SIGHTING_SHARE = 0.4  # of the certainty, see docs/evaluation.md
_FIGURE_SHARE = 0.95  # figures are asked for in everyone's own words: there the words found count alone, a little less
_SUBJECT_MISSING = 0.05  # taken off when the most telling noun is not spoken of
_NO_FIGURE = 0.6  # what is left when a figure is asked for and none stands there
_NO_HOLDER = 0.5  # ... and when the holder of an office is asked for and nobody is named
_TOTAL_FOR_RATE = 0.75  # ... and when the amount for each is asked for and the sentence does not say it
_TOTAL_FOR_RATES = 0.5  # ... for each of two: "每人每月"
_YUAN = re.compile(r"\d[千百十万亿多余]*元")
_OTHERS_COUNTED = 0.55  # ... and when so many households are counted that the sentence does not name
_BEST = 3  # readings, among which a value left out tells that nobody is to fill it in
_MOST = 0.6  # of three or more nouns, by weight
_TELLING = 0.8  # a noun this close in weight to the most telling one is as telling
MONEY_NOUNS = frozenset(("补助", "补贴", "资金", "费用", "经费", "标准"))  # said by the kind of figure already
_DOCUMENTS = frozenset(
    "文件 材料 报告 总结 汇报 方案 通知 办法 公告 资料 细则".split()
)  # any document may be called so
_HOUSEHOLDS_SPOKEN_OF = 0.55  # a kind of households must be named: 监测 and 户 apart are not 监测户
_GROUP = re.compile(r"[一-鿿]{2}户|对象|家庭|人员|老人|学生|儿童|残疾|妇女|军人|村民|居民|职工|青年|大学生|农民")
_SPOKEN_OF = 0.45  # from here on a word counts as spoken of


def certainty(question: Question, reading: Reading, rarity: Rarity) -> float:
    """0..1: what the words found say, and how far the question's own wording stands there.

    What rules a sentence out (qa.exclusions) comes first. For a figure the thing itself must be named: the standard for
    another animal or item is not an answer.
    The shares were chosen by hand on development questions; `Settings.confidence` moves along the curve of
    false refusals against wrong answers.
    """
    if is_ruled_out(question, reading):
        return 0.0
    by_words = _by_words(question, reading, rarity)
    if not by_words or question.wants[0].kind in FIGURES:
        return _FIGURE_SHARE * by_words
    return (1 - _WORDING_SHARE) * by_words + _WORDING_SHARE * _by_wording(question, reading)


def certainties(question: Question, readings: Sequence[Reading], rarity: Rarity) -> list[float]:
    """The certainty of each reading, with what the trained reader says of the best window it was shown.

    Rules tell sentences apart, the trained reader questions: whether anything shown answers says more of each reading
    than whether its own window does. What rules out an answer stays ruled out, and figures go by rule alone: that of
    another thing, place or year looks like an answer to a model of this size.
    """
    gaps = [r for r in readings[:_BEST] if value_left_out(question, r)]
    by_rule = [0.0 if any(_says_no_more(r, gap) for gap in gaps) else certainty(question, r, rarity) for r in readings]
    answers = max((r.sighting.answers for r in readings if r.sighting), default=None)
    if answers is None or question.wants[0].kind in FIGURES:
        return by_rule
    return [(1 - _SIGHTING_SHARE) * c + _SIGHTING_SHARE * answers if c else 0.0 for c in by_rule]


def _says_no_more(reading: Reading, gap: Reading) -> bool:
    """Whether it is of the document that left the value out, and speaks of no more of the question than the gap does."""
    return reading.evidence.document.id == gap.evidence.document.id and reading.coverage <= gap.coverage


def _by_wording(question: Question, reading: Reading) -> float:
    """How much of the question's wording stands around the sentence, and how much in its document."""
    evidence = reading.evidence
    around = " ".join((evidence.head, evidence.headings, evidence.lead, evidence.before, evidence.text))
    whole = f"{evidence.head} {evidence.document.text}"
    return sum(Wording().scores(question.text, (around, whole))) / 2


def _by_words(question: Question, reading: Reading, rarity: Rarity) -> float:
    """How much of what the question speaks of is there, by weight; 0 for a figure of something else."""
    weights = word_weights(question, rarity)
    document = reading.evidence.document
    text = f"{document.metadata.title} {document.metadata.issuer or ''} {document.text}"
    total = sum(weights.values())
    in_document = sum(w * spoken_of(word, text) for word, w in weights.items()) / total if total else 1.0
    sure = _SHARES["score"] * reading.score + _SHARES["coverage"] * reading.coverage + _SHARES["document"] * in_document
    is_figure = question.wants[0].kind in FIGURES | {Kind.ORGANISATION}
    if (is_figure or question.wants[0].pattern is not None) and not reading.has_figure:
        return sure * (_NO_HOLDER if asks_who_holds(question.text) else _NO_FIGURE)
    sure *= _figure_share(question, reading.evidence.text)
    if _subject_named(question, reading, weights):
        return sure
    return 0.0 if is_figure else sure - _SUBJECT_MISSING


def _figure_share(question: Question, text: str) -> float:
    """What is left when the sentence has a figure of the kind asked for, but not plainly of what is asked about."""
    asked_for_each = question.text.count("每")  # "一年最多多少" need not be told as so much a year
    if any(w.rate is not None and not w.rate.search(text) for w in question.wants):
        if CELL_MARK not in text and all(m[0][-2:-1] in "万亿" for m in _YUAN.finditer(text)):
            return _TOTAL_FOR_RATES
        if asked_for_each:
            return _TOTAL_FOR_RATES if asked_for_each > 1 else _TOTAL_FOR_RATE
    households = [n for n in question.nouns if n.endswith("户") and any(w.unit == "户" for w in question.wants)]
    if households and all(spoken_of(n, text) < _HOUSEHOLDS_SPOKEN_OF for n in households):
        return _OTHERS_COUNTED
    return 1.0


def _subject_named(question: Question, reading: Reading, weights: dict[str, float]) -> bool:
    """Whether what is asked about is spoken of.

    What is raised or grown ("养羊") must stand around the sentence. Of three nouns and more it is enough that most are
    there; of fewer, the most telling one must stand around the sentence, another may stand elsewhere in the document.
    """
    nouns = [n for n in asked_of(question, reading.evidence, question.nouns) if n not in MONEY_NOUNS | _DOCUMENTS]
    if not nouns:  # "就业见习补贴": what tells it is a deed; one that the document never speaks of is not it
        words = asked_of(question, reading.evidence, question.words)
        return all(_presence(w, reading) for w in words if len(w) > 1 and w not in MONEY_NOUNS)
    presence = {n: _presence(n, reading) for n in nouns}
    if any(presence[n] < 1.0 for n in nouns if re.search(rf"[养种喂栽][殖植]?{n}", question.text)):
        return False
    if len(nouns) > 2 and _share(nouns, presence, weights) >= _MOST:
        return True
    most = max(weights[n] for n in nouns)
    telling = [n for n in nouns if weights[n] >= _TELLING * most]
    share = sum(presence[n] for n in telling) / len(telling)
    first = max(telling, key=lambda n: weights[n])
    return presence[first] == 1.0 and (share > 0.75 if len(telling) < 3 else share >= 0.5)


def _share(nouns: list[str], presence: dict[str, float], weights: dict[str, float]) -> float:
    return sum(weights[n] * presence[n] for n in nouns) / sum(weights[n] for n in nouns)


def _presence(noun: str, reading: Reading) -> float:
    """1 when the noun is spoken of around the sentence, or a rule's sentence names no group and the rule names this one."""
    if found_around(noun, reading.evidence) >= (_HOUSEHOLDS_SPOKEN_OF if noun.endswith("户") else _SPOKEN_OF):
        return 1.0
    document = reading.evidence.document
    if spoken_of(noun, document.text) < _SPOKEN_OF:
        return 0.0
    is_group = says_people(noun) and document.metadata.kind == "rule" and not _GROUP.search(reading.evidence.text)
    return 1.0 if is_group else 0.5
