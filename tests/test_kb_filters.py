"""Filtered search finds what brute force finds, however little passes the filter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from documents import REPORT_A, REPORT_B, RULE, write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.document import Chunk, Document, Metadata, chunk_id, document_id
from kb.embed import HashEmbedder
from kb.filters import Filter, allowed
from kb.knowledge_base import KnowledgeBase, passage_text
from kb.lexical import Entry, LexicalIndex, tokens
from kb.nearest import Nearest
from kb.ports import Vector, Within
from kb.records import FileRecord
from kb.retrieve import Dense, Hybrid, Lexical
from kb.scan import scan_of
from qa.question import MAX_CHARS, QuestionError
from qa.search import NOTHING_TO_FIND
from qa.service import Service, open_service
from qa.settings import Settings

DOCUMENTS = 600
KINDS = ("rule", "notice", "work_report")
TOPICS = ("就业", "产业", "住房", "医疗")
GROUPS = ("财政专班", "民政专班")
OFFICES = tuple(f"第{i}办公室" for i in range(40))
THINGS = ("种植", "养殖", "岗位", "危房", "饮水", "贷款", "技能培训", "电商")
QUESTIONS = ("种植补助多少", "危房改造 岗位", "第7项 贷款 贴息", "技能培训后的就业")


def made_up(number: int) -> tuple[Document, list[Chunk]]:
    """One of many small documents, of which each field takes its values in turn."""
    lines = [
        f"第{number}号第{i}项：{THINGS[(number + i) % 8]}每户补助{number * 10 + i}元" for i in range(1 + number % 3)
    ]
    text = "\n".join(lines)
    id = document_id(text)
    metadata = Metadata(
        title=f"第{number}号文件",
        year=2001 + number % 25,
        period=(2000, 2002) if number % 50 == 0 else None,
        kind=KINDS[number % 3],
        topics=(TOPICS[number % 4],),
        issuers=(OFFICES[number % 40],),
    )
    chunks, at = [], 0
    for line in lines:
        chunks.append(
            Chunk(id=chunk_id(id, at, at + len(line)), document_id=id, start=at, end=at + len(line), text=line)
        )
        at += len(line) + 1
    return Document(id=id, source=f"{number}.txt", text=text, metadata=metadata), chunks


MADE = [made_up(n) for n in range(DOCUMENTS)]
TITLES = {d.id: d.metadata.title for d, _ in MADE}
CHUNKS = [c for _, chunks in MADE for c in chunks]


def put(base: KnowledgeBase, documents: list[tuple[Document, list[Chunk]]]) -> None:
    """Takes documents in as one file."""
    ids = tuple(d.id for d, _ in documents)
    file = FileRecord(
        path=f"/{ids[0]}", source=ids[0], sha256=ids[0], original=None, documents=ids, coverage=documents[0][0].coverage
    )
    base.put_file(file, documents)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    base = KnowledgeBase(tmp_path_factory.mktemp("home"), HashEmbedder(64), "recipe", to_write=True)
    for at in range(0, DOCUMENTS, 5):
        put(base, MADE[at : at + 5])
    for of, group in enumerate(GROUPS):
        base.set_groups([d.id for n, (d, _) in enumerate(MADE) if n % 7 == of], [group])
    base.set_groups([MADE[-1][0].id], GROUPS)
    base.refresh()
    yield base
    base.close()


class FilteredAfter:
    """Both searches by looking at everything and dropping afterwards."""

    def __init__(self, folder: Path) -> None:
        embedder = HashEmbedder(64)
        vectors = embedder.passages([passage_text(TITLES[c.document_id], c) for c in CHUNKS])
        self.scan = scan_of((c.id, c.document_id, v) for c, v in zip(CHUNKS, vectors, strict=True))
        self.index = LexicalIndex(folder)
        self.index.add(
            Entry(id=c.id, document_id=c.document_id, title=TITLES[c.document_id], path="", text=c.text) for c in CHUNKS
        )

    def search(self, query: Vector | list[str], limit: int, within: Within = None) -> list[tuple[str, float]]:
        everything: list[tuple[str, float]]
        if isinstance(query, np.ndarray):
            everything = self.scan.search(query, len(CHUNKS))
        else:
            everything = self.index.search(query, len(CHUNKS))
        return [(i, s) for i, s in everything if within is None or i.split(":")[0] in within][:limit]


@pytest.fixture(scope="module")
def brute_force(tmp_path_factory: pytest.TempPathFactory) -> Hybrid:
    search = FilteredAfter(tmp_path_factory.mktemp("lexical"))
    return Hybrid(Dense(HashEmbedder(64), search), Lexical(search))  # type: ignore[arg-type]


def some(values: tuple[object, ...]) -> st.SearchStrategy[frozenset[object]]:
    return st.just(frozenset()) | st.frozensets(st.sampled_from(values), max_size=4)


FILTERS = st.builds(
    Filter,
    documents=st.none() | st.frozensets(st.sampled_from(list(TITLES)), max_size=5),
    years=some(tuple(range(1999, 2027))),
    kinds=some((*KINDS, "none")),
    topics=some(TOPICS),
    issuers=some(OFFICES),
    groups=st.none() | some((*GROUPS, "none")),
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filter=FILTERS, question=st.sampled_from(QUESTIONS), limit=st.integers(1, 30))
def test_it_is_brute_force_with_the_filter_applied_afterwards(
    base: KnowledgeBase, brute_force: Hybrid, filter: Filter, question: str, limit: int
) -> None:
    _compare(base, brute_force, filter, question, limit)


@pytest.mark.parametrize("share", [0.0017, 0.01, 0.1, 0.24, 0.26, 0.5, 0.9, 0.999, 1.0])
@pytest.mark.parametrize("question", QUESTIONS)
def test_it_is_brute_force_at_every_selectivity(
    base: KnowledgeBase, brute_force: Hybrid, share: float, question: str
) -> None:
    ids = sorted(TITLES)[: round(share * DOCUMENTS)]
    _compare(base, brute_force, Filter(documents=frozenset(ids)), question, 20)


def _compare(base: KnowledgeBase, brute_force: Hybrid, filter: Filter, question: str, limit: int) -> None:
    within = allowed(filter, base.documents())
    passages = base.search(question, limit, filter)
    assert {p.chunk.document_id for p in passages} <= within
    assert len(passages) == min(limit, sum(c.document_id in within for c in CHUNKS))
    indexes = base._open_serving().indexes
    hybrid = Hybrid(Dense(HashEmbedder(64), indexes.vectors), Lexical(indexes.words))
    found, expected = (h.search(question, limit, within) for h in (hybrid, brute_force))
    if len(within) == DOCUMENTS:  # nothing is filtered: Chroma's search, which is approximate
        assert len({h.chunk_id for h in found} & {h.chunk_id for h in expected}) >= 0.7 * limit
        return
    assert [h.score for h in found] == pytest.approx([h.score for h in expected], abs=1e-4)
    true = {h.chunk_id: h.score for h in expected}
    for hit in found:  # of equals at the end of the list either may be there
        assert hit.score == pytest.approx(true.get(hit.chunk_id, expected[-1].score), abs=1e-3)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filter=FILTERS, question=st.sampled_from(QUESTIONS))
def test_matches_are_counted_exactly(base: KnowledgeBase, filter: Filter, question: str) -> None:
    within = allowed(filter, base.documents())
    words = set(tokens(question))
    expected: dict[str, int] = {}
    for chunk in CHUNKS:
        said = {*tokens(chunk.text), *tokens(TITLES[chunk.document_id])}
        if chunk.document_id in within and words & said:
            expected[chunk.document_id] = expected.get(chunk.document_id, 0) + 1
    assert base.matches(question, filter) == expected


@pytest.mark.parametrize(
    ("filter", "passes"),
    [
        (Filter(), True),
        (Filter(years=frozenset([2023])), True),
        (Filter(years=frozenset([2021, 1990])), True),
        (Filter(years=frozenset([2022])), True),
        (Filter(years=frozenset([2024])), False),
        (Filter(kinds=frozenset(["rule"]), topics=frozenset(["就业"])), True),
        (Filter(kinds=frozenset(["rule"]), topics=frozenset(["住房"])), False),
        (Filter(issuers=frozenset(["甲局"])), True),
        (Filter(issuers=frozenset(["甲局、乙局"])), False),
        (Filter(documents=frozenset()), False),
        (Filter(groups=None), True),
        (Filter(groups=frozenset(["丙组", "甲组"])), True),
        (Filter(groups=frozenset(["丙组"])), False),
        (Filter(groups=frozenset()), False),
    ],
    ids=str,
)
def test_what_a_filter_lets_through(base: KnowledgeBase, filter: Filter, passes: bool) -> None:
    metadata = Metadata(
        title="", year=2023, period=(2021, 2022), kind="rule", topics=("产业", "就业"), issuers=("甲局", "乙局")
    )
    record = replace(base.documents()[0], metadata=metadata, groups=frozenset(["甲组", "乙组"]))
    assert filter.allows(record) is passes


def test_a_broad_filter_over_many_rows_goes_to_the_approximate_index_and_falls_back() -> None:
    class Few:
        """An approximate index that misses most."""

        asked = 0

        def search(self, *_: object) -> list[tuple[str, float]]:
            self.asked += 1
            return [("missed", 1.0)]

    class Counted:
        def rows(self, *_: object) -> int:
            return 10

        def search(self, _: Vector, limit: int, *__: object) -> list[tuple[str, float]]:
            return [("exact", 1.0)] * limit

    few, query = Few(), np.zeros(4, np.float32)
    assert Nearest(few, Counted(), exact_rows=10).search(query, 2, frozenset("a"))[0][0] == "exact"  # type: ignore[arg-type]
    assert few.asked == 0
    nearest = Nearest(few, Counted(), exact_rows=9)  # type: ignore[arg-type]
    assert nearest.search(query, 1, frozenset("a")) == [("missed", 1.0)]
    assert nearest.search(query, 2, frozenset("a")) == [("exact", 1.0)] * 2


def test_the_filter_follows_the_documents(base: KnowledgeBase, tmp_path: Path) -> None:
    base = KnowledgeBase(tmp_path, HashEmbedder(64), "recipe", to_write=True)
    (one, one_chunks), (two, two_chunks) = MADE[1], MADE[2]
    for document, chunks in ((one, one_chunks), (two, two_chunks)):
        put(base, [(document, chunks)])
        base.refresh()
        assert base.search("补助", 9, Filter(years=frozenset([document.metadata.year or 0])))
    base.remove(one.id)
    assert base.search("补助", 9, Filter(years=frozenset([one.metadata.year or 0]))) == []
    assert len(base.search("补助", 9, Filter(documents=frozenset([one.id, two.id])))) == len(two_chunks)
    base.close()


# --- what a person picks ---

NEW_RULE = """云霞县人民政府办公室关于印发产业到户补助办法的通知
云政办发〔2024〕8号
各乡镇人民政府:
第一条 种植业每亩补助95元。
第二条 云霞县松溪镇先行试点。
第三条 本办法自2024年5月1日起施行,原《云霞县产业到户补助办法》(云政办发〔2023〕5号)同时废止。
云霞县人民政府办公室
2024年4月20日
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("base")
    service = open_service(Settings(home=folder / "home", embedder="hash"), to_write=True)
    service.ingest([write(folder / "docs", rule=RULE, new=NEW_RULE, a=REPORT_A, b=REPORT_B)])
    yield service
    service.close()


def stems(service: Service, query: str, **narrowing: object) -> set[str]:
    page = service.search(query, limit=50, **narrowing)  # type: ignore[arg-type]
    assert page.notes == ()
    return {Path(h.document.source).stem for h in page.hits}


@pytest.mark.parametrize(
    ("narrowing", "found"),
    [
        ({}, {"rule", "new", "a", "b"}),
        ({"place": "榆岭镇"}, {"b"}),
        ({"place": "松溪镇"}, {"a", "rule", "new"}),
        ({"place": "云霞县"}, {"a", "rule", "new"}),
        ({"year": 2024}, {"new"}),
        ({"kind": "work_report"}, set()),
        ({"issuer": "云霞县人民政府办公室"}, {"rule", "new"}),
        ({"issuer": "松溪"}, {"a"}),
        ({"as_of": date(2023, 2, 20)}, set()),
        ({"as_of": date(2024, 1, 1)}, {"rule", "a", "b"}),
        ({"as_of": date(2024, 6, 1)}, {"new", "a", "b"}),
        ({"place": "云霞县", "as_of": date(2024, 6, 1)}, {"a", "new"}),
    ],
    ids=str,
)
def test_narrowed_to_what_a_person_picks(service: Service, narrowing: dict[str, object], found: set[str]) -> None:
    if "kind" in narrowing:
        narrowing = {"kind": next(r.metadata.kind for r in service.documents() if r.source.endswith("a.txt"))}
        found = {"a", "b"}
    assert stems(service, "补助 就业 种植业", **narrowing) == found


def test_narrowed_to_one_document(service: Service) -> None:
    for record in service.documents():
        assert stems(service, "补助 就业", document=record.id) <= {Path(record.source).stem}


@pytest.mark.parametrize(
    ("narrowing", "says"),
    [
        ({"place": "松西镇"}, "没有松西镇的资料。名称相近的有：松溪镇"),
        ({"place": "远山市"}, "没有远山市的资料。现有资料涉及："),
        ({"year": 1999}, "没有1999年的资料。有资料的年份：2024、2023"),
        ({"kind": "poem"}, "没有种类为poem的文件。现有种类："),
        ({"topic": "天文"}, "没有主题为天文的文件"),
        (
            {"issuer": "云霞县人民政府办公厅"},
            "没有发文机关为云霞县人民政府办公厅的文件。名称相近的有：云霞县人民政府办公室",
        ),
        ({"document": "0" * 16}, "没有编号为0000000000000000的文件"),
    ],
    ids=str,
)
def test_what_is_not_there_is_said_with_what_is(service: Service, narrowing: dict[str, object], says: str) -> None:
    page = service.search("补助", **narrowing)  # type: ignore[arg-type]
    assert (page.total, page.hits) == (0, ())
    assert says in "".join(page.notes)


@pytest.mark.parametrize("query", ["？？！……", "---", "《》"])
def test_a_query_without_words_is_told_so(service: Service, query: str) -> None:
    page = service.search(query)
    assert (page.total, page.hits, page.notes) == (0, (), (NOTHING_TO_FIND,))


def test_an_over_long_query_is_refused_with_the_limit(service: Service) -> None:
    with pytest.raises(QuestionError, match=f"最多 {MAX_CHARS} 字"):
        service.search("问" * (MAX_CHARS + 1))


def test_facets_count_all_that_matches_not_only_what_is_shown(service: Service) -> None:
    page = service.search("补助 就业", limit=1)
    assert len(page.hits) == 1
    assert page.total == sum(page.facets["kind"].values()) > 3
    assert set(page.facets["year"]) == {"2023", "2024"}
    assert "云霞县人民政府办公室" in page.facets["issuer"]
    narrowed = service.search("补助 就业", place="榆岭镇", limit=1)
    assert narrowed.facets["place"] == {"榆岭镇": narrowed.total}
