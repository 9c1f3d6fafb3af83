"""Drafts made in the background, one at a time: begun, watched, cancelled, and kept with what a person decides."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

from kb.errors import UnknownDocument
from qa.answer import Citation
from qa.draft import Options, Part, PartKind, Reply, Source, draft
from qa.draft_book import Book, Head, Kept, State, id_of, reply_line
from qa.draft_gaps import gap, short
from qa.draft_items import DraftError, Item
from qa.draft_others import others
from qa.draft_review import MAX_FILL_CHARS, Decision, Line, Review, Verdict, lines_of, reviewed
from qa.errors import USER_ERRORS

MAX_ITEMS = 1000
MAX_NAME_CHARS = 100
_SAVE_EVERY_S = 2.0


@dataclass(slots=True)
class _Job:
    """A draft that waits or is being made."""

    items: tuple[Item, ...]
    head: Head
    cancelled: threading.Event = field(default_factory=threading.Event)
    replies: list[Reply] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)


class Drafts:
    """The drafts of a base. Safe to call from several threads."""

    def __init__(self, source: Source, home: Path) -> None:
        self._source, self._book = source, Book(home / "drafts")
        self._lock = threading.RLock()
        self._jobs: dict[str, _Job] = {}
        self._worker: ThreadPoolExecutor | None = None
        self._last: tuple[Kept, list[Line]] | None = None  # of the files, the draft looked at last
        self._stopping = False

    # --- making ---

    def start(self, items: Sequence[Item], options: Options, *, name: str = "") -> str:
        """Begins a draft in the background; gives its id. One that is being made already goes on.

        Raises DraftError for a list that is empty or too long, or when nothing can be kept.
        """
        if not items:
            raise DraftError("没有读到问题，请每行写一个问题")
        if len(items) > MAX_ITEMS:
            raise DraftError(f"清单有 {len(items)} 条，一次最多 {MAX_ITEMS} 条，请分成几份")
        id = id_of(items, options)
        with self._lock:
            if id in self._jobs:
                return id
            if self._stopping:
                raise DraftError("程序正在退出，请重新启动后再起草")
            head = Head(
                id=id,
                name=(name or items[0].title)[:MAX_NAME_CHARS],
                made=datetime.now().isoformat(sep=" ", timespec="seconds"),
                options=options,
                state=State.WAITING,
                total=len(items),
            )
            job = _Job(items=tuple(items), head=head)
            self._book.save(head, job.items, ())
            self._jobs[id] = job
            if self._worker is None:
                self._worker = ThreadPoolExecutor(1, thread_name_prefix="draft")
            self._worker.submit(self._make, job)
        return id

    def again(self, id: str) -> None:
        """Drafts the same list anew. Raises DraftError."""
        kept = self.load(id)
        if kept.head.state.is_over:
            self.start(kept.items, kept.head.options, name=kept.head.name)

    def cancel(self, id: str) -> None:
        """Ends it after the item in hand; what is done stays."""
        with self._lock:
            if job := self._jobs.get(id):
                job.cancelled.set()

    def stop(self) -> None:
        """Ends all, and waits for the item in hand."""
        with self._lock:
            self._stopping, worker = True, self._worker
            for job in self._jobs.values():
                job.cancelled.set()
        if worker is not None:
            worker.shutdown(wait=True)

    def _make(self, job: _Job) -> None:
        state, trouble, saved = State.DONE, "", time.monotonic()
        try:
            self._told(job, State.RUNNING)
            for reply in _replies(job.items, self._source, job.head.options, job.cancelled):
                job.lines.append(reply_line(reply))
                with self._lock:
                    job.replies.append(reply)
                    job.head = replace(job.head, done=len(job.replies))
                if time.monotonic() - saved > _SAVE_EVERY_S:
                    self._book.save(job.head, job.items, job.lines)
                    saved = time.monotonic()
            if job.cancelled.is_set():
                state = State.INTERRUPTED if self._stopping else State.CANCELLED
        except (DraftError, *USER_ERRORS) as error:
            state, trouble = State.FAILED, str(error)
        except Exception as error:
            logging.getLogger(__name__).exception("draft %s", job.head.id)
            state, trouble = State.FAILED, f"起草中途出错（{error!r}），已完成的都留着，可重新起草"
        self._end(job, state, trouble)

    def _end(self, job: _Job, state: State, trouble: str) -> None:
        with self._lock:
            job.head = replace(job.head, state=state, trouble=trouble)
            try:
                self._book.save(job.head, job.items, job.lines)
            except DraftError as error:
                logging.getLogger(__name__).warning("%s", error)
                job.head = replace(job.head, state=State.FAILED, trouble=str(error))
                self._last = self._with_lines(job)  # shown until another is looked at
            else:
                self._last = None
            self._jobs.pop(job.head.id, None)

    def _told(self, job: _Job, state: State) -> None:
        with self._lock:
            job.head = replace(job.head, state=state)

    # --- looking ---

    def recent(self) -> list[Head]:
        """All drafts, newest first."""
        with self._lock:
            running = {id: job.head for id, job in self._jobs.items()}
        return [running.get(head.id) or _ended(head) for head in self._book.heads()]

    def progress(self, id: str) -> Head:
        """How far it is. Raises DraftError."""
        with self._lock:
            if job := self._jobs.get(id):
                return job.head
        return self.load(id).head

    def now(self, id: str) -> str:
        """The title of the item in hand; "" while there is none."""
        with self._lock:
            job = self._jobs.get(id)
            return job.items[job.head.done].title if job and job.head.done < len(job.items) else ""

    def load(self, id: str) -> Kept:
        """It, as far as it is. Raises DraftError."""
        with self._lock:
            if job := self._jobs.get(id):
                return Kept(head=job.head, items=job.items, replies=tuple(job.replies))
            return self._loaded(id)[0]

    def lines(self, id: str) -> list[Line]:
        """Its lines, each with the key that decisions go by. Raises DraftError."""
        return self._loaded(id)[1]

    def _loaded(self, id: str) -> tuple[Kept, list[Line]]:
        with self._lock:
            if job := self._jobs.get(id):
                return self._with_lines(job)
            if self._last is None or self._last[0].head.id != id:
                kept = self._book.load(id)
                kept = replace(kept, head=_ended(kept.head))
                self._last = kept, lines_of(kept.replies)
            return self._last

    def _with_lines(self, job: _Job) -> tuple[Kept, list[Line]]:
        replies = tuple(job.replies)
        return Kept(head=job.head, items=job.items, replies=replies), lines_of(replies)

    def remove(self, id: str) -> None:
        """Removes it with all decisions. Raises DraftError for one that is being made."""
        with self._lock:
            if id in self._jobs:
                raise DraftError("这份还在起草，请先取消")
            self._book.remove(id)
            if self._last is not None and self._last[0].head.id == id:
                self._last = None

    # --- deciding ---

    def review(self, id: str) -> Review:
        """What was decided on it. Raises DraftError."""
        with self._lock:
            return self._book.review(id)

    def decide(self, id: str, key: str, decision: Decision | None) -> None:
        """Keeps a decision on a line, or takes it back. Raises DraftError."""
        with self._lock:
            line = self._line(id, key)
            self._book.save_review(id, self._book.review(id).deciding(key, decision and _sound(decision, line)))

    def accept_rest(self, id: str, item: int) -> None:
        """Accepts the sentences of an item (its place from 0) on which nothing was decided. Raises DraftError."""
        with self._lock:
            review = self._book.review(id)
            for line in self.lines(id):
                if line.item == item and line.sentence is not None and line.key not in review.decisions:
                    review = review.deciding(line.key, Decision(verdict=Verdict.ACCEPT))
            self._book.save_review(id, review)

    def frame(self, id: str, *, title: str, issuer: str, day: date | None) -> None:
        """Keeps what stands around the replies. Raises DraftError."""
        with self._lock:
            self.load(id)
            review = replace(self._book.review(id), title=title[:200], issuer=issuer[:100], day=day)
            self._book.save_review(id, review)

    def others(self, id: str, key: str) -> tuple[Line, tuple[Citation, ...]]:
        """The line and the passages that could take its place. Raises DraftError."""
        line, kept = self._line(id, key), self.load(id)
        return line, others(kept.replies[line.item], line.kind, self._source, kept.head.options)

    def _line(self, id: str, key: str) -> Line:
        line = next((line for line in self.lines(id) if line.key == key), None)
        if line is None:
            raise DraftError("这一句已经不在这份起草里，请刷新页面")
        return line

    def reviewed(self, id: str) -> tuple[Head, list[Reply], Review]:
        """Its head, its replies with the decisions carried out, and the review. Raises DraftError."""
        kept, review = self.load(id), self.review(id)
        return kept.head, reviewed(kept.replies, review, self._source), review


def _replies(items: Sequence[Item], source: Source, options: Options, cancelled: threading.Event) -> Iterator[Reply]:
    """The replies until cancelled; an item whose document was removed meanwhile gets a gap."""
    at = 0
    while at < len(items) and not cancelled.is_set():
        try:
            for reply in draft(items[at:], source, options):
                at += 1
                yield reply
                if cancelled.is_set():
                    return
        except UnknownDocument as error:
            text = gap(f"“{short(items[at].title)}”没有查完：{error}")
            yield Reply(item=items[at], parts=(Part(kind=PartKind.ANSWER, gaps=(text,)),), citations=())
            at += 1


def _ended(head: Head) -> Head:
    """A draft that no one makes any more, though its file says so, was cut off."""
    return head if head.state.is_over else replace(head, state=State.INTERRUPTED)


def _sound(decision: Decision, line: Line) -> Decision:
    """The decision, if it fits the line. Raises DraftError."""
    if decision.verdict is Verdict.FILL:
        text = " ".join(decision.text.split())
        if line.sentence is not None:
            raise DraftError("只有待补充的地方才能人工填写")
        if not text:
            raise DraftError("请先写要补充的内容")
        if len(text) > MAX_FILL_CHARS:
            raise DraftError(f"补充的内容有 {len(text)} 字，最多 {MAX_FILL_CHARS} 字")
        return Decision(verdict=Verdict.FILL, text=text)
    if decision.verdict is Verdict.REPLACE and decision.citation is None:
        raise DraftError("请先选一段原文")
    if decision.verdict is Verdict.ACCEPT and line.sentence is None:
        raise DraftError("待补充的地方请填写、选原文，或删去")
    return replace(decision, text="")
