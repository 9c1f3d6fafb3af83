"""One piece of work in a thread of its own, watched and cancelled from the page."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from qa.errors import USER_ERRORS

Tell = Callable[[int, int], None]  # how much is done of how much; raises Cancelled
Work = Callable[[Tell], str]


class Cancelled(Exception):
    """The work was given up on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the work is, or how it ended."""

    running: bool = False
    done: int = 0
    total: int = 0
    line: str = ""  # how it ended, for the user
    failed: bool = False
    ended_at: float = 0.0  # seconds since 1970; 0: it has not been done


class Background:
    """Does one work at a time. Safe to use from several threads."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._cancelled = threading.Event()
        self._thread: threading.Thread | None = None
        self.progress = Progress()

    def start(self, work: Work) -> bool:
        """Begins; False when there is work going on. What `work` gives back is the line that people read."""
        with self._lock:
            if self.progress.running:
                return False
            self._cancelled.clear()
            self.progress = Progress(running=True)
            self._thread = threading.Thread(target=self._run, args=(work,), name=self._name, daemon=True)
            self._thread.start()
            return True

    def cancel(self) -> None:
        """Gives up at the next step that is told."""
        self._cancelled.set()

    def stop(self) -> None:
        """Cancels, and waits until the work has ended."""
        self.cancel()
        if self._thread is not None:
            self._thread.join()

    def _run(self, work: Work) -> None:
        failed, line = True, "程序出错，没有做完，详见运行 zhengda serve 的窗口"
        try:
            line, failed = work(self._tell), False
        except Cancelled:
            line = "已取消"
        except USER_ERRORS as error:
            line = str(error)
        finally:
            self.progress = Progress(line=line, failed=failed, ended_at=time.time())

    def _tell(self, done: int, total: int) -> None:
        if self._cancelled.is_set():
            raise Cancelled
        self.progress = replace(self.progress, done=done, total=total)
