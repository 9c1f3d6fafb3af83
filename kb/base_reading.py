"""Reading a knowledge base: searching it, and what is known of its documents and files."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from ingest.document import Chunk, pages_within
from kb.corrections import Corrections
from kb.current import Current
from kb.filters import EVERYTHING, Filter
from kb.grams import Said
from kb.known import Known
from kb.lexical import tokens
from kb.passages import Passage, passages_of
from kb.ports import Within, WordIndex
from kb.premises import Premises
from kb.records import Failure, FileRecord, Record
from kb.serving import Serving


class BaseReading:
    """What can be read from an open base, by several threads at once."""

    _current: Current  # set by who opens the base, once it is known what is to serve

    def __init__(self, premises: Premises) -> None:
        self._premises, self._catalog = premises, premises.catalog
        self._known: Known | None = None
        self._said = Said(premises.catalog)
        self.document = lru_cache(maxsize=256)(self._catalog.document)

    def search(self, question: str, limit: int, filter: Filter | None = None) -> list[Passage]:
        """At most `limit` passages that pass the filter, best first."""
        within = self._within(filter)
        with self._current.in_use() as serving:
            hits = serving.retriever.search(question, limit, within) if within is None or within else []
            return passages_of(serving, hits)

    def search_stage(self, stage: str, question: str, limit: int) -> list[Passage]:
        """The same by one stage of the search alone, for measuring: dense, lexical, hybrid or reranked."""
        with self._current.in_use() as serving:
            return passages_of(serving, serving.stages[stage].search(question, limit))

    def matches(self, question: str, filter: Filter | None = None) -> dict[str, int]:
        """How many passages of each document pass the filter and hold a word of the question."""
        within = self._within(filter)
        return self.words.matches(tokens(question), within) if within is None or within else {}

    def documents(self, *, hidden: bool = False) -> tuple[Record, ...]:
        """The documents that stand for themselves, by source; with `hidden`, copies and other versions too."""
        return self._catalog.records(hidden=True) if hidden else self._records().records

    def failures(self) -> tuple[Failure, ...]:
        """Files that could not be taken in and have not been since, by source."""
        return self._catalog.failures()

    def record(self, document_id: str) -> Record:
        """One document without its text. Raises UnknownDocument."""
        return self._catalog.record(document_id)

    def corrections(self, document_id: str) -> Corrections:
        """What people say of a document, beside what was read of it. Raises UnknownDocument."""
        return self._catalog.corrections(document_id)

    def file(self, file: Path | str) -> FileRecord | None:
        """The file at a path, or of an identity, as it was last ingested, or None."""
        return self._catalog.file(identity_of(file))

    def file_of(self, document_id: str) -> FileRecord:
        """A file that holds the document, or held it before it was changed. Raises UnknownDocument."""
        return self._catalog.file_of(document_id)

    def pages_of(self, chunk: Chunk) -> tuple[int, ...]:
        """The numbers of the pages that a chunk touches; empty when its document has none, or is gone by now."""
        return pages_within(self._records().pages(chunk.document_id), chunk.start, chunk.end)

    def groups_of(self, document_id: str) -> frozenset[str]:
        """The access groups that a document is kept to; none: it is for everyone. Raises UnknownDocument."""
        return self._catalog.record(document_id).groups

    def original(self, document_id: str) -> Path | None:
        """The kept copy of the file a document came from, or None when none was kept."""
        return self._premises.original(document_id)

    def says(self, words: str) -> bool:
        """Whether some document's text holds `words` as they stand."""
        return self._records().says(words)

    def saying(self, words: str) -> frozenset[str]:
        """Ids of the documents whose text holds `words` as they stand."""
        return self._records().saying(words)

    def holding(self, words: Sequence[str], filter: Filter | None = None) -> list[Chunk]:
        """All chunks that hold each of `words` as it stands and pass the filter."""
        within = self._within(filter)
        found = self._catalog.chunks_holding(words) if within is None or within else ()
        return [c for c in found if within is None or c.document_id in within]

    def is_empty(self) -> bool:
        """Whether no document is in the base."""
        return not self._records().records

    @property
    def sequence(self) -> int:
        """Grows with every change: what was worked out from the documents holds until this moves."""
        return self._catalog.sequence

    @property
    def words(self) -> WordIndex:
        """The word index, for the rarity of words."""
        return self._open_serving().indexes.words

    # --- inside ---

    def _open_serving(self) -> Serving:
        return self._current.open()

    def _records(self) -> Known:
        """The documents and what filters allow of them, read anew after each change."""
        sequence = self._catalog.sequence
        if self._known is None or self._known.sequence != sequence:
            self._known = Known(sequence, self._catalog, self._said)
        return self._known

    def _within(self, filter: Filter | None) -> Within:
        """The documents that pass the filter; None when all do."""
        if filter is None or filter == EVERYTHING:
            return None
        known = self._records()
        within = known.allowed(filter)
        return None if len(within) == len(known.records) else within


def identity_of(file: Path | str) -> str:
    """What a file is known by in the ledger: a path made absolute, or an identity as it is given."""
    return file if isinstance(file, str) else str(file.resolve())
