"""The composition root: settings become a service that ingests, answers and searches."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

from ingest.chunk import RECIPE, split
from ingest.document import Document
from ingest.files import FoundFile, find_files
from kb.embed import open_embedder
from kb.filters import EVERYTHING, Filter
from kb.generations import Rebuilding
from kb.knowledge_base import KnowledgeBase, OnDone
from kb.records import Failure, Record
from qa.answer import Answer, Outcome
from qa.compose import compose, refuse
from qa.difference import Difference, difference
from qa.editions import family_of, to_compare
from qa.evidence import gather
from qa.findings import Findings, findings
from qa.former import embedder_note, former_embedder
from qa.gazetteer import Gazetteer, build_gazetteer
from qa.ingest_run import IngestRun
from qa.intake import IngestReport, OnProgress
from qa.narrowing import Narrower, Narrowing, unknown_place
from qa.parts import joined, parts_of
from qa.question import Question, QuestionError, place_stem, read_question
from qa.reader import Reading, read
from qa.search import SearchPage, search_page
from qa.settings import Settings
from qa.validity import Register, Standing, rules_in_force_first
from qa.verify import UnsupportedAnswer, check

_NAMELESS = re.compile(r"[×xX*]{2,}(?=[村镇乡县市])")


def open_service(
    settings: Settings, *, to_write: bool = False, repair: bool = False, on_rebuild: OnDone | None = None
) -> Service:
    """A service over the base in `settings.home`. See KnowledgeBase for `to_write`, `repair` and `on_rebuild`."""
    embedder = open_embedder(
        settings.embedder, base_url=settings.embedder_base_url or None, api_key=settings.embedder_api_key or None
    )
    base = KnowledgeBase(
        settings.home,
        embedder,
        RECIPE,
        to_write=to_write,
        repair=repair,
        chroma_url=settings.chroma_url,
        split=split,
        former=partial(former_embedder, settings),
        embedder_note=embedder_note(settings),
        on_rebuild=on_rebuild,
    )
    return Service(settings, base)


@dataclass(frozen=True, slots=True)
class _Known:
    """What is worked out from all documents, as of a change number of the ledger."""

    sequence: int
    records: tuple[Record, ...]
    gazetteer: Gazetteer
    register: Register
    narrower: Narrower


class Service:
    """What the product does, for every surface. Safe to call from several threads."""

    def __init__(self, settings: Settings, base: KnowledgeBase) -> None:
        self.settings, self._base = settings, base
        self._known: _Known | None = None

    def close(self) -> None:
        """Lets go of the base."""
        self._base.close()

    # --- answering ---

    def ask(
        self, question: str, *, place: str | None = None, year: int | None = None, as_of: date | None = None
    ) -> Answer:
        """A checked answer. Raises QuestionError for a question that cannot be taken."""
        *_, answer = self.stream(question, place=place, year=year, as_of=as_of)
        return answer

    def stream(
        self, question: str, *, place: str | None = None, year: int | None = None, as_of: date | None = None
    ) -> Iterator[Answer]:
        """The same as it grows; the last one is final and checked."""
        started = time.perf_counter()
        asked, standing = self._asked(question, place, year, as_of)
        readings, answer = self._verbatim(asked, standing)
        if self.settings.has_llm and answer.outcome is not Outcome.NO_EVIDENCE:
            from qa.generate import written

            yield from (
                self._finished(a, question, started)
                for a in written(self.settings, asked, readings, answer, standing=standing)
            )
            return
        yield self._finished(answer, question, started)

    def evidence_for(
        self,
        question: str,
        *,
        place: str | None = None,
        year: int | None = None,
        as_of: date | None = None,
        within: Filter = EVERYTHING,
        limit: int = 36,
    ) -> Findings:
        """What documents that pass `within` hold on a question, with the verbatim answer. Raises QuestionError."""
        asked, standing = self._asked(question, place, year, as_of)
        readings, answer = self._verbatim(asked, standing, within)
        answer = replace(answer, question=question)
        return findings(asked, answer, readings, self._base.words.rarity, standing, limit=limit)

    def question(self, text: str, *, place: str | None = None, year: int | None = None) -> Question:
        """The question taken apart, with its scope. Raises QuestionError for one that cannot be taken."""
        return self._asked(text, place, year, None)[0]

    def _asked(
        self, question: str, place: str | None, year: int | None, as_of: date | None
    ) -> tuple[Question, Standing]:
        """The question with its scope, and how documents stand on the day."""
        known = self._read_records()
        gazetteer = known.gazetteer
        asked = _scoped(read_question(question, gazetteer.names), place, year)
        asked = replace(asked, outer=frozenset(o for p in asked.places for o in gazetteer.within.get(p, ())))
        return asked, Standing(known.register, as_of or date.today())

    def _verbatim(
        self, asked: Question, standing: Standing, within: Filter = EVERYTHING
    ) -> tuple[list[Reading], Answer]:
        """The sentences judged, and the answer in the documents' own words."""
        if reason := self._no_question(asked):
            return [], refuse(asked.text, [], standing=standing, reason=reason)
        parts = parts_of(asked)
        judged = [rules_in_force_first(self._readings(p, within), p, standing) for p in parts]
        answers = [self._composed(p, r, standing) for p, r in zip(parts, judged, strict=True)]
        readings = [r for of_part in judged for r in of_part]
        if all(a.outcome is Outcome.NO_EVIDENCE for a in answers):
            return readings, answers[0]
        if len(parts) == 1:
            return readings, answers[0]
        return readings, self._sound(joined(asked, parts, answers), readings, standing)

    def _composed(self, asked: Question, readings: list[Reading], standing: Standing) -> Answer:
        rarity, confidence = self._base.words.rarity, self.settings.confidence
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
        for place in asked.places:
            if not self._is_known(place):
                return self._unknown_place(place)
        return ""

    def _is_known(self, place: str) -> bool:
        gazetteer = self._gazetteer()
        return self._base.says(place_stem(place)) or any(gazetteer.covers(r, place) for r in self.documents())

    def _unknown_place(self, place: str) -> str:
        return unknown_place(self._gazetteer(), place)

    def unknown_place(self, place: str) -> str:
        """That no document speaks of the place, with the names that look like it; "" when one does."""
        return "" if self._is_known(place) else self._unknown_place(place)

    def _readings(self, asked: Question, within: Filter = EVERYTHING) -> list[Reading]:
        filter = None if within == EVERYTHING else within
        if asked.places:
            speaking = self._speaking_of(asked.places)
            allowed = speaking if within.documents is None else speaking & within.documents
            filter = replace(within, documents=allowed)
        passages = self._base.search(asked.text, self.settings.passages, filter)
        return read(asked, gather(passages, self._base.document), self._base.words.rarity)

    def _speaking_of(self, places: Sequence[str]) -> frozenset[str]:
        """Documents that may speak of all the places: by name, or as rules of a place around them."""
        covers, records = self._gazetteer().covers, self.documents()
        named = (self._base.saying(place_stem(p)) | {r.id for r in records if covers(r, p)} for p in places)
        return frozenset.intersection(*named)

    def _finished(self, answer: Answer, question: str, started: float) -> Answer:
        return replace(answer, question=question, seconds=round(time.perf_counter() - started, 4))

    def _gazetteer(self) -> Gazetteer:
        return self._read_records().gazetteer

    def _read_records(self) -> _Known:
        """What all documents together say of places and of each other, worked out anew after each change."""
        sequence = self._base.sequence
        if self._known is None or self._known.sequence != sequence:
            records = self._base.documents()
            gazetteer, register = build_gazetteer(records), Register(records)
            self._known = _Known(sequence, records, gazetteer, register, Narrower(records, gazetteer, register))
        return self._known

    # --- the documents ---

    def search(
        self,
        query: str,
        *,
        place: str | None = None,
        year: int | None = None,
        kind: str | None = None,
        topic: str | None = None,
        issuer: str | None = None,
        document: str | None = None,
        as_of: date | None = None,
        limit: int = 20,
    ) -> SearchPage:
        """Passages for a query, best first, with facets. Raises QuestionError for a query that cannot be taken."""
        read_question(query)
        wanted = Narrowing(
            place=place, year=year, kind=kind, topic=topic, issuer=issuer, document=document, as_of=as_of
        )
        known = self._read_records()
        return search_page(
            self._base,
            known.records,
            query,
            filter=known.narrower.filter(wanted),
            notes=known.narrower.notes(wanted),
            limit=limit,
        )

    def documents(self, *, hidden: bool = False) -> tuple[Record, ...]:
        """What is in the base, by source; with `hidden`, also copies and versions that others stand for."""
        return self._base.documents(hidden=True) if hidden else self._read_records().records

    def family(self, document_id: str) -> tuple[Record, ...]:
        """All versions and copies of a document, the one that stands for all first. Raises UnknownDocument."""
        return family_of(self._base, document_id)

    def difference(self, document_id: str, other_id: str | None = None) -> Difference:
        """What changed from one document to another; without another, from or to its own earlier version.

        Raises NoOtherVersion and UnknownDocument.
        """
        before, after = to_compare(self._base, document_id, other_id)
        return difference(self._base.document(before), self._base.document(after))

    def failures(self) -> tuple[Failure, ...]:
        """Files that could not be taken in and have not been since, by source."""
        return self._base.failures()

    def document(self, document_id: str) -> Document:
        """One document. Raises UnknownDocument."""
        return self._base.document(document_id)

    def original(self, document_id: str) -> Path | None:
        """The file a document came from, as it was when ingested."""
        return self._base.original(document_id)

    def places(self) -> tuple[str, ...]:
        """The places documents as a whole speak of, most documents first."""
        return self._gazetteer().homes

    def years(self) -> tuple[int, ...]:
        """The years documents speak of, newest first."""
        return tuple(sorted({r.metadata.year for r in self.documents() if r.metadata.year}, reverse=True))

    # --- changing the base ---

    def ingest(
        self, paths: Sequence[Path], *, names: Mapping[Path, str] | None = None, on_progress: OnProgress | None = None
    ) -> IngestReport:
        """Takes in files, folders and ZIP archives. A file that fails is reported and the others go on.

        `names` are sources to show instead of the path, for files that lie where no one looks (uploads). Raises IngestError when no path exists.
        """
        return self.ingest_found(find_files(paths, names), on_progress=on_progress)

    def ingest_found(self, found: Sequence[FoundFile], *, on_progress: OnProgress | None = None) -> IngestReport:
        """Takes in files that were looked for already."""
        started = time.perf_counter()
        try:
            with closing(IngestRun(self._base, found, on_progress, ocr=self.settings.ocr)) as run:
                reports = run.run()
        finally:
            self._base.refresh()
        return IngestReport(files=reports, seconds=round(time.perf_counter() - started, 3))

    def remove(self, document_id: str) -> Record:
        """Removes a document; returns what was removed. Raises UnknownDocument."""
        return self._base.remove(document_id)

    def check(self) -> list[str]:
        """What is wrong with the base, a line each; empty when it is whole."""
        return self._base.check()

    def repair(self, on_done: OnDone) -> None:
        """Builds the indexes anew from the ledger; chunks and vectors too when a setting has changed."""
        self._base.repair(on_done)

    @property
    def is_outdated(self) -> bool:
        """Whether the base still serves as other settings made it."""
        return self._base.is_outdated

    def rebuilding(self) -> Rebuilding | None:
        """How far the base is brought to the settings; None when it is not."""
        return self._base.rebuilding()

    def rebuild_in_background(self, on_failed: Callable[[str], None]) -> None:
        """Brings the base to the settings while it serves; `on_failed` is told in a line why that stopped."""
        self._base.reindex_in_background(on_failed)


def _scoped(question: Question, place: str | None, year: int | None) -> Question:
    """The question with a place or year that was picked beside it."""
    places = question.places if place is None or place in question.places else (*question.places, place)
    years = question.years if year is None else (year,)
    return replace(question, places=places, years=years)


__all__ = ["QuestionError", "Service", "open_service"]
