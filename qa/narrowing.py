"""Narrowing a search: what a person picks (a place, a year, a day ...) as a filter, and a sentence where nothing fits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cached_property, lru_cache

from kb.filters import Filter, issuers_of, years_of
from kb.records import Record
from qa.answer import Validity
from qa.gazetteer import Gazetteer
from qa.validity import Register, Repeal, Standing

_MAY_BE_IN_FORCE = (Validity.IN_FORCE, Validity.UNKNOWN)
_SHOWN = 12  # values listed in a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """What a search is narrowed to; None leaves it open. All that is given must hold."""

    place: str | None = None  # with what lies in it, and the rules of the places it lies in
    year: int | None = None
    kind: str | None = None
    topic: str | None = None
    issuer: str | None = None  # an office, or a part of its name
    document: str | None = None  # an id
    as_of: date | None = None  # what was issued by then and not known to be out of force on that day


class Narrower:
    """Works narrowings out over the documents of a base."""

    def __init__(self, records: Sequence[Record], gazetteer: Gazetteer, register: Register) -> None:
        self._records, self._gazetteer, self._register = records, gazetteer, register
        self.filter: Callable[[Narrowing], Filter] = lru_cache(maxsize=64)(self._filter)
        self.notes: Callable[[Narrowing], tuple[str, ...]] = lru_cache(maxsize=64)(self._notes)
        self._of_place: Callable[[str], frozenset[str]] = lru_cache(maxsize=64)(self._find_of_place)
        self._on_day: Callable[[date], frozenset[str]] = lru_cache(maxsize=64)(self._find_on_day)

    def _notes(self, wanted: Narrowing) -> tuple[str, ...]:
        """A sentence for each thing asked for that no document has, with what there is instead."""
        notes = []
        if wanted.place and not self._of_place(wanted.place):
            notes.append(unknown_place(self._gazetteer, wanted.place))
        years = {y for r in self._records for y in years_of(r.metadata)}
        if wanted.year is not None and wanted.year not in years:
            notes.append(f"资料库里没有{wanted.year}年的资料。{_listed('有资料的年份', sorted(years, reverse=True))}")
        if wanted.kind and wanted.kind not in (kinds := self._values(lambda r: (r.metadata.kind,))):
            notes.append(f"没有种类为{wanted.kind}的文件。{_listed('现有种类', sorted(kinds))}")
        if wanted.topic and wanted.topic not in (topics := self._values(lambda r: r.metadata.topics)):
            notes.append(f"没有主题为{wanted.topic}的文件。{_listed('现有主题', sorted(topics))}")
        if wanted.issuer and not self._issuers(wanted.issuer):
            near = get_close_matches(wanted.issuer, self._all_issuers(), n=3, cutoff=0.5)
            notes.append(f"没有发文机关为{wanted.issuer}的文件。{_listed('名称相近的有', near)}")
        if wanted.document and all(r.id != wanted.document for r in self._records):
            notes.append(f"资料库里没有编号为{wanted.document}的文件，用 zhengda documents 查看现有文件。")
        return tuple(notes)

    def _filter(self, wanted: Narrowing) -> Filter:
        issuers = self._issuers(wanted.issuer) if wanted.issuer else frozenset[str]()
        picked = [self._of_place(wanted.place)] if wanted.place else []
        picked += [frozenset([wanted.document])] if wanted.document else []
        picked += [self._on_day(wanted.as_of)] if wanted.as_of else []
        picked += [frozenset()] if wanted.issuer and not issuers else []
        return Filter(
            documents=frozenset.intersection(*picked) if picked else None,
            years=frozenset([wanted.year] if wanted.year is not None else []),
            kinds=frozenset([wanted.kind] if wanted.kind else []),
            topics=frozenset([wanted.topic] if wanted.topic else []),
            issuers=issuers,
        )

    def _find_of_place(self, place: str) -> frozenset[str]:
        """Documents that name the place, are of one within it, or of one whose rules hold in it."""
        gazetteer = self._gazetteer
        return frozenset(r.id for r in self._records if gazetteer.covers(r, place) or gazetteer.holds(place, r))

    @cached_property
    def _repeals(self) -> list[Repeal | None]:
        """What repeals or replaces each document, in their order, whatever the day."""
        return [self._register.repeal_of(r.metadata) for r in self._records]

    def _find_on_day(self, day: date) -> frozenset[str]:
        standing = Standing(self._register, day)
        return frozenset(
            r.id
            for r, repeal in zip(self._records, self._repeals, strict=True)
            if (r.metadata.issued_on or r.metadata.published_on or day) <= day
            and standing.status_under(repeal, r.metadata) in _MAY_BE_IN_FORCE
        )

    def _issuers(self, wanted: str) -> frozenset[str]:
        """The offices of that very name, else those whose name holds it."""
        known = self._all_issuers()
        return frozenset([wanted] if wanted in known else [i for i in known if wanted in i])

    def _all_issuers(self) -> set[str]:
        return self._values(lambda r: issuers_of(r.metadata))

    def _values(self, of: Callable[[Record], Iterable[str | None]]) -> set[str]:
        return {value for record in self._records for value in of(record) if value is not None}


def unknown_place(gazetteer: Gazetteer, place: str) -> str:
    """That no document speaks of the place, with the names that look like it, or else the places there are."""
    near = gazetteer.near(place)
    text = f"资料库里没有{place}的资料。"
    return text + (_listed("名称相近的有", near) if near else _listed("现有资料涉及", gazetteer.homes[:8]))


def _listed(what: str, values: Sequence[object]) -> str:
    """ "现有主题：就业、住房。", or "" when there is nothing to list."""
    if not values:
        return ""
    more = "等" if len(values) > _SHOWN else ""
    return f"{what}：{'、'.join(map(str, values[:_SHOWN]))}{more}。"
