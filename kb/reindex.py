"""The chunks and vectors of the next generation, made from the documents in the ledger batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

import numpy as np

from ingest.document import Chunk, Document
from kb.catalog import Catalog
from kb.embed import Embedder
from kb.errors import UnknownDocument
from kb.generations import Maker, Vectors

Split = Callable[[Document], Sequence[Chunk]]
OnDone = Callable[[int, int], None]  # done, total

BATCH_CHUNKS = 32  # a transaction: what a kill loses, and how long stopping takes


class Stopped(Exception):
    """The process is ending; what was made is gone on with next time."""


class Filling:
    """Fills a generation. `split` is None when the chunks stay as they are and only the embedder changes."""

    def __init__(
        self,
        catalog: Catalog,
        maker: Maker,
        embedder: Embedder,
        split: Split | None,
        *,
        writing: Callable[[], AbstractContextManager[None]],
        on_done: OnDone,
    ) -> None:
        self._catalog, self._generations = catalog, catalog.generations
        self._embedder, self._split = embedder, split
        self._writing, self._on_done = writing, on_done
        before = self._generations.maker()
        self._resplit = before is None or before.recipe != maker.recipe
        self._keeps_vectors = before is not None and before.embedder == maker.embedder
        with writing():
            self.number = self._generations.begin(maker)

    def fill(self) -> None:
        """Makes the chunks of all documents that lack them. Raises EmbedderError, and what `on_done` raises to stop it."""
        while pending := self._generations.pending():
            progress = self._generations.rebuilding()
            done, total = (progress.done, progress.total) if progress else (0, 0)
            for document_id in pending:
                self._on_done(done, max(done, total))
                done += self._make(document_id, done, total)
            self._on_done(done, max(done, total))

    def _make(self, document_id: str, done: int, total: int) -> int:
        """Makes what a document lacks; returns how many chunks of it serve now."""
        try:
            document = self._catalog.document(document_id)
        except UnknownDocument:  # removed meanwhile
            return 0
        old = list(self._catalog.chunks(document_id))
        chunks = list(self._split(document)) if self._resplit and self._split else [chunk for chunk, _ in old]
        title = document.metadata.title
        made = {passage_text(title, c): v for c, v in old} if self._keeps_vectors else {}
        held = self._generations.held(self.number, document_id)
        left = [c for c in chunks if c.id not in held]
        batches = [left[i : i + BATCH_CHUNKS] for i in range(0, len(left), BATCH_CHUNKS)] or [[]]
        for number, batch in enumerate(batches, 1):
            vectors = self._vectors([passage_text(title, c) for c in batch], made)
            with self._writing():
                self._generations.put(self.number, document_id, batch, vectors, whole=number == len(batches))
            self._on_done(min(done + number * BATCH_CHUNKS, done + len(old)), max(done, total))
        return len(old)

    def _vectors(self, texts: Sequence[str], made: dict[str, Vectors]) -> Vectors:
        """Vectors of texts; those that the same embedder has made before are taken over."""
        new = [t for t in texts if t not in made]
        fresh = dict(zip(new, self._embedder.passages(new), strict=True)) if new else {}
        rows = [made[t] if t in made else fresh[t] for t in texts]
        return np.stack(rows) if rows else np.zeros((0, 0), np.float32)


def passage_text(title: str, chunk: Chunk) -> str:
    """What is embedded of a chunk: its text, with the title and headings it stands under."""
    return " ".join((title, *chunk.path[-2:], chunk.text)) if chunk.path or title else chunk.text
