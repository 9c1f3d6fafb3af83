"""Nearest vectors by comparing with every one that may be found: exact whatever the filter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from kb.ports import Row, Scored, Vector, Within

Span = tuple[int, int]  # first row, row after the last


class ExactScan:
    """A VectorSearch over rows in memory or in a mapped file. Equal scores keep the order of the rows."""

    def __init__(
        self, ids: Sequence[str], vectors: NDArray[np.float32], spans: Mapping[str, Span] | None = None
    ) -> None:
        """`spans` says which rows are which document's; rows of none are not found. Without it all are, unfiltered."""
        self._ids, self._vectors = ids, vectors
        self.spans: Mapping[str, Span] = {"": (0, len(ids))} if spans is None else spans
        self._runs_within = lru_cache(maxsize=16)(self._find_runs)

    def search(self, vector: Vector, limit: int, within: Within = None) -> list[Scored]:
        """See VectorSearch."""
        runs, count = self._runs_within(within)
        if not count or limit <= 0:
            return []
        scores = self._scores(runs, count, vector)
        best = _best(scores, limit)
        rows = _rows_at(runs, best)
        return [(self._ids[row], float(score)) for row, score in zip(rows, scores[best], strict=True)]

    def _scores(self, runs: Sequence[Span], count: int, vector: Vector) -> NDArray[np.float32]:
        """The cosines of the rows of the runs, laid end to end."""
        if 2 * count > len(self._vectors):  # one long product is quicker than many short ones
            every = self._vectors @ vector
            return np.concatenate([every[first:stop] for first, stop in runs])
        scores, at = np.empty(count, np.float32), 0
        for first, stop in runs:
            np.matmul(self._vectors[first:stop], vector, out=scores[at : at + stop - first])
            at += stop - first
        return scores

    def rows(self, within: Within = None) -> int:
        """How many rows a search would compare with."""
        return self._runs_within(within)[1]

    def stored(self, document_id: str, span: Span) -> Iterator[Row]:
        """The rows of one document as they were added."""
        for row in range(*span):
            yield self._ids[row], document_id, self._vectors[row]

    def _find_runs(self, within: Within) -> tuple[tuple[Span, ...], int]:
        """The rows to look at as few runs as can be, in order, and how many they are."""
        if within is None:
            spans: Iterable[Span] = self.spans.values()
        elif len(within) < len(self.spans):
            spans = (self.spans[d] for d in within if d in self.spans)
        else:
            spans = (span for d, span in self.spans.items() if d in within)
        runs: list[Span] = []
        for first, stop in sorted(spans):
            if runs and runs[-1][1] == first:
                runs[-1] = (runs[-1][0], stop)
            elif first < stop:
                runs.append((first, stop))
        return tuple(runs), sum(stop - first for first, stop in runs)


def scan_of(rows: Iterable[Row]) -> ExactScan:
    """A scan over rows held in memory; those of a document come together."""
    ids: list[str] = []
    vectors: list[Vector] = []
    spans: dict[str, Span] = {}
    for chunk_id, document_id, vector in rows:
        first, _ = spans.get(document_id, (len(ids), 0))
        spans[document_id] = first, len(ids) + 1
        ids.append(chunk_id)
        vectors.append(vector)
    return ExactScan(ids, np.stack(vectors) if vectors else np.zeros((0, 0), np.float32), spans)


def _best(scores: NDArray[np.float32], limit: int) -> NDArray[np.intp]:
    """Positions of the `limit` greatest scores, greatest first; of equals the earlier."""
    if limit < len(scores):
        least = np.partition(scores, len(scores) - limit)[len(scores) - limit]
        candidates = np.flatnonzero(scores >= least)
    else:
        candidates = np.arange(len(scores))
    return candidates[np.argsort(-scores[candidates], kind="stable")][:limit]


def _rows_at(runs: Sequence[Span], positions: NDArray[np.intp]) -> list[int]:
    """The rows that stand at positions of the runs laid end to end."""
    firsts = np.array([first for first, _ in runs])
    offsets = np.concatenate([[0], np.cumsum([stop - first for first, stop in runs])])
    run = np.searchsorted(offsets, positions, side="right") - 1
    return [int(row) for row in firsts[run] + positions - offsets[run]]
