"""Passages to index: whole sections where they fit, parts of a long one where they don't."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.captions import Captions
from ingest.document import Chunk, Document, Section, chunk_id
from ingest.sentences import CELL_MARK, sentence_spans

MAX_CHARS = 350
OVERLAP = 60
RECIPE = f"sections-2 max_chars={MAX_CHARS} overlap={OVERLAP}"

_SMALL_ARTICLE_CHARS = 40
_ARTICLE = re.compile(r"第[^条]{1,7}条")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A span that is not divided further: a sentence, a table row, or a slice of one that is too long."""

    start: int
    end: int
    opens_line: bool
    is_row: bool


def split(document: Document, max_chars: int = MAX_CHARS, overlap: int = OVERLAP) -> tuple[Chunk, ...]:
    """Chunks in reading order that cover all text but blanks. Small neighbouring sections share a chunk, an
    article keeps its own, a long section is cut at paragraphs, then sentences, with up to `overlap`
    characters said twice."""
    chunks: list[Chunk] = []
    captions = Captions(document.text)
    for group in _groups(document, max_chars):
        path = _common_path(group)
        start, end = group[0].start, group[-1].end
        for span in _spans(document.text, start, end, max_chars, overlap):
            chunks.append(_chunk(document, *span, (*path, *_captions(document, *span, path, captions))))
    return tuple(chunks)


def _chunk(document: Document, start: int, end: int, path: tuple[str, ...]) -> Chunk:
    return Chunk(
        id=chunk_id(document.id, start, end),
        document_id=document.id,
        start=start,
        end=end,
        text=document.text[start:end],
        path=path,
    )


def _captions(document: Document, start: int, end: int, path: tuple[str, ...], captions: Captions) -> tuple[str, ...]:
    """The table's name and unit for rows that are cut off from them."""
    said = (*path, document.metadata.title)
    return tuple(c for c in captions.above(start) if c not in said and c not in document.text[start:end])


def _groups(document: Document, max_chars: int) -> list[list[Section]]:
    """Neighbouring sections that fit into one chunk together."""
    groups: list[list[Section]] = []
    for section in _sections(document):
        if groups and _joins(document.text, groups[-1], section, max_chars):
            groups[-1].append(section)
        else:
            groups.append([section])
    return groups


def _sections(document: Document) -> Sequence[Section]:
    whole = Section(level=0, heading="", path=(), start=0, end=len(document.text))
    return document.sections or (whole,)


def _joins(text: str, group: list[Section], section: Section, max_chars: int) -> bool:
    """Siblings join siblings, children their parent; an article joins only what is tiny."""
    size = len(text[group[0].start : group[-1].end].strip())
    if all(_is_bare(text, s) for s in group) and group[-1].level < section.level:
        return True  # a heading never stands alone
    if section.end - group[0].start > max_chars or section.level < group[0].level:
        return False
    if any(_is_article(s) for s in (group[-1], section)):
        return size < _SMALL_ARTICLE_CHARS or section.end - section.start < _SMALL_ARTICLE_CHARS
    return True


def _is_bare(text: str, section: Section) -> bool:
    """Whether the section is a heading and nothing else."""
    return section.level > 0 and len(text[section.start : section.end].strip()) <= len(section.heading) + 1


def _is_article(section: Section) -> bool:
    return _ARTICLE.match(section.heading) is not None


def _common_path(group: list[Section]) -> tuple[str, ...]:
    """The deepest path when each section lies within the one before, else what all paths share."""
    paths = [s.path for s in group]
    if all(b[: len(a)] == a for a, b in zip(paths, paths[1:], strict=False)):
        return paths[-1]
    shared = []
    for headings in zip(*paths, strict=False):
        if len(set(headings)) > 1:
            break
        shared.append(headings[0])
    return tuple(shared)


def _spans(text: str, start: int, end: int, max_chars: int, overlap: int) -> list[tuple[int, int]]:
    """text[start:end] as spans of at most `max_chars`, blanks at their ends left out."""
    start, end = _trimmed(text, start, end)
    if end - start <= max_chars:
        return [(start, end)] if start < end else []
    spans: list[tuple[int, int]] = []
    current: list[_Piece] = []
    for paragraph in _paragraphs(text, start, end, max_chars):
        if current and not _fits(current, paragraph[-1], max_chars) and _length(current) * 2 >= max_chars:
            spans.append((current[0].start, current[-1].end))
            current = _tail(current, paragraph[0], max_chars, overlap)
        for piece in paragraph:
            if current and not _fits(current, piece, max_chars):
                spans.append((current[0].start, current[-1].end))
                current = _tail(current, piece, max_chars, overlap)
            current.append(piece)
    return [*spans, (current[0].start, current[-1].end)]


def _length(pieces: list[_Piece]) -> int:
    return pieces[-1].end - pieces[0].start


def _fits(pieces: list[_Piece], last: _Piece, max_chars: int) -> bool:
    return last.end - pieces[0].start <= max_chars


def _tail(pieces: list[_Piece], following: _Piece, max_chars: int, overlap: int) -> list[_Piece]:
    """The last sentences of a full chunk that the next one repeats; table rows are not repeated."""
    tail: list[_Piece] = []
    for piece in reversed(pieces[1:]):
        if piece.is_row or pieces[-1].end - piece.start > overlap or following.end - piece.start > max_chars:
            break
        tail.insert(0, piece)
    return tail


def _paragraphs(text: str, start: int, end: int, max_chars: int) -> list[list[_Piece]]:
    """The pieces of every line."""
    paragraphs: list[list[_Piece]] = []
    for span_start, span_end in sentence_spans(text, start, end):
        opens = not paragraphs or "\n" in text[paragraphs[-1][-1].end : span_start]
        if opens:
            paragraphs.append([])
        is_row = CELL_MARK in text[span_start:span_end]
        for a, b in _slices(text, span_start, span_end, max_chars):
            paragraphs[-1].append(_Piece(a, b, opens and a == span_start, is_row))
    return paragraphs


def _slices(text: str, start: int, end: int, max_chars: int) -> list[tuple[int, int]]:
    """A sentence as it is; one longer than a chunk cut behind its ；，、 or, without any, at the limit; no blanks at ends."""
    slices = []
    while end - start > max_chars:
        window = text[start : start + max_chars]
        cut = max(window.rfind(c) for c in "；;｜") + 1 or max(window.rfind(c) for c in "，、,：") + 1 or max_chars
        slices.append((start, start + cut))
        start += cut
    trimmed = (_trimmed(text, *span) for span in (*slices, (start, end)))
    return [(first, last) for first, last in trimmed if first < last]


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
