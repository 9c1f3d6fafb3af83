"""The 资料库 tab: upload, what became of each file, the table of documents. Imports gradio: import it late."""

from __future__ import annotations

import contextlib
import queue
import shutil
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from kb.errors import UnknownDocument
from qa.errors import USER_ERRORS
from qa.intake import FileReport, IngestReport, Progress
from qa.service import Service
from ui.render import name_of
from ui.turns import Stopped, Turns
from ui.undo import Removals
from ui.web_ask import CLICK
from ui.web_shelf import message_html, progress_html, report_html, table_html, undo_html
from ui.web_source import document_view
from ui.web_versions import about_html, difference_view, failures_html

TICK_S = 0.25
UNDO_OVER = "已经不能撤销：过了 10 分钟，或文件已重新导入；请重新上传"
Update = tuple[Any, Any, Any]  # upload box, ingest report, table


class Library:
    """What the 资料库 tab does with a service."""

    def __init__(self, service: Service, turns: Turns | None = None) -> None:
        self._service, self._turns = service, turns or Turns()
        self._folder = service.settings.home / "uploads"
        self._removals = Removals(service)

    def stop(self) -> None:
        """Lets the file that is being written be finished, and takes in no other."""
        self._turns.stop()
        self._removals.forget()

    def table(self, wanted: str) -> str:
        """The table of documents, filtered, below the files that failed."""
        return (
            undo_html(self._removals.last)
            + failures_html(self._service.failures())
            + table_html(self._service.documents(), wanted)
        )

    def upload(self, files: list[str] | None, wanted: str) -> Iterator[Update]:
        """Updates for (upload box, report, table) while the uploaded files are ingested."""
        if not files:
            yield gr.skip(), gr.skip(), gr.skip()
            return
        try:
            for update in self._ingest([Path(name) for name in files]):
                yield None, update, gr.skip()
        except (*USER_ERRORS, Stopped) as error:
            yield None, message_html(str(error)), gr.skip()
        yield None, gr.skip(), self.table(wanted)

    def act(self, wanted: str, event: gr.EventData) -> str:
        """What a click in the table leads to: a document's text, the question before removing, or the table."""
        action, id = str(getattr(event, "act", "")), str(getattr(event, "id", ""))
        try:
            if action == "view":
                return self._document(id)
            if action == "diff":
                return difference_view(self._service.difference(*self._in_order(id, str(getattr(event, "other", "")))))
            if action == "remove":
                return table_html(self._service.documents(), wanted, confirming=id)
            if action == "remove-now":
                self._removals.remove(id)
        except UnknownDocument:
            pass  # removed meanwhile, in another window: the table below no longer lists it
        except USER_ERRORS as error:
            return message_html(str(error)) + self.table(wanted)
        return self.table(wanted)

    def undo(self, wanted: str, event: gr.EventData) -> Iterator[tuple[Any, Any]]:
        """Updates for (report, table) while the last removal is taken back, when that is what was clicked."""
        if getattr(event, "act", "") != "undo":
            yield gr.skip(), gr.skip()  # Gradio empties what a generator that yields nothing could have changed
            return
        events: queue.Queue[Progress] = queue.Queue()
        workers = ThreadPoolExecutor(1, thread_name_prefix="undo")
        working = workers.submit(self._take_back, events)
        workers.shutdown(wait=False)
        try:
            for shown in _watch(working, events, total=1):
                yield shown, gr.skip()
            report = working.result()
            told = report_html([self._plain(f) for f in report.files], report.seconds) if report else ""
            yield told or message_html(UNDO_OVER), gr.skip()
        except (*USER_ERRORS, Stopped) as error:
            yield message_html(str(error)), gr.skip()
        yield gr.skip(), self.table(wanted)

    def _take_back(self, events: queue.Queue[Progress]) -> IngestReport | None:
        def told(step: Progress) -> None:
            events.put(replace(step, report=step.report and self._plain(step.report)))

        with self._turns.write():
            return self._removals.take_back(told)

    def _document(self, id: str) -> str:
        """A document's text, with its versions and what ingest kept of it."""
        document = self._service.document(id)
        original = self._service.original(id) is not None
        return document_view(
            document, original=original, back=True, about=about_html(document, self._service.family(id))
        )

    def _in_order(self, id: str, other: str) -> tuple[str, str]:
        """Two versions, the one that stands last."""
        current = self._service.family(id)[0].id
        return (other, id) if id == current else (id, other)

    def _ingest(self, paths: Sequence[Path]) -> Iterator[str]:
        """The report as it grows. The work goes on in its own thread even if the page is closed meanwhile."""
        events: queue.Queue[Progress] = queue.Queue()
        workers = ThreadPoolExecutor(1, thread_name_prefix="ingest")
        working = workers.submit(self._ingest_staged, paths, events)
        workers.shutdown(wait=False)
        yield from _watch(working, events, total=len(paths))
        report = working.result()
        yield report_html(report.files, report.seconds)

    def _ingest_staged(self, paths: Sequence[Path], events: queue.Queue[Progress]) -> IngestReport:
        """A file's path is its identity, so uploads pass through one folder under their own names: the same name
        again is the same file, unchanged or updated. Nothing stays there; the base keeps the originals."""

        def told(step: Progress) -> None:
            events.put(replace(step, report=step.report and self._plain(step.report)))
            self._turns.refuse_when_stopping()

        with self._turns.write():
            staged = _move(paths, self._folder)
            try:
                report = self._service.ingest(staged, names={p: p.name for p in staged}, on_progress=told)
            finally:
                shutil.rmtree(self._folder, ignore_errors=True)
        return replace(report, files=tuple(self._plain(file) for file in report.files))

    def _plain(self, report: FileReport) -> FileReport:
        """The report under the file's own name, without the folder it passed through."""
        name = name_of(report.source)
        reason = report.reason and report.reason.replace(report.source, name)
        for said_twice in (f"{name}：", f"{name}:"):
            reason = reason and reason.removeprefix(said_twice)
        return replace(report, source=name, reason=reason)


def _move(paths: Sequence[Path], folder: Path) -> list[Path]:
    """The files, now in `folder` under their own names; the second of one name gets " (2)"."""
    folder.mkdir(parents=True, exist_ok=True)
    moved: list[Path] = []
    for path in paths:
        same = sum(other.name == path.name for other in paths[: len(moved)])
        target = folder / (f"{path.stem} ({same + 1}){path.suffix}" if same else path.name)
        shutil.move(path, target)
        with contextlib.suppress(OSError):
            path.parent.rmdir()
        moved.append(target)
    return moved


def _watch(working: Future[Any], events: queue.Queue[Progress], total: int) -> Iterator[str]:
    """Progress as HTML until the work is done, at most one update a tick."""
    begun, done, current, left_s = time.monotonic(), [], "", None
    while True:
        over = working.done()
        while not events.empty():
            step = events.get()
            total, current, left_s = step.total, step.source or current, step.seconds_left
            done += [step.report] if step.report else []
        if over:
            return
        yield progress_html(done, total, current, time.monotonic() - begun, left_s)
        time.sleep(TICK_S)


def library_tab(library: Library) -> dict[str, Any]:
    """Lays out the tab; gives back the components and events that others hook into."""
    gr.HTML(
        '<p class="zd-lead">支持 PDF、Word、Excel、网页、文本、扫描图片和 ZIP 压缩包，每份不超过 200 MB。文件只存在本机。</p>',
        apply_default_css=False,
    )
    upload = gr.File(file_count="multiple", show_label=False, elem_id="zd-upload", height=132)
    report = gr.HTML(elem_id="zd-report", apply_default_css=False)
    wanted = gr.Textbox(
        placeholder="按标题、文号、机关、地区、年份或文件名筛选",
        show_label=False,
        container=False,
        max_lines=1,
        elem_id="zd-filter",
    )
    table = gr.HTML(elem_id="zd-shelf", js_on_load=CLICK, apply_default_css=False)
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    stored = upload.upload(library.upload, [upload, wanted], [upload, report, table], concurrency_limit=2, **quiet)
    wanted.input(library.table, wanted, table, queue=False, **quiet)
    acted = table.click(library.act, wanted, table, queue=False, **quiet)
    undone = table.click(library.undo, wanted, [report, table], concurrency_limit=2, **quiet)
    return {"table": table, "wanted": wanted, "stored": stored, "acted": acted, "undone": undone}
