"""The 资料库 tab: upload, what became of each file, the table of documents. Imports gradio: import it late."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from kb.errors import UnknownDocument
from qa.errors import USER_ERRORS
from qa.intake import IngestReport, Progress
from qa.service import Service
from ui.ingest_watch import TICK_S, Run, Runs, Told
from ui.login import USER
from ui.turns import Turns
from ui.undo import Removals
from ui.web_correct import Corrector, said_html
from ui.web_shelf import message_html, notice_html, table_html, undo_html
from ui.web_source import document_view
from ui.web_versions import about_html, difference_view, failures_html
from ui.web_viewer import clickable

UNDO_OVER = "已经不能撤销：过了 10 分钟，或文件已重新导入；请重新上传"
Update = tuple[Any, Any, Any]  # upload box, ingest report, table
Resumed = tuple[Any, Any, Any, Any]


class Library:
    """What the 资料库 tab does with a service."""

    def __init__(self, service: Service, turns: Turns | None = None) -> None:
        self._service, self._turns = service, turns or Turns()
        self._folder = service.settings.home / "uploads"
        self._removals = Removals(service)
        self._corrector = Corrector(service)
        self._runs = Runs()

    def stop(self) -> None:
        """Lets the file that is being written be finished, and takes in no other."""
        self._turns.stop()
        self._removals.forget()

    def table(self, wanted: str | None) -> str:
        """The table of documents, filtered, below the files that failed. A tab not yet opened sends None."""
        return (
            undo_html(self._removals.last)
            + failures_html(self._service.failures())
            + table_html(self._service.documents(), wanted or "")
        )

    def upload(self, files: list[str] | None, wanted: str) -> Iterator[Update]:
        """Updates for (upload box, report, table) while the uploaded files are ingested."""
        if not files:
            yield gr.skip(), gr.skip(), gr.skip()
            return
        run = self._begin([Path(name) for name in files])
        for shown in run.watch():
            yield None, shown, gr.skip()
        yield None, gr.skip(), self.table(wanted)

    def take_in(self, folder: Path) -> None:
        """Begins to take in a folder; pages that are opened meanwhile show how far it is."""

        def work(tell: Told) -> IngestReport:
            with self._turns.write():
                return self._service.ingest([folder], on_progress=self._heeding(tell))

        self._runs.begin(work, total=0)

    async def resume(self, wanted: str | None) -> AsyncIterator[Resumed]:
        """Updates for (notice, report, table, news) on a page that is opened while files are taken in, until they are.

        News is a number that changes when there is something to ask, and when all is in.
        """
        run = self._runs.going
        if run is None:
            yield gr.skip(), gr.skip(), gr.skip(), gr.skip()
            return
        had, begun = bool(self._service.documents()), time.time()
        while not run.is_over:
            has = had or bool(self._service.documents())
            table, news = (self.table(wanted), begun) if has and not had else (gr.skip(), gr.skip())
            had = has
            yield notice_html(*run.counts), run.html(), table, news
            await asyncio.sleep(TICK_S)
        yield "", run.html(), self.table(wanted), time.time()

    def act(self, wanted: str, event: gr.EventData, request: gr.Request | None = None) -> str:
        """What a click in the table leads to: a document's text, the question before removing, or the table."""
        action, id = str(getattr(event, "act", "")), str(getattr(event, "id", ""))
        try:
            if action == "view":
                return self._document(id)
            if action == "diff":
                return difference_view(self._service.difference(*self._in_order(id, str(getattr(event, "other", "")))))
            if action.startswith("correct"):
                done, form = self._corrector.act(action, id, event, _user(request))
                return form or said_html(done) + self._document(id)
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

        def work(tell: Told) -> IngestReport | None:
            with self._turns.write():
                return self._removals.take_back(tell)

        for shown in self._runs.begin(work, 1, nothing=UNDO_OVER).watch():
            yield shown, gr.skip()
        yield gr.skip(), self.table(wanted)

    def _document(self, id: str) -> str:
        """A document's text, with its versions and what ingest kept of it."""
        document = self._service.document(id)
        original = self._service.original(id) is not None
        about = self._corrector.about(id) + about_html(document, self._service.family(id))
        return document_view(document, original=original, back=True, about=about)

    def _in_order(self, id: str, other: str) -> tuple[str, str]:
        """Two versions, the one that stands last."""
        current = self._service.family(id)[0].id
        return (other, id) if id == current else (id, other)

    def _begin(self, paths: Sequence[Path]) -> Run:
        """Takes in uploads, in a thread of its own: the work goes on even if the page is closed meanwhile.

        A file's path is its identity, so uploads pass through one folder under their own names: the same name
        again is the same file, unchanged or updated. Nothing stays there; the base keeps the originals."""

        def work(tell: Told) -> IngestReport:
            with self._turns.write():
                staged = _move(paths, self._folder)
                try:
                    names = {path: path.name for path in staged}
                    return self._service.ingest(staged, names=names, on_progress=self._heeding(tell))
                finally:
                    shutil.rmtree(self._folder, ignore_errors=True)

        return self._runs.begin(work, len(paths))

    def _heeding(self, tell: Told) -> Told:
        """Tells, and ends the run when the program is ending."""

        def told(step: Progress) -> None:
            tell(step)
            self._turns.refuse_when_stopping()

        return told


def _user(request: gr.Request | None) -> str | None:
    """Who is logged in; None where nobody has to."""
    asked = request and request.request
    user = asked.scope.get(USER) if asked else None
    return str(user) if user else None


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
    table = clickable(id="zd-shelf")
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    stored = upload.upload(library.upload, [upload, wanted], [upload, report, table], concurrency_limit=2, **quiet)
    wanted.input(library.table, wanted, table, queue=False, **quiet)
    acted = table.click(library.act, wanted, table, queue=False, **quiet)
    undone = table.click(library.undo, wanted, [report, table], concurrency_limit=2, **quiet)
    return {"report": report, "table": table, "wanted": wanted, "stored": stored, "acted": acted, "undone": undone}
