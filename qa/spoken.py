"""Whether a text speaks of a word: as it stands, by a synonym, by its parts, or by a number written otherwise."""

from __future__ import annotations

import re
from functools import lru_cache

from ingest.numerals import NUMERAL, to_int
from qa.evidence import Evidence
from qa.thesaurus import synonyms

_NEAR = {"lead": 0.8, "headings": 0.85, "head": 0.55, "before": 0.6}  # a word found there, not in the sentence itself
_SYNONYM = 0.85  # for another word for the same
_MAX_HEADED_CHARS = 3  # of a compound that ends in the word looked for
_ROMAN, _GRADES = "ⅠⅡⅢⅣⅤ", ("级", "类", "档")
_NUMERAL = re.compile(rf"(第?)([{NUMERAL}]+)([㐀-鿿]*)")
_ACTS = frozenset("交缴买购卖售报领办批管建修种养送发放收罚补查评选聘招投花用")  # 建: 建成, 建设; a 马 is no 马铃薯


def found_around(word: str, evidence: Evidence) -> float:
    """0..1: how surely the sentence, or failing it what stands around it, speaks of `word`."""
    around = (share * spoken_of(word, getattr(evidence, name)) for name, share in _NEAR.items())
    return max(spoken_of(word, evidence.text), *around)


def spoken_of(word: str, text: str) -> float:
    """0..1: how surely `text` speaks of `word`: 1 it stands there, less for a synonym or a part of it."""
    if len(word) == 1:
        return _single_spoken_of(word, text)
    if word in text or any(figure in text for figure in in_digits(word)):
        return 1.0
    if any(s in text for s in synonyms(word)):
        return _SYNONYM
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
    return _SYNONYM if any(s in text for s in synonyms(word) if len(s) > 1) else 0.0


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
