"""python -m kb.index_probe INDEX LEDGER PART COLLECTION: tries one index in a process of its own, because damaged files can
kill it. Ends with 0 when passages drawn from the ledger are found in it by their own vectors or words."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import numpy as np

from kb.lexical import LexicalIndex, tokens
from kb.matrix import Matrix
from kb.ports import Vector, VectorSearch
from kb.store import ChunkStore

_SAMPLE = 20
_LEAST_COSINE = 0.999  # of a vector to itself
_FOUND_WITHIN = 10
_LEAST_SHARE = 0.9  # of the sample: Chroma's search is approximate


def main() -> int:
    folder, ledger, part, collection = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]
    sample = _sample(ledger)
    if part == "lexical":
        return 0 if _finds_words(LexicalIndex(folder / part), sample) else 1
    if part == "matrix":
        return 0 if _finds(Matrix(folder / part), sample) else 1
    store = ChunkStore(folder / part, collection=collection)
    sound = _finds(store, sample)
    store.close()
    return 0 if sound else 1


def _sample(ledger: Path) -> list[tuple[Vector, str]]:
    """Vectors and texts of passages that serve, drawn evenly over all of them."""
    serving = (
        "FROM chunks JOIN documents ON documents.id = document_id AND current_id IS NULL"
        " WHERE generation = (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'generation')"
    )
    with closing(sqlite3.connect(f"{ledger.as_uri()}?mode=ro", uri=True)) as db:
        ids = [r[0] for r in db.execute(f"SELECT chunks.rowid {serving}")]
        drawn = ids[:: max(1, len(ids) // _SAMPLE)]
        marks = ",".join("?" * len(drawn))
        rows = db.execute(
            'SELECT vector, substr(text, start + 1, "end" - start) FROM chunks JOIN documents'
            f" ON documents.id = document_id WHERE chunks.rowid IN ({marks})",
            drawn,
        )
        return [(np.frombuffer(vector, dtype="<f4"), str(text)) for vector, text in rows]


def _finds(index: VectorSearch, sample: list[tuple[Vector, str]]) -> bool:
    found = [index.search(vector, 1) for vector, _ in sample]
    return sum(bool(h) and h[0][1] >= _LEAST_COSINE for h in found) >= _LEAST_SHARE * len(sample)


def _finds_words(index: LexicalIndex, sample: list[tuple[Vector, str]]) -> bool:
    return all(index.search(words, _FOUND_WITHIN) for _, text in sample if (words := tokens(text)))


if __name__ == "__main__":
    sys.exit(main())
