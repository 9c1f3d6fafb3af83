"""From a file to its documents: read, clean, part, assemble, describe, outline, relate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ingest.clean import Cleaned, clean
from ingest.compilation import Part, find_parts, part_title
from ingest.document import Coverage, Document, Page, PlacedText, UnreadableFile, document_id
from ingest.formats import read
from ingest.formats.raw import Line, RawDocument
from ingest.metadata import describe
from ingest.ocr import allowed
from ingest.outline import find_sections
from ingest.place import count_places
from ingest.relations import find_relations
from ingest.spans import field_spans
from ingest.topics import topics_of


def load(path: Path, source: str | None = None, *, ocr: bool = True) -> tuple[Document, ...]:
    """The documents in the file: one, or those of a compilation. Raises IngestError when it cannot be read.

    `ocr` says whether text in pictures is read too, at seconds a page.
    """
    source = source or str(path)
    with allowed(ocr):
        raw = read(path)
    cleaned = clean(raw)
    if not cleaned.lines:
        raise UnreadableFile(f"{source}：没有可用的文字内容，请检查文件是否为空")
    parts = find_parts(cleaned.lines)
    if len(parts) == 1:
        return (_document(raw, cleaned, source, stem=path.stem),)
    return tuple(
        _document(
            _alone(raw),
            _lines_of(cleaned, part),
            source,
            stem=part_title(raw, cleaned.lines, path.stem, n),
            part=part,
            n=n,
        )
        for n, part in enumerate(parts, 1)
    )


def _document(
    raw: RawDocument, cleaned: Cleaned, source: str, *, stem: str, part: Part | None = None, n: int = 0
) -> Document:
    """The document that the lines hold; `part` and its number `n` when the file holds several."""
    lines = cleaned.lines
    text, starts = _assemble(lines)
    own = part.body - part.start if part else 0  # lines of a site's introduction before the document's own
    metadata = describe(lines[own:], raw, stem=stem, title=part.title if part else None)
    sections = find_sections(text, _heading_levels(lines, starts, metadata.title))
    headings = [s.heading for s in sections if s.heading]
    metadata = replace(
        metadata,
        topics=topics_of(text, (metadata.title, *headings)),
        spans=field_spans(metadata, lines, starts, text),
    )
    return Document(
        id=document_id(text, n),
        source=source,
        text=text,
        metadata=metadata,
        pages=_pages(lines, starts, len(text)) if raw.pages else (),
        sections=sections,
        cuts=cleaned.cuts,
        places=count_places(text),
        relations=find_relations(text, metadata.document_number, metadata.title),
        boxes=_boxes(lines, starts),
        part=n,
        coverage=_coverage(raw, cleaned, text),
    )


def _lines_of(cleaned: Cleaned, part: Part) -> Cleaned:
    """The lines of one part; what was cut from the file goes with the first."""
    return Cleaned(lines=cleaned.lines[part.start : part.end], cuts=cleaned.cuts if part.start == 0 else ())


def _alone(raw: RawDocument) -> RawDocument:
    """The file without what it says of itself: that is not said of one of its documents."""
    return replace(raw, title=None, property_title=None, fields=())


def _assemble(lines: Sequence[Line]) -> tuple[str, list[int]]:
    """The text, one paragraph a line, and the offset at which each begins."""
    starts, at = [], 0
    for line in lines:
        starts.append(at)
        at += len(line.text) + 1
    return "\n".join(line.text for line in lines), starts


def _heading_levels(lines: Sequence[Line], starts: Sequence[int], title: str) -> dict[int, int]:
    """Offset -> level of the headings that the format knows; the document's title is none."""
    return {at: line.level for at, line in zip(starts, lines, strict=True) if line.level and line.text != title}


def _pages(lines: Sequence[Line], starts: Sequence[int], length: int) -> tuple[Page, ...]:
    """The pages that have text, as spans that tile it."""
    begins: dict[int, int] = {}
    for line, start in zip(lines, starts, strict=True):
        for offset, page in ((0, line.page), *line.turns):
            begins.setdefault(page, start + offset)
    ordered = sorted(begins.items(), key=lambda item: item[1])
    ends = [start for _, start in ordered[1:]] + [length]
    return tuple(Page(number=n, start=a, end=b) for (n, a), b in zip(ordered, ends, strict=True))


def _boxes(lines: Sequence[Line], starts: Sequence[int]) -> tuple[PlacedText, ...]:
    """Every piece of text that has a place on its page; a piece ends where the next begins."""
    placed = []
    for line, start in zip(lines, starts, strict=True):
        ends = (*(offset for offset, _ in line.boxes[1:]), len(line.text))
        for (offset, box), end in zip(line.boxes, ends, strict=False):
            page = max(((o, p) for o, p in line.turns if o <= offset), default=(0, line.page))[1]
            placed.append(PlacedText(start=start + offset, end=start + end, page=page, box=box))
    return tuple(placed)


def _coverage(raw: RawDocument, cleaned: Cleaned, text: str) -> Coverage:
    return Coverage(
        pages=raw.pages or 1,
        pages_empty=raw.pages_empty,
        pages_ocr=raw.pages_ocr,
        ocr_confidence=raw.ocr_confidence,
        tables=raw.tables,
        table_rows=raw.table_rows,
        characters=len(text),
        characters_cut=sum(len(cut.text) for cut in cleaned.cuts),
        warnings=raw.warnings,
    )
