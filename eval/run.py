"""Asks the questions of sets, one by one, and measures the answers."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from eval.cases import Case, QuestionSet, stem
from eval.metrics import measure, names_place, quotes_verbatim
from eval.summary import Summary, Values, summarise
from qa.answer import Answer
from qa.service import QuestionError, Service

OnDone = Callable[[int, int], None]  # how many questions of how many


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A question, what came of it, and its measures."""

    case: Case
    answer: Answer | None
    values: Values
    error: str = ""  # why there is no answer

    @property
    def is_miss(self) -> bool:
        """Whether something went wrong that a person should look at."""
        wanted = ("hit", "refusal", "figures", "verbatim")
        return any(self.values.get(m) == 0 for m in wanted) or self.values.get("wrong_place") == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRun:
    """One set, asked."""

    name: str
    scored: tuple[Scored, ...]
    notes: tuple[str, ...] = ()

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of question, in the order in which they first come."""
        return tuple(dict.fromkeys(s.case.kind for s in self.scored))

    def summary(self, kind: str | None = None) -> Summary:
        """Of one kind, or of all."""
        return summarise([s.values for s in self.scored if kind in (None, s.case.kind)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Everything one run measured."""

    sets: tuple[SetRun, ...]
    documents: int  # in the base
    seconds: float
    peak_memory_mib: float | None  # None where the system does not tell

    @property
    def scored(self) -> tuple[Scored, ...]:
        """All questions of all sets."""
        return tuple(s for one in self.sets for s in one.scored)

    def summary(self) -> Summary:
        """Over all sets."""
        return summarise([s.values for s in self.scored])


def run(
    service: Service, sets: Sequence[QuestionSet], *, as_of: date | None = None, on_done: OnDone | None = None
) -> Run:
    """Asks every question, as of its own day, else of `as_of`, else of today. One that cannot be taken is a miss with
    its reason."""
    service.search("政策", limit=1)  # opens the indexes and the model, so that the first question is not timed with it
    started = time.perf_counter()
    places, total, done = service.places(), sum(len(s.cases) for s in sets), 0
    runs: list[SetRun] = []
    for name, questions in zip(names_of(sets), sets, strict=True):
        scored: list[Scored] = []
        for case in questions.cases:
            scored.append(_ask(service, case, as_of, names_place(case, places)))
            done += 1
            if on_done:
                on_done(done, total)
        runs.append(SetRun(name=name, scored=tuple(scored), notes=questions.notes))
    return Run(
        sets=tuple(runs),
        documents=len(service.documents()),
        seconds=round(time.perf_counter() - started, 2),
        peak_memory_mib=peak_memory_mib(),
    )


def _ask(service: Service, case: Case, as_of: date | None, is_placed: bool) -> Scored:
    try:
        day = case.as_of or as_of
        answer = service.ask(case.question, place=case.place, year=case.year, as_of=day, history=case.history)
    except QuestionError as error:
        values = measure(case, None, verbatim=False, is_placed=is_placed)
        return Scored(case=case, answer=None, values=values, error=str(error))
    verbatim = quotes_verbatim(answer, lambda id_: service.document(id_).text)
    return Scored(case=case, answer=answer, values=measure(case, answer, verbatim=verbatim, is_placed=is_placed))


# --- the sets before they are asked ---


def sample(questions: QuestionSet, limit: int | None) -> QuestionSet:
    """At most `limit` questions, evenly spread, so that no kind is left out because it stands last."""
    cases = questions.cases
    if limit is None or limit >= len(cases):
        return questions
    picked = tuple(cases[i * len(cases) // limit] for i in range(limit))
    note = f"从 {len(cases)} 题里均匀抽了 {limit} 题"
    return replace(questions, cases=picked, notes=(note, *questions.notes))


def expecting_refusal(questions: QuestionSet) -> QuestionSet:
    """The same questions where the base holds only documents that do not answer them: each should be refused."""
    return replace(questions, cases=tuple(_unanswerable(c) for c in questions.cases))


def _unanswerable(case: Case) -> Case:
    return replace(case, ways=(), evidence=(), references=(), false_answers=(), should_refuse=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class AtHand:
    """The gold documents of a set, as the base has them."""

    present: tuple[str, ...]
    missing: tuple[str, ...]
    stranded: int  # questions none of whose documents are there


def at_hand(service: Service, questions: QuestionSet) -> AtHand:
    """Which gold documents the base has and lacks."""
    have = {stem(record.source) for record in service.documents()}
    wanted = dict.fromkeys(d for case in questions.cases for d in case.documents)
    return AtHand(
        present=tuple(d for d in wanted if d in have),
        missing=tuple(d for d in wanted if d not in have),
        stranded=sum(bool(c.documents) and not have & set(c.documents) for c in questions.cases),
    )


def names_of(sets: Sequence[QuestionSet]) -> list[str]:
    """A name for each set: that of its file, with the folder before it where two are alike."""
    names = [s.name for s in sets]
    return [
        f"{s.path.resolve().parent.name}/{n}" if names.count(n) > 1 else n for s, n in zip(sets, names, strict=True)
    ]


def peak_memory_mib() -> float | None:
    """The most memory this process has held; None on Windows, which has no getrusage."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024), 1)
