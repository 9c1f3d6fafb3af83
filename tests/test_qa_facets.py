"""Counts by facet: what numpy adds up is what one would count by hand."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime

from ingest.document import Coverage, Metadata
from kb.filters import issuers_of, years_of
from kb.records import Record
from qa.facets import Facets


def _record(id: str, **of: object) -> Record:
    return Record(
        id=id, source=f"{id}.txt", metadata=Metadata(title=id, **of), places=(), relations=(), part=0,
        coverage=Coverage(), chunks=9, characters=90, added_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # type: ignore[arg-type]  # fmt: skip


RECORDS = (
    _record("a", place="松溪镇", year=2023, kind="rule", topics=("就业", "住房"), issuer="青禾县财政局"),
    _record("b", place="松溪镇", period=(2022, 2024), kind="notice", issuers=("青禾县财政局", "青禾县教育局")),
    _record("c", place="榆岭镇", kind="rule", topics=("就业",)),
    _record("d"),
)


def test_counts_passages_by_what_their_documents_are_of() -> None:
    assert Facets(RECORDS).count({"a": 2, "b": 3, "d": 7}) == {
        "place": {"松溪镇": 5},
        "year": {"2023": 5, "2022": 3, "2024": 3},
        "kind": {"notice": 3, "rule": 2},
        "topic": {"住房": 2, "就业": 2},
        "issuer": {"青禾县财政局": 5, "青禾县教育局": 3},
    }


def test_most_come_first_and_equals_in_the_order_of_their_names() -> None:
    facets = Facets(RECORDS).count({"a": 3, "b": 3})
    assert list(facets["year"]) == ["2023", "2022", "2024"]
    assert list(facets["kind"]) == ["notice", "rule"]


def test_nothing_matching_is_no_value_at_all() -> None:
    for records in (RECORDS, ()):
        assert Facets(records).count({}) == {"place": {}, "year": {}, "kind": {}, "topic": {}, "issuer": {}}


def test_agrees_with_counting_one_by_one() -> None:
    draw = random.Random(5)
    records = [
        _record(
            str(i), place=draw.choice(["松溪镇", "榆岭镇", None]), year=draw.choice([2021, 2022, None]),
            kind=draw.choice(["rule", "plan"]), topics=tuple(draw.sample(["就业", "住房", "教育"], draw.randrange(3))),
            issuer=draw.choice(["青禾县财政局", None]),
        )
        for i in range(300)
    ]  # fmt: skip
    passages = {r.id: draw.randrange(1, 9) for r in records if draw.random() < 0.5}
    by_hand: dict[str, Counter[str]] = {n: Counter() for n in ("place", "year", "kind", "topic", "issuer")}
    for record in records:
        n, m = passages.get(record.id, 0), record.metadata
        for facet, values in {
            "place": [m.place] if m.place else [],
            "year": map(str, years_of(m)),
            "kind": [m.kind],
            "topic": m.topics,
            "issuer": issuers_of(m),
        }.items():
            by_hand[facet].update({str(v): n for v in values if n})
    assert Facets(records).count(passages) == by_hand
