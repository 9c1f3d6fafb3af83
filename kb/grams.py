"""Which runs of characters the documents may hold: a small filter that saves looking through all texts for what is in none."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable

import numpy as np
from numpy.typing import NDArray

from kb.catalog_reading import CatalogReading

_PAIR_BITS, _TRIPLE_BITS = 22, 24  # of the tables: 4 MB and 16 MB
_SPREAD = np.uint32(2654435761)  # Knuth's multiplier: neighbouring characters fall far apart


class Grams:
    """The pairs and triples of characters of some texts, by their hashes. Never says no of what a text holds.

    Texts are only added: what a removed one held may still be said to be there. Safe to call from several threads.
    """

    def __init__(self) -> None:
        self._pairs = np.zeros(1 << _PAIR_BITS, dtype=np.bool_)
        self._triples = np.zeros(1 << _TRIPLE_BITS, dtype=np.bool_)

    def add(self, texts: Iterable[str]) -> None:
        """Takes in what the texts hold."""
        for text in texts:
            pairs, triples = _hashes(text)
            self._pairs[pairs] = True
            self._triples[triples] = True

    def may_hold(self, words: str) -> bool:
        """False when no text holds the words; True when one may."""
        pairs, triples = _hashes(words)
        return bool(self._pairs[pairs].all() and self._triples[triples].all())


def _hashes(text: str) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """The places in the two tables of the pairs and triples of UTF-16 units."""
    units = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), dtype="<u2").astype(np.uint32)
    pairs = units[:-1] * np.uint32(31321) + units[1:]
    triples = pairs[:-1] * np.uint32(40503) + units[2:]
    return (pairs * _SPREAD) >> np.uint32(32 - _PAIR_BITS), (triples * _SPREAD) >> np.uint32(32 - _TRIPLE_BITS)


class Said:
    """What the texts of a ledger may hold; reads those it does not know yet. Safe to call from several threads."""

    def __init__(self, catalog: CatalogReading) -> None:
        self._catalog, self._grams = catalog, Grams()
        self._known: set[str] = set()
        self._lock = threading.Lock()

    def may_hold(self, words: str, ids: Collection[str]) -> bool:
        """False when none of these documents holds the words; True when one may. A document's text never changes."""
        with self._lock:
            new = [id for id in ids if id not in self._known]
            self._grams.add(self._catalog.texts(new))
            self._known.update(new)
        return self._grams.may_hold(words)
