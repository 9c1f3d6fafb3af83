"""One process owns a base at a time. The lock goes with the process, however it ends."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout


class BaseLock:
    """The lock file of a base, and a note beside it of who holds it."""

    def __init__(self, home: Path) -> None:
        self._lock = FileLock(home / "lock")
        self._note = home / "holder.json"

    def take(self, timeout_s: float) -> bool:
        """Whether the lock could be had within `timeout_s`; notes this process as the holder."""
        try:
            self._lock.acquire(timeout=timeout_s)
        except Timeout:
            return False
        command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:2]])
        with suppress(OSError):  # a full disk must not keep anyone from reading
            self._note.write_text(json.dumps({"pid": os.getpid(), "command": command}), encoding="utf-8")
        return True

    def holder(self) -> str:
        """Who holds the lock, for a message: "进程 4242(zhengda serve)"."""
        try:
            note = json.loads(self._note.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return "另一个进程"
        return f"进程 {note['pid']}（{note['command']}）"

    def release(self) -> None:
        """Lets go; harmless when the lock is not held."""
        if self._lock.is_locked:
            self._note.unlink(missing_ok=True)
        self._lock.release()
