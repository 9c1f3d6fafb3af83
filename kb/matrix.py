"""All vectors in one memory-mapped file beside the other indexes, for searching exactly within some documents.

vectors-N.f32   rows of float32, appended
ids-N.bin       the chunk id of each row, padded to a fixed width
documents.log   the generation N and the dimension, then a line a change: which rows are a document's, or that it went

Rows are written before the line that names them, so a process that dies in between leaves rows that no one looks at.
Where forgotten rows outweigh the others, the living are written into the next generation.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb.errors import StorageFull
from kb.ports import Row, Scored, Vector, Within
from kb.scan import ExactScan, Span

_ID_BYTES = 64
_FORMAT = "zhengda-matrix-1"
_BATCH_DOCUMENTS = 200
_LEAST_WASTE = 5000  # forgotten rows that are not worth writing everything anew


class Matrix:
    """A VectorIndex that compares with every row. One process may write; others may read what it has written."""

    def __init__(self, folder: Path) -> None:
        """Opens the matrix in `folder`; it is empty when there is none or when its files do not fit together."""
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._generation = self._dim = self._written = 0  # rows written, the forgotten among them
        spans = self._read_log()
        if self._size_on_disk() < self._written:
            self._dim, self._written, spans = 0, 0, {}
        self._use(spans)

    def search(self, vector: Vector, limit: int, within: Within = None) -> list[Scored]:
        """See VectorIndex."""
        return self._scan.search(vector, limit, within)

    def rows(self, within: Within) -> int:
        """How many rows a search within these documents compares with."""
        return self._scan.rows(within)

    def count(self) -> int:
        """How many chunks it holds."""
        return self._scan.rows()

    def sizes(self) -> dict[str, int]:
        """How many chunks it holds of each document."""
        return {document_id: stop - first for document_id, (first, stop) in self._spans.items()}

    def add(self, rows: Iterable[Row]) -> None:
        """See VectorIndex. The rows of a document come together, and are all it has from then on."""
        spans = dict(self._spans)
        documents = (list(of_document) for _, of_document in groupby(rows, key=lambda row: row[1]))
        with _plain_errors(self._folder):
            while batch := list(islice(documents, _BATCH_DOCUMENTS)):
                spans.update(self._append(batch))
        self._use(spans)
        self._compact_if_wasteful()

    def remove(self, document_ids: Sequence[str]) -> None:
        """See VectorIndex."""
        known = {d for d in document_ids if d in self._spans}
        if known:
            with _plain_errors(self._folder):
                self._log("".join(f"{d} 0 0\n" for d in sorted(known)))
            self._use({d: span for d, span in self._spans.items() if d not in known})
            self._compact_if_wasteful()

    def clear(self) -> None:
        """See VectorIndex."""
        self._begin(dim=0)

    def flush(self) -> None:
        """Sees to it that what was written outlives a power failure."""
        for path in (self._path("vectors", "f32"), self._path("ids", "bin"), self._log_path):
            if path.exists():
                with path.open("r+b") as file:
                    os.fsync(file.fileno())

    def close(self) -> None:
        """Lets go of the mapped files."""
        self._scan = ExactScan([], np.zeros((0, 0), np.float32), {})

    # --- the files ---

    @property
    def _log_path(self) -> Path:
        return self._folder / "documents.log"

    def _path(self, name: str, suffix: str) -> Path:
        return self._folder / f"{name}-{self._generation}.{suffix}"

    def _read_log(self) -> dict[str, Span]:
        """The rows of each document as the log has them; nothing when there is no log that makes sense."""
        try:
            header, *lines = self._log_path.read_text(encoding="utf-8").splitlines()
            form, generation, dim = header.split()
            if form != _FORMAT:
                return {}
            self._generation, self._dim = int(generation), int(dim)
            spans: dict[str, Span] = {}
            for line in lines:
                document_id, first, stop = line.split(" ")
                spans.pop(document_id, None)
                if int(stop):
                    spans[document_id] = int(first), int(stop)
                    self._written = max(self._written, int(stop))
        except (FileNotFoundError, ValueError):
            self._written = self._dim = 0
            return {}
        return spans

    def _size_on_disk(self) -> int:
        """How many whole rows both files hold."""
        try:
            ids = self._path("ids", "bin").stat().st_size // _ID_BYTES
            return min(ids, self._path("vectors", "f32").stat().st_size // (4 * self._dim)) if self._dim else 0
        except FileNotFoundError:
            return 0

    def _append(self, documents: list[list[Row]]) -> dict[str, Span]:
        """Writes the rows of some documents; returns where they are."""
        vectors = np.stack([np.asarray(vector, dtype="<f4") for rows in documents for _, _, vector in rows])
        if not self._dim:
            self._begin(dim=vectors.shape[1])
        ids = b"".join(_padded(chunk_id) for rows in documents for chunk_id, _, _ in rows)
        _write_at(self._path("ids", "bin"), self._written * _ID_BYTES, ids)
        _write_at(self._path("vectors", "f32"), self._written * 4 * self._dim, vectors.tobytes())
        spans: dict[str, Span] = {}
        for rows in documents:
            spans[rows[0][1]] = self._written, self._written + len(rows)
            self._written += len(rows)
        self._log("".join(f"{d} {first} {stop}\n" for d, (first, stop) in spans.items()))
        return spans

    def _log(self, lines: str) -> None:
        with self._log_path.open("a", encoding="utf-8", newline="\n") as log:
            log.write(lines)

    def _begin(self, *, dim: int) -> None:
        """Starts a generation without rows."""
        old = (self._path("vectors", "f32"), self._path("ids", "bin"))
        with _plain_errors(self._folder):
            self._generation, self._dim, self._written = self._generation + 1, dim, 0
            for path in (self._path("vectors", "f32"), self._path("ids", "bin")):
                path.write_bytes(b"")
            partial = self._log_path.with_suffix(".partial")
            partial.write_text(f"{_FORMAT} {self._generation} {dim}\n", encoding="utf-8", newline="\n")
            partial.replace(self._log_path)
        self._use({})
        for path in old:
            with suppress(OSError):  # Windows keeps a mapped file as long as someone looks at it
                path.unlink(missing_ok=True)

    # --- looking at the rows ---

    def _use(self, spans: dict[str, Span]) -> None:
        self._spans = spans
        if not self._written:
            self._scan = ExactScan([], np.zeros((0, self._dim), np.float32), {})
            return
        vectors: NDArray[np.float32] = np.memmap(
            self._path("vectors", "f32"), dtype="<f4", mode="r", shape=(self._written, self._dim)
        )
        ids: Any = np.memmap(self._path("ids", "bin"), dtype=f"S{_ID_BYTES}", mode="r", shape=(self._written,))
        self._scan = ExactScan(_Ids(ids), np.asarray(vectors), spans)

    def _compact_if_wasteful(self) -> None:
        living = self.count()
        if self._written - living > max(_LEAST_WASTE, living):
            scan, dim, spans = self._scan, self._dim, self._spans
            self._begin(dim=dim)
            self.add(row for d, span in sorted(spans.items(), key=lambda item: item[1]) for row in scan.stored(d, span))


class _Ids(Sequence[str]):
    """Chunk ids in a mapped file, read one at a time."""

    def __init__(self, padded: NDArray[np.bytes_]) -> None:
        self._padded = padded

    def __len__(self) -> int:
        return len(self._padded)

    def __getitem__(self, row: Any) -> Any:
        return self._padded[row].decode("utf-8")


def _padded(chunk_id: str) -> bytes:
    plain = chunk_id.encode("utf-8")
    if len(plain) > _ID_BYTES:
        raise ValueError(f"chunk id of {len(plain)} bytes, at most {_ID_BYTES}: {chunk_id}")
    return plain.ljust(_ID_BYTES, b"\0")


def _write_at(path: Path, position: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(position)
        file.write(data)


@contextmanager
def _plain_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageFull(
            f"{folder}：向量矩阵写入失败（{error.strerror}），腾出磁盘空间后运行 zhengda doctor --repair"
        ) from error
