"""Answering in the documents' own words: the sentences judged, composed to an answer, and checked."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from kb.filters import EVERYTHING, Filter
from kb.knowledge_base import KnowledgeBase
from qa.answer import ENDED, Answer, Outcome, Validity
from qa.compose import compose, refuse
from qa.evidence import gather
from qa.grounds import with_grounds, without_grounds
from qa.in_force import asks_whether_in_force, whether_in_force
from qa.known import Knowing
from qa.narrowing import unknown_place
from qa.parts import Edition, Part, clauses_of, covers, editions_of, joined, names_all, names_of, parts_of, things_of
from qa.question import Question, place_stem, read_question
from qa.reader import Reading, read
from qa.second_reading import Reader, second_reading
from qa.validity import Standing, rules_in_force_first
from qa.verify import UnsupportedAnswer, check

_RULES = frozenset(("rule", "notice"))
_NAMELESS = re.compile(r"[×xX*]{2,}(?=[村镇乡县市])")


class Answering:
    """Answers without a language model, from one base."""

    def __init__(
        self, base: KnowledgeBase, knowing: Knowing, reader: Reader | None, *, confidence: float, passages: int
    ) -> None:
        """See Settings for `confidence` and `passages`; without a `reader` rules alone judge."""
        self._base, self._knowing, self._span_reader = base, knowing, reader
        self._confidence, self._passages = confidence, passages

    def answer(self, asked: Question, standing: Standing, within: Filter = EVERYTHING) -> tuple[list[Reading], Answer]:
        """The sentences judged, and the answer in the documents' own words."""
        if reason := self._no_question(asked):
            return [], refuse(asked.text, [], standing=standing, reason=reason)
        if (told := self._of_standing(asked, standing, within)) is not None:
            return [], self._sound(told, [], standing)
        if (rest := without_grounds(asked.text)) is not None:
            return self._of_grounds(asked, rest, standing, within)
        if editions := editions_of(asked, self._reader(asked)):
            found = self._of_editions(asked, editions, standing, within)
            if found[1].outcome is not Outcome.NO_EVIDENCE:
                return found
        parts = parts_of(asked)
        judged = [rules_in_force_first(self._readings(p, within), p, standing) for p in parts]
        answers = [self._composed(p, r, standing) for p, r in zip(parts, judged, strict=True)]
        readings = [r for of_part in judged for r in of_part]
        if len(parts) == 1:
            return self._of_clauses(asked, readings, answers[0], standing, within)
        if all(a.outcome is Outcome.NO_EVIDENCE for a in answers):
            return readings, answers[0]
        return readings, self._sound(joined(asked, names_of(parts), answers), readings, standing)

    def _of_standing(self, asked: Question, standing: Standing, within: Filter) -> Answer | None:
        """Whether the documents named are in force; None where that is not asked, or none is named."""
        rest = asks_whether_in_force(asked)
        if rest is None:
            return None
        records = [r for r in self._knowing.now().records if within.allows(r)]
        about = read_question(rest, self._knowing.now().gazetteer.names)
        return whether_in_force(asked, about, records, self._base.document, standing)

    def _of_grounds(
        self, asked: Question, rest: str, standing: Standing, within: Filter
    ) -> tuple[list[Reading], Answer]:
        """The answer without the question for its grounds, from rules where they hold one, and what it rests on."""
        main = self._reader(asked)(rest)
        for allowed in (replace(within, kinds=within.kinds or _RULES), within):
            readings, answer = self.answer(main, standing, allowed)
            if answer.outcome is not Outcome.NO_EVIDENCE:
                named = with_grounds(answer, self._base.document)
                return readings, self._sound(replace(named, question=asked.text), readings, standing)
        return readings, answer

    def _of_clauses(
        self, asked: Question, readings: list[Reading], answer: Answer, standing: Standing, within: Filter
    ) -> tuple[list[Reading], Answer]:
        """The answer, or where it leaves out some of what is asked, one from an answer to each clause."""
        reader = self._reader(asked)
        clauses = clauses_of(asked, reader, any_clause=answer.outcome is Outcome.NO_EVIDENCE)
        if covers(answer, clauses):
            clauses = []
        if not clauses and names_all(answer, clauses := things_of(asked, reader)):
            clauses = []
        if not clauses:
            return readings, answer
        judged = [rules_in_force_first(self._readings(c.question, within), c.question, standing) for c in clauses]
        answers = [self._composed(c.question, r, standing) for c, r in zip(clauses, judged, strict=True)]
        if all(a.outcome is Outcome.NO_EVIDENCE for a in answers):
            return readings, answer
        readings += [r for of_clause in judged for r in of_clause]
        return readings, self._sound(joined(asked, [c.name for c in clauses], answers), readings, standing)

    def _of_editions(
        self, asked: Question, parts: Sequence[Part], standing: Standing, within: Filter
    ) -> tuple[list[Reading], Answer]:
        """The answer of each edition of a rule that the question compares."""
        answers: list[Answer] = []
        readings: list[Reading] = []
        for part in parts:
            then, allowed = self._edition(part, standing, within)
            of_part = rules_in_force_first(self._readings(part.question, allowed), part.question, then)
            answers.append(self._composed(part.question, of_part, standing))
            readings += of_part
        if all(a.outcome is Outcome.NO_EVIDENCE for a in answers):
            return readings, answers[-1]
        names = [part.name for part in parts]
        return readings, self._sound(joined(asked, names, answers, labelled=True), readings, standing)

    def _edition(self, part: Part, standing: Standing, within: Filter) -> tuple[Standing, Filter]:
        """The day by which a part's rules count, and the documents it may be answered from."""
        records, register = self._knowing.now().records, standing.register
        rules = [r for r in records if r.metadata.kind in ("rule", "notice")]
        if isinstance(part.edition, int):
            then = Standing(register, date(part.edition, 12, 31))
            ids = frozenset(r.id for r in rules if then.status(r.metadata) not in (*ENDED, Validity.NOT_YET))
            return then, _only(within, ids)
        is_former = part.edition is Edition.FORMER
        ids = frozenset(r.id for r in rules if (register.repeal_of(r.metadata) is not None) == is_former)
        return standing, _only(within, ids)

    def _reader(self, asked: Question) -> Callable[[str], Question]:
        """Reads a part of the question, within the scope of the whole."""
        names = self._knowing.now().gazetteer.names

        def read_part(text: str) -> Question:
            part = read_question(text, names)
            return replace(part, places=part.places or asked.places, years=part.years or asked.years, outer=asked.outer)

        return read_part

    def _composed(self, asked: Question, readings: list[Reading], standing: Standing) -> Answer:
        if unknown := self._unknown_in(asked):
            return refuse(asked.text, [], standing=standing, reason=unknown)
        rarity, confidence = self._base.words.rarity, self._confidence
        answer = compose(asked, readings, rarity, confidence=confidence, standing=standing)
        return self._sound(answer, readings, standing)

    def _sound(self, answer: Answer, readings: list[Reading], standing: Standing) -> Answer:
        """The answer if its citations carry it, else a refusal."""
        try:
            return check(answer, lambda i: self._base.document(i).text)
        except UnsupportedAnswer:
            return refuse(answer.question, readings, standing=standing)

    def _no_question(self, asked: Question) -> str:
        """Why the documents cannot be asked this, in a sentence; "" when they can."""
        if self._base.is_empty():
            return "资料库还是空的，请先导入文件（zhengda ingest 或网页的“资料库”）。"
        if asked.is_request:
            return "这里只回答资料库里有依据的问题，不代写、不创作。请输入要查的政策或情况。"
        if _NAMELESS.search(asked.text):
            return "问题里的地名用××代替了，请写明是哪个地方。"
        if not asked.words and not asked.places:
            return "没有看懂要查什么，请写明要查的事项，例如：种植业每亩补助多少元？"
        unknown = [p for p in asked.places if not self._is_known(p)]
        if unknown and not any(self._unknown_in(part) == "" for part in parts_of(asked)):
            return self._with_others(unknown[0])
        return ""

    def _unknown_in(self, asked: Question) -> str:
        """That no document speaks of one of the places asked about; "" when documents speak of all."""
        return next((self._with_others(p) for p in asked.places if not self._is_known(p)), "")

    def _is_known(self, place: str) -> bool:
        gazetteer = self._knowing.now().gazetteer
        return self._base.says(place_stem(place)) or any(
            gazetteer.covers(r, place) for r in self._knowing.now().records
        )

    def _with_others(self, place: str) -> str:
        return unknown_place(self._knowing.now().gazetteer, place)

    def _readings(self, asked: Question, within: Filter = EVERYTHING) -> list[Reading]:
        filter = None if within == EVERYTHING else within
        if asked.places:
            speaking = self._speaking_of(asked.places)
            allowed = speaking if within.documents is None else speaking & within.documents
            filter = replace(within, documents=allowed)
        passages = self._base.search(asked.text, self._passages, filter)
        readings = read(asked, gather(passages, self._base.document), self._base.words.rarity)
        return readings if self._span_reader is None else second_reading(self._span_reader, asked, readings)

    def _speaking_of(self, places: Sequence[str]) -> frozenset[str]:
        """Documents that may speak of all the places: by name, or as rules of a place around them."""
        covers, records = self._knowing.now().gazetteer.covers, self._knowing.now().records
        named = (self._base.saying(place_stem(p)) | {r.id for r in records if covers(r, p)} for p in places)
        return frozenset.intersection(*named)

    def unknown_place(self, place: str) -> str:
        """That no document speaks of the place, with the names that look like it; "" when one does."""
        return "" if self._is_known(place) else self._with_others(place)


def _only(within: Filter, documents: frozenset[str]) -> Filter:
    """The filter, further narrowed to the documents."""
    return replace(within, documents=documents if within.documents is None else within.documents & documents)
