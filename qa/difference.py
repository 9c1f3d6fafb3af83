"""What changed between two documents, clause by clause: the figures first, then words, then clauses that came or went.

A clause is a line of the text: an article, a heading, a paragraph or a table row.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ingest.document import Document
from ingest.outline import heading_mark
from qa.clause_pairs import pair_up
from qa.word_changes import FigureChange, Piece, figure_changes, pieces_of


class ClauseChange(StrEnum):
    """What became of a clause."""

    SAME = "same"
    RENUMBERED = "renumbered"  # the same words under another number
    MOVED = "moved"  # the same words at another place
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A line of a document: `document.text[start:end] == text`. `label` is what people call it ("第二条")."""

    text: str
    start: int
    end: int
    label: str
    mark: str  # its number as printed, "" when it has none
    pages: tuple[int, ...]

    @property
    def body(self) -> str:
        """The words without the number."""
        return "".join(self.text[len(self.mark) :].split())


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseDifference:
    """One clause before and after; one of them is None when it was added or removed."""

    kind: ClauseChange
    before: Clause | None
    after: Clause | None
    pieces: tuple[Piece, ...] = ()  # of a changed clause: joined without the added ones, `before.text`

    @property
    def label(self) -> str:
        """What to call the clause: by its new number, and its old one where that differs."""
        labels = dict.fromkeys(c.label for c in (self.before, self.after) if c is not None)
        return " → ".join(labels)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What changed from one document to another. `clauses` tell of all lines of both, in the order of the new one."""

    before: Document
    after: Document
    clauses: tuple[ClauseDifference, ...]

    @property
    def figures(self) -> tuple[tuple[str, FigureChange], ...]:
        """Figures that changed in the words of a clause, each with the clause's label."""
        return tuple((c.label, f) for c in self.clauses if c.pieces for f in figure_changes(_words_changed(c)))

    @property
    def changes(self) -> tuple[ClauseDifference, ...]:
        """The clauses that are not the same."""
        return tuple(c for c in self.clauses if c.kind is not ClauseChange.SAME)

    def count(self, kind: ClauseChange) -> int:
        """How many clauses became `kind`."""
        return sum(c.kind is kind for c in self.clauses)


def difference(before: Document, after: Document) -> Difference:
    """What changed from `before` to `after`."""
    old, new = clauses_of(before), clauses_of(after)
    pairs = pair_up([c.body for c in old], [c.body for c in new], [c.mark for c in old], [c.mark for c in new])
    found = [_paired(old[p.before], new[p.after], p.crosses) for p in pairs]
    places: list[tuple[float, ClauseDifference]] = [(float(p.after), f) for p, f in zip(pairs, found, strict=True)]
    kept = {p.after for p in pairs}
    places += [(float(j), _alone(None, clause)) for j, clause in enumerate(new) if j not in kept]
    follows = {p.before: p.after for p in pairs if not p.crosses}
    places += [(_place_of(i, follows), _alone(clause, None)) for i, clause in _unpaired(old, {p.before for p in pairs})]
    places.sort(key=lambda item: item[0])
    return Difference(before=before, after=after, clauses=tuple(c for _, c in places))


def clauses_of(document: Document) -> list[Clause]:
    """The lines of a document that have words."""
    found, at = [], 0
    for line in document.text.split("\n"):
        text = line.strip()
        if text:
            start = at + line.index(text)
            mark = heading_mark(text)
            found.append(
                Clause(
                    text=text,
                    start=start,
                    end=start + len(text),
                    label=_label(document, text, start),
                    mark=text[: mark.body] if mark else "",
                    pages=document.pages_of(start, start + len(text)),
                )
            )
        at += len(line) + 1
    return found


def _label(document: Document, text: str, start: int) -> str:
    """The clause's own number, with the heading it stands under where that number comes again and again."""
    mark = heading_mark(text)
    own = text[: mark.body].strip(" 、.．") if mark else ""
    if mark and mark.kind in ("annex", "part", "chapter", "clause", "article", "first"):
        return own
    outer = [p for p in document.path_at(start) if not text.startswith(p[:12])]
    heading = re.split(r"\s", outer[-1])[0][:20] if outer else ""
    return heading + own or ("标题" if start == 0 else "开头")


def _paired(before: Clause, after: Clause, crosses: bool) -> ClauseDifference:
    if before.body != after.body:
        pieces = pieces_of(before.text, after.text)
        return ClauseDifference(kind=ClauseChange.CHANGED, before=before, after=after, pieces=pieces)
    kind = ClauseChange.MOVED if crosses else ClauseChange.SAME
    if "".join(before.mark.split()) != "".join(after.mark.split()):
        kind = ClauseChange.RENUMBERED
    return ClauseDifference(kind=kind, before=before, after=after)


def _words_changed(changed: ClauseDifference) -> tuple[Piece, ...]:
    """The pieces of a changed clause without its number."""
    before, after = (c.text[len(c.mark) :] if c else "" for c in (changed.before, changed.after))
    return pieces_of(before, after)


def _alone(before: Clause | None, after: Clause | None) -> ClauseDifference:
    kind = ClauseChange.ADDED if before is None else ClauseChange.REMOVED
    return ClauseDifference(kind=kind, before=before, after=after)


def _unpaired(clauses: Sequence[Clause], paired: set[int]) -> list[tuple[int, Clause]]:
    return [(i, clause) for i, clause in enumerate(clauses) if i not in paired]


def _place_of(i: int, follows: dict[int, int]) -> float:
    """Where a removed clause stood, among the new ones: right behind the last one before it that is still there."""
    last = max((k for k in follows if k < i), default=None)
    return (follows[last] if last is not None else -1) + 0.5
