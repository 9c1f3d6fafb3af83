"""What came of an ingest run: a report on every file, and progress while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from ingest.document import Coverage


class FileStatus(StrEnum):
    """What became of one file."""

    ADDED = "added"
    UNCHANGED = "unchanged"
    UPDATED = "updated"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """One file of an ingest run; `reason` says why it failed, `coverage` what was kept of it.

    `notes` are lines on its documents that are copies or versions of others.
    """

    source: str
    status: FileStatus
    documents: tuple[str, ...] = ()
    reason: str | None = None
    coverage: Coverage | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestReport:
    """All files of an ingest run, in the order they were found."""

    files: tuple[FileReport, ...]
    seconds: float

    def count(self, status: FileStatus) -> int:
        """How many files ended with `status`."""
        return sum(1 for f in self.files if f.status is status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where an ingest run stands: `done` of `total` files are through; `source` is the file just finished or begun."""

    done: int
    total: int
    source: str
    report: FileReport | None = None  # of the file just finished
    passages: int = 0  # embedded so far
    seconds: float = 0.0  # since the run began
    share: float = 0.0  # of the bytes that are through, 0..1

    @property
    def files_per_min(self) -> float | None:
        """The rate so far; None before there is one."""
        return self.done / self.seconds * 60 if self.done and self.seconds > 1 else None

    @property
    def seconds_left(self) -> float | None:
        """About how long the rest takes, by bytes; None while there is too little to tell by."""
        return self.seconds * (1 - self.share) / self.share if self.share > 0.01 and self.seconds > 1 else None


OnProgress = Callable[[Progress], None]
