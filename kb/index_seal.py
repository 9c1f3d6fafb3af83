"""A seal on the index files at a clean end, and what of them is not as it was left when they are opened again.

index/closed.json: of each file its size, its time, and its CRC-32 for what no one but us writes, and for the small files
of Chroma's graph, which it reads without a look at them. It is broken (deleted) before the first write. A file that is gone, shorter, or other than its CRC-32 makes its index be built anew; where
Chroma's files only look touched, or nothing was sealed, a child process tries them (`kb.index_probe`).
"""

from __future__ import annotations

import json
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

PARTS = ("chroma", "matrix", "lexical")
_CHECKED = ("matrix", "lexical")  # small enough to sum up, and only written through us
_GRAPH = ("header.bin", "length.bin", "link_lists.bin")  # beside data_level0.bin, which holds the vectors and is large
_BLOCK_BYTES = 2**20
_PROBE_S = 300.0
_Noted = dict[str, list[int | None]]


class Seal:
    """The seal of an index folder."""

    def __init__(self, folder: Path, ledger: Path, collection: str) -> None:
        self._folder, self._path = folder, folder / "closed.json"
        self._ledger, self._collection = ledger, collection

    def close(self) -> None:
        """Notes the files as they are now. What has not changed since the last time is not read again."""
        before = self._read()
        noted: _Noted = {}
        for name, path in self._files():
            status = path.stat()
            stamp: list[int | None] = [status.st_size, status.st_mtime_ns]
            known = before.get(name, [])
            is_checked = _part(name) in _CHECKED or path.name in _GRAPH
            is_known = known[:2] == stamp and (not is_checked or known[2] is not None)
            noted[name] = known if is_known else [*stamp, _crc(path) if is_checked else None]
        partial = self._path.with_suffix(".partial")
        partial.write_text(json.dumps(noted), encoding="utf-8")
        partial.replace(self._path)

    def break_open(self) -> None:
        """Before the first write: from now on the files are no longer as noted."""
        self._path.unlink(missing_ok=True)

    def damaged(self) -> frozenset[str]:
        """The parts that cannot be trusted; none for a folder that is empty."""
        there = {_part(name) for name, _ in self._files()} & set(PARTS)
        noted = self._read()
        if not noted:
            return self._refused(there)
        damaged, doubtful = set(), set()
        for name, (size, time_ns, crc) in noted.items():
            path, part = self._folder / name, _part(name)
            try:
                status = path.stat()
            except FileNotFoundError:
                damaged.add(part)
                continue
            if size is None or status.st_size < size:
                damaged.add(part)
            elif (status.st_size, status.st_mtime_ns) != (size, time_ns):
                if crc is None:
                    doubtful.add(part)
                elif _crc(path) != crc:
                    damaged.add(part)
        return frozenset(damaged) | self._refused(doubtful - damaged)

    def _refused(self, parts: set[str]) -> frozenset[str]:
        """The parts that a child process could not use; one that dies or hangs takes no one with it."""
        return frozenset(part for part in parts if part in PARTS and not self._is_sound(part))

    def _is_sound(self, part: str) -> bool:
        places = [str(self._folder.resolve()), str(self._ledger.resolve())]
        command = [sys.executable, "-m", "kb.index_probe", *places, part, self._collection]
        try:
            done = subprocess.run(command, cwd=Path(__file__).parent.parent, capture_output=True, timeout=_PROBE_S)
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0

    def _files(self) -> Iterator[tuple[str, Path]]:
        for part in PARTS:
            for path in sorted((self._folder / part).rglob("*")):
                if path.is_file() and not path.name.endswith((".lock", "-wal", "-shm", "-journal")):
                    yield path.relative_to(self._folder).as_posix(), path

    def _read(self) -> _Noted:
        try:
            noted = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return noted if isinstance(noted, dict) else {}


def _part(name: str) -> str:
    return name.partition("/")[0]


def _crc(path: Path) -> int:
    crc = 0
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            crc = zlib.crc32(block, crc)
    return crc
