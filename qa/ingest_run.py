"""One ingest run: files are parsed ahead in processes while the vectors of those before them are made.

A file goes: looked at (hash; unchanged files end here), parsed, embedded together with others, written to the ledger
in a transaction of its own. Files end in the order in which they are ready, the report keeps the order found.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ingest.archive import expand, unpack
from ingest.document import Coverage, IngestError
from ingest.files import FoundFile
from ingest.parsing import Outcome, attempt, parse, unreadable
from ingest.workers import Pool
from kb.errors import StorageFull
from kb.knowledge_base import KnowledgeBase
from kb.records import FileRecord
from qa.editions import corrected_in, lost_note, notes_on
from qa.intake import FileReport, FileStatus, OnProgress, Progress

BATCH_CHUNKS = 128  # embedded together: enough to sort by length, few enough to lose little when stopped
AHEAD_FILES = 64  # looked at, not yet in the ledger
AHEAD_CHUNKS = 2000  # parsed, waiting for their vectors
AHEAD_BYTES = 256 * 2**20  # of the files behind them
REFRESH_FILES = 100  # between two updates of the indexes
HERE_FILES = 20  # small texts parsed in this process, before it is worth starting others
HERE_BYTES = 2**20
_HERE_SUFFIXES = (".txt", ".md")
_WAIT_S = 0.2
_WORK = "incoming-"  # folders in the base that archives are unpacked to, by process


@dataclass(frozen=True, slots=True, kw_only=True)
class _Begun:
    """A file that has to be parsed. `stamp` tells whether it was written to meanwhile."""

    number: int
    file: FoundFile
    path: Path
    sha256: str
    stamp: tuple[int, int]
    is_known: bool


class _Changed(Exception):
    """The file was written to while it was read."""


class IngestRun:
    """The state of one run. Used by one thread; `close` it, whatever happens."""

    def __init__(
        self, base: KnowledgeBase, found: Sequence[FoundFile], on_progress: OnProgress | None, *, ocr: bool = True
    ) -> None:
        self._parser = partial(parse, ocr=ocr)
        self._base, self._on_progress = base, on_progress
        self._started = time.perf_counter()
        self._folder = _work_folder(base.home)
        self._files = self._expanded(found)
        self._failed_before = {f.path for f in base.failures()}
        self._next = 0
        self._begun: dict[int, _Begun] = {}
        self._parsed: list[tuple[_Begun, Outcome]] = []
        self._reports: dict[int, FileReport] = {}
        self._pool: Pool | None = None
        self._here = self._stored = 0
        self._passages = self._passages_now = 0
        self._bytes_through = 0
        self._bytes = sum(f.size for f in self._files)

    def close(self) -> None:
        """Ends the processes and removes what was unpacked. What is in the ledger stays."""
        if self._pool is not None:
            self._pool.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def run(self) -> tuple[FileReport, ...]:
        """Takes in every file; the reports in the order found."""
        while len(self._reports) < len(self._files):
            self._look_ahead()
            self._gather(_WAIT_S if not self._is_batch_ready() else 0)
            if self._is_batch_ready():
                self._store()
            elif self._begun and not self._parsed:
                self._tell()
        self._forget_failures()
        return tuple(self._reports[n] for n in range(len(self._files)))

    # --- looking at files, parsing ---

    def _expanded(self, found: Sequence[FoundFile]) -> list[FoundFile]:
        try:
            return expand(found, self._folder)
        except BaseException as error:
            shutil.rmtree(self._folder, ignore_errors=True)
            if isinstance(error, OSError):
                _refuse_full_disk(error, self._base.home)
            raise

    def _look_ahead(self) -> None:
        """Begins files as far as there is room for them."""
        while self._next < len(self._files) and self._has_room():
            number, file = self._next, self._files[self._next]
            self._next += 1
            if file.problem:
                self._fail(number, file.problem)
                continue
            try:
                begun = self._look_at(number, file)
            except IngestError as error:
                self._fail(number, str(error))
            except OSError as error:
                _refuse_full_disk(error, self._base.home)
                self._fail(number, unreadable(file.source, error))
            else:
                if begun is not None:
                    self._parse(begun)

    def _has_room(self) -> bool:
        ahead = [*self._begun.values(), *(b for b, _ in self._parsed)]
        return (
            len(ahead) < AHEAD_FILES
            and self._chunks_waiting() < AHEAD_CHUNKS
            and sum(b.file.size for b in ahead) < AHEAD_BYTES
        )

    def _look_at(self, number: int, file: FoundFile) -> _Begun | None:
        """The file to be parsed; None when it is unchanged. Raises IngestError and OSError."""
        path = file.path if file.member is None else unpack(file, self._folder / str(number))
        stamp = _stamp(path)
        with path.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        before = self._base.file(file.identity)
        if before and before.sha256 == sha256:
            self._base.keep_original(path, sha256)  # does nothing but where the copy was lost
            if file.identity in self._failed_before:
                self._base.clear_failure(file.identity)
            coverage, documents = before.coverage, before.documents
            report = FileReport(source=file.source, status=FileStatus.UNCHANGED, documents=documents, coverage=coverage)
            self._settle(number, report)
            return None
        return _Begun(number=number, file=file, path=path, sha256=sha256, stamp=stamp, is_known=before is not None)

    def _parse(self, begun: _Begun) -> None:
        """Here for the first few small texts, which take less than starting a process; else in a process."""
        small = begun.file.size <= HERE_BYTES and begun.path.suffix.lower() in _HERE_SUFFIXES
        if self._pool is None and small and self._here < HERE_FILES:
            self._here += 1
            self._parsed.append((begun, attempt(begun.path, begun.file.source, self._parser)))
            return
        self._pool = self._pool or Pool(parse=self._parser)
        self._begun[begun.number] = begun
        self._pool.submit(begun.number, begun.path, begun.file.source, size=begun.file.size)

    def _gather(self, timeout_s: float = 0) -> None:
        """Takes what the processes have finished; waits for the first when there is nothing else to do."""
        while self._pool is not None and self._begun and (taken := self._pool.take(timeout_s)):
            number, outcome = taken
            self._parsed.append((self._begun.pop(number), outcome))
            timeout_s = 0

    # --- embedding, writing ---

    def _chunks_waiting(self) -> int:
        return sum(len(chunks) for _, outcome in self._parsed for _, chunks in outcome.documents)

    def _is_batch_ready(self) -> bool:
        nothing_comes = not self._begun and (self._next == len(self._files) or not self._has_room())
        return bool(self._parsed) and (nothing_comes or self._chunks_waiting() >= BATCH_CHUNKS)

    def _store(self) -> None:
        """Embeds what is parsed and writes it, file by file."""
        batch, self._parsed = self._parsed, []
        vectors = iter(self._base.embed([d for _, outcome in batch for d in outcome.documents], self._embedded))
        self._passages += self._passages_now
        self._passages_now = 0
        for begun, outcome in batch:
            of_file = [next(vectors) for _ in outcome.documents]
            if outcome.reason:
                self._fail(begun.number, outcome.reason)
                continue
            try:
                original = self._original(begun)
            except _Changed:
                self._fail(begun.number, f"{begun.file.source}：导入时文件被改动，请等它写完后重新导入")
                continue
            except OSError as error:
                self._fail(begun.number, unreadable(begun.file.source, error))
                continue
            record = FileRecord(
                path=begun.file.identity,
                source=begun.file.source,
                sha256=begun.sha256,
                original=original,
                documents=tuple(d.id for d, _ in outcome.documents),
                coverage=_coverage_of_file(outcome),
            )
            corrected = corrected_in(self._base, record.path)
            self._base.put_file(record, outcome.documents, of_file)
            status = FileStatus.UPDATED if begun.is_known else FileStatus.ADDED
            report = FileReport(
                source=record.source,
                status=status,
                documents=record.documents,
                coverage=record.coverage,
                notes=(*notes_on(self._base, record.documents), *lost_note(corrected, record.path, self._base)),
            )
            self._settle(begun.number, report)

    def _original(self, begun: _Begun) -> str:
        """Keeps the file. Raises _Changed when it is no longer the one that was parsed, and OSError."""
        if _stamp(begun.path) != begun.stamp:
            raise _Changed
        return self._base.keep_original(begun.path, begun.sha256)

    def _embedded(self, passages: int) -> None:
        """Between two batches of vectors: the processes are kept busy, and progress is told."""
        self._passages_now = passages
        self._look_ahead()
        self._gather()
        self._tell()

    # --- reporting ---

    def _fail(self, number: int, reason: str) -> None:
        file = self._files[number]
        self._base.note_failure(file.identity, file.source, reason)
        self._settle(number, FileReport(source=file.source, status=FileStatus.FAILED, reason=reason))

    def _settle(self, number: int, report: FileReport) -> None:
        """The file is through."""
        file = self._files[number]
        self._reports[number] = report
        self._bytes_through += file.size
        if file.member is not None:
            shutil.rmtree(self._folder / str(number), ignore_errors=True)
        if report.status in (FileStatus.ADDED, FileStatus.UPDATED):
            self._stored += 1
            if self._stored % REFRESH_FILES == 0:
                self._base.refresh()
        self._tell(report)

    def _tell(self, report: FileReport | None = None) -> None:
        if self._on_progress is None:
            return
        ahead = min(self._begun, default=None)
        self._on_progress(
            Progress(
                done=len(self._reports),
                total=len(self._files),
                source=report.source if report else self._files[ahead].source if ahead is not None else "",
                report=report,
                passages=self._passages + self._passages_now,
                seconds=time.perf_counter() - self._started,
                share=self._bytes_through / self._bytes if self._bytes else 0.0,
            )
        )

    def _forget_failures(self) -> None:
        """Drops noted failures of files that are gone, archives' members included."""
        listed = {f.identity for f in self._files}
        opened = {f.identity.partition("!/")[0] for f in self._files}
        for identity in self._failed_before - listed:
            outer = identity.partition("!/")[0]
            if not Path(outer).is_relative_to(self._base.home.resolve()) and (
                outer in opened or not os.path.lexists(outer)
            ):
                self._base.clear_failure(identity)


def _coverage_of_file(outcome: Outcome) -> Coverage:
    """Each document of a compilation carries its file's coverage, with its own characters."""
    documents = [document for document, _ in outcome.documents]
    return replace(documents[0].coverage, characters=sum(d.coverage.characters for d in documents))


def _work_folder(home: Path) -> Path:
    """A new folder to unpack to, in the base, where there is room; those of processes that were killed go."""
    for left in _left_behind(home):
        shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{_WORK}{os.getpid()}-", dir=home))


def _left_behind(home: Path) -> Iterator[Path]:
    """The base has one owner at a time: what another process left, it no longer needs."""
    return (p for p in home.glob(f"{_WORK}*") if not p.name.startswith(f"{_WORK}{os.getpid()}-"))


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def _refuse_full_disk(error: OSError, home: Path) -> None:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        raise StorageFull(f"{home}：磁盘已满，腾出空间后重试；已入库的内容没有丢失") from error
