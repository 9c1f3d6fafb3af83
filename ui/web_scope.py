"""The pickers beside the question: place, year, and the day by which documents are judged. Imports gradio."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import gradio as gr

from qa.question import Question, QuestionError

_DAY = re.compile(
    r"(?:按照?|以|截至|截止到?|到)?((?:19|20)\d{2})年(\d{1,2})月(?:(\d{1,2})[日号])?(?=(?:当时|那时|时点?|现行|有效|的(?:规定|标准|办法|政策)))"
)
WRONG_DAY = "“按哪天”应是日期，例如 2024-12-31；不填就按今天。"


@dataclass(frozen=True, slots=True)
class Picked:
    """What the pickers hold, "" for nothing; the form in which a session keeps what was filled in for it."""

    place: str = ""
    year: str = ""
    day: str = ""

    def beside(self, filled: Picked) -> Picked:
        """What the person picked: without what was only filled in from a question and left so."""
        return Picked(
            "" if self.place == filled.place else self.place,
            "" if self.year == filled.year else self.year,
            "" if self.day == filled.day else self.day,
        )


def picked(place: str | None, year: str | None, day: str | None) -> Picked:
    """What came from the page."""
    return Picked(place or "", year or "", (day or "").strip()[:10])


def named_in(question: Question, places: tuple[str, ...], years: tuple[int, ...]) -> Picked:
    """The place, year and day that a question names, as far as the pickers offer them."""
    place = question.places[-1] if question.places and question.places[-1] in places else ""
    year = str(question.years[0]) if len(question.years) == 1 and question.years[0] in years else ""
    return Picked(place, year, day_in(question.text))


def day_in(text: str) -> str:
    """The day by whose rules a question asks ("按2024年3月的标准"), the last of a month; "" when it names none."""
    match = _DAY.search(text)
    if match is None or not 1 <= (month := int(match[2])) <= 12:
        return ""
    last = calendar.monthrange(int(match[1]), month)[1]
    day = min(int(match[3] or last), last)
    return date(int(match[1]), month, max(day, 1)).isoformat()


def day_of(said: str) -> date | None:
    """The day picked; None for none. Raises QuestionError for what is no day."""
    if not said:
        return None
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise QuestionError(WRONG_DAY) from None


def shown(now: Picked, filled: Picked, named: Picked) -> tuple[Picked, Picked]:
    """(what the pickers show, what of it was filled in): a question's own scope, where nothing was picked by hand."""
    own = now.beside(filled)
    new = Picked(own.place or named.place, own.year or named.year, own.day or named.day)
    return new, Picked("" if own.place else named.place, "" if own.year else named.year, "" if own.day else named.day)


Choices = list[tuple[str, str]]  # what is shown, and what it stands for


def place_choices(places: Iterable[str]) -> Choices:
    """All places, and each."""
    return [("全部地区", ""), *((place, place) for place in places)]


def year_choices(years: Iterable[int]) -> Choices:
    """All years, and each, newest first."""
    return [("全部年份", ""), *((f"{year} 年", str(year)) for year in sorted(years, reverse=True))]


def pickers(places: Iterable[str], years: Iterable[int]) -> tuple[gr.Dropdown, gr.Dropdown, gr.DateTime]:
    """Lays the three out, filled already: a question may be asked before the page has refreshed them."""
    with gr.Row(elem_id="zd-pickers"):
        place = gr.Dropdown(place_choices(places), value="", label="地区", elem_id="zd-place", min_width=0)
        year = gr.Dropdown(year_choices(years), value="", label="年份", elem_id="zd-year", min_width=0)
        day = gr.DateTime(include_time=False, type="string", label="按哪天", elem_id="zd-day", min_width=0)
    return place, year, day


def updates(new: Picked) -> tuple[Any, Any, Any]:
    """Updates for the three."""
    return gr.update(value=new.place), gr.update(value=new.year), gr.update(value=new.day or None)


def updates_among(new: Picked, places: Iterable[str], years: Iterable[int]) -> tuple[Any, Any, Any]:
    """Updates for the three, with what there is to pick now: a value that came into the base after the page was
    opened is refused by Gradio otherwise."""
    place, year, day = updates(new)
    return {**place, "choices": place_choices(places)}, {**year, "choices": year_choices(years)}, day
