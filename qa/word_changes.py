"""What changed within a clause: words deleted and added, and the figures among them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

PieceKind = Literal["same", "deleted", "added"]

_TOKEN = re.compile(
    r"\d+(?:[.,]\d+)*%?|[零〇一二三四五六七八九十百千万亿两]{2,}|[零〇一二三四五六七八九十百千万亿两](?=[元人户亩头只箱个天月日年倍成])"
    r"|[A-Za-z]+|\s+|.",
    re.DOTALL,
)
_FIGURE = re.compile(r"\d|^[零〇一二三四五六七八九十百千万亿两]+$")
_BREAK = re.compile(r"[，,。；;：:、！？（）()《》“”｜\s]")
_ISLAND_CHARS = 1  # so little left standing between two changes is changed with them
_BEFORE_CHARS, _BEHIND_CHARS = 10, 6  # of a figure's own words, shown with it


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text in one state."""

    kind: PieceKind
    text: str


@dataclass(frozen=True, slots=True)
class FigureChange:
    """A figure with the words around it, before and after: 每亩补助75元, 每亩补助80元."""

    before: str
    after: str


def pieces_of(before: str, after: str) -> tuple[Piece, ...]:
    """Runs that are the same, deleted or added: without the added ones `before`, without the deleted ones `after`."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    pieces: list[Piece] = []
    for tag, i1, i2, j1, j2 in _without_islands(SequenceMatcher(None, old, new, autojunk=False).get_opcodes(), old):
        runs: tuple[tuple[PieceKind, str], ...] = (
            (("same", "".join(old[i1:i2])),)
            if tag == "equal"
            else (("deleted", "".join(old[i1:i2])), ("added", "".join(new[j1:j2])))
        )
        pieces += [Piece(kind, text) for kind, text in runs if text]
    return tuple(pieces)


def figure_changes(pieces: Sequence[Piece]) -> list[FigureChange]:
    """The figures that stand in place of others, each with the words it belongs to."""
    before, after = _joined(pieces, "added"), _joined(pieces, "deleted")
    spans: list[tuple[int, int, int, int]] = []
    for (at, deleted), (to, added) in _replaced(pieces):
        if _has_figure(deleted) and _has_figure(added):
            span = (*_widened(before, at, at + len(deleted)), *_widened(after, to, to + len(added)))
            if spans and span[0] <= spans[-1][1] and span[2] <= spans[-1][3]:
                span = (spans[-1][0], span[1], spans[-1][2], span[3])
                spans.pop()
            spans.append(span)
    return [FigureChange(before[a:b].strip(), after[c:d].strip()) for a, b, c, d in spans]


def _replaced(pieces: Sequence[Piece]) -> Iterable[tuple[tuple[int, str], tuple[int, str]]]:
    """Deleted and added texts that stand for each other, each with its offset in its own whole text."""
    at = to = 0
    for i, piece in enumerate(pieces):
        following = pieces[i + 1] if i + 1 < len(pieces) else None
        if piece.kind == "deleted" and following is not None and following.kind == "added":
            yield (at, piece.text), (to, following.text)
        at += len(piece.text) if piece.kind != "added" else 0
        to += len(piece.text) if piece.kind != "deleted" else 0


def _widened(text: str, start: int, end: int) -> tuple[int, int]:
    """The span with the words of its own phrase around it."""
    floor, ceiling = max(0, start - _BEFORE_CHARS), min(len(text), end + _BEHIND_CHARS)
    while start > floor and not _BREAK.match(text[start - 1]):
        start -= 1
    while end < ceiling and not _BREAK.match(text[end]):
        end += 1
    return start, end


def _has_figure(text: str) -> bool:
    return any(_FIGURE.search(token) for token in _TOKEN.findall(text))


def _joined(pieces: Sequence[Piece], without: PieceKind) -> str:
    return "".join(p.text for p in pieces if p.kind != without)


Opcode = tuple[str, int, int, int, int]


def _without_islands(opcodes: Sequence[Opcode], old: Sequence[str]) -> list[Opcode]:
    """Changes with next to nothing between them, as one change."""
    merged: list[Opcode] = []
    for n, (tag, i1, i2, j1, j2) in enumerate(opcodes):
        island = tag == "equal" and 0 < n < len(opcodes) - 1 and len("".join(old[i1:i2])) <= _ISLAND_CHARS
        if island and not _FIGURE.search("".join(old[i1:i2])):
            tag = "replace"
        if merged and tag != "equal" and merged[-1][0] != "equal":
            merged[-1] = ("replace", merged[-1][1], i2, merged[-1][3], j2)
        else:
            merged.append((tag, i1, i2, j1, j2))
    return merged
