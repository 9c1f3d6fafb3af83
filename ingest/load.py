"""From a file to its documents: read, clean, assemble, outline, describe."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ingest.clean import Cleaned, clean
from ingest.document import Coverage, Document, Page, PlacedText, UnreadableFile, document_id
from ingest.formats import read
from ingest.formats.raw import Line, RawDocument
from ingest.metadata import describe
from ingest.outline import find_sections
from ingest.place import count_places
from ingest.relations import find_relations


def load(path: Path, source: str | None = None) -> tuple[Document, ...]:
    """The documents in the file, one for now. Raises IngestError when it cannot be read."""
    source = source or str(path)
    raw = read(path)
    cleaned = clean(raw)
    text, starts = _assemble(cleaned.lines)
    if not text:
        raise UnreadableFile(f"{source}：没有可用的文字内容，请检查文件是否为空")
    metadata = describe(cleaned.lines, raw, stem=path.stem)
    levels = _heading_levels(cleaned.lines, starts, metadata.title)
    metadata = describe(cleaned.lines, raw, stem=path.stem)
    document = Document(
        id=document_id(text),
        source=source,
        text=text,
        metadata=metadata,
        pages=_pages(cleaned.lines, starts, len(text)) if raw.pages else (),
        sections=find_sections(text, levels),
        cuts=cleaned.cuts,
        places=count_places(text),
        relations=find_relations(text, metadata.document_number),
        boxes=_boxes(cleaned.lines, starts),
        coverage=_coverage(raw, cleaned, text),
    )
    return (document,)


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
