"""Reading without a language model: which sentence answers, and how surely."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ingest.numerals import NUMERAL, to_int
from ingest.sentences import CELL_MARK, clause_spans
from ingest.title import plain_title
from qa.evidence import Evidence
from qa.plans import only_aims
from qa.question import Question, place_stem
from qa.scope import fit
from qa.thesaurus import synonyms
from qa.want import FIGURES, Kind

Rarity = Callable[[str], float]  # how telling a word is: 0 and up

_NEAR = {"lead": 0.8, "headings": 0.85, "head": 0.55, "before": 0.6}  # a word found there, not in the sentence itself
_NO_FIGURE = 0.45  # what is left of a score when the kind of figure asked for is not in the sentence
_TOTAL_FOR_RATE = 0.7  # ... and when the amount for each is asked for and only a total is said
_OTHER_THINGS = 0.75  # ... and when so many of something else are counted there
_NO_SUM = 0.85  # ... and when a sum is asked for and the sentence calls nothing one
_PART_FOR_WHOLE = 0.9  # ... and when only the parts of a sum are told
_SOME_OF = 0.85  # ... and when only some of what is counted is
_ONLY_AIMED_AT = 0.75  # ... and when what was reached is asked for and the sentence tells an aim
_OTHER_EVENT = 0.75  # ... and when the day of one thing is asked for and the sentence does not speak of that
_OTHER_FORM = 0.85  # ... and when a list, a decision or a way is asked for and the sentence has not its form
_SAYS_LITTLE = 0.8  # ... and when it is too short to say how things are
_CLOSENESS_SHARE = 0.35  # of a score that hangs on the subject standing close to the figure
# Of the passage's retrieval score in a sentence's: where a figure is asked for, and else.
_RELEVANCE_SHARES = (0.25, 0.4)
_NOT_A_NOUN = 0.75  # verbs and the like say less of the subject
_RARE = 3.0  # rarer than this, a verb is only worded otherwise in the documents
_LEAST_WEIGHT = 0.3  # of the commonest subject word
_BEHIND_CHARS = 3  # between a noun and the figure right behind it
_BEHIND_SHARE = 0.25
_MAX_HEADED_CHARS = 3  # of a compound that ends in the word looked for
_TITLE_CHARS = 6  # a shorter title may be any words
_FIGURE = re.compile(
    r"(?<![\d(（第])(?!(?:19|20)\d{2}(?!\d))\d+(?![.、)）\d])(?=.*。)|百分之"
)  # no year and no number of a heading
_SUM = re.compile(r"合计|共计|总计|总额|共|累计")
_BELOW = re.compile(r"不足|不到|低于|未满|未达")
_ROMAN, _GRADES = "ⅠⅡⅢⅣⅤ", ("级", "类", "档")
_NUMERAL = re.compile(rf"(第?)([{NUMERAL}]+)([㐀-鿿]*)")
_ACTS = frozenset("交缴买购卖售报领办批管建修种养送发放收罚补查评选聘招投花用")  # 建: 建成, 建设; a 马 is no 马铃薯
_LITTLE_CHARS = 12
_EVENT_CHARS = 5
_WHEN = re.compile(r"什么时[候间]|何时|哪一?[天年月日]|几[月号]|几点")
_DECIDES = re.compile(
    r"不|未|无|免|禁止|严禁|停止|暂停|取消|可以?|应当?|必?须|需要?|允许|准|能|视为|方可|才|均|都|已|有"
)
_TELLS_HOW = re.compile(
    r"向|通过|持|凭|携带?|提交|提出|登录|拨打|申[请报领]|办理|流程|程序|步骤|按照?|采取|采用|实行|建立|组织|开展|先|后|因|由于|为|以|对|将"
)
_NEWLY = "新(?:识别|增加?|纳入|认定)的?"
_LISTED = re.compile(r"[、；;]|[一二三四五六七八九]是|[（(][一二三四五六七八九\d][)）]|[①-⑨]")
_RUN_ON = re.compile(r"[（(]?[一1①](?:是|[)）、.．]|)(?=\D)")
_COMMA = re.compile(r"[,，;；:：。]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What the trained reader says of a sentence, see qa.second_reading.

    `answers`: 0..1, that the answer stands in the words around it; `share`: 0..1, how much of that stands in this
    sentence and not in another; `start`, `end`: the part of the sentence, in the document's text, that it takes for it.
    """

    answers: float
    share: float
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A sentence judged against the question. All numbers lie in 0..1.

    `coverage`: share of the question's subject words, by how telling they are, that the sentence and its
    surroundings speak of; `scope`: see qa.scope; `score`: all of it together, comparable across questions.
    """

    evidence: Evidence
    coverage: float
    scope: float
    has_figure: bool
    score: float
    sighting: Sighting | None = None  # where the trained reader was asked
    score_by_rule: float  # the score without what the trained reader says


def read(question: Question, evidence: Sequence[Evidence], rarity: Rarity) -> list[Reading]:
    """Every sentence judged, best first."""
    weights = word_weights(question, rarity)
    readings = [_judge(question, e, weights) for e in evidence if not _is_heading(e)]
    return sorted(readings, key=lambda r: (-r.score, r.evidence.document.id, r.evidence.start))


def word_weights(question: Question, rarity: Rarity) -> dict[str, float]:
    """How much each subject word counts."""
    weights = {}
    for word in question.words:
        weight = max(rarity(word), _LEAST_WEIGHT)
        weights[word] = weight if word in question.nouns else _NOT_A_NOUN * min(weight, _RARE)
    return weights


def found_around(word: str, evidence: Evidence) -> float:
    """0..1: how surely the sentence, or failing it what stands around it, speaks of `word`."""
    around = (share * spoken_of(word, getattr(evidence, name)) for name, share in _NEAR.items())
    return max(spoken_of(word, evidence.text), *around)


def asked_of(question: Question, evidence: Evidence, words: Iterable[str]) -> list[str]:
    """Those of the question's words that tell one sentence of the document from another.

    Where the question says the document's title, with or without 《》, the title's words only choose the document.
    """
    words = list(words)
    title = re.sub(r"[（(][^（）()]{1,12}[)）]$", "", plain_title(evidence.document.metadata.title))  # "（试行）"
    if len(title) < _TITLE_CHARS or title not in re.sub(r"[\s《》〈〉“”]", "", question.text):
        return words
    return [w for w in words if w not in title] or words


def _judge(question: Question, evidence: Evidence, weights: dict[str, float]) -> Reading:
    text = evidence.text
    weights = {w: weights[w] for w in asked_of(question, evidence, weights)}
    found = {w: found_around(w, evidence) for w in weights}
    total = sum(weights.values())
    coverage = sum(weights[w] * found[w] for w in weights) / total if total else 1.0
    has_figure, near = _figure(question, text, {w: weights[w] for w in weights if found[w] > 0})
    scope = fit(evidence, question)
    closeness = 1 - _CLOSENESS_SHARE * (1 - near)
    score = coverage * closeness * scope * (1.0 if has_figure else _NO_FIGURE)
    patterned = question.wants[0].kind in FIGURES
    if any(w.rate is not None and not w.rate.search(text) for w in question.wants):
        score *= _TOTAL_FOR_RATE
    if any(w.things is not None and not w.things.search(text) for w in question.wants):
        score *= _OTHER_THINGS
    if "合计" in question.text and not _SUM.search(text):
        score *= _NO_SUM
    if text.startswith("其中") and any(spoken_of(n, text) < 1.0 for n in weights if n in question.nouns):
        score *= _PART_FOR_WHOLE
    if question.wants[0].kind is Kind.COUNT and any(_is_some_of(n, question, text) for n in question.nouns):
        score *= _SOME_OF
    if has_figure and patterned and only_aims(question, evidence):
        score *= _ONLY_AIMED_AT
    score *= _form_share(question.wants[0].kind, evidence)
    if (event := _event(question)) and found_around(event, evidence) == 0.0:
        score *= _OTHER_EVENT
    share = _RELEVANCE_SHARES[question.wants[0].kind not in FIGURES]
    score = (1 - share) * score + share * evidence.relevance * min(scope, 1.0)
    return Reading(
        evidence=evidence, coverage=coverage, scope=scope, has_figure=has_figure, score=score, score_by_rule=score
    )


def _is_some_of(noun: str, question: Question, text: str) -> bool:
    """Whether the text speaks only of some of what is asked for: "未消除风险的监测户" for a question about 监测户."""
    at = text.find(noun)
    if at > 0 and text[at - 1] == "的" and f"的{noun}" not in question.text:
        return True
    new = any(re.search(rf"{_NEWLY}{re.escape(word)}", text) for word in (noun, *synonyms(noun)))
    return new and not re.search(_NEWLY, question.text)


def _event(question: Question) -> str:
    """What is asked to have happened, or to happen, when: the word right behind "什么时候"; "" when there is none."""
    asked = _WHEN.search(question.text) if question.wants[-1].kind is Kind.DATE else None
    after = question.text[asked.end() : asked.end() + _EVENT_CHARS] if asked else ""
    return next((w for w in question.words if len(w) > 1 and w in after), "")


def _form_share(kind: Kind, evidence: Evidence) -> float:
    """What is left of a score when a sentence has not the form of such an answer; 1 when it has, or any form will do."""
    if kind in FIGURES or kind is Kind.ORGANISATION or CELL_MARK in evidence.text:
        return 1.0
    if kind is Kind.LIST and not _lists(evidence):
        return _OTHER_FORM
    if (kind is Kind.YES_NO and not _DECIDES.search(evidence.text)) or (
        kind is Kind.METHOD and not _TELLS_HOW.search(evidence.text)
    ):
        return _OTHER_FORM
    return _SAYS_LITTLE if len(evidence.text) < _LITTLE_CHARS and not _COMMA.search(evidence.text[:-1]) else 1.0


def _lists(evidence: Evidence) -> bool:
    """Whether the sentence names several things, or opens a list that follows."""
    text = evidence.text.rstrip()
    after = evidence.document.text[evidence.end : evidence.end + 12].lstrip()
    return len(_LISTED.findall(text)) > 1 or text.endswith((":", "：")) or _RUN_ON.match(after) is not None


def spoken_of(word: str, text: str) -> float:
    """0..1: how surely `text` speaks of `word`: 1 it stands there, less for a synonym or a part of it."""
    if len(word) == 1:
        return _single_spoken_of(word, text)
    if word in text or any(figure in text for figure in in_digits(word)):
        return 1.0
    if any(s in text for s in synonyms(word)):
        return 0.85
    if len(word) < 3:
        return 0.0
    return 0.7 * sum(len(part) for part in _parts_of(word) if part in text) / len(word)


def _single_spoken_of(word: str, text: str) -> float:
    """For one character: it must be a word or the head of one ("肉牛"), for "马" does not stand in "马铃薯"."""
    if word not in text and not any(s in text for s in synonyms(word)):
        return 0.0
    short = [w for w in _words_of(text) if len(w) <= _MAX_HEADED_CHARS]
    if any(w.endswith(word) or (word in _ACTS and w.startswith(word)) for w in short):
        return 1.0
    return 0.85 if any(s in text for s in synonyms(word) if len(s) > 1) else 0.0


@lru_cache(maxsize=4096)
def in_digits(word: str) -> tuple[str, ...]:
    """How a number that is written out may stand in digits: "三个" as 3个, "六千块" as 6000块 and 6000元, "三级" as Ⅲ级."""
    written = _NUMERAL.fullmatch(word)
    number = to_int(written[2]) if written else None
    if written is None or number is None or len(word) < 2:
        return ()
    first, rest = f"{written[1]}{number}", written[3]
    if rest.startswith("块"):
        return first + rest, first + "元"
    if rest[:1] in _GRADES and 0 < number <= len(_ROMAN):
        return first + rest, _ROMAN[number - 1] + rest
    return (first + rest,)


@lru_cache(maxsize=4096)
def _parts_of(word: str) -> tuple[str, ...]:
    """The words within a compound ("岗位|补贴"), or its pairs of characters where there are none."""
    import rjieba

    words = tuple(w for w in rjieba.cut_for_search(word) if 2 <= len(w) < len(word))
    return words or tuple(word[i : i + 2] for i in range(0, len(word) - 1, 2))


@lru_cache(maxsize=4096)
def _words_of(text: str) -> frozenset[str]:
    import rjieba

    return frozenset(rjieba.cut(text, hmm=False))


def _figure(question: Question, text: str, weights: dict[str, float]) -> tuple[bool, float]:
    """Whether the kinds of figure asked for stand in the sentence, and how much of the subject stands close to one.

    All kinds asked for must be there for the full share; right behind a noun of the question is closest.
    """
    patterns = [w.pattern for w in question.wants if w.pattern is not None]
    if not patterns:
        return True, 1.0
    found = [[m for m in p.finditer(text) if _is_told(m, question, text)] for p in patterns]
    there, spots = [bool(f) for f in found], [m for f in found for m in f]
    if not spots or sum(there) * 2 < len(patterns):
        return False, 0.0
    total = sum(weights.values())
    if not total:
        return True, 0.0
    near = max(_share_near(text, m.start(), m.end(), weights) for m in spots) / total
    behind = any(
        n in text[max(0, m.start() - len(n) - _BEHIND_CHARS) : m.start()] for m in spots for n in question.nouns
    )
    return True, sum(there) / len(there) * (near if behind else (1 - _BEHIND_SHARE) * near)


def _is_told(figure: re.Match[str], question: Question, text: str) -> bool:
    """Whether a figure is told, and is neither in the question nor one that something stays below ("不足10万元的村")."""
    below = _BELOW.search(text, max(0, figure.start() - 4), figure.start())
    return figure.group() not in question.text and (below is None or _BELOW.search(question.text) is not None)


def _share_near(text: str, start: int, end: int, weights: dict[str, float]) -> float:
    """Weight of the words in the clause of text[start:end] or the one before it."""
    marks = [m.end() for m in _COMMA.finditer(text, 0, start)]
    from_ = marks[-2] if len(marks) >= 2 else 0
    after = _COMMA.search(text, end)
    window = text[from_ : after.start() if after else len(text)]
    return sum(weight * spoken_of(word, window) for word, weight in weights.items())


def _is_heading(evidence: Evidence) -> bool:
    """Whether the sentence is only a heading: it names a subject and says nothing of it."""
    text = evidence.text
    if CELL_MARK in text or re.search(r"[:：]\s*\S", text) or (text.endswith("。") and _FIGURE.search(text)):
        return False
    if text in evidence.document.metadata.title:
        return True
    path = evidence.document.path_at(evidence.start)
    return bool(path) and text.rstrip("。：: ") == path[-1].rstrip("。：: ") and len(text) <= 40


def best_clauses(question: Question, reading: Reading, rarity: Rarity, max_chars: int) -> tuple[int, int]:
    """The span to show as the answer: the sentence, or of one longer than `max_chars` the run of clauses that answers."""
    evidence = reading.evidence
    text = evidence.document.text
    if evidence.end - evidence.start <= max_chars:
        return evidence.start, evidence.end
    clauses = clause_spans(text, evidence.start, evidence.end)
    weights = word_weights(question, rarity)
    best = max(range(len(clauses)), key=lambda i: _clause_score(question, text[slice(*clauses[i])], weights))
    start, end = clauses[best]
    while best + 1 < len(clauses) and clauses[best + 1][1] - start <= max_chars // 2:
        best += 1
        end = clauses[best][1]
    return start, end


def _clause_score(question: Question, clause: str, weights: dict[str, float]) -> float:
    has_figure, near = _figure(question, clause, weights)
    covered = sum(weight * spoken_of(w, clause) for w, weight in weights.items()) / (sum(weights.values()) or 1.0)
    covered += any(place_stem(p) in clause for p in question.places)
    wanted = any(w.kind in (Kind.LIST, Kind.METHOD, Kind.ANY, Kind.YES_NO) for w in question.wants)
    return covered + (0.5 * near if has_figure and not wanted else 0.0)
