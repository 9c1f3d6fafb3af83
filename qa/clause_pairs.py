"""Which line of one text became which line of another: equal ones in order, then alike ones, then those moved."""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

_ALIKE = 0.5  # share of character pairs in common from which two lines are one that was changed
_ALIKE_SAME_MARK = 0.3  # ... of two lines with the same number
_MOVED_CHARS = 6  # a shorter line is not followed to another place
_WINDOW = 60  # lines of a changed stretch that are compared with a line, either side of its place

Pairs = Counter[str]


@dataclass(frozen=True, slots=True)
class LinePair:
    """Numbers of a line before and after; `crosses` when it went to another place among the lines."""

    before: int
    after: int
    crosses: bool = False


def pair_up(
    before: Sequence[str], after: Sequence[str], marks_before: Sequence[str], marks_after: Sequence[str]
) -> list[LinePair]:
    """Pairs of lines, in the order of `after`; a line is in one pair at most."""
    pairs: list[LinePair] = []
    left: list[int] = []
    come: list[int] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            pairs += [LinePair(i1 + k, j1 + k) for k in range(i2 - i1)]
            continue
        changed = _alike(before, after, marks_before, marks_after, range(i1, i2), range(j1, j2))
        pairs += changed
        left += [i for i in range(i1, i2) if i not in {p.before for p in changed}]
        come += [j for j in range(j1, j2) if j not in {p.after for p in changed}]
    pairs += _moved(before, after, left, come)
    return sorted(pairs, key=lambda p: p.after)


def _alike(
    before: Sequence[str],
    after: Sequence[str],
    marks_before: Sequence[str],
    marks_after: Sequence[str],
    old: range,
    new: range,
) -> list[LinePair]:
    """Lines of a changed stretch that are one, the most alike first; their order is kept."""
    grams = {i: _grams(before[i]) for i in old}, {j: _grams(after[j]) for j in new}
    scored = []
    for i in old:
        near = new.start + (i - old.start) * max(len(new), 1) // max(len(old), 1)
        for j in range(max(new.start, near - _WINDOW), min(new.stop, near + _WINDOW + 1)):
            same_mark = bool(marks_before[i]) and marks_before[i].strip() == marks_after[j].strip()
            share = _share(grams[0][i], grams[1][j])
            if share >= (_ALIKE_SAME_MARK if same_mark else _ALIKE):
                scored.append((share + 0.1 * same_mark, -abs(j - near), i, j))
    chosen: list[tuple[int, int]] = []  # in order, of both
    for _, _, i, j in sorted(scored, reverse=True):
        at = bisect(chosen, (i, j))
        behind = chosen[at - 1] if at else (-1, -1)
        ahead = chosen[at] if at < len(chosen) else (len(before), len(after))
        if behind[0] < i < ahead[0] and behind[1] < j < ahead[1]:
            chosen.insert(at, (i, j))
    return [LinePair(i, j) for i, j in chosen]


def _moved(before: Sequence[str], after: Sequence[str], left: Sequence[int], come: Sequence[int]) -> list[LinePair]:
    """Lines with the same words at another place, each taken once."""
    places: dict[str, list[int]] = {}
    for i in left:
        places.setdefault(before[i], []).append(i)
    found = []
    for j in come:
        if len(after[j]) >= _MOVED_CHARS and places.get(after[j]):
            found.append(LinePair(places[after[j]].pop(0), j, crosses=True))
    return found


def _grams(line: str) -> Pairs:
    return Counter(line[k : k + 2] for k in range(max(len(line) - 1, 1)))


def _share(a: Pairs, b: Pairs) -> float:
    """Dice's coefficient of two lines' character pairs, 0..1."""
    return 2 * (a & b).total() / ((a.total() + b.total()) or 1)
