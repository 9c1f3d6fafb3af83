"""A question as it was meant: its words and places by those of the base, its years by the day it is asked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from qa.bare_names import named_in_full
from qa.question import MAX_CHARS
from qa.spelling import Change, Spelling
from qa.times import dated


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """A question as it is read. `notes` say in a sentence each what is read otherwise than it was typed."""

    text: str
    notes: tuple[str, ...] = ()
    is_dated: bool = False  # it said its years by the day it is asked


def meant(
    question: str,
    spelling: Spelling,
    today: date,
    years: Collection[int] | None = None,
    *,
    places: Collection[str] = (),
) -> Meant:
    """The question as it was meant. See qa.times for `years`; `places` are those that the documents name.

    A question that is too long is left as it is.
    """
    if len(question) > MAX_CHARS:
        return Meant(text=question)
    spelt = spelling.read(question)
    in_full, named = named_in_full(spelt.text, places)
    in_time = dated(in_full, today, years)
    notes = [note_of(change) for change in (*spelt.changes, *named)]
    return Meant(
        text=in_time.text,
        notes=(*notes, *filter(None, [in_time.note])),
        is_dated=in_time.text != in_full,
    )


def note_of(change: Change) -> str:
    """What was typed and what it is read as, in a sentence."""
    return f"按“{change.read}”理解（输入的是“{change.typed}”）。"
