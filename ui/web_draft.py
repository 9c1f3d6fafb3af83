"""What the 迎检起草 tab does: a list in, replies made in the background, each sentence reviewed. Imports gradio: import
it late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import gradio as gr

from ingest.document import IngestError
from qa.answer import Citation
from qa.draft import DraftKind, Options
from qa.draft_items import DraftError, Item, items_in, read_items
from qa.draft_jobs import Drafts
from qa.draft_review import Decision, Line, Review, Verdict
from qa.errors import USER_ERRORS
from qa.service import Service
from ui import web_draft_view as view
from ui.render import source_label
from ui.web_viewer import Viewer

PAGE_ITEMS = 8
MAX_TEXT_CHARS = 500_000
MAX_OFFERED = 1000  # documents in the picker
FIRST_DRAFT = 3_000_000  # turns of this tab: no citation of another one bears them


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a session has before it: a page of a draft, the passages offered for one of its lines, and what was told."""

    id: str = ""
    page: int = 0
    turn: int = FIRST_DRAFT
    open_key: str = ""
    others: tuple[Citation, ...] = ()
    citations: tuple[Citation, ...] = ()  # of the page, numbered from 1, as the source viewer takes them
    asking: str = ""  # the draft that is to be removed


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """What changes on the page; None is left as it is."""

    seen: Seen
    board: str | None = None
    recent: str | None = None
    source: str | None = None
    ticking: bool | None = None

    def as_outputs(self) -> tuple[Any, ...]:
        """For (board, recent, source, what is seen, the browser's memory, timer)."""
        own = (gr.skip() if v is None else v for v in (self.board, self.recent, self.source))
        timer = gr.skip() if self.ticking is None else gr.Timer(active=self.ticking)
        return *own, self.seen, self.seen.id, timer


class DraftDesk:
    """What the tab does with the drafts. One for all sessions; what a session looks at lives in its gr.State."""

    def __init__(self, service: Service, drafts: Drafts) -> None:
        self._service, self._drafts, self._viewer = service, drafts, Viewer(service)

    # --- beginning ---

    def start(
        self,
        typed: str,
        file: str | None,
        kind: str,
        place: str | None,
        year: str | None,
        only: list[str] | None,
        seen: Seen,
    ) -> tuple[Any, ...]:
        """A draft begun, or why not. Updates for (text box, file box) and those of Update."""
        keep = gr.skip(), gr.skip()
        try:
            if not self._service.documents():
                raise DraftError("资料库还是空的，请先到“资料库”放入文件")
            items, name = _items(typed, file)
            options = Options(
                kind=DraftKind(kind),
                place=place or None,
                year=int(year) if year else None,
                only=frozenset(only) if only else None,
            )
            id = self._drafts.start(items, options, name=name)
        except (DraftError, IngestError, *USER_ERRORS) as error:
            return *keep, *self._shown(seen, trouble=str(error)).as_outputs()
        return "", None, *self._shown(replace(seen, id=id, page=0)).as_outputs()

    def documents(self, place: str | None, year: str | None, chosen: list[str] | None) -> Any:
        """The picker of documents: those of the place and year first, newest first."""
        records = sorted(
            self._service.documents(),
            key=lambda r: (
                r.id in (chosen or ()),
                bool(place) and r.metadata.place == place,
                bool(year) and str(r.metadata.year) == year,
                str(r.metadata.issued_on or ""),
            ),
            reverse=True,
        )
        label = "只用这些文件" + (f"（列出 {MAX_OFFERED} 份）" if len(records) > MAX_OFFERED else "")
        choices = [(source_label(r.metadata.title, r.metadata.document_number), r.id) for r in records[:MAX_OFFERED]]
        return gr.update(choices=choices, label=label)

    def refresh(self, place: str | None, year: str | None, only: list[str] | None, seen: Seen, stored: object) -> Any:
        """Updates for (places, years, documents) and those of Update, when the page opens or the base has changed."""
        places = gr.update(choices=[("不限地区", ""), *((p, p) for p in self._service.places())])
        years = gr.update(choices=[("不限年份", ""), *((f"{y} 年", str(y)) for y in self._service.years())])
        seen = seen if seen.id else replace(seen, id=str(stored or "")[:16])
        return places, years, self.documents(place, year, only), *self._shown(seen).as_outputs()

    # --- watching ---

    def tick(self, seen: Seen) -> tuple[Any, ...]:
        """How far the draft is by now."""
        return self._shown(seen).as_outputs()

    def _shown(self, seen: Seen, *, trouble: str = "") -> Update:
        """The draft seen: its progress, its review, or where there is none how to begin."""
        recent = view.recent_html(self._drafts.recent(), asking=seen.asking)
        told = view.error_html(trouble) if trouble else ""
        if not seen.id:
            return Update(seen=seen, board=told + view.NOT_ASKED, recent=recent, ticking=False)
        try:
            head = self._drafts.progress(seen.id)
            if not head.state.is_over:
                board = told + view.progress_html(head, self._drafts.now(seen.id))
                return Update(seen=seen, board=board, recent=recent, ticking=True)
            seen, board = self._review(seen, trouble)
        except DraftError as error:
            seen = replace(seen, id="")
            return Update(seen=seen, board=view.error_html(str(error)) + view.NOT_ASKED, recent=recent, ticking=False)
        return Update(seen=seen, board=board, recent=recent, ticking=False)

    def _review(self, seen: Seen, trouble: str) -> tuple[Seen, str]:
        kept, lines, review = self._drafts.load(seen.id), self._drafts.lines(seen.id), self._drafts.review(seen.id)
        last = max(0, -(-len(kept.replies) // PAGE_ITEMS) - 1)
        page = min(max(0, seen.page), last)
        on_page = [line for line in lines if line.item // PAGE_ITEMS == page]
        citations = _numbered(on_page, review, seen.others)
        numbers = {_spot(c): c.number for c in citations}
        seen = replace(seen, page=page, citations=citations, turn=seen.turn + (citations != seen.citations))
        board = view.review_html(
            kept,
            lines,
            review,
            page=page,
            size=PAGE_ITEMS,
            turn=seen.turn,
            number=lambda c: numbers.get(_spot(c), 0),
            open_key=seen.open_key,
            others=seen.others,
            trouble=trouble,
        )
        return seen, board

    # --- deciding ---

    def act(self, seen: Seen, event: gr.EventData) -> tuple[Any, ...]:
        """What a click in the draft, the list of drafts or the source leads to. Comes from the browser: checked."""
        action, key, n = (str(getattr(event, name, "")) for name in ("act", "key", "n"))
        if action in ("cite", "full"):
            return Update(seen=seen, source=self._source(seen, event, full=action == "full")).as_outputs()
        closed = replace(seen, open_key="", others=(), asking="")
        try:
            if action in ("open", "remove", "remove-now", "keep", "close"):
                return self._listed(closed, action, str(getattr(event, "id", ""))).as_outputs()
            if action == "others":
                _, found = self._drafts.others(seen.id, key)
                return self._shown(replace(closed, open_key=key, others=found)).as_outputs()
            if action == "page" and n.isdecimal():
                return self._shown(replace(closed, page=int(n))).as_outputs()
            if action == "next":
                return self._shown(replace(closed, page=self._next_open(seen))).as_outputs()
            if action == "again":
                self._drafts.again(seen.id)
            elif action == "cancel":
                self._drafts.cancel(seen.id)
            elif action == "frame":
                self._frame(seen, event)
            elif action == "accept-rest" and n.isdecimal():
                self._drafts.accept_rest(seen.id, int(n))
            elif key:
                decision = _decision(action, seen, n, str(getattr(event, "text", "")))
                if decision is not None or action == "undo":
                    self._drafts.decide(seen.id, key, decision)
        except (DraftError, *USER_ERRORS) as error:
            return self._shown(closed, trouble=str(error)).as_outputs()
        return self._shown(closed).as_outputs()

    def _listed(self, seen: Seen, action: str, id: str) -> Update:
        if action == "remove":
            return self._shown(replace(seen, asking=id[:16]))
        if action == "remove-now":
            self._drafts.remove(id)
            return self._shown(replace(seen, id="" if seen.id == id else seen.id))
        if action == "open":
            return replace(self._shown(replace(seen, id=id[:16], page=0)), source=view.BESIDE)
        if action == "close":
            return replace(self._shown(replace(seen, id="", page=0)), source=view.BESIDE)
        return self._shown(seen)

    def _next_open(self, seen: Seen) -> int:
        """The page of the next line after this page on which nothing was decided, from the start after the last."""
        review = self._drafts.review(seen.id)
        pages = [line.item // PAGE_ITEMS for line in self._drafts.lines(seen.id) if line.key not in review.decisions]
        return next((p for p in pages if p > seen.page), pages[0] if pages else seen.page)

    def _frame(self, seen: Seen, event: gr.EventData) -> None:
        title, issuer, day = (" ".join(str(getattr(event, n, "")).split()) for n in ("title", "issuer", "day"))
        try:
            self._drafts.frame(seen.id, title=title, issuer=issuer, day=date.fromisoformat(day) if day else None)
        except ValueError:
            raise DraftError("成文日期应是日期，例如 2024-12-31") from None

    def _source(self, seen: Seen, event: gr.EventData, *, full: bool) -> str | None:
        number = str(getattr(event, "n", ""))
        known = any(str(c.number) == number for c in seen.citations)
        return self._viewer.citation(seen.turn, seen.citations, int(number), full=full) if known else None


def _items(typed: str, file: str | None) -> tuple[tuple[Item, ...], str]:
    """The items of what was typed, or else of the file, and what the list is called. Raises DraftError."""
    if file and typed.strip():
        raise DraftError("清单贴了文字，又放了文件，请只留一样")
    if file:
        path = Path(file)
        try:
            return read_items(path), path.name
        except DraftError as error:
            raise DraftError(str(error).replace(file, path.name)) from error
    if len(typed) > MAX_TEXT_CHARS:
        raise DraftError(f"清单有 {len(typed)} 字，最多 {MAX_TEXT_CHARS} 字，请分成几份")
    items = items_in(typed)
    return items, f"{items[0].title} 等 {len(items)} 条" if len(items) > 1 else ""


def _decision(action: str, seen: Seen, n: str, text: str) -> Decision | None:
    if action in ("accept", "strike"):
        return Decision(verdict=Verdict(action))
    if action == "fill":
        return Decision(verdict=Verdict.FILL, text=text)
    if action == "take" and n.isdecimal() and int(n) < len(seen.others):
        return Decision(verdict=Verdict.REPLACE, citation=seen.others[int(n)])
    return None


def _numbered(lines: Sequence[Line], review: Review, others: Sequence[Citation]) -> tuple[Citation, ...]:
    """All citations on a page of the review, each span once, numbered from 1."""
    chosen = (d.citation for line in lines if (d := review.decisions.get(line.key)) and d.citation)
    all_of = {_spot(c): c for c in (*(c for line in lines for c in line.citations), *chosen, *others)}
    return tuple(replace(c, number=n) for n, c in enumerate(all_of.values(), 1))


def _spot(c: Citation) -> tuple[str, int, int]:
    return c.document_id, c.start, c.end
