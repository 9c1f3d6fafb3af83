"""The composition root: settings become a service that ingests, answers and searches."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

from ingest.chunk import RECIPE, split
from ingest.document import Document
from ingest.files import FoundFile, find_files
from kb.corrections import Corrections
from kb.embed import open_embedder
from kb.filters import EVERYTHING, Filter
from kb.generations import Rebuilding
from kb.knowledge_base import KnowledgeBase, OnDone
from kb.records import Failure, FileRecord, Record
from qa.answer import Answer, Citation, Outcome, Warning
from qa.answering import Answering
from qa.citing import Found, cite_all
from qa.compose import refuse
from qa.correction import Corrected, Given, notes_on_correction, read_word
from qa.difference import Difference, difference
from qa.editions import family_of, to_compare
from qa.findings import Findings, findings
from qa.followup import Understood, understood
from qa.former import embedder_note, former_embedder
from qa.ingest_run import IngestRun
from qa.intake import IngestReport, OnProgress
from qa.known import Knowing
from qa.meant import meant, note_of
from qa.narrowing import Narrowing
from qa.query import read_query
from qa.question import MAX_CHARS, Question, QuestionError, read_question
from qa.search import SearchPage, Sort, Wanted, search_page, similar_page
from qa.settings import Settings
from qa.span_reader import SpanReader, open_reader
from qa.topic_page import TopicPage, topic_page
from qa.validity import Standing


def open_service(
    settings: Settings, *, to_write: bool = False, repair: bool = False, on_rebuild: OnDone | None = None
) -> Service:
    """A service over the base in `settings.home`. See KnowledgeBase for `to_write`, `repair` and `on_rebuild`."""
    reader = open_reader(settings.reader)
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
    return Service(settings, base, reader)


class Service:
    """What the product does, for every surface. Safe to call from several threads."""

    def __init__(self, settings: Settings, base: KnowledgeBase, reader: SpanReader | None = None) -> None:
        self.settings, self._base, self._knowing = settings, base, Knowing(base)
        self._answering = Answering(
            base, self._knowing, reader, confidence=settings.confidence, passages=settings.passages
        )

    def close(self) -> None:
        """Lets go of the base."""
        self._base.close()

    # --- answering ---

    def ask(
        self,
        question: str,
        *,
        place: str | None = None,
        year: int | None = None,
        as_of: date | None = None,
        history: Sequence[str] = (),
    ) -> Answer:
        """A checked answer. `history` are the questions of the conversation before this one, oldest first.

        Raises QuestionError for a question that cannot be taken.
        """
        *_, answer = self.stream(question, place=place, year=year, as_of=as_of, history=history)
        return answer

    def stream(
        self,
        question: str,
        *,
        place: str | None = None,
        year: int | None = None,
        as_of: date | None = None,
        history: Sequence[str] = (),
    ) -> Iterator[Answer]:
        """The same as it grows; the last one is final and checked."""
        started = time.perf_counter()
        whole = self.understood(question, history, as_of=as_of)
        asked, standing = self._asked(whole.text, place, year, as_of)
        if whole.trouble and not self._base.is_empty():
            answer = refuse(asked.text, [], standing=standing, reason=whole.trouble)
            yield self._finished(answer, question, started, whole)
            return
        readings, answer = self._answering.answer(asked, standing)
        if self.settings.has_llm and answer.outcome is not Outcome.NO_EVIDENCE:
            from qa.generate import written

            yield from (
                self._finished(a, question, started, whole)
                for a in written(self.settings, asked, readings, answer, standing=standing)
            )
            return
        yield self._finished(answer, question, started, whole)

    def understood(self, question: str, history: Sequence[str], *, as_of: date | None = None) -> Understood:
        """The question made whole from those before it. Raises QuestionError for one that cannot be taken."""
        known, today = self._knowing.now(), as_of or date.today()
        years, names = None if as_of else known.years, known.gazetteer.names
        asked, *before = (meant(text, known.spelling, today, years, places=names) for text in (question, *history))
        whole = understood(
            asked.text,
            [earlier.text for earlier in before],
            lambda text: read_question(text, names),
            today,
        )
        return replace(whole, is_changed=whole.is_changed or asked.is_dated, notes=asked.notes)

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
        readings, answer = self._answering.answer(asked, standing, within)
        answer = replace(answer, question=question)
        return findings(asked, answer, readings, self._base.words.rarity, standing, limit=limit)

    def question(self, text: str, *, place: str | None = None, year: int | None = None) -> Question:
        """The question taken apart, with its scope. Raises QuestionError for one that cannot be taken."""
        return self._asked(text, place, year, None)[0]

    def _asked(
        self, question: str, place: str | None, year: int | None, as_of: date | None
    ) -> tuple[Question, Standing]:
        """The question with its scope, and how documents stand on the day."""
        known = self._knowing.now()
        gazetteer = known.gazetteer
        asked = _scoped(read_question(question, gazetteer.names), place, year)
        asked = replace(asked, outer=frozenset(o for p in asked.places for o in gazetteer.within.get(p, ())))
        return asked, Standing(known.register, as_of or date.today())

    def unknown_place(self, place: str) -> str:
        """That no document speaks of the place, with the names that look like it; "" when one does."""
        return self._answering.unknown_place(place)

    def _finished(self, answer: Answer, question: str, started: float, whole: Understood) -> Answer:
        """The answer to what was typed, with how that was read and how long it took."""
        notes = tuple(Warning(kind="other", text=note) for note in whole.notes)
        return replace(
            answer,
            question=question,
            understood_as=whole.text if whole.is_changed else None,
            warnings=(*notes, *answer.warnings),
            seconds=round(time.perf_counter() - started, 4),
        )

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
        sort: Sort = Sort.RELEVANCE,
        like: str | None = None,
    ) -> SearchPage:
        """Passages for a query, or like the one at `like` ("DOC:START" or "DOC:START-END"), with facets.

        Raises QuestionError for a query or spot that cannot be taken, UnknownDocument for a spot in no document.
        """
        wanted = Narrowing(
            place=place, year=year, kind=kind, topic=topic, issuer=issuer, document=document, as_of=as_of
        )
        known = self._knowing.now()
        notes = known.narrower.notes(wanted)
        words, read = self._spelt(query) if like is None else (query, ())
        notes += read
        if like is None:
            places = read_question(words, known.gazetteer.names).places
            notes += tuple(note for p in places if p != place and (note := self.unknown_place(p)))
        standing = Standing(known.register, as_of or date.today())
        shown = Wanted(filter=known.narrower.filter(wanted), limit=limit, standing=standing, sort=sort, notes=notes)
        if like is not None:
            return similar_page(self._base, known.facets, like, shown)
        return replace(search_page(self._base, known.facets, words, shown), query=query)

    def _spelt(self, query: str) -> tuple[str, tuple[str, ...]]:
        """The words of a query as they were meant, and what was read otherwise; phrases in quotes stay as typed."""
        if not read_query(query).is_plain or len(query) > MAX_CHARS:
            return query, ()
        spelt = self._knowing.now().spelling.read(query)
        return spelt.text, tuple(note_of(change) for change in spelt.changes)

    def topic_page(
        self, topic: str, *, place: str | None = None, year: int | None = None, kind: str | None = None
    ) -> TopicPage:
        """What reports said of a topic over the years, with figures side by side. Raises QuestionError."""
        if topic.strip():
            read_question(topic)
        wanted, known = Narrowing(place=place, year=year, kind=kind), self._knowing.now()
        return topic_page(
            self._base,
            known.facets.records,
            known.gazetteer,
            topic,
            place=place,
            filter=known.narrower.filter(wanted),
            notes=known.narrower.notes(wanted),
        )

    def cited(self, found: Iterable[Found]) -> tuple[Citation, ...]:
        """The citations of what was found, numbered from 1, as documents stand today."""
        return cite_all(found, Standing(self._knowing.now().register, date.today()))

    def facets(self) -> dict[str, dict[str, int]]:
        """The values of each facet, with how many documents have them."""
        known = self._knowing.now().facets
        return known.count(dict.fromkeys(known.records, 1))

    def documents(self, *, hidden: bool = False) -> tuple[Record, ...]:
        """What is in the base, by source; with `hidden`, also copies and versions that others stand for."""
        return self._base.documents(hidden=True) if hidden else self._knowing.now().records

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

    def file(self, identity: str) -> FileRecord | None:
        """The file of an identity as it was last ingested, or None."""
        return self._base.file(identity)

    def file_of(self, document_id: str) -> FileRecord:
        """A file that holds the document. Raises UnknownDocument."""
        return self._base.file_of(document_id)

    def places(self) -> tuple[str, ...]:
        """The places documents as a whole speak of, most documents first."""
        return self._knowing.now().gazetteer.homes

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

    def correct(
        self, document_id: str, given: Given, *, as_read: Sequence[str] = (), by: str | None = None
    ) -> Corrected:
        """Takes a person's word on a document, until it is taken back: the fields of `given`; those of `as_read` go
        back to what its file says. Raises CorrectionError and UnknownDocument."""
        record, read = self._base.record(document_id), self._base.corrections(document_id).read
        known = self._knowing.now()
        word = read_word(record, read, given, as_read, by, records=known.records, today=date.today())
        after = self._base.correct(document_id, word)
        return Corrected(record=after, notes=notes_on_correction(after, word.fields, known.gazetteer))

    def corrections(self, document_id: str) -> Corrections:
        """What people say of a document, beside what was read of it. Raises UnknownDocument."""
        return self._base.corrections(document_id)

    def keep_to(self, document_ids: Sequence[str], groups: frozenset[str]) -> None:
        """Keeps documents to these access groups; to none: they are for everyone. Raises UnknownDocument."""
        self._base.set_groups(document_ids, groups)

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
