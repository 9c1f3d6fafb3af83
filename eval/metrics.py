"""What is measured of one answer. Every measure is a number of one question; a table shows their means.

A measure is left out for a question that it says nothing of, and only for that: an answer that is missing is a miss.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from eval.cases import Case, Piece, plain, stem
from qa.answer import Answer, Citation, Outcome
from qa.verify import MARK, sentences, unsupported

MAX_ANSWER_CHARS = 400  # a longer answer is no hit: handing over the whole document is not answering
_SENTENCE_CHARS = 30  # a gold answer longer than this is looked for sentence by sentence
_TELLING_CHARS = 8  # a text this long is not met by chance in another document
_SINGLE_SOURCE = frozenset(("standard", "fact", "scope"))
_ANY_MARK = re.compile(r"\[\d+\]")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_TELLING_FIGURE = re.compile(r"(?<![\d.])(?!(?:19|20)\d{2}年)\d+(?:\.\d+)?(?![\d.])")  # a year alone tells nothing
_SENTENCE_END = re.compile(r"[。！？!?；;\n]")
_NUMBERED = re.compile(r"[㐀-鿿][〔\[(【](?:19|20)\d{2}[〕\])】](?:第)?\d{1,5}号")
_DAY = re.compile(r"\d{4}年\d{1,2}月(?:\d{1,2}日)?|\d{4}-\d{1,2}-\d{1,2}")
_PLACE_SUFFIX = re.compile(r"(?:自治区|自治州|自治县|街道|[省市盟县旗区镇乡村])$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """How a measure is shown."""

    label: str
    lower_is_better: bool = False
    is_share: bool = True  # shown in per cent


MEASURES: Mapping[str, Measure] = {
    "hit": Measure(label="答对"),
    "rouge_l": Measure(label="ROUGE-L"),
    "first_document": Measure(label="首条出处对"),
    "evidence": Measure(label="引到依据"),
    "no_other_document": Measure(label="未引他文"),
    "citation_precision": Measure(label="引文准确"),
    "citation_recall": Measure(label="引文完整"),
    "figures": Measure(label="数字有据"),
    "numbers": Measure(label="数字在引文中"),
    "verbatim": Measure(label="引文逐字"),
    "refusal": Measure(label="拒答"),
    "false_refusal": Measure(label="误拒", lower_is_better=True),
    "wrong_place": Measure(label="错地作答", lower_is_better=True),
    "false_answer": Measure(label="误信假答案", lower_is_better=True),
    "seconds": Measure(label="用时（秒）", lower_is_better=True, is_share=False),
}


def measure(case: Case, answer: Answer | None, *, verbatim: bool, is_placed: bool) -> dict[str, float]:
    """The measures of one answer, by their key in MEASURES; None is an answer that did not come.

    `verbatim` says whether all its quotes stand in their documents, `is_placed` whether the question names a place.
    """
    values: dict[str, float | None] = {}
    said = answer is not None and answer.outcome is not Outcome.NO_EVIDENCE
    if answer is not None:
        values["seconds"] = answer.seconds
        if said:
            values["figures"] = figures_supported(answer)
            values["numbers"] = numbers_quoted(answer)
            values["verbatim"] = bool(answer.citations) and verbatim
    if is_placed and (case.documents or case.should_refuse):
        values["wrong_place"] = said and not _first_shown_is_gold(case, answer)
    if case.should_refuse:
        values["refusal"] = answer is not None and not said
        return _numbers(values)
    values["hit"] = is_hit(case, answer) if case.ways else None
    values["rouge_l"] = best_rouge_l(case, answer) if case.references else None
    values["false_refusal"] = answer is not None and not said
    citations = answer.citations if answer else ()
    if case.documents:
        values["first_document"] = bool(citations) and stem(citations[0].source) in case.documents
        if case.kind in _SINGLE_SOURCE and citations:
            values["no_other_document"] = all(stem(c.source) in case.documents for c in citations)
    if case.evidence:
        values["evidence"] = any(plain(e) in plain(c.quote) for e in case.evidence for c in citations)
    shown = [c for c in citations if not c.nearest]
    values["citation_precision"] = citation_precision(case, shown)
    values["citation_recall"] = citation_recall(case, shown)
    if case.false_answers:
        values["false_answer"] = said and _says_false(case, answer)
    return _numbers(values)


# --- the answer's text ---


def bare(text: str) -> str:
    """An answer's text as it is compared: without marks and spaces."""
    return plain(_ANY_MARK.sub("", text))


def is_hit(case: Case, answer: Answer | None) -> bool:
    """Whether the answer says all pieces of one right way, and is short enough to be an answer."""
    if answer is None or answer.outcome is Outcome.NO_EVIDENCE:
        return False
    text = bare(answer.text)
    hit = any(all(any(plain(w) in text for w in piece) for piece in way) for way in case.ways)
    if case.needs_several_documents:
        hit = hit and len({stem(c.source) for c in answer.citations} & set(case.documents)) > 1
    return hit and len(text) <= MAX_ANSWER_CHARS


def best_rouge_l(case: Case, answer: Answer | None) -> float:
    """ROUGE-L against the reference that fits best; 0 for a refusal."""
    if answer is None or answer.outcome is Outcome.NO_EVIDENCE:
        return 0.0
    return max((rouge_l(bare(answer.text), plain(r)) for r in case.references), default=0.0)


def rouge_l(a: str, b: str) -> float:
    """F1 of the longest common subsequence of characters, 0..1."""
    common = _common_subsequence(a, b)
    if not common:
        return 0.0
    precision, recall = common / len(a), common / len(b)
    return 2 * precision * recall / (precision + recall)


def _common_subsequence(a: str, b: str) -> int:
    """Length of the longest common subsequence, bit-parallel over `a` (Hyyrö 2004): a zero bit is a match."""
    where: dict[str, int] = {}
    for i, character in enumerate(a):
        where[character] = where.get(character, 0) | 1 << i
    full = (1 << len(a)) - 1
    row = full
    for character in b:
        match = row & where.get(character, 0)
        row = ((row + match) | (row - match)) & full
    return len(a) - row.bit_count()


def _says_false(case: Case, answer: Answer | None) -> bool:
    text = bare(answer.text) if answer else ""
    return any(plain(f) in text for f in case.false_answers) and not is_hit(case, answer)


# --- figures and quotes ---


def figures_supported(answer: Answer) -> bool:
    """Every figure, date and 文号 of a sentence stands in a quote that this sentence cites."""
    shown = [c for c in answer.citations if not c.nearest]
    return all(not unsupported(s, shown) and _whole_names_quoted(s, shown) for s in sentences(answer.text))


def _whole_names_quoted(sentence: str, shown: Sequence[Citation]) -> bool:
    """Dates and 文号 as a whole: their figures alone could come from different places of a quote."""
    marks = {int(m) for m in MARK.findall(sentence)}
    quotes = [plain(c.quote) for c in shown if c.number in marks]
    text = plain(MARK.sub("", sentence))
    return all(any(name in q for q in quotes) for name in (*_NUMBERED.findall(text), *_DAY.findall(text)))


def numbers_quoted(answer: Answer) -> bool:
    """Every number of the answer stands in some quote: a looser check that takes nothing from qa."""
    have = set(_NUMBER.findall("".join(plain(c.quote) for c in answer.citations)))
    return all(n in have for n in _NUMBER.findall(bare(answer.text)))


def quotes_verbatim(answer: Answer, text_of: Callable[[str], str]) -> bool:
    """Every quote, the nearest ones too, is what its document says at that place."""
    return all(text_of(c.document_id)[c.start : c.end] == c.quote for c in answer.citations)


# --- citations ---


def citation_precision(case: Case, shown: Sequence[Citation]) -> float | None:
    """The share of cited quotes that carry the answer; None when nothing is cited."""
    return sum(carries(case, c) for c in shown) / len(shown) if shown else None


def carries(case: Case, citation: Citation) -> bool:
    """Whether a quote carries the answer: it holds gold evidence long enough not to be met by chance (or is part of
    it), or comes from a gold document and says evidence, answer or one of their figures."""
    quote = plain(citation.quote)
    evidence = [plain(t) for t in (*case.evidence, *case.references)]
    if any(len(e) >= _TELLING_CHARS and e in quote for e in evidence):
        return True
    if len(quote) >= _TELLING_CHARS and any(quote.rstrip("。；;") in e for e in evidence):
        return True
    if case.documents and stem(citation.source) not in case.documents:
        return False
    wordings = [w for way in case.ways for piece in way for w in piece]
    if any(holds(quote, text) for text in (*wordings, *evidence)):
        return True
    gold = {f for text in (*wordings, *evidence) for f in _TELLING_FIGURE.findall(plain(text)) if len(f) > 1}
    return bool(gold & set(_TELLING_FIGURE.findall(quote)))


def citation_recall(case: Case, shown: Sequence[Citation]) -> float | None:
    """The share of the gold's pieces found in some cited quote: of the right way that is best found, each piece; and
    the evidence, where it is no more than the answer again, not twice. None for free text without evidence."""
    quotes = [plain(c.quote) for c in shown]
    ways = [[_found(piece, quotes) for piece in way] for way in case.ways]
    best = max(ways, key=lambda found: sum(found) / len(found), default=[])
    wordings = {plain(w) for way in case.ways for piece in way for w in piece}
    has_own_evidence = not any(plain(e) in w for e in case.evidence for w in wordings)
    pieces = [*best, _found(case.evidence, quotes)] if case.evidence and has_own_evidence else best
    return sum(pieces) / len(pieces) if pieces else None


def holds(text: str, part: str) -> bool:
    """Whether the part stands in the text; a figure at its edge must be whole there: "10" is not in "1005亩"."""
    part = plain(part)
    before = r"(?<![\d.])" if part[:1].isdigit() else ""
    after = r"(?!\.?\d)" if part[-1:].isdigit() else ""
    return bool(part) and re.search(before + re.escape(part) + after, text) is not None


def _found(piece: Piece, quotes: Sequence[str]) -> float:
    """How much of a piece the quotes hold, 0..1: of a long one, the share of its sentences."""

    def share(wording: str) -> float:
        parts = [p for p in _SENTENCE_END.split(wording) if plain(p)] if len(wording) > _SENTENCE_CHARS else [wording]
        return sum(any(holds(q, p) for q in quotes) for p in parts) / len(parts)

    return max((share(w) for w in piece), default=0.0)


# --- places ---


def names_place(case: Case, places: Collection[str]) -> bool:
    """Whether the question names one of the places, with or without its suffix; scope questions do by their kind."""
    question = plain(case.question)
    return case.kind == "scope" or case.place is not None or any(name in question for p in places for name in _names(p))


def _names(place: str) -> tuple[str, ...]:
    short = _PLACE_SUFFIX.sub("", place)
    return (place, short) if len(short) >= 2 else (place,)


def _first_shown_is_gold(case: Case, answer: Answer | None) -> bool:
    shown = [c for c in answer.citations if not c.nearest] if answer else []
    return bool(shown) and stem(shown[0].source) in case.documents


def _numbers(values: Mapping[str, float | None]) -> dict[str, float]:
    return {key: float(values[key] or 0) for key in MEASURES if values.get(key) is not None}
