"""Whether a sentence speaks of the place and the year that were asked about."""

from __future__ import annotations

import re
from functools import lru_cache

from ingest.document import Document, Metadata
from ingest.place import Place, find_places, level_of
from ingest.sentences import CELL_MARK
from qa.evidence import Evidence
from qa.question import Question, months_in, place_stem
from qa.want import Kind

_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?=\s*年|[-/.]\d)")
_COMPARED = re.compile(r"(?:较|比|与|同)[^,，。;；]{0,4}?(?:19|20)\d{2}年")  # "较2023年底增加": the year compared with
_SET_FOR = re.compile(  # the year for which a rule sets a figure: "2023年为每亩75元"
    r"(?:^|[。；;]|条)\s*((?:19|20)\d{2})年度?(?!\d)(?=[^,，。;；月]{0,16}(?:安排|投入|下达|计划|预算)[^,，。;；月]{0,12}\d)|"
    r"((?:19|20)\d{2})年度?(?:[^\d,，。;；:：月日前底起以]{0,8}标准)?(?=(?:仍|均|都|统一)?(?:为|以|按|是|调整为)[^,，。;；]{0,12}\d)"
)
_UNNAMED = re.compile(
    r"(?:某|另一个?)(?:县|区|乡镇?|镇|街道|村)(?![^,，。]{0,2}某)"
)  # of another place, whose name is kept back
_SUMMED_UP = 0.45  # a figure for several places is that of none
_SETS = re.compile(
    r"每|一[户人亩村]|最[多少高低]|至少|不[少超低高]|以[上内下]|条件|要求|需要?|标准|配备|上限|限额|年龄|岁"
)
_LEVELS = ("province", "city", "county", "town", "village")
_SUMS_UP = re.compile(r"全[省市县区镇乡]|\d+个(?:行政)?村|\d+个乡镇|各[村乡镇]")  # a figure of a wider place
_OWN = re.compile(r"[我本全][镇乡村]")
_PART_OF_YEAR = 0.9  # for a report of half a year where a year is asked about
_WHOLE_YEAR_AIMED_AT = re.compile(
    r"全年(?=[^,，。;；]{0,4}(?:安排|计划|任务|目标|预算|下达))"
)  # "占全年任务的61%": of half a year
_TOPIC_CHARS = 15  # a place named this soon in a paragraph is its topic
_REACH_CHARS = 600  # a place named this far back, or in the same section, may still be the one spoken of
_RULES = ("rule", "notice", "interpretation", "plan")


def fit(evidence: Evidence, question: Question) -> float:
    """How surely the sentence lies in the question's scope: 1 it says so, 0 it speaks of another place or year."""
    return (
        place_fit(evidence, question)
        * year_fit(evidence, question.years)
        * document_fit(evidence, question)
        * level_fit(evidence, question)
        * period_fit(evidence, question)
    )


def place_fit(evidence: Evidence, question: Question) -> float:
    """0..1 for all the places asked about; the narrowest counts in full, the wider ones only if contradicted.

    A rule of a county holds in its towns, a little less surely than the town's own.
    """
    if not question.places:
        return 1.0
    narrow = max(question.places, key=_depth)
    result = _one_place(evidence, narrow)
    for place in question.places:
        if place != narrow:
            result *= max(_one_place(evidence, place), 0.7)
    metadata = evidence.document.metadata
    if metadata.place in question.outer and metadata.kind in _RULES and not _asks_what_there_is(question):
        return max(result, 0.55 if _says_of_it(evidence, question, narrow) else 0.85)
    return result


def _asks_what_there_is(question: Question) -> bool:
    """Whether so many households, people or mu there are is asked for: no rule of a wider place says it."""
    asked = question.wants[0]
    return asked.kind is Kind.COUNT and asked.unit in ("户", "人", "名", "亩", "") and not _SETS.search(question.text)


def _says_of_it(evidence: Evidence, question: Question, place: str) -> bool:
    """Whether a sum or a number is asked for, and the document gives those of the place elsewhere."""
    asked = question.wants[0]
    return asked.kind in (Kind.MONEY, Kind.COUNT) and asked.rate is None and place_stem(place) in evidence.document.text


def year_fit(evidence: Evidence, years: tuple[int, ...]) -> float:
    """0..1: whether the sentence speaks of one of the years asked about; 1 when none was."""
    return max((_one_year(evidence, y) for y in years), default=1.0)


def document_fit(evidence: Evidence, question: Question) -> float:
    """1 when the document bears the title or 文号 asked about, less when it only cites it; 1 when none was."""
    if not question.titles and not question.numbers:
        return 1.0
    document = evidence.document
    number = same_number(document.metadata.document_number or "")
    if any(t in document.metadata.title for t in question.titles) or number in map(same_number, question.numbers):
        return 1.0
    text = same_number(document.text)
    cited = (*question.titles, *map(same_number, question.numbers))
    return 0.9 if any(c in same_number(evidence.text) for c in cited) else 0.7 if any(c in text for c in cited) else 0.4


def same_number(text: str) -> str:
    """文号 in one spelling: brackets of all shapes as 〔 〕."""
    return text.translate(_BRACKETS)


_BRACKETS = str.maketrans("[](){}（）【】﹝﹞", "〔〕〔〕〔〕〔〕〔〕〔〕")


def level_fit(evidence: Evidence, question: Question) -> float:
    """1 unless the question asks for a county (or town ...) as a whole and the document is of another level."""
    home = home_of(evidence.document)
    if question.level is None or home is None or question.places:  # "县里来松溪镇检查": the town is asked about
        return 1.0
    if level_of(home) in (None, question.level):
        return 0.5 if _row_of_a_part(evidence.text, question.level) else 1.0
    own = evidence.document.metadata.place is not None and not re.search(r"全[省市县旗]", evidence.text)
    return 0.4 if own or (_OWN.search(evidence.text) and question.level != "town") else 0.6


def _row_of_a_part(text: str, level: str) -> bool:
    """Whether it is a table row that gives the figures of a narrower place."""
    depth = _LEVELS.index(level)
    first = text.split(CELL_MARK)[0] if CELL_MARK in text else ""
    return any(_LEVELS.index(p.level) > depth for p in find_places(first))


def period_fit(evidence: Evidence, question: Question) -> float:
    """1 unless the question asks for a part of the year and the sentence, or else its report, is of another part.

    A report of a part of the year is a little less sure for a question about the whole.
    """
    if not question.months:
        half = months_in(evidence.document.metadata.title) - {0, 12}
        return _PART_OF_YEAR if question.years and half and not months_in(evidence.text) else 1.0
    text = _WHOLE_YEAR_AIMED_AT.sub("", evidence.text)
    said = months_in(text) or (months_in(evidence.before) if CELL_MARK in evidence.text else frozenset())
    said = said or months_in(evidence.document.metadata.title)
    return 1.0 if not said or said & question.months else 0.45


def names_place(document: Document, place: str) -> bool:
    """Whether the document names the place at all."""
    stem = place_stem(place)
    return stem in document.text or stem in document.metadata.title or stem in (document.metadata.issuer or "")


def home_of(document: Document) -> str | None:
    """The place the document as a whole speaks of: stated, or the town or county that clearly prevails in it."""
    return document.metadata.place or _prevailing(document)


def _one_place(evidence: Evidence, place: str) -> float:
    stem = place_stem(place)
    document = evidence.document
    if stem in evidence.text:
        return _SUMMED_UP if _is_summed_up(evidence.text, stem) else 1.0
    if _names_another(evidence.text, place, document) or _UNNAMED.search(evidence.text):
        return 0.1
    if stem in evidence.headings or stem in evidence.lead:
        return 1.0
    if stem in evidence.head or ((home := home_of(document)) and (stem in home or home in place)):
        return 0.75 if _narrower_places(evidence, place) else 1.0
    if stem in evidence.before:
        return 0.95
    if stem not in document.text or _names_another(evidence.lead + evidence.headings, place, document):
        return 0.0
    if _SUMS_UP.search(evidence.text):
        return 0.1
    return 0.6 if _still_spoken_of(document, evidence.start, place) else 0.3


def _is_summed_up(text: str, stem: str) -> bool:
    """Whether the place stands in a row of several, without a figure of its own, and one figure is given for them all."""
    if re.search(rf"{re.escape(stem)}[^、,，。;；\d]{{0,10}}\d", text):
        return False
    row = rf"[^,，。;；\d]*{re.escape(stem)}[^,，。;；\d]*[,，]?(?:一共|共计?|合计|总)[^,，。;；\d]{{0,8}}\d"
    summed = re.search(row, text)
    return summed is not None and "、" in summed[0] and len(find_places(summed[0])) > 1


def _names_another(text: str, place: str, document: Document) -> bool:
    """Whether the text names a place of the same level as the one asked about."""
    level = level_of(place)
    if level is None:
        return False
    known = (p.name for p in document.places if p.level == level)
    return any(p.level == level and p.name != place for p in find_places(text)) or any(
        name in text and name not in place and place not in name for name in known
    )


def _narrower_places(evidence: Evidence, place: str) -> bool:
    """Whether the sentence names places within the one asked about ("北山村" for a question about its town)."""
    depth = _depth(place)
    return any(_LEVELS.index(p.level) > depth for p in find_places(evidence.text))


def _depth(place: str) -> int:
    level = level_of(place)
    return _LEVELS.index(level) if level else 0


def _prevailing(document: Document) -> str | None:
    """The town (else county) that is named alone or at least twice as often as any other of its level."""
    for level in ("town", "county"):
        named = [p for p in document.places if p.level == level][:2]
        if named and named[0].count >= 2 and (len(named) == 1 or named[0].count >= 2 * named[1].count):
            return named[0].name
    return None


@lru_cache(maxsize=512)
def _places_in(text: str) -> tuple[Place, ...]:
    return find_places(text)


def _still_spoken_of(document: Document, position: int, place: str) -> bool:
    """Whether the place is the last of its level named before `position`, in the same section or within reach."""
    section = min((s.start for s in document.sections if s.start <= position < s.end), default=position)
    floor = max(0, min(section, position - _REACH_CHARS))
    at = document.text.rfind(place_stem(place), floor, position)
    if at < 0:
        return False
    level = level_of(place)
    since = [p for p in _places_in(document.text) if at < p.start < position and p.level == level]
    return all(place_stem(place) in p.name or not _is_topic(document.text, p) for p in since)


def _is_topic(text: str, place: Place) -> bool:
    """Whether its paragraph opens with the place, and is about it; a later mention is one in passing."""
    start = text.rfind("\n", 0, place.start) + 1
    return place.start - start < _TOPIC_CHARS and not any(start <= p.start < place.start for p in _places_in(text))


def _in_force_during(metadata: Metadata, year: int) -> bool:
    """Whether a rule was in force on some day of the year."""
    starts, ends = metadata.effective_on, metadata.expires_on
    return (starts is None or starts.year <= year) and (ends is None or ends.year >= year)


def _one_year(evidence: Evidence, year: int) -> float:
    document, metadata = evidence.document, evidence.document.metadata
    said = {int(y) for y in _YEAR.findall(_COMPARED.sub("", evidence.text))}
    if metadata.kind == "rule" and metadata.effective_on is not None:
        set_for = {int(m[1] or m[2]) for m in _SET_FOR.finditer(evidence.text)}
        if set_for:
            return 1.0 if year in set_for else 0.25
        return 1.0 if _in_force_during(metadata, year) else 0.2
    if year in said:
        return 1.0
    if said:
        return 0.25
    if str(year) in evidence.headings or str(year) in evidence.lead or str(year) in evidence.before:
        return 1.0
    if _YEAR.search(evidence.headings) or (CELL_MARK in evidence.text and _YEAR.search(evidence.before)):
        return 0.4
    if metadata.year == year or str(year) in metadata.title or f"{year}年" in document.source:
        return 1.0
    if metadata.issued_on and metadata.issued_on.year == year:
        return 0.9
    if metadata.year is None and metadata.issued_on is None:
        return 0.8 if f"{year}年" in document.text else 0.3
    return 0.2
