"""One process owns a base at a time. The lock goes with the process, however it ends."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from itertools import islice, pairwise
from pathlib import Path

from filelock import FileLock, Timeout

from kb.errors import NoLocks

_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


class BaseLock:
    """The lock file of a base, and a note beside it of who holds it.

    Raises NoLocks where the file system does not keep others out (some network shares).
    """

    def __init__(self, home: Path) -> None:
        self._lock = FileLock(home / "lock")
        self._note = home / "holder.json"

    def take(self, timeout_s: float) -> bool:
        """Whether the lock could be had within `timeout_s`; notes this process as the holder."""
        try:
            self._lock.acquire(timeout=timeout_s)
        except Timeout:
            return False
        except NotImplementedError as error:
            raise _no_locks(self._note.parent) from error
        except OSError as error:
            if error.errno in _NO_LOCKS:
                raise _no_locks(self._note.parent) from error
            raise
        if not _is_exclusive(Path(self._lock.lock_file)):
            self._lock.release()
            raise _no_locks(self._note.parent)
        with suppress(OSError):  # a full disk must not keep anyone from reading
            since = datetime.now().isoformat(sep=" ", timespec="minutes")
            note = {"pid": os.getpid(), "command": _command(sys.argv), "since": since}
            self._note.write_text(json.dumps(note), encoding="utf-8")
        return True

    def holder(self) -> str:
        """Who holds the lock, for a message: "进程 4242（zhengda serve，自 2024-05-06 09:30 起）"."""
        try:
            note = json.loads(self._note.read_text(encoding="utf-8"))
            return f"进程 {note['pid']}（{note['command']}，自 {note['since']} 起）"
        except (OSError, ValueError, KeyError, TypeError):
            return "另一个进程"

    def release(self) -> None:
        """Lets go; harmless when the lock is not held."""
        if self._lock.is_locked:
            self._note.unlink(missing_ok=True)
        self._lock.release()


def _command(arguments: Sequence[str]) -> str:
    """What was run, without options: "zhengda serve"."""
    words = (a for before, a in pairwise(arguments) if not a.startswith("-") and not before.startswith("--"))
    return " ".join([Path(arguments[0]).name, *islice(words, 1)])


def _is_exclusive(path: Path) -> bool:
    """Whether a second handle on the locked file is refused, as it should be."""
    with path.open("r+b") as second:
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(second.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def _no_locks(home: Path) -> NoLocks:
    return NoLocks(
        f"{home}：这个文件夹（可能是网络共享）上的文件锁不起作用，几个程序同时写会损坏资料库；"
        "请把资料库放在本机磁盘上（--home），别的电脑通过网页使用"
    )
