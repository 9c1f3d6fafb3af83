"""The ledger's file: a connection for each thread, transactions, and SQLite's errors as ours."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kb.errors import DamagedBase, StorageFull


class Ledger:
    """An open SQLite file. Safe to read from several threads; the caller sees to it that only one writes."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path, self.read_only = path, read_only
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []

    @property
    def db(self) -> sqlite3.Connection:
        """This thread's connection."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(
                self._uri() if self.read_only else self.path,
                uri=self.read_only,
                timeout=10,
                check_same_thread=False,
                isolation_level=None,
            )
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA foreign_keys = ON")
            if not self.read_only:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
            self._local.connection = connection
            self._connections.append(connection)
        return connection

    def _uri(self) -> str:
        """For reading where nothing can be written: SQLite can do without its side files once they are merged."""
        log = self.path.with_name(f"{self.path.name}-wal")
        is_merged = not log.exists() or log.stat().st_size == 0
        return f"{self.path.resolve().as_uri()}?mode=ro{'&immutable=1' if is_merged else ''}"

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it, or nothing."""
        with plain_errors(self.path):
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield self.db
            except BaseException:
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")
                raise
            self.db.execute("COMMIT")

    def check(self) -> str | None:
        """SQLite's own integrity check: None when whole, else what it found."""
        with plain_errors(self.path):
            found = str(self.db.execute("PRAGMA integrity_check").fetchone()[0])
        return None if found == "ok" else found

    def close(self) -> None:
        """Closes the connections of all threads."""
        for connection in self._connections:
            connection.close()
        self._connections.clear()
        self._local = threading.local()


@contextmanager
def plain_errors(path: Path) -> Iterator[None]:
    """SQLite's errors as ours, each one line."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if "full" in str(error) or "disk I/O" in str(error):
            raise StorageFull(f"{path.parent}：磁盘已满或无法写入，腾出空间后重试；已入库的内容没有丢失") from error
        if "readonly" in str(error) or "unable to open" in str(error):
            raise StorageFull(f"{path.parent}：文件夹不能写入，请检查权限或换一个 --home") from error
        raise DamagedBase(f"{path}：账本读写出错（{error}），请先备份该文件再运行 zhengda doctor") from error
    except sqlite3.IntegrityError:
        raise  # ours to mend, not the user's
    except sqlite3.DatabaseError as error:
        raise DamagedBase(f"{path}：账本已损坏（{error}），请从备份恢复") from error
