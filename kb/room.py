"""Room on the disk: errors of a full or closed folder as one line each, and how much the indexes of a base take."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kb.errors import StorageFull

_ROWS = 2  # vectors are in the matrix and in Chroma
_A_CHUNK_BYTES = 1800  # besides: its words, its ids, Chroma's links and tables, with some room to spare
_LEAST_BYTES = 8_000_000  # of an index of next to nothing


@contextmanager
def plain_errors(home: Path) -> Iterator[None]:
    """A full disk or a folder that cannot be written, as one line."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull(f"{home}：磁盘已满，腾出空间后重试；已入库的内容没有丢失") from error
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM, errno.ENOTDIR, errno.EEXIST):
            raise StorageFull(f"{home}：文件夹不能写入（{error.strerror}），请检查权限或用 --home 换一个") from error
        raise


def lacking_bytes(folder: Path, chunks: int, vector_bytes: int) -> int:
    """About how much must be freed before the indexes of so many chunks can be built in `folder`; 0 when nothing.

    What is in the folder counts as free: it is written over.
    """
    needed = _LEAST_BYTES + chunks * (_ROWS * vector_bytes + _A_CHUNK_BYTES)
    with suppress(OSError):
        held = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
        there = next(p for p in (folder, *folder.parents) if p.exists())
        return max(0, needed - held - shutil.disk_usage(there).free)
    return 0


def no_room_line(home: Path, lacking: int) -> str:
    """What to tell of indexes that could not be built for want of so much room."""
    size = f"{-(-lacking // 1_000_000):,} MB"
    return (
        f"{home}：磁盘空间不够，检索索引没有建成；请再腾出约 {size}，然后重新打开，会自动接着建；已入库的内容没有丢失"
    )
