"""Taking back the last removal, for a while: the file is kept aside and taken in again as what it was.

home/removed/   the file of the last removal, until it is taken back, another is removed, or `HOLDS_S` have gone by
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ingest.files import FoundFile
from kb.records import FileRecord, Record
from qa.intake import IngestReport, OnProgress
from qa.service import Service

HOLDS_S = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What was removed last, and the file it can be made from again."""

    record: Record
    file: FileRecord
    kept: Path
    until: float


class Removals:
    """Removes documents of a service. Safe to use from several threads."""

    def __init__(self, service: Service, clock: Callable[[], float] = time.monotonic) -> None:
        self._service, self._clock = service, clock
        self._folder = service.settings.home / "removed"
        self._lock = threading.Lock()
        self._last: Removed | None = None
        self._timer: threading.Timer | None = None
        self.forget()

    def remove(self, document_id: str) -> None:
        """Removes a document. Raises UnknownDocument."""
        with self._lock:
            self._forget()
            file = self._service.file_of(document_id)
            kept = self._set_aside(document_id, file)
            try:
                record = self._service.remove(document_id)
            except BaseException:
                self._forget()
                raise
            if kept is None or self._service.file(file.path) is not None:
                self._forget()
                return
            self._last = Removed(record=record, file=file, kept=kept, until=self._clock() + HOLDS_S)
            self._timer = threading.Timer(HOLDS_S, self.forget)
            self._timer.daemon = True
            self._timer.start()

    @property
    def last(self) -> Removed | None:
        """What can be taken back just now."""
        last = self._last
        if last is None or self._clock() > last.until or self._service.file(last.file.path) is not None:
            return None  # too late, or the file was taken in again meanwhile
        return last

    def take_back(self, on_progress: OnProgress | None = None) -> IngestReport | None:
        """Takes the last removal back; None when there is nothing to take back. Raises what ingest raises."""
        with self._lock:
            last = self.last
            if last is None:
                return None
            source, size = last.file.source, last.kept.stat().st_size
            found = FoundFile(path=last.kept, identity=last.file.path, source=source, size=size)
            report = self._service.ingest_found([found], on_progress=on_progress)
            if (back := self._service.file(last.file.path)) is not None:
                self._leave_out_others(last.record, back)
                self._forget()
            return report

    def _leave_out_others(self, record: Record, back: FileRecord) -> None:
        """Keeps the document to whom it was kept to; what had been removed of the file before stays removed."""
        others = [id for id in back.documents if id != record.id] if record.id in back.documents else []
        for other in others:
            self._service.remove(other)
        if record.groups:
            self._service.keep_to([id for id in back.documents if id not in others], record.groups)

    def forget(self) -> None:
        """Deletes what is kept aside."""
        with self._lock:
            self._forget()

    def _forget(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._last, self._timer = None, None
        shutil.rmtree(self._folder, ignore_errors=True)

    def _set_aside(self, document_id: str, file: FileRecord) -> Path | None:
        """The document's file, kept; None when it can't be made from it again alone, or there is no room."""
        original = self._service.original(document_id)
        if original is None or file.documents != (document_id,):
            return None
        kept = self._folder / original.name
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            try:
                os.link(original, kept)
            except OSError:  # no links on this file system
                shutil.copyfile(original, kept)
        except OSError:
            return None
        return kept
