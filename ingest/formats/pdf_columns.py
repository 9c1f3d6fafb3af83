"""The lines of a scanned page in the order in which they are read: row by row, or column by column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ingest.document import Box as Place
from ingest.formats.pdf_boxes import Box
from ingest.ocr_text import settled

_MIN_COLUMN_LINES = 4  # on either side of the gap
_MIDDLE = (0.3, 0.7)  # of the text's width; where the gap between columns is looked for
_MIN_GAP_EMS = 0.8
_WIDE_SHARE = 0.3  # of the text's width; a line of a column is wider
_SAME_ROW = 0.5  # of the lower line's height


def in_columns(boxes: Sequence[Box]) -> list[Box]:
    """The boxes in order, those of one row joined to a line."""
    gap = _gap(boxes)
    if gap is None:
        return _rows(boxes)
    ordered: list[Box] = []
    for band in _bands(boxes, gap):
        ordered += _rows([box for box in band if box.left < gap])
        ordered += _rows([box for box in band if box.left >= gap])
    return ordered


def _gap(boxes: Sequence[Box]) -> float | None:
    """Where the gap between two columns is, None on a page of one column."""
    if len(boxes) < 2 * _MIN_COLUMN_LINES:
        return None
    left, right = min(box.left for box in boxes), max(box.right for box in boxes)
    em = sorted(box.em for box in boxes)[len(boxes) // 2]
    wide = [box for box in boxes if box.right - box.left > (right - left) * _WIDE_SHARE]
    for share in range(round(_MIDDLE[0] * 100), round(_MIDDLE[1] * 100)):
        at = left + (right - left) * share / 100
        before = [box for box in wide if box.right < at - em * _MIN_GAP_EMS / 2]
        after = [box for box in wide if box.left > at + em * _MIN_GAP_EMS / 2]
        crossing = len(wide) - len(before) - len(after)
        if min(len(before), len(after)) >= _MIN_COLUMN_LINES and crossing * 3 <= len(before) + len(after):
            return at
    return None


def _bands(boxes: Sequence[Box], gap: float) -> list[list[Box]]:
    """The boxes between the lines that run across the gap; such a line is a band of its own."""
    bands: list[list[Box]] = [[]]
    for box in sorted(boxes, key=lambda b: -b.top):
        if box.left < gap < box.right:
            bands += [[box], []]
        else:
            bands[-1].append(box)
    return [band for band in bands if band]


def _rows(boxes: Sequence[Box]) -> list[Box]:
    """The boxes from top to bottom, those side by side joined."""
    rows: list[list[Box]] = []
    for box in sorted(boxes, key=lambda b: -(b.top + _bottom(b))):
        if rows and any(_is_beside(box, other) for other in rows[-1]):
            rows[-1].append(box)
        else:
            rows.append([box])
    return [_joined(sorted(row, key=lambda b: b.left)) for row in rows]


def _is_beside(a: Box, b: Box) -> bool:
    shared = min(a.top, b.top) - max(_bottom(a), _bottom(b))
    lower = min(a.top - _bottom(a), b.top - _bottom(b))
    return shared > lower * _SAME_ROW and (a.right <= b.left + a.em or b.right <= a.left + a.em)


def _bottom(box: Box) -> float:
    return box.bottom if box.bottom is not None else box.top - box.em


def _joined(row: Sequence[Box]) -> Box:
    places = [box.place for box in row if box.place is not None]
    return replace(
        row[0],
        text=_text(row),
        right=max(box.right for box in row),
        top=max(box.top for box in row),
        bottom=min(_bottom(box) for box in row),
        place=_around(places) if places else None,
    )


def _text(row: Sequence[Box]) -> str:
    text = row[0].text
    for before, box in zip(row, row[1:], strict=False):
        text += (" " if box.left - before.right > box.em else "") + box.text
    return settled(text)


def _around(places: Sequence[Place]) -> Place:
    return Place(
        x0=min(p.x0 for p in places),
        y0=min(p.y0 for p in places),
        x1=max(p.x1 for p in places),
        y1=max(p.y1 for p in places),
    )
