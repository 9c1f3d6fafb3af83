"""Embedders for measuring: one that notes its own time, and one whose passages cost nothing."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kb.embed import Embedder, Progress, unit_rows

_SEED = 7


class TimedEmbedder:
    """An embedder that counts the passages it is given and how long they take."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self.name, self.dim = inner.name, inner.dim
        self.texts = 0  # passages embedded so far
        self.seconds = 0.0  # time spent on them

    def passages(self, texts: Sequence[str], on_done: Progress | None = None) -> NDArray[np.float32]:
        """See kb.embed.Embedder."""
        started = time.perf_counter()
        rows = self._inner.passages(texts, on_done)
        self.seconds += time.perf_counter() - started
        self.texts += len(texts)
        return rows

    def query(self, text: str) -> NDArray[np.float32]:
        """See kb.embed.Embedder."""
        return self._inner.query(text)


class MadeUpVectors:
    """Real queries, but random unit vectors for passages: large indexes in minutes. What is found means nothing."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self.name, self.dim = inner.name, inner.dim
        self._random = np.random.default_rng(_SEED)

    def passages(self, texts: Sequence[str], on_done: Progress | None = None) -> NDArray[np.float32]:
        """See kb.embed.Embedder."""
        if on_done is not None:
            on_done(len(texts))
        return unit_rows(self._random.standard_normal((len(texts), self.dim), dtype=np.float32))

    def query(self, text: str) -> NDArray[np.float32]:
        """See kb.embed.Embedder."""
        return self._inner.query(text)


def raw_chunks_per_s(embedder: Embedder, texts: Sequence[str]) -> float:
    """How many of `texts` the embedder gets through in a second when it has the machine to itself."""
    embedder.passages(texts[:1])  # loads the model
    started = time.perf_counter()
    embedder.passages(texts)
    return len(texts) / (time.perf_counter() - started)
