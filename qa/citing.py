"""Citations: a span of a document with what its reader must know of that document."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from ingest.document import Document
from kb.records import Record
from qa.answer import Citation
from qa.validity import Standing


class Found(Protocol):
    """A passage with its document, as a search or a topic page gives it."""

    @property
    def document(self) -> Record: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def quote(self) -> str: ...
    @property
    def path(self) -> tuple[str, ...]: ...
    @property
    def pages(self) -> tuple[int, ...]: ...


def cite_span(
    document: Document, number: int, span: tuple[int, int], *, standing: Standing, nearest: bool = False
) -> Citation:
    """The citation of a span of the document's text."""
    start, end = span
    quote, path, pages = document.text[start:end], document.path_at(start), document.pages_of(start, end)
    return _citation(document, number, span, quote, path, pages, standing, nearest)


def cite_all(found: Iterable[Found], standing: Standing) -> tuple[Citation, ...]:
    """The citations of what was found, numbered from 1."""
    return tuple(
        _citation(f.document, n, (f.start, f.end), f.quote, f.path, f.pages, standing, False)
        for n, f in enumerate(found, 1)
    )


def _citation(
    document: Document | Record,
    number: int,
    span: tuple[int, int],
    quote: str,
    path: tuple[str, ...],
    pages: tuple[int, ...],
    standing: Standing,
    nearest: bool,
) -> Citation:
    metadata = document.metadata
    return Citation(
        number=number,
        document_id=document.id,
        source=document.source,
        title=metadata.title,
        document_number=metadata.document_number,
        issuer=metadata.issuer,
        issued_on=metadata.issued_on,
        status=standing.status(metadata),
        pages=pages,
        path=path,
        start=span[0],
        end=span[1],
        quote=quote,
        nearest=nearest,
    )
