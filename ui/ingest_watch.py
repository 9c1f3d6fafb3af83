"""Ingest runs that go on in this process, to be watched from any page, also from one that was opened meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

from qa.errors import USER_ERRORS
from qa.intake import FileReport, IngestReport, Progress
from ui.render import name_of
from ui.turns import Stopped
from ui.web_shelf import message_html, progress_html, report_html

TICK_S = 0.25
Told = Callable[[Progress], None]


class Run:
    """One run in a thread of its own. What is shown of it names files without the folder they are in."""

    def __init__(self, work: Callable[[Told], IngestReport | None], total: int, nothing: str = "") -> None:
        """`nothing` is said where `work` gives no report. It ends early where what it tells raises Stopped."""
        self._lock, self._nothing = threading.Lock(), nothing
        self._begun, self._done, self._total = time.monotonic(), list[FileReport](), total
        self._current = ""
        self._left_s: float | None = None
        workers = ThreadPoolExecutor(1, thread_name_prefix="ingest")
        self._working: Future[IngestReport | None] = workers.submit(work, self._tell)
        workers.shutdown(wait=False)

    @property
    def is_over(self) -> bool:
        """Whether nothing more is taken in."""
        return self._working.done()

    @property
    def counts(self) -> tuple[int, int]:
        """Files through, and files there are."""
        with self._lock:
            return len(self._done), self._total

    def html(self) -> str:
        """How far it is; once it is over, what became of each file, or why it ended."""
        if not self.is_over:
            with self._lock:
                seconds = time.monotonic() - self._begun
                return progress_html(self._done, self._total, self._current, seconds, self._left_s)
        try:
            report = self._working.result()
        except (*USER_ERRORS, Stopped) as error:
            return message_html(str(error))
        if report is None:
            return message_html(self._nothing)
        return report_html([plain(file) for file in report.files], report.seconds)

    def watch(self) -> Iterator[str]:
        """What is shown, once a tick, and last how it ended."""
        while not self.is_over:
            yield self.html()
            time.sleep(TICK_S)
        yield self.html()

    def _tell(self, step: Progress) -> None:
        with self._lock:
            self._total, self._current = step.total, step.source or self._current
            self._left_s = step.seconds_left
            self._done += [plain(step.report)] if step.report else []


class Runs:
    """The runs of one base: they take turns."""

    def __init__(self) -> None:
        self._runs: list[Run] = []
        self._lock = threading.Lock()

    def begin(self, work: Callable[[Told], IngestReport | None], total: int, nothing: str = "") -> Run:
        """A new run."""
        run = Run(work, total, nothing)
        with self._lock:
            self._runs = [*(other for other in self._runs if not other.is_over), run]
        return run

    @property
    def going(self) -> Run | None:
        """The run that goes on, the one before others that wait for it."""
        with self._lock:
            return next((run for run in self._runs if not run.is_over), None)


def plain(report: FileReport) -> FileReport:
    """The report under the file's own name, without the folder it lies in or passed through."""
    name = name_of(report.source)
    reason = report.reason and report.reason.replace(report.source, name)
    for said_twice in (f"{name}：", f"{name}:"):
        reason = reason and reason.removeprefix(said_twice)
    return replace(report, source=name, reason=reason)
