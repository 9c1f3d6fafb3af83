"""Sentences and clauses of Chinese official text, as spans of it."""

from __future__ import annotations

from collections.abc import Iterator

SENTENCE_ENDS = "。！？!?"
CLAUSE_ENDS = "；;"
CELL_MARK = "｜"  # between the cells of a table row (see ingest.formats)
_OPENING = dict(zip("（(《“〔[【", "）)》”〕]】", strict=True))
_MAX_NESTED_CHARS = 120  # a bracket that does not close within this is a typing error


def sentence_spans(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Spans of the sentences in text[start:end], in order, without surrounding blanks.

    A line end always ends a sentence; sentence marks inside brackets or quotes do not. A table row is one sentence.
    """
    end = len(text) if end is None else end
    spans: list[tuple[int, int]] = []
    for line_start, line_end in _lines(text, start, end):
        if CELL_MARK in text[line_start:line_end]:
            spans.append((line_start, line_end))
        else:
            spans.extend(_cut(text, line_start, line_end, SENTENCE_ENDS))
    return [s for s in (_trim(text, *span) for span in spans) if s[0] < s[1]]


def clause_spans(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Spans of the clauses (ended by a semicolon) of one sentence, in order; a table row is one clause."""
    if CELL_MARK in text[start:end]:
        return [(start, end)]
    spans = [_trim(text, *s) for s in _cut(text, start, end, SENTENCE_ENDS + CLAUSE_ENDS)]
    return [s for s in spans if s[0] < s[1]]


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    at = start
    while at < end:
        stop = text.find("\n", at, end)
        stop = end if stop < 0 else stop
        yield at, stop
        at = stop + 1


def _cut(text: str, start: int, end: int, marks: str) -> Iterator[tuple[int, int]]:
    at, i = start, start
    while i < end:
        ch = text[i]
        if ch in _OPENING:
            close = text.find(_OPENING[ch], i + 1, min(end, i + _MAX_NESTED_CHARS))
            if close > 0:
                i = close
                if text[i - 1] in SENTENCE_ENDS and ch == "“" and i + 1 < end and text[i + 1] not in "，,、。；;":
                    yield at, i + 1
                    at = i + 1
        elif ch in marks:
            yield at, i + 1
            at = i + 1
        i += 1
    if at < end:
        yield at, end


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
