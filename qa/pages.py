"""The pages of the originals for a viewer: their pictures, and where a quote stands on them."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.document import IngestError, UnreadableFile
from ingest.locate import MarkedPage, locate
from ingest.page_image import page_kind, page_png, page_size

if TYPE_CHECKING:
    from ingest.document import Document
    from qa.service import Service

KEPT_BYTES = 48 * 1024 * 1024  # of pictures; a page of print takes 0.1-0.5 MB, of a colour scan 3
NO_ORIGINAL = "没有留存这份文件的原件"
Stamp = tuple[str, int, int]  # the kept copy: its name, size and time


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What a viewer needs to show a quote on the pages of its original.

    `ratio` is the first page's width through its height; `stamp` changes when the original does. `pages` are those
    that the quote touches; one without boxes is a page on which it was not found.
    """

    document_id: str
    stamp: str
    count: int
    ratio: float
    pages: tuple[MarkedPage, ...]


class SourcePages:
    """Draws pages, and keeps a few of them. Safe to call from several threads."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lock = threading.Lock()
        self._drawn: OrderedDict[tuple[Stamp, int], bytes] = OrderedDict()

    def sheet(self, document: Document, start: int, end: int) -> Sheet | None:
        """Where text[start:end] stands; None for an original without pages to show, or none kept.

        Raises IngestError when the kept copy cannot be opened.
        """
        path = self._service.original(document.id)
        if path is None or not path.is_file() or page_kind(path) is None:
            return None
        with _plainly(path):
            stamp = _label(_stamp(path))
            pages = locate(path, document, start, end)
            if not pages:
                return None
            width, height = page_size(path, pages[0].number)
        return Sheet(
            document_id=document.id,
            stamp=stamp,
            count=max(document.coverage.pages, pages[-1].number),
            ratio=width / max(height, 1.0),
            pages=pages,
        )

    def png(self, document_id: str, number: int) -> tuple[bytes, str]:
        """A page's picture, and the stamp of its original. Raises UnknownDocument, IngestError."""
        path = self._service.original(document_id)
        if path is None or not path.is_file():
            raise UnreadableFile(NO_ORIGINAL)
        with _plainly(path):
            stamp = _stamp(path)
            kept = self._kept((stamp, number))
            if kept is not None:
                return kept, _label(stamp)
            drawn = page_png(path, number)
        self._keep((stamp, number), drawn)
        return drawn, _label(stamp)

    def _kept(self, key: tuple[Stamp, int]) -> bytes | None:
        with self._lock:
            kept = self._drawn.get(key)
            if kept is not None:
                self._drawn.move_to_end(key)
            return kept

    def _keep(self, key: tuple[Stamp, int], drawn: bytes) -> None:
        with self._lock:
            self._drawn[key] = drawn
            while len(self._drawn) > 1 and sum(map(len, self._drawn.values())) > KEPT_BYTES:
                self._drawn.popitem(last=False)


@contextmanager
def _plainly(path: Path) -> Iterator[None]:
    """What goes wrong with the kept copy, said without where it is kept."""
    try:
        yield
    except IngestError as error:
        raise UnreadableFile(str(error).removeprefix(f"{path}：")) from None
    except OSError:
        raise UnreadableFile("原件暂时打不开，请稍后再试") from None


def _stamp(path: Path) -> Stamp:
    found = path.stat()
    return path.name, found.st_size, found.st_mtime_ns


def _label(stamp: Stamp) -> str:
    """The stamp as a few hex digits."""
    return hashlib.sha256(repr(stamp).encode()).hexdigest()[:12]
