"""The types that carry a document from a file to the index. Everything located is a span over one text.

Error tree:
    IngestError            a file could not be turned into documents; the message says what, where, what to do
    ├── UnreadableFile     missing, empty, damaged, encrypted, or with no text
    └── UnknownFormat      no reader for this kind of file
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class IngestError(Exception):
    """A file could not be turned into documents. The message is one line for the user, in Chinese."""


class UnreadableFile(IngestError):
    """The file is missing, empty, damaged, encrypted, or holds no text."""


class UnknownFormat(IngestError):
    """No reader is registered for this kind of file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of the original as a span of the document's text. Numbers start at 1."""

    number: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle on a page, in shares of its width and height from the top left corner (0..1)."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedText:
    """Where a piece of the text stands on its page, for originals that a viewer cannot search (scans, pictures)."""

    start: int
    end: int
    page: int
    box: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading and what follows it up to the next heading. Sections tile the text without gap or overlap.

    `level` 0 is the text before the first heading (`heading` is ""); `path` holds the headings from the
    outermost down to this one, markers included ("二、工作开展情况").
    """

    level: int
    heading: str
    path: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Text that cleaning removed: why (a short English word such as "running-head") and from which page."""

    reason: str
    text: str
    page: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSpan:
    """The words of the text that a metadata value was read from; `field` is the attribute's name in Metadata."""

    field: str
    start: int
    end: int


class RulingState(StrEnum):
    """How a document stands, where a person says so."""

    IN_FORCE = "in_force"  # not ended by another document; its dates still count
    REPEALED = "repealed"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What a person says of a document's validity, whatever other documents say of it."""

    state: RulingState
    by: str | None = None  # what ended it, as written: a 文号, a title, any words
    document_id: str | None = None  # the same, where it is a document of the base
    from_day: date | None = None  # the first day it is no longer in force; None: not known


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What a document says of itself, or a person says of it. What is not stated is None, never guessed."""

    title: str
    document_number: str | None = None  # 文号, as printed: "×政办〔2019〕9号"
    issuer: str | None = None  # 发文机关, several joined as printed
    issuers: tuple[str, ...] = ()  # the same, one by one
    issued_on: date | None = None  # 成文日期
    published_on: date | None = None  # 发布日期
    effective_on: date | None = None  # 生效/施行日期
    expires_on: date | None = None  # 废止/失效日期
    index_number: str | None = None  # 索引号
    subject: str | None = None  # 主题分类, as printed
    openness: str | None = None  # 公开方式: 主动公开, 依申请公开, 不予公开
    place: str | None = None  # the most specific place the document as a whole speaks of: "洋河镇"
    year: int | None = None  # the year its content speaks of
    period: tuple[int, int] | None = None  # first and last year, where its content speaks of several
    kind: str | None = (
        None  # rule, notice, plan, work_report, summary, rectification_report, ledger, interpretation, faq, other
    )
    topics: tuple[str, ...] = ()  # of the taxonomy in ingest/topics.py, the strongest first
    spans: tuple[
        FieldSpan, ...
    ] = ()  # where the values stand; none for what came from beside the text (HTML meta, file name)
    ruling: Ruling | None = None  # None: as the documents say
    corrected: tuple[str, ...] = ()  # what a person set against what was read, see kb.corrections


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceName:
    """A place the text names: how often, and the place it is said to lie in ("青禾县清溪镇")."""

    name: str
    level: str  # province, city, county, town, village
    count: int
    within: str | None = None


class RelationKind(StrEnum):
    """What a document does to another one that it names."""

    REPEALS = "repeals"  # 废止
    AMENDS = "amends"  # 修订, 修改
    REPLACES = "replaces"  # 替代, 以本办法为准
    BASED_ON = "based_on"  # 依据, 根据
    FORWARDS = "forwards"  # 转发, 印发
    ANNEX_OF = "annex_of"  # 附件


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A document named in the text, by number, title or both, and what this one does to it; the span is the wording."""

    kind: RelationKind
    document_number: str | None = None
    title: str | None = None  # without 《》
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What ingest kept of a file, so that a loss is seen."""

    pages: int = 1
    pages_empty: int = 0
    pages_ocr: int = 0
    tables: int = 0
    table_rows: int = 0
    ocr_confidence: float | None = None
    characters: int = 0
    characters_cut: int = 0
    warnings: tuple[str, ...] = ()  # one line each, in Chinese: what was lost or is uncertain, and where


def pages_within(pages: Sequence[Page], start: int, end: int) -> tuple[int, ...]:
    """The numbers of the pages that a span touches."""
    return tuple(p.number for p in pages if p.start < end and start < p.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document as it is kept: one clean text, and spans into it."""

    id: str
    source: str  # the path as it was given or found
    text: str  # "\n" line ends; one paragraph or table row a line
    metadata: Metadata
    pages: tuple[Page, ...] = ()  # empty when the format has no pages
    sections: tuple[Section, ...] = ()
    cuts: tuple[Cut, ...] = ()
    places: tuple[PlaceName, ...] = ()  # most often named first
    relations: tuple[Relation, ...] = ()  # in the order of the text
    boxes: tuple[PlacedText, ...] = ()  # by start; empty where the original can be searched
    part: int = 0  # which document of a compilation, from 1; 0 when the file holds this one alone
    coverage: Coverage = field(default_factory=Coverage)

    def pages_of(self, start: int, end: int) -> tuple[int, ...]:
        """The numbers of the pages that the span touches; empty when the format has no pages."""
        return pages_within(self.pages, start, end)

    def path_at(self, position: int) -> tuple[str, ...]:
        """The heading path of the section that holds `position`."""
        for section in self.sections:
            if section.start <= position < section.end:
                return section.path
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A passage to index: `document.text[start:end] == text`."""

    id: str
    document_id: str
    start: int
    end: int
    text: str
    path: tuple[str, ...] = ()


def document_id(text: str, part: int = 0) -> str:
    """16 hex digits made from the text (and its place in a compilation), so that the same text gets the same id."""
    return hashlib.sha256(f"{part}\x00{text}".encode()).hexdigest()[:16]


def chunk_id(document: str, start: int, end: int) -> str:
    """The id of a span of a document."""
    return f"{document}:{start}-{end}"
