"""The text boxes of a legacy Word file: where in the body each is anchored, where its text stands (MS-DOC 2.9.115)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.formats.doc_file import BOX_ANCHORS, BOX_TEXTS, DocFile

_ANCHOR_BYTES, _TEXT_BYTES = 26, 22  # of what is said of each, beside its character position
_SHAPE_OF_ANCHOR, _SHAPE_OF_TEXT = 0, 14  # where in them the number of the shape stands


@dataclass(frozen=True, slots=True, kw_only=True)
class TextBox:
    """`anchor` is a position in the body, `start` and `end` are positions in the text of all boxes."""

    anchor: int
    start: int
    end: int


def text_boxes(file: DocFile) -> list[TextBox]:
    """In the order of their anchors; those whose anchor is not known come at the end of the body."""
    anchors = {shape: at for at, _, shape in _entries(file.part(BOX_ANCHORS), _ANCHOR_BYTES, _SHAPE_OF_ANCHOR)}
    last, everything = file.counts[0], file.counts[6]
    boxes: list[TextBox] = []
    for start, end, shape in _entries(file.part(BOX_TEXTS), _TEXT_BYTES, _SHAPE_OF_TEXT):
        if shape and (boxes[-1].end if boxes else 0) <= start < end <= everything:
            boxes.append(TextBox(anchor=min(max(0, anchors.get(shape, last)), last), start=start, end=end))
    if everything and not boxes:  # nothing is said of them, but the text is there
        return [TextBox(anchor=last, start=0, end=everything)]
    return sorted(boxes, key=lambda box: (box.anchor, box.start))


def _entries(table: bytes, size: int, shape_at: int) -> Iterator[tuple[int, int, int]]:
    """(position, next position, number of the shape) of each."""
    count = max(0, (len(table) - 4) // (4 + size))
    for index in range(count):
        start, end = struct.unpack_from("<ii", table, 4 * index)
        yield start, end, struct.unpack_from("<i", table, 4 * (count + 1) + size * index + shape_at)[0]
