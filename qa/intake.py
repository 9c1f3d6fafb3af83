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
    """One file of an ingest run; `reason` says why it failed, `coverage` what was kept of it."""

    source: str
    status: FileStatus
    documents: tuple[str, ...] = ()
    reason: str | None = None
    coverage: Coverage | None = None


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
    """Where an ingest run stands: `done` of `total` files are through; `source` is the file in hand."""

    done: int
    total: int
    source: str
    report: FileReport | None = None  # of the file just finished


OnProgress = Callable[[Progress], None]
