"""One system, measured: how it ranks, how fast it takes documents in and answers, what memory it needs."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eval.bench_embedder import TimedEmbedder
from eval.bench_machine import peak_memory_bytes
from eval.peers.peer import GoldQuestion, OpenPeer, SourceDocument
from eval.peers.score import score
from kb.embed import Embedder

PASSAGES = 50  # asked for at each question, of every system alike
_RAW_TEXTS, _RAW_CHARS = 40, 300  # what the embedder's own speed is taken on
_WARM_UP = 3  # questions asked before the clock counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one system got. Ratios of time to `raw_chars_per_s` compare between machines; seconds do not."""

    documents: int
    questions: int
    passages: int
    top1: float
    evidence_top3: float
    evidence_read: float
    ndcg10: float
    shown_chars: float
    ingest_s: float
    embedding_s: float
    documents_per_s: float
    chars_per_s: float
    raw_chars_per_s: float
    query_p50_ms: float
    query_p95_ms: float
    raw_query_ms: float
    peak_memory_mb: float | None

    @property
    def ingest_ratio(self) -> float:
        """Characters taken in a second for each that the embedder alone gets through on 300-character texts."""
        return self.chars_per_s / self.raw_chars_per_s

    @property
    def query_ratio(self) -> float:
        """A query's time over that of embedding the question alone."""
        return self.query_p50_ms / self.raw_query_ms


def measure(
    open_peer: OpenPeer,
    documents: Sequence[SourceDocument],
    questions: Sequence[GoldQuestion],
    embedder: Embedder,
    folder: Path,
    say: Callable[[str], None] = lambda _: None,
) -> Result:
    """Ingests all documents into a new system and asks it all questions."""
    before = raw_chars_per_s(embedder, documents)
    timed = TimedEmbedder(embedder)
    peer = open_peer(timed, folder)
    say(f"ingest of {len(documents)} documents")
    started = time.perf_counter()
    peer.ingest(documents)
    ingest_s = time.perf_counter() - started
    raw = (before + raw_chars_per_s(embedder, documents)) / 2  # both ends: other programs come and go

    say(f"{timed.texts} passages in {ingest_s:.0f} s; {len(questions)} questions")
    for gold in questions[:_WARM_UP]:
        peer.search(gold.question, PASSAGES)
    scores, taken, alone = [], [], []
    for gold in questions:
        started = time.perf_counter()
        embedder.query(gold.question)
        alone.append(time.perf_counter() - started)
        started = time.perf_counter()
        ranking = peer.search(gold.question, PASSAGES)
        taken.append(time.perf_counter() - started)
        scores.append(score(ranking, gold))
    characters = sum(len(d.text) for d in documents)
    peak = peak_memory_bytes()
    return Result(
        documents=len(documents),
        questions=len(questions),
        passages=timed.texts,
        top1=float(np.mean([s.top1 for s in scores])),
        evidence_top3=float(np.mean([s.evidence_top3 for s in scores])),
        evidence_read=float(np.mean([s.evidence_read for s in scores])),
        ndcg10=float(np.mean([s.ndcg10 for s in scores])),
        shown_chars=float(np.mean([s.shown_chars for s in scores])),
        ingest_s=ingest_s,
        embedding_s=timed.seconds,
        documents_per_s=len(documents) / ingest_s,
        chars_per_s=characters / ingest_s,
        raw_chars_per_s=raw,
        query_p50_ms=float(np.percentile(taken, 50)) * 1000,
        query_p95_ms=float(np.percentile(taken, 95)) * 1000,
        raw_query_ms=float(np.percentile(alone, 50)) * 1000,
        peak_memory_mb=None if peak is None else peak / 1e6,
    )


def raw_chars_per_s(embedder: Embedder, documents: Sequence[SourceDocument]) -> float:
    """How many characters of the documents' openings the embedder gets through in a second, by itself."""
    texts = [d.text[:_RAW_CHARS] for d in documents[:_RAW_TEXTS]]
    embedder.passages(texts[:1])  # loads the model
    started = time.perf_counter()
    embedder.passages(texts)
    return sum(map(len, texts)) / (time.perf_counter() - started)
