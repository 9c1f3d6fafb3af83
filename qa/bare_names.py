"""Towns and villages by their bare names: "松溪" as 松溪镇, where only one place is called so."""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import accumulate

from qa.spelling import Change

_SMALL = "镇乡村"
_GOES_ON = "省市县区旗乡镇村社街道路河湖山组上下里脚顶地区"  # a name that goes on is another one


def named_in_full(text: str, known: Collection[str]) -> tuple[str, tuple[Change, ...]]:
    """The question with such names in full, and what was changed. A bare name that is a word of the language stays."""
    changes: list[Change] = []
    for stem, place in _only_ones(text, known).items():
        found = [m for m in re.finditer(rf"{re.escape(stem)}(?![{_GOES_ON}])", text) if _stands_apart(m)]
        for match in reversed(found):
            text = text[: match.start()] + place + text[match.end() :]
        changes += [Change(typed=stem, read=place)] if found else []
    return text, tuple(changes)


def _only_ones(text: str, known: Collection[str]) -> dict[str, str]:
    """The places that alone have the bare name, which stands in the text and in no other name there."""
    places: dict[str, list[str]] = {}
    for place in known:
        if place[-1] in _SMALL and len(place) > 2 and place[:-1] in text:
            places.setdefault(place[:-1], []).append(place)
    named = [other for other in known if other in text]
    return {
        stem: called[0]
        for stem, called in places.items()
        if len(called) == 1 and not any(stem in other and stem != other[:-1] for other in named)
    }


def _stands_apart(found: re.Match[str]) -> bool:
    """Whether the name is no word of the dictionary, nor cut out of one."""
    import rjieba

    edges = {0, *accumulate(map(len, rjieba.cut(found.string, hmm=False)))}
    return found.start() in edges and found.end() in edges and rjieba.cut(found[0], hmm=False) != [found[0]]
