"""Where a line of a document stands in the text of a page. All texts are plain (see ingest/page_text.py)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.document import Box
from ingest.formats.tables import SEPARATOR
from ingest.page_text import PageText, TableRow, plain

_PIECE_CHARS = 5  # a shorter piece of a line may stand anywhere by chance
_NEAR_CHARS = 160  # unless it stands so near to the piece before it
_BAND = 1.6  # heights of a character: so far apart may the cells of a row without lines be


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A line of a document on one page, and where it comes among its like.

    `share` is how far down the page's text it begins (0..1), `nth` how many lines just like it come before.
    """

    text: str
    share: float = 0.0
    nth: int = 0


def aligned(page: str, line: Wanted) -> list[int | None]:
    """For each character of the line its position in the page's text, or None; whole, else in pieces."""
    found = occurrences(page, line.text)
    if found:
        at = found[line.nth] if line.nth < len(found) else found[-1]
        return list(range(at, at + len(line.text)))
    return _in_pieces(page, line)


def occurrences(text: str, wanted: str) -> list[int]:
    """Where it begins, every time."""
    found, at = [], text.find(wanted) if wanted else -1
    while at >= 0:
        found.append(at)
        at = text.find(wanted, at + 1)
    return found


def _in_pieces(page: str, line: Wanted) -> list[int | None]:
    """The longest pieces of the line that the page has, each as near as may be to the one before."""
    text, at = line.text, 0
    positions: list[int | None] = []
    expected = round(line.share * len(page))
    while at < len(text):
        size = _longest(page, text, at)
        begins = min(occurrences(page, text[at : at + size]), key=lambda n: abs(n - expected), default=-1)
        near = bool(positions) and abs(begins - expected) <= _NEAR_CHARS and any(p is not None for p in positions)
        if size >= _PIECE_CHARS or (size and near):
            positions += range(begins, begins + size)
            at, expected = at + size, begins + size
        else:
            positions.append(None)
            at += 1
    return positions


def _longest(page: str, text: str, at: int) -> int:
    """How many characters of text[at:] stand together on the page."""
    low, high = 0, len(text) - at
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if text[at : at + middle] in page else (low, middle - 1)
    return low


def values_of(line: str) -> list[tuple[str, ...]]:
    """The cells of a row line "列名：值｜列名：值", plain: each as all that its value may be, the shortest last."""
    cells = []
    for cell in line.split(SEPARATOR):
        parts = cell.split("：")
        cells.append(tuple(plain("：".join(parts[i:])) for i in range(len(parts)) if plain("：".join(parts[i:]))))
    return [cell for cell in cells if cell]


def row_of(rows: Sequence[TableRow], line: str, nth: int) -> TableRow | None:
    """The row of a ruled table that the line is made of; None when there is none that fits better than not."""
    values, whole = values_of(line), plain(line)
    scores = [_fit(row, values, whole) for row in rows]
    best = max(scores, default=(0, 0))
    if best[0] * 2 <= len(values):
        return None
    like = [row for row, score in zip(rows, scores, strict=True) if score == best]
    return like[min(nth, len(like) - 1)]


def _fit(row: TableRow, values: Sequence[tuple[str, ...]], line: str) -> tuple[int, int]:
    """How many of the line's values the row has; then its characters that the line says, less those it does not."""
    own = set(row.cells)
    found = sum(bool(own.intersection(value)) for value in values)
    return found, sum(len(cell) if cell in line else -len(cell) for cell in row.cells)


def band_of(page: PageText, line: str) -> list[Box]:
    """The cells of a row without ruling lines: where most of its values stand in one band of the page."""
    values = [cell[-1] for cell in values_of(line)]
    best: list[Box] = []
    for at in occurrences(page.text, max(values, key=len, default="")):
        boxes = _in_band(page, values, page.places[at])
        if len(boxes) > len(best):
            best = boxes
    return best if len(best) * 2 > len(values) else []


def _in_band(page: PageText, values: Sequence[str], anchor: Box) -> list[Box]:
    boxes: list[Box] = []
    reach = (anchor.y1 - anchor.y0) * _BAND
    for value in values:
        near = [n for n in occurrences(page.text, value) if abs(page.places[n].y0 - anchor.y0) <= reach]
        if near:
            at = min(near, key=lambda n: (abs(page.places[n].y0 - anchor.y0), page.places[n].x0))
            boxes += page.lines(range(at, at + len(value)))
    return boxes
