"""Bringing a base to other settings while it serves: all chunks and vectors anew, then a switch in one step."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from contextlib import suppress

from kb.current import Current, Wanted
from kb.embed import EmbedderError
from kb.errors import KnowledgeBaseError
from kb.generations import Rebuilding
from kb.indexes import Indexes, folder_of, index_folders
from kb.premises import Premises
from kb.reindex import Filling, OnDone, Stopped
from kb.serving import Serving


class Renewal:
    """The work of making the next generation, here or in the background."""

    def __init__(self, premises: Premises, current: Current, wanted: Wanted) -> None:
        self._premises, self._current, self._wanted = premises, current, wanted
        self._catalog, self._generations = premises.catalog, premises.catalog.generations
        self._running, self._closing = threading.Lock(), threading.Event()
        self.thread: threading.Thread | None = None  # the one in the background

    def close(self) -> None:
        """Stops what goes on in the background, and waits until it has."""
        self._closing.set()
        if self.thread is not None:
            self.thread.join()

    @property
    def is_due(self) -> bool:
        """Whether the base was made with another embedder or recipe than is set."""
        maker = self._generations.maker()
        return maker is not None and not maker.is_same(self._wanted.maker)

    def progress(self) -> Rebuilding | None:
        """How far it is, in this process or another."""
        return self._generations.rebuilding()

    def run(self, on_done: OnDone) -> None:
        """Makes the next generation and lets it serve. Raises EmbedderError and KnowledgeBaseError, noted in the ledger."""
        with self._running:
            if not self.is_due:
                return
            try:
                self._make_next(on_done)
            except (EmbedderError, KnowledgeBaseError) as error:
                with suppress(KnowledgeBaseError), self._premises.writing():
                    self._generations.note_stop(str(error))
                raise

    def run_in_background(self, on_failed: Callable[[str], None]) -> None:
        """`run` in a thread that ends with the base; `on_failed` is told in a line why it could not go on."""

        def work() -> None:
            try:
                self.run(lambda *_: None)
            except Stopped:
                pass
            except (EmbedderError, KnowledgeBaseError) as error:
                on_failed(str(error))

        if self._premises.owned and self.is_due:
            self.thread = threading.Thread(target=work, name="reindex", daemon=True)
            self.thread.start()

    def tidy(self) -> None:
        """Deletes what is left of generations that no longer serve, or that are no longer wanted."""
        with self._premises.writing():
            if not self.is_due:
                self._generations.drop_next()
        left = self._generations.drop_others()
        while not self._closing.is_set():
            with self._premises.writing():
                if next(left, None) is None:
                    break
        for folder in index_folders(self._premises.home):
            if folder != folder_of(self._premises.home, self._catalog.generation):
                shutil.rmtree(folder, ignore_errors=True)

    def problems(self) -> list[str]:
        """What doctor says of a base that was made with other settings and is not being brought to these."""
        maker, wanted, progress = self._generations.maker(), self._wanted.maker, self.progress()
        lines = []
        if maker is not None and maker.embedder != wanted.embedder:
            lines.append(f"向量由 {maker.embedder} 生成，当前设置是 {wanted.embedder}")
        if maker is not None and maker.recipe != wanted.recipe:
            lines.append(f"分段方式是 {maker.recipe}，当前程序是 {wanted.recipe}")
        is_running = self._running.locked() if self._premises.owned else progress and not progress.stopped
        if not lines or is_running:
            return []
        if progress:
            reason = f"（{progress.stopped}）" if progress.stopped else ""
            lines.append(f"重建停在 {progress.done:,}/{progress.total:,} 段{reason}，下次从这里接着做")
        return lines

    # --- inside ---

    def _make_next(self, on_done: OnDone) -> None:
        def told(done: int, total: int) -> None:
            if self._closing.is_set():
                raise Stopped
            on_done(done, total)

        filling = Filling(
            self._catalog,
            self._wanted.maker,
            self._wanted.embedder,
            self._wanted.split,
            writing=self._premises.writing,
            on_done=told,
        )
        filling.fill()
        indexes = self._current.own_indexes(filling.number, anew=True, on_done=told)
        try:
            before = self._switch(filling, indexes)
        except BaseException:
            indexes.close()
            raise
        if before is not None:
            before.retire()
            if isinstance(before.indexes, Indexes):
                before.indexes.drop()
        self.tidy()

    def _switch(self, filling: Filling, indexes: Indexes) -> Serving | None:
        """Lets the next generation serve once nothing is missing from it; what served before."""
        while True:
            filling.fill()  # what was taken in meanwhile
            indexes.catch_up()
            with self._premises.writing():
                if self._generations.pending():
                    continue
                indexes.catch_up()
                self._generations.serve_next()
                return self._current.replace(indexes)
