"""The parts of a benchmark, each run in a process of its own so that its memory is its own.

Every part takes the embedder's own speed on the same texts while it is there: a machine that is busy now is busy for
both, so the ratio holds where seconds do not.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eval.bench_embedder import MadeUpVectors, TimedEmbedder, raw_chunks_per_s
from eval.bench_machine import memory_bytes, peak_memory_bytes
from eval.bench_texts import Selection, Texts
from ingest.chunk import RECIPE, split
from ingest.document import Chunk, Document, IngestError
from ingest.load import load
from kb.catalog import FileRecord
from kb.embed import Embedder, Progress, open_embedder
from kb.knowledge_base import Embedded, KnowledgeBase
from qa.intake import FileStatus
from qa.service import Service
from qa.settings import Settings

_WARM_UP = 3  # questions before the clock counts
_REFRESH_CHUNKS = 4000  # between two updates of the indexes while a large base is filled


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestPart:
    """An ingest, split into its stages. `ratio` is chunks a second over the embedder's own."""

    name: str
    files: int
    failed: int
    documents: int
    pages: int
    characters: int
    chunks: int
    total_s: float
    parsing_s: float  # what parsing adds: most of it goes on in other processes meanwhile
    embedding_s: float
    indexing_s: float  # the ledger and both indexes
    raw_chunks_per_s: float
    peak_memory_mb: float | None

    @property
    def documents_per_s(self) -> float:
        """Of the whole ingest."""
        return self.documents / self.total_s

    @property
    def pages_per_s(self) -> float:
        """Of the whole ingest; a format without pages counts one."""
        return self.pages / self.total_s

    @property
    def characters_per_s(self) -> float:
        """Of the whole ingest."""
        return self.characters / self.total_s

    @property
    def chunks_per_s(self) -> float:
        """Of the whole ingest."""
        return self.chunks / self.total_s

    @property
    def ratio(self) -> float:
        """1 when an ingest costs nothing but its vectors."""
        return self.chunks_per_s / self.raw_chunks_per_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Times of one kind of query; `ratio` is the median over what embedding one chunk takes."""

    queries: int
    p50_ms: float
    p95_ms: float
    ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryPart:
    """A base of some size, opened anew and asked. `open_s` includes the first search, which opens the indexes."""

    documents: int
    chunks: int
    open_s: float
    open_ratio: float
    retrieve: Latency  # the passages an answer is read from
    search: Latency  # `zhengda search`: more passages, with facets
    ask: Latency
    raw_chunks_per_s: float
    memory_mb: float | None
    peak_memory_mb: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FillPart:
    """A base filled with made-up vectors: what the ledger and the indexes take without an embedder."""

    chunks: int
    seconds: float
    indexing_s: float

    @property
    def rows_per_s(self) -> float:
        """Chunks that the ledger and both indexes take in a second."""
        return self.chunks / self.indexing_s


def ingest_part(name: str, settings: Settings, selection: Selection) -> IngestPart:
    """Ingests the files into a new base, as `zhengda ingest` does."""
    embedder = _embedder(settings)
    before = raw_chunks_per_s(embedder, selection.raw_texts)
    timed = TimedEmbedder(embedder)
    base = _TimedBase(settings.home, timed, RECIPE, to_write=True)
    service = Service(settings, base)
    try:
        started = time.perf_counter()
        report = service.ingest(selection.files)
        total = time.perf_counter() - started
        chunks, documents = sum(r.chunks for r in service.documents()), len(service.documents())
    finally:
        service.close()
    peak = _mb(peak_memory_bytes())
    return IngestPart(
        name=name,
        files=len(report.files),
        failed=report.count(FileStatus.FAILED),
        documents=documents,
        pages=selection.pages,
        characters=selection.characters,
        chunks=chunks,
        total_s=total,
        parsing_s=total - base.seconds,
        embedding_s=timed.seconds,
        indexing_s=base.seconds - timed.seconds,
        raw_chunks_per_s=(before + raw_chunks_per_s(embedder, selection.raw_texts)) / 2,
        peak_memory_mb=peak,
    )


def fill_part(settings: Settings, texts: Texts, folder: Path, chunks: int) -> FillPart:
    """Fills a new base with at least `chunks` chunks of real text under made-up vectors."""
    started = time.perf_counter()
    base = _TimedBase(settings.home, MadeUpVectors(_embedder(settings)), RECIPE, to_write=True)
    seen: set[str] = set()
    done = pending = 0
    try:
        for path in texts.files(folder):
            found = [(d, split(d)) for d in _readable(path) if d.id not in seen]
            if not found:
                continue
            base.put_file(_record(path, found), found)
            seen.update(d.id for d, _ in found)
            size = sum(len(cs) for _, cs in found)
            done, pending = done + size, pending + size
            if pending >= _REFRESH_CHUNKS or done >= chunks:
                base.refresh()
                pending = 0
            if done >= chunks:
                break
    finally:
        base.close()
    return FillPart(chunks=done, seconds=time.perf_counter() - started, indexing_s=base.seconds)


def query_part(settings: Settings, selection: Selection, seconds: float) -> QueryPart:
    """Asks the selection's questions of a base that is there, for at most about `seconds` of each kind of query."""
    embedder = _embedder(settings)
    started = time.perf_counter()
    base = KnowledgeBase(settings.home, embedder, RECIPE, to_write=False)
    service = Service(settings, base)
    try:
        base.search(selection.questions[0], settings.passages)
        opened = time.perf_counter() - started
        documents = service.documents()
        kinds: tuple[Callable[[str], object], ...] = (
            lambda q: base.search(q, settings.passages),
            service.search,
            service.ask,
        )
        times = [_times(kind, selection.questions, seconds) for kind in kinds]
        memory, peak = _mb(memory_bytes()), _mb(peak_memory_bytes())
    finally:
        service.close()
    raw = raw_chunks_per_s(embedder, selection.raw_texts)
    retrieve, search, ask = (_latency(t, raw) for t in times)
    return QueryPart(
        documents=len(documents),
        chunks=sum(r.chunks for r in documents),
        open_s=opened,
        open_ratio=opened * raw,
        retrieve=retrieve,
        search=search,
        ask=ask,
        raw_chunks_per_s=raw,
        memory_mb=memory,
        peak_memory_mb=peak,
    )


class _TimedBase(KnowledgeBase):
    """A knowledge base that notes how long its writes take, embedding included."""

    seconds = 0.0
    _depth = 0

    def keep_original(self, path: Path, sha256: str) -> str:
        with self._timed():
            return super().keep_original(path, sha256)

    def embed(
        self, documents: Sequence[tuple[Document, Sequence[Chunk]]], on_done: Progress | None = None
    ) -> list[Embedded | None]:
        with self._timed():
            return super().embed(documents, on_done)

    def put_file(
        self,
        file: FileRecord,
        documents: Sequence[tuple[Document, Sequence[Chunk]]],
        vectors: Sequence[Embedded | None] | None = None,
    ) -> None:
        with self._timed():
            super().put_file(file, documents, vectors)

    def refresh(self) -> None:
        with self._timed():
            super().refresh()

    @contextmanager
    def _timed(self) -> Iterator[None]:
        """Adds to `seconds`; within another one, whose time counts already, it adds nothing."""
        started, self._depth = time.perf_counter(), self._depth + 1
        try:
            yield
        finally:
            self._depth -= 1
            if not self._depth:
                self.seconds += time.perf_counter() - started


def _embedder(settings: Settings) -> Embedder:
    return open_embedder(
        settings.embedder, base_url=settings.embedder_base_url or None, api_key=settings.embedder_api_key or None
    )


def _readable(path: Path) -> tuple[Document, ...]:
    try:
        return load(path)
    except IngestError:
        return ()


def _record(path: Path, documents: Sequence[tuple[Document, Sequence[Chunk]]]) -> FileRecord:
    return FileRecord(
        path=str(path.resolve()),
        source=path.name,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        original=None,
        documents=tuple(d.id for d, _ in documents),
        coverage=documents[0][0].coverage,
    )


def _times(query: Callable[[str], object], questions: Sequence[str], seconds: float) -> list[float]:
    """Seconds a question, after a warm-up; stops when `seconds` are spent, with one at least."""
    for question in questions[:_WARM_UP]:
        query(question)
    taken: list[float] = []
    for question in questions:
        started = time.perf_counter()
        query(question)
        taken.append(time.perf_counter() - started)
        if sum(taken) > seconds:
            break
    return taken


def _latency(taken: Sequence[float], raw: float) -> Latency:
    p50, p95 = (float(v) for v in np.percentile(taken, (50, 95)))
    return Latency(queries=len(taken), p50_ms=p50 * 1000, p95_ms=p95 * 1000, ratio=p50 * raw)


def _mb(size: int | None) -> float | None:
    return None if size is None else size / 1e6
