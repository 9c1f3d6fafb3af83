"""Whose turn it is to change the base, among all who use one server: the page and the command line."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_LOOK_S = 0.2


class Stopped(Exception):
    """The program is ending; what is in the base stays, the files after that are not taken in."""


class Turns:
    """One writer at a time, and none once the program is ending."""

    def __init__(self) -> None:
        self._writing = threading.Lock()
        self._stopping = threading.Event()

    @contextmanager
    def write(self, given_up: threading.Event | None = None) -> Iterator[None]:
        """A turn. Raises Stopped when the program is ending, or when it was `given_up` before its turn came."""
        while not self._writing.acquire(timeout=_LOOK_S):
            self.refuse_when_stopping()
            if given_up is not None and given_up.is_set():
                raise Stopped("已取消")
        try:
            self.refuse_when_stopping()
            yield
        finally:
            self._writing.release()

    def refuse_when_stopping(self) -> None:
        """Raises Stopped once the program is ending."""
        if self._stopping.is_set():
            raise Stopped("程序正在退出，其余文件没有入库，请稍后重新导入")

    def end(self) -> None:
        """From now on no run goes on beyond the file that is being written."""
        self._stopping.set()

    def stop(self) -> None:
        """Lets the file that is being written be finished, and takes in no other."""
        self.end()
        with self._writing:
            pass
