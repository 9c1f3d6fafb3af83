"""How matching passages spread over places, years, kinds, topics and issuers.

What each document is of is worked out once for all of them; a count is then a weighted sum over numbered values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from kb.filters import issuers_of, years_of
from kb.records import Record

_FACETS: dict[str, Callable[[Record], Iterable[str]]] = {
    "place": lambda r: (r.metadata.place,) if r.metadata.place else (),
    "year": lambda r: map(str, years_of(r.metadata)),
    "kind": lambda r: (r.metadata.kind,) if r.metadata.kind else (),
    "topic": lambda r: r.metadata.topics,
    "issuer": lambda r: issuers_of(r.metadata),
}


class Facets:
    """Counts by facet over the documents of a base as they were at one change number."""

    def __init__(self, records: Sequence[Record]) -> None:
        self.records = {r.id: r for r in records}
        self._row = {r.id: row for row, r in enumerate(records)}
        self._facets = {name: _Facet(records, of) for name, of in _FACETS.items()}

    def count(self, passages: Mapping[str, int]) -> dict[str, dict[str, int]]:
        """Facet -> value -> passages, most first; `passages` says how many there are of each document, all known."""
        row, size = self._row, len(passages)
        weights = np.zeros(len(row))
        weights[np.fromiter((row[d] for d in passages), np.intp, size)] = np.fromiter(passages.values(), float, size)
        return {name: facet.count(weights) for name, facet in self._facets.items()}


class _Facet:
    """One facet: a pair of a document's row and a value's number for each value that a document has."""

    def __init__(self, records: Sequence[Record], of: Callable[[Record], Iterable[str]]) -> None:
        pairs = [(row, value) for row, record in enumerate(records) for value in of(record)]
        self._values = sorted({value for _, value in pairs})
        number = {value: n for n, value in enumerate(self._values)}
        self._rows: NDArray[np.intp] = np.array([row for row, _ in pairs], np.intp)
        self._numbers: NDArray[np.intp] = np.array([number[value] for _, value in pairs], np.intp)

    def count(self, weights: NDArray[np.float64]) -> dict[str, int]:
        """Value -> the weight of the documents that have it, greatest first; equals in the order of the values."""
        totals = np.bincount(self._numbers, weights[self._rows], len(self._values))
        order = np.argsort(-totals, kind="stable")
        return {self._values[n]: int(totals[n]) for n in order[: np.count_nonzero(totals)]}
