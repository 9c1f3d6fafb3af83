"""The 问答 tab: question, streamed answer, citations, and the source beside it; follow-ups are taken as part of one
conversation. Imports gradio: import it late."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gradio as gr

from qa.answer import Answer, Outcome
from qa.errors import USER_ERRORS
from qa.service import Service
from ui.web_answer import earlier_html, error_html, partial_html, turn_html, waiting_html
from ui.web_feedback import ask_html, voted
from ui.web_hints import Examples, recent_html, start_html
from ui.web_scope import (
    Picked,
    day_of,
    named_in,
    picked,
    pickers,
    place_choices,
    shown,
    updates,
    updates_among,
    year_choices,
)
from ui.web_source import missing_view
from ui.web_talk import before_html, storage_secret, talk_of, with_answer
from ui.web_viewer import Viewer, clickable

EARLIER_SHOWN = 30
QUESTIONS_AT_ONCE = 4
LEFT = "这个回答是服务重新启动以前的，出处已经不在手边，请把问题再问一遍。"
Turns = list[Answer]


class AskDesk:
    """What the 问答 tab does with a service. One for all sessions; what a session asked lives in its gr.State."""

    def __init__(self, service: Service) -> None:
        self._service, self._viewer = service, Viewer(service)
        self._examples = Examples(service)

    def ask(
        self,
        question: str,
        place: str | None,
        year: str | None,
        day: str | None,
        filled: Picked,
        turns: Turns,
        stored: object,
    ) -> Iterator[tuple[Any, ...]]:
        """Updates for (question box, answer, earlier turns, source, vote, turns, conversation) while an answer grows."""
        earlier, talk, rest = self._earlier(turns), talk_of(stored), [gr.skip()] * 3
        yield gr.skip(), waiting_html(question), earlier, gr.skip(), "", gr.skip(), gr.skip()
        turn, latest = len(turns), None
        try:
            own = picked(place, year, day).beside(filled)
            asked = self._service.stream(
                question,
                place=own.place or None,
                year=int(own.year) if own.year else None,
                as_of=day_of((day or "").strip()[:10]),
                history=talk,
            )
            for answer in asked:
                if latest is not None:
                    yield gr.skip(), partial_html(turn, latest), gr.skip(), gr.skip(), *rest
                latest = replace(answer, question=question.strip())
        except USER_ERRORS as error:
            yield gr.skip(), error_html(str(error), question), earlier, gr.skip(), *rest
            return
        if latest is not None:
            now = [*turns, latest]
            answered = turn_html(turn, latest, self._places([latest]))
            yield "", answered, earlier, self._first_source(now), ask_html(turn), now, with_answer(talk, latest)

    def fill(
        self, question: str, place: str | None, year: str | None, day: str | None, filled: Picked, stored: object
    ) -> tuple[Any, ...]:
        """Updates for (place, year, day, what of them was filled in): the scope that the question names."""
        now = picked(place, year, day)
        if not question.strip():
            return gr.skip(), gr.skip(), gr.skip(), gr.skip()
        try:
            places, years = self._service.places(), self._service.years()
            whole = self._service.understood(question, talk_of(stored)).text
            named = named_in(self._service.question(whole), places, years)
        except USER_ERRORS:
            return gr.skip(), gr.skip(), gr.skip(), gr.skip()
        new, newly = shown(now, filled, named)
        return (*updates_among(new, places, years), newly) if new != now or newly != filled else (*[gr.skip()] * 4,)

    def begin_anew(self) -> tuple[Any, ...]:
        """Updates for (answer, earlier turns, asked before, source, vote, turns, conversation, and the pickers)."""
        recent, start = recent_html(self._service), start_html(self._service)
        return recent, "", "", start, "", [], [], *updates(Picked()), Picked()

    def vote(self, turns: Turns, event: gr.EventData) -> Any:
        """A vote kept, and what is said to it."""
        said = voted(self._service.settings.home, turns, event)
        return gr.skip() if said is None else said

    def open(self, turns: Turns, event: gr.EventData) -> Any:
        """What was clicked: the source of a citation with its quote marked, or a whole document."""
        if getattr(event, "act", "") == "view":
            return self._viewer.document(str(getattr(event, "id", "")))
        place = _clicked(event)
        if place is None:
            return gr.skip()
        if place[0] >= len(turns):
            return missing_view(LEFT)
        turn, number = place
        return self._viewer.citation(turn, turns[turn].citations, number, full=getattr(event, "act", "") == "full")

    def pickers(self) -> tuple[Any, Any]:
        """The place and year pickers, filled from the base."""
        places, years = self._service.places(), self._service.years()
        return gr.update(choices=place_choices(places)), gr.update(choices=year_choices(years))

    def refresh(self, turns: Turns) -> tuple[Any, Any, Any, Any]:
        """Updates for (places, years, answer, source) when the page opens or the base has changed. Quick, so that it
        is over before a question that is asked meanwhile has its answer."""
        if turns:
            return *self.pickers(), gr.skip(), gr.skip()
        return *self.pickers(), recent_html(self._service), start_html(self._service)

    def examples(self) -> str:
        """The examples when the page opens or the base has changed; it takes a while, since each is tried."""
        return self._examples.html()

    def resume(self, turns: Turns, stored: object) -> Any:
        """The earlier questions when the page opens again within a conversation."""
        return gr.skip() if turns else before_html(talk_of(stored))

    def _first_source(self, turns: Turns) -> str:
        """The first citation's source is opened with the answer; nothing is opened for what is only near."""
        answer = turns[-1]
        if answer.outcome is Outcome.NO_EVIDENCE or not answer.citations:
            return start_html(self._service)
        return self._viewer.citation(len(turns) - 1, answer.citations, answer.citations[0].number, full=False)

    def _earlier(self, turns: Turns) -> str:
        numbered = list(enumerate(turns))[-EARLIER_SHOWN:]
        return earlier_html(numbered, self._places(turns))

    def _places(self, turns: Turns) -> dict[str, str | None]:
        """Which place each document speaks of; looked up only where an answer lists several."""
        if all(answer.outcome is not Outcome.SEVERAL for answer in turns):
            return {}
        return {record.id: record.metadata.place for record in self._service.documents()}


def ask_tab(service: Service) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Lays out the tab; gives back what to do when the page opens or the base has changed, at once and after that,
    and what when the page opens."""
    desk = AskDesk(service)
    turns, filled = gr.State([]), gr.State(Picked())
    talk = gr.BrowserState([], storage_key="zhengda-talk", secret=storage_secret(service))
    with gr.Row(elem_id="zd-desk"):
        with gr.Column(elem_id="zd-left", min_width=0):
            question, send, anew, place, year, day, examples = _form(service)
            answer = clickable(id="zd-answer")
            vote = clickable(id="zd-feedback")
            earlier = clickable(id="zd-earlier")
            before = clickable(id="zd-talk")
        with gr.Column(elem_id="zd-right", min_width=0):
            source = clickable(start_html(service), id="zd-viewer")
    asking: dict[str, Any] = {
        "fn": desk.ask,
        "inputs": [question, place, year, day, filled, turns, talk],
        "outputs": [question, answer, earlier, source, vote, turns, talk],
        "concurrency_limit": QUESTIONS_AT_ONCE,
        "concurrency_id": "ask",
        "show_progress": "hidden",
        "api_visibility": "private",
    }
    quiet: dict[str, Any] = {"show_progress": "hidden", "queue": False, "api_visibility": "private"}
    scope = [place, year, day, filled]
    filling: dict[str, Any] = {"fn": desk.fill, "inputs": [question, *scope, talk], "outputs": scope, **quiet}
    gr.on([question.submit, send.click], trigger_mode="once", **filling).then(**asking)
    question.blur(**filling)
    for offered in (examples, before):
        offered.click(_example, None, [question, *scope], **quiet).then(**asking)
    vote.click(desk.vote, turns, vote, **quiet)
    anew.click(desk.begin_anew, None, [answer, earlier, before, source, vote, turns, talk, *scope], **quiet)
    for clicked in (answer, earlier, source):
        clicked.click(desk.open, turns, source, **quiet)
    resuming = {"fn": desk.resume, "inputs": [turns, talk], "outputs": before}
    refreshing = {"fn": desk.refresh, "inputs": turns, "outputs": [place, year, answer, source]}
    return refreshing, {"fn": desk.examples, "inputs": None, "outputs": examples}, resuming


def _form(service: Service) -> tuple[gr.Textbox, gr.Button, gr.Button, gr.Dropdown, gr.Dropdown, gr.DateTime, gr.HTML]:
    """The question box with its buttons, the pickers, and the examples."""
    with gr.Row(elem_id="zd-ask"):
        question = gr.Textbox(
            placeholder="问一个具体的问题，例如：种植业补助每亩多少元？",
            show_label=False,
            container=False,
            max_lines=4,
            autofocus=True,
            elem_id="zd-question",
            html_attributes=gr.InputHTMLAttributes(autocomplete="off", spellcheck=False),
        )
        send = gr.Button("提问", elem_id="zd-send", min_width=0)
        anew = gr.Button("新对话", elem_id="zd-anew", elem_classes="zd-button", min_width=0)
    place, year, day = pickers(service.places(), service.years())
    examples = clickable(id="zd-examples")
    return question, send, anew, place, year, day, examples


def _example(event: gr.EventData) -> tuple[Any, ...]:
    """The example as the question, asked of all places, years and days."""
    text = getattr(event, "text", None)
    return (text, *updates(Picked()), Picked()) if isinstance(text, str) else (*[gr.skip()] * 5,)


def _clicked(event: gr.EventData) -> tuple[int, int] | None:
    """Turn and citation number of a click; None for a click on anything else. Comes from the browser: checked."""
    turn, number = str(getattr(event, "turn", "")), str(getattr(event, "n", ""))
    return (int(turn), int(number)) if turn.isdecimal() and number.isdecimal() else None
