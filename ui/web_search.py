"""The 查报告 tab: finding passages, and a topic over the years, with the source beside it. Imports gradio: import it late."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import escape
from typing import Any

import gradio as gr

from ingest.topics import topic_names
from kb.errors import UnknownDocument
from qa.answer import Citation
from qa.errors import USER_ERRORS
from qa.search import SearchPage, Sort
from qa.service import Service
from ui import web_hits, web_topic
from ui.web_search_form import PICKS, SORTS, choices, search_form, topic_form
from ui.web_viewer import GONE, Viewer, clickable

SEARCHES_AT_ONCE = 4
LISTED, LISTED_MORE = 20, 40
FIRST_SEARCH, FIRST_TOPIC = 1_000_000, 2_000_000  # turns of the two views: no citation of another tab bears them
BESIDE = '<div class="zd-start"><h3>原文</h3><p>点一段结果，这里显示它在原文里的位置。</p></div>'


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a session looks for, and what was found: one for each view."""

    turn: int
    query: str = ""
    picks: tuple[str, ...] = ("",) * len(PICKS)
    sort: str = Sort.RELEVANCE.value
    limit: int = LISTED
    like: str = ""
    citations: tuple[Citation, ...] | None = None  # what was found; None before anything was asked

    @property
    def parameters(self) -> dict[str, str]:
        """What brings the same hits from the API."""
        named = {"query": self.query, **dict(zip(PICKS, self.picks, strict=True)), "sort": self.sort, "like": self.like}
        return {k: v for k, v in named.items() if v} | {"limit": str(self.limit)}


class FindDesk:
    """What the 查报告 tab does with a service. One for all sessions; what a session asked lives in its gr.State."""

    def __init__(self, service: Service) -> None:
        self._service, self._viewer = service, Viewer(service)

    def search(self, query: str, *rest: Any) -> Iterator[tuple[Any, ...]]:
        """Updates for (results, source, asked) for a query, the picks, the order, and what was asked before."""
        *picks, sort, before = rest
        asked = Asked(
            turn=before.turn + 1, query=query.strip(), picks=tuple(p or "" for p in picks), sort=sort or SORTS[0][1]
        )
        if not asked.query:
            asked = replace(asked, query=asked.picks[PICKS.index("topic")])  # a topic alone is looked for by its name
        if not asked.query:
            yield web_hits.NOT_ASKED if self._service.documents() else web_hits.EMPTY_BASE, BESIDE, asked
            return
        yield _waiting(), gr.skip(), gr.skip()
        yield self._found(asked)

    def act(self, asked: Asked, event: gr.EventData) -> tuple[Any, ...]:
        """Updates for (picks, results, source, asked) after a click in the results."""
        action = str(getattr(event, "act", ""))
        keep = (gr.skip(),) * len(PICKS)
        if action == "facet":
            asked = _narrowed(asked, str(getattr(event, "name", "")), str(getattr(event, "value", "")))
            return *asked.picks, *self._found(replace(asked, turn=asked.turn + 1, limit=LISTED))
        if action == "clear":
            asked = replace(asked, turn=asked.turn + 1, picks=("",) * len(PICKS))
            return *asked.picks, *self._found(asked)
        if action == "more":
            return *keep, *self._found(replace(asked, turn=asked.turn + 1, limit=asked.limit + LISTED_MORE))
        if action == "back":
            return *keep, *self._found(replace(asked, turn=asked.turn + 1, limit=LISTED, like=""))
        if action == "like" and (spot := _spot(asked, event)):
            return *keep, *self._found(replace(asked, turn=asked.turn + 1, limit=LISTED, like=spot))
        return *keep, gr.skip(), self.open(asked, event), gr.skip()

    def compare(self, topic: str | None, place: str | None, before: Asked) -> Iterator[tuple[Any, ...]]:
        """Updates for (topic page, source, asked)."""
        yield _waiting(), gr.skip(), gr.skip()
        turn = before.turn + 1
        try:
            page = self._service.topic_page(topic or "", place=place or None)
        except USER_ERRORS as error:
            yield _error(str(error)), gr.skip(), Asked(turn=turn)
            return
        citations = self._service.cited(web_topic.said_on(page))
        yield web_topic.topic_html(page, turn), BESIDE, Asked(turn=turn, citations=citations)

    def open(self, asked: Asked, event: gr.EventData) -> Any:
        """The source of what was clicked: a passage at its line, or a whole document."""
        action, number = str(getattr(event, "act", "")), str(getattr(event, "n", ""))
        if action == "view":
            return self._viewer.document(str(getattr(event, "id", "")))
        shown = number.isdecimal() and str(getattr(event, "turn", "")) == str(asked.turn)
        if action in ("cite", "full") and shown:
            return self._viewer.citation(asked.turn, asked.citations or (), int(number), full=action == "full")
        return gr.skip()

    def refresh(self, asked: Asked) -> tuple[Any, ...]:
        """Updates for (picks, results, topics, topic places) when the page opens or the base has changed."""
        facets = self._service.facets()
        picks = tuple(choices(name, facets.get(name, {})) for name in PICKS)
        start = web_hits.NOT_ASKED if self._service.documents() else web_hits.EMPTY_BASE
        known = [name for name in facets.get("topic", {}) if name in topic_names()]
        return (
            *picks,
            start if asked.citations is None else gr.skip(),
            gr.update(choices=known),
            choices("place", facets.get("place", {})),
        )

    def _found(self, asked: Asked) -> tuple[Any, ...]:
        """Updates for (results, source, asked)."""
        try:
            page = self._page(asked)
        except UnknownDocument:
            return _error(GONE), gr.skip(), asked
        except USER_ERRORS as error:
            return _error(str(error)), gr.skip(), asked
        shown = web_hits.results_html(page, asked.turn, asked.parameters, is_like=bool(asked.like))
        beside = BESIDE if not asked.like and asked.limit == LISTED else gr.skip()
        return shown, beside, replace(asked, citations=self._service.cited(page.hits))

    def _page(self, asked: Asked) -> SearchPage:
        place, year, kind, topic, issuer = asked.picks
        return self._service.search(
            asked.query,
            place=place or None,
            year=int(year) if year.isdecimal() else None,
            kind=kind or None,
            topic=topic or None,
            issuer=issuer or None,
            limit=min(asked.limit, web_hits.MOST_LISTED),
            sort=Sort(asked.sort),
            like=asked.like or None,
        )


def find_tab(service: Service) -> tuple[FindDesk, gr.State, list[Any]]:
    """Lays out the tab; gives back its desk, what the session looks for, and what `refresh` updates."""
    desk = FindDesk(service)
    asked, compared = gr.State(Asked(turn=FIRST_SEARCH)), gr.State(Asked(turn=FIRST_TOPIC))
    with gr.Row(elem_id="zd-find"):
        with gr.Column(elem_id="zd-find-left", min_width=0), gr.Tabs(elem_id="zd-find-views"):
            with gr.Tab("查段落"):
                query, send, picks, sort = search_form()
                results = clickable(web_hits.NOT_ASKED, id="zd-hits")
            with gr.Tab("专题对比"):
                topic, place, compare = topic_form()
                page = clickable(web_topic.NOT_ASKED, id="zd-topic")
        with gr.Column(elem_id="zd-find-right", min_width=0):
            source = clickable(BESIDE, id="zd-find-viewer")
    working: dict[str, Any] = {
        "concurrency_limit": SEARCHES_AT_ONCE,
        "concurrency_id": "find",
        "show_progress": "hidden",
        "api_visibility": "private",
    }
    searching = {"fn": desk.search, "inputs": [query, *picks, sort, asked], "outputs": [results, source, asked]}
    gr.on(
        [query.submit, send.click, *(p.input for p in (*picks, sort))], trigger_mode="multiple", **searching, **working
    )
    gr.on(
        [topic.input, place.input, compare.click],
        desk.compare,
        [topic, place, compared],
        [page, source, compared],
        trigger_mode="multiple",
        **working,
    )
    results.click(desk.act, asked, [*picks, results, source, asked], **working)
    page.click(desk.open, compared, source, **working)
    source.click(_either(desk), [asked, compared], source, **working)
    return desk, asked, [*picks, results, topic, place]


def _either(desk: FindDesk) -> Any:
    """What a click in the source opens: it names a citation of one view or the other."""

    def open(asked: Asked, compared: Asked, event: gr.EventData) -> Any:
        return desk.open(compared if str(getattr(event, "turn", "")) == str(compared.turn) else asked, event)

    return open


def _narrowed(asked: Asked, name: str, value: str) -> Asked:
    """With the pick; comes from the browser: a name that is none changes nothing."""
    picks = (value[:100] if n == name else p for n, p in zip(PICKS, asked.picks, strict=True))
    return replace(asked, picks=tuple(picks))


def _spot(asked: Asked, event: gr.EventData) -> str:
    """The passage of a click, as DOC:START-END; "" for one that is not shown."""
    number = str(getattr(event, "n", ""))
    found = next((c for c in asked.citations or () if str(c.number) == number), None)
    return f"{found.document_id}:{found.start}-{found.end}" if found else ""


def _waiting() -> str:
    return '<p class="zd-wait" aria-busy="true"><i></i>正在查找</p>'


def _error(message: str) -> str:
    return f'<p class="zd-error" role="alert">{escape(message)}</p>'
