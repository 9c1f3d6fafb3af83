"""The folder of a base as one process has it: its lock, its ledger, its originals, and the right to write."""

from __future__ import annotations

import errno
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kb.catalog import Catalog
from kb.errors import BaseInUse, StorageFull
from kb.lock import BaseLock
from kb.room import plain_errors

_READ_ONLY = (errno.EACCES, errno.EROFS, errno.EPERM)


class Premises:
    """An open folder. `owned`: this process alone may write; `is_read_only`: no one can."""

    def __init__(self, home: Path, *, to_write: bool) -> None:
        """Takes the lock and opens the ledger, making the folder when there is none. Raises BaseInUse, StorageFull."""
        self.home = home
        self.lock = BaseLock(home)
        self.write_lock = threading.RLock()
        self.owned, self.is_read_only = self._take(to_write)
        if to_write and not self.owned:
            raise BaseInUse(f"{home}：资料库正被{self.lock.holder()}使用，请等它结束或先停止它")
        try:
            self.catalog = Catalog(home / "ledger.sqlite", owned=self.owned, read_only=self.is_read_only)
        except BaseException:
            self.lock.release()
            raise

    def close(self) -> None:
        """Closes the ledger and lets go of the folder."""
        self.catalog.close()
        self.lock.release()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One change at a time. Raises StorageFull and BaseInUse where this process may not write."""
        if self.is_read_only:
            raise StorageFull(f"{self.home}：文件夹只读，现在只能查询；要导入或修改，请检查权限或用 --home 换一个")
        if not self.owned:
            raise BaseInUse(f"{self.home}：资料库正被{self.lock.holder()}使用，现在只能查询")
        with self.write_lock, plain_errors(self.home):
            yield

    # --- originals ---

    def keep_original(self, path: Path, sha256: str) -> str:
        """Copies a file into the base; returns the name of the copy."""
        folder = self.home / "originals"
        name = sha256 + path.suffix.lower()
        with plain_errors(self.home):
            folder.mkdir(exist_ok=True)
            if not (folder / name).exists():
                partial = folder / f".{name}.{os.getpid()}"
                try:
                    shutil.copyfile(path, partial)
                    partial.replace(folder / name)
                finally:
                    partial.unlink(missing_ok=True)
        return name

    def original(self, document_id: str) -> Path | None:
        """The kept copy of the file a document came from, or None when none was kept."""
        name = self.catalog.file_of(document_id).original
        return self.home / "originals" / name if name else None

    def drop_unused_originals(self) -> None:
        """Deletes the copies that no file needs any more."""
        needed = self.catalog.originals()
        for path in (self.home / "originals").glob("[!.]*"):
            if path.name not in needed:
                path.unlink()

    # --- inside ---

    def _take(self, to_write: bool) -> tuple[bool, bool]:
        """Whether the lock could be had, and whether the folder can only be read."""
        with plain_errors(self.home):
            try:
                self.home.mkdir(parents=True, exist_ok=True)
                return self.lock.take(timeout_s=2.0 if to_write else 0.0), False
            except OSError as error:
                if to_write or error.errno not in _READ_ONLY or not (self.home / "ledger.sqlite").exists():
                    raise
                return False, True
