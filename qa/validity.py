"""Whether a document is in force on a day: by the dates it states itself, and by what other documents say of it.

What a person says of it (`Metadata.ruling`) comes before what other documents say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from ingest.document import Metadata, Relation, RelationKind, Ruling, RulingState
from ingest.title import plain_title
from kb.records import Record
from qa.answer import Validity
from qa.question import Question
from qa.reader import Reading
from qa.scope import same_number

_NOT_IN_FORCE = {
    Validity.EXPIRED: 0.75,
    Validity.REPEALED: 0.6,  # another says otherwise: of two that have ended, the one that nothing took the place of
    Validity.SUPERSEDED: 0.6,
    Validity.NOT_YET: 0.8,
}  # what is left of a score where the question names no time
_GONE_BY_THEN = 0.4  # of a rule repealed before the year asked about
_GONE_THAT_YEAR = 0.7  # ... and of one repealed in the course of it
_ALIKE = 0.85  # share of the best score from which sentences fit alike
_OLDER = 0.84
_SETS = 0.7  # share of the best score from which a rule or notice may be the one that sets the rate asked for


@dataclass(frozen=True, slots=True)
class Repeal:
    """Something ends a document from a day on (None: the day is not stated); `replaces`: by taking its place.

    `by` is the other document, None where a person says so in words alone: `words`, which may be none.
    """

    by: Record | None
    from_day: date | None
    replaces: bool = False
    words: str = ""
    is_ruled: bool = False  # a person says so

    def supersedes(self, metadata: Metadata) -> bool:
        """Whether it takes the place of the document, and does not only end it."""
        same_kind = self.by is not None and self.by.metadata.kind == metadata.kind
        return self.replaces or (same_kind and not self.is_ruled)

    @property
    def name(self) -> str:
        """What ends it: 《标题》(文号), or the words; "" when that is not known."""
        if self.by is None:
            return self.words
        by = self.by.metadata
        return f"《{by.title}》{f'({by.document_number})' if by.document_number else ''}"


class Register:
    """Which documents are repealed or replaced by which, read from all documents of a base.

    A document is known by its number; by its title where the repeal gives no number, or the document has none.
    """

    def __init__(self, records: Iterable[Record]) -> None:
        self._by_number: dict[str, Repeal] = {}
        self._by_title: dict[str, Repeal] = {}
        self._by_title_with_number: dict[str, Repeal] = {}
        self._records: dict[str, Record] = {}
        for record in records:
            self._records[record.id] = record
            day = record.metadata.effective_on or record.metadata.issued_on
            for relation in record.relations:
                if relation.kind in _ENDS:
                    self._enter(relation, Repeal(record, day, relation.kind is RelationKind.REPLACES))

    def _enter(self, relation: Relation, repeal: Repeal) -> None:
        title = plain_title(relation.title or "")
        if relation.document_number:
            self._by_number[_number_key(relation.document_number)] = repeal
            if title:
                self._by_title_with_number[title] = repeal
        elif title:
            self._by_title[title] = repeal

    def repeal_of(self, metadata: Metadata) -> Repeal | None:
        """What repeals or replaces the document, if anything does; never itself, nor one older than it.

        Where a person says so, that: nothing, when it is said to be in force.
        """
        if metadata.ruling is not None:
            return self._ruled(metadata.ruling)
        title = plain_title(metadata.title)
        repeals = (
            self._by_number.get(_number_key(metadata.document_number or "")),
            self._by_title.get(title),
            None if metadata.document_number else self._by_title_with_number.get(title),
        )
        return next((r for r in repeals if r is not None and _can_end(r, metadata)), None)

    def _ruled(self, ruling: Ruling) -> Repeal | None:
        if ruling.state is RulingState.IN_FORCE:
            return None
        by = self._records.get(ruling.document_id or "")
        replaces = ruling.state is RulingState.SUPERSEDED
        return Repeal(by, ruling.from_day, replaces, ruling.by or "", is_ruled=True)


_ENDS = (RelationKind.REPEALS, RelationKind.REPLACES)


def _number_key(number: str) -> str:
    """The number in one spelling, blanks and 第 left out."""
    return re.sub(r"[\s第]", "", same_number(number))


def _can_end(repeal: Repeal, metadata: Metadata) -> bool:
    if repeal.by is not None and repeal.by.metadata == metadata:
        return False
    issued = metadata.effective_on or metadata.issued_on
    return repeal.from_day is None or issued is None or repeal.from_day >= issued


@dataclass(frozen=True, slots=True)
class Standing:
    """How documents stand on a day."""

    register: Register
    day: date

    def status(self, metadata: Metadata) -> Validity:
        """The document's state; UNKNOWN unless it or another document says so."""
        return self.status_under(self.register.repeal_of(metadata), metadata)

    def status_under(self, repeal: Repeal | None, metadata: Metadata) -> Validity:
        """The same for a caller who knows what the register holds of the document."""
        if repeal is not None and (repeal.from_day is None or repeal.from_day <= self.day):
            return Validity.SUPERSEDED if repeal.supersedes(metadata) else Validity.REPEALED
        if metadata.expires_on is not None and metadata.expires_on < self.day:
            return Validity.EXPIRED
        if metadata.effective_on is not None:
            return Validity.NOT_YET if metadata.effective_on > self.day else Validity.IN_FORCE
        is_said = metadata.expires_on is not None or metadata.ruling is not None
        return Validity.IN_FORCE if is_said else Validity.UNKNOWN

    def explain(self, metadata: Metadata) -> str:
        """Why the document is not in force, in a sentence for the reader; "" when it is or may be."""
        status = self.status(metadata)
        repeal = self.register.repeal_of(metadata)
        if status in (Validity.SUPERSEDED, Validity.REPEALED) and repeal is not None:
            since = f"自{repeal.from_day:%Y-%m-%d}起" if repeal.from_day else ""
            act = "替代" if repeal.replaces else "废止"
            return f"《{metadata.title}》{since}已被{repeal.name}{act}，请以现行文件为准。"
        if status is Validity.EXPIRED:
            return f"《{metadata.title}》已于{metadata.expires_on:%Y-%m-%d}失效，请核对现行规定。"
        if status is Validity.NOT_YET:
            return f"《{metadata.title}》自{metadata.effective_on:%Y-%m-%d}起施行，现在尚未施行。"
        return ""


def rules_in_force_first(readings: Sequence[Reading], question: Question, standing: Standing) -> list[Reading]:
    """The readings with those of documents not in force put back, and of equals the newest first.

    Where the question names a year, the rules of that year count instead. Where a rate is asked for, the rule that
    sets it comes before a report that tells of it.
    """
    best = max((r.score for r in readings), default=0.0)
    is_set = any(w.rate is not None for w in question.wants) and any(
        _sets_rates(r.evidence.document.metadata) and r.score >= _SETS * best for r in readings
    )
    weighed = [
        replace(r, score=r.score * _standing_share(r, question, standing) * (_rate_share(r) if is_set else 1.0))
        for r in readings
    ]
    if not question.years and not question.numbers:
        weighed = _newest_first(weighed)
    return sorted(weighed, key=lambda r: (-r.score, r.evidence.document.id, r.evidence.start))


def _standing_share(reading: Reading, question: Question, standing: Standing) -> float:
    metadata = reading.evidence.document.metadata
    if question.numbers:
        return 1.0
    if not question.years:
        return _NOT_IN_FORCE.get(standing.status(metadata), 1.0)
    repeal = standing.register.repeal_of(metadata)
    if repeal is None or repeal.from_day is None or repeal.from_day.year > max(question.years):
        return 1.0
    return _GONE_BY_THEN if repeal.from_day.year < min(question.years) else _GONE_THAT_YEAR


def _rate_share(reading: Reading) -> float:
    return {"rule": 1.0, "notice": 0.97, "interpretation": 0.95}.get(reading.evidence.document.metadata.kind or "", 0.8)


def _newest_first(readings: list[Reading]) -> list[Reading]:
    """Of sentences that fit alike and are of one place, those of older documents a little back.

    A rule or notice gives way to a newer one only: what is told of it later does not set it aside.
    """
    best = max((r.score for r in readings), default=0.0)
    alike = [r for r in readings if r.score >= _ALIKE * best]
    newest: dict[tuple[str | None, bool], date] = {}
    for metadata in (r.evidence.document.metadata for r in alike):
        for sets in {False, _sets_rates(metadata)}:
            key = (metadata.place, sets)
            newest[key] = max(newest.get(key, date.min), _day_of(metadata))
    return [replace(r, score=r.score * _OLDER) if r in alike and _is_older(r, newest) else r for r in readings]


def _is_older(reading: Reading, newest: Mapping[tuple[str | None, bool], date]) -> bool:
    metadata = reading.evidence.document.metadata
    return _day_of(metadata) < newest[metadata.place, _sets_rates(metadata)]


def _sets_rates(metadata: Metadata) -> bool:
    return metadata.kind in ("rule", "notice")


def _day_of(metadata: Metadata) -> date:
    """The day a document is of, for telling older from newer."""
    if metadata.effective_on or metadata.issued_on or metadata.published_on:
        return metadata.effective_on or metadata.issued_on or metadata.published_on or date.min
    return date(metadata.year, 1, 1) if metadata.year else date.min
