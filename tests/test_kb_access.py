"""Documents kept to groups: who may find them, in each way of searching, and what becomes of it as documents change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.document import Chunk, Document, Metadata, chunk_id, document_id
from kb.backup import backup, restore
from kb.embed import HashEmbedder
from kb.errors import BadGroup, UnknownDocument
from kb.filters import Filter
from kb.knowledge_base import KnowledgeBase
from kb.nearest import Nearest
from kb.records import FileRecord

EVERYONE, FINANCE, BOTH = "松溪镇种植补助每亩九十五元", "榆岭镇种植补助资金台账", "青禾县种植补助核查底稿"
GROUPS = {FINANCE: ["财政专班"], BOTH: ["财政专班", "民政专班"]}


def opened(home: Path, **options: bool) -> KnowledgeBase:
    return KnowledgeBase(home, HashEmbedder(64), "recipe", **{"to_write": True, **options})


def put(base: KnowledgeBase, path: str, *texts: str) -> list[str]:
    """Makes the texts the content of a file, as documents one after the other; their ids."""
    made = []
    for part, text in enumerate(texts, 1 if len(texts) > 1 else 0):
        id = document_id(text, part)
        chunk = Chunk(id=chunk_id(id, 0, len(text)), document_id=id, start=0, end=len(text), text=text)
        made.append((Document(id=id, source=path, text=text, metadata=Metadata(title=text), part=part), [chunk]))
    ids = tuple(d.id for d, _ in made)
    coverage = made[0][0].coverage
    base.put_file(
        FileRecord(path=path, source=path, sha256=ids[0], original=None, documents=ids, coverage=coverage), made
    )
    base.refresh()
    return list(ids)


def seen(base: KnowledgeBase, *groups: str) -> set[str]:
    """What one who belongs to these groups finds, which is the same in every way of searching."""
    filter = Filter(groups=frozenset(groups))
    found = {p.chunk.text for p in base.search("种植补助", 9, filter)}
    titles = {r.id: r.metadata.title for r in base.documents()}
    assert {titles[d] for d in base.matches("种植补助", filter)} == found
    assert {c.text for c in base.holding(["种植补助"], filter)} == found
    return found


@pytest.fixture
def base(tmp_path: Path) -> Iterator[KnowledgeBase]:
    base = opened(tmp_path / "home")
    for text in (EVERYONE, FINANCE, BOTH):
        base.set_groups(put(base, f"/{text}", text), GROUPS.get(text, ()))
    yield base
    base.close()


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ((), {EVERYONE}),
        (("财政专班",), {EVERYONE, FINANCE, BOTH}),
        (("民政专班",), {EVERYONE, BOTH}),
        (("农业专班", "民政专班"), {EVERYONE, BOTH}),
        (("农业专班",), {EVERYONE}),
    ],
    ids=str,
)
def test_one_finds_what_is_for_everyone_or_for_a_group_of_ones_own(
    base: KnowledgeBase, groups: tuple[str, ...], expected: set[str]
) -> None:
    assert seen(base, *groups) == expected
    indexes = base._open_serving().indexes
    vectors = indexes.vectors
    assert isinstance(vectors, Nearest)
    vectors._exact_rows = 0  # by Chroma, not the matrix
    assert seen(base, *groups) == expected


def test_without_groups_in_the_filter_nothing_is_kept_back(base: KnowledgeBase) -> None:
    assert {p.chunk.text for p in base.search("种植补助", 9)} == {EVERYONE, FINANCE, BOTH}
    assert {p.chunk.text for p in base.search("种植补助", 9, Filter(kinds=frozenset()))} == {EVERYONE, FINANCE, BOTH}


def test_what_is_set_is_read_back_and_holds_at_once(base: KnowledgeBase) -> None:
    (id,) = [r.id for r in base.documents() if r.metadata.title == FINANCE]
    assert base.groups_of(id) == base.record(id).groups == {"财政专班"}
    sequence = base.sequence
    base.set_groups([id], [" 民政专班 "])
    assert base.groups_of(id) == {"民政专班"}
    assert base.sequence > sequence
    assert seen(base, "民政专班") == {EVERYONE, FINANCE, BOTH}
    base.set_groups([id], [])
    assert seen(base) == {EVERYONE, FINANCE}


def test_setting_what_is_set_changes_nothing_and_no_index_is_touched(base: KnowledgeBase) -> None:
    ids = [r.id for r in base.documents() if r.metadata.title == BOTH]
    sequence = base.sequence
    base.set_groups(ids, GROUPS[BOTH])
    assert base.sequence == sequence
    base.set_groups(ids, [])
    assert base._catalog.changed_since(sequence) == ()


def test_a_bad_name_or_id_changes_nothing(base: KnowledgeBase) -> None:
    (id,) = [r.id for r in base.documents() if r.metadata.title == EVERYONE]
    with pytest.raises(BadGroup, match="名字是空的"):
        base.set_groups([id], ["财政专班", "  "])
    with pytest.raises(UnknownDocument):
        base.set_groups([id, "0" * 16], ["财政专班"])
    assert base.groups_of(id) == frozenset()
    with pytest.raises(UnknownDocument):
        base.groups_of("0" * 16)


def test_it_lasts_and_is_in_a_backup_and_a_reader_sees_a_change(base: KnowledgeBase, tmp_path: Path) -> None:
    reader = opened(tmp_path / "home", to_write=False)
    assert seen(reader) == {EVERYONE}
    (id,) = [r.id for r in base.documents() if r.metadata.title == EVERYONE]
    base.set_groups([id], ["民政专班"])
    assert seen(reader) == set()
    reader.close()
    backup(tmp_path / "home", tmp_path / "saved.zip")
    restore(tmp_path / "saved.zip", tmp_path / "again")
    again = opened(tmp_path / "again")
    assert seen(again, "民政专班") == {EVERYONE, BOTH}
    again.close()


def test_a_changed_file_is_kept_to_the_groups_it_had(base: KnowledgeBase) -> None:
    text = f"{FINANCE}第二版"
    assert base.groups_of(put(base, f"/{FINANCE}", text)[0]) == {"财政专班"}
    assert text not in seen(base)
    assert text in seen(base, "财政专班")


def test_documents_of_a_changed_compilation_take_after_those_in_their_place(base: KnowledgeBase) -> None:
    first, second = put(base, "/汇编", "种植补助汇编第一篇", "种植补助汇编第二篇")
    base.set_groups([second], ["民政专班"])
    ids = put(base, "/汇编", "种植补助汇编第一篇甲", "种植补助汇编第二篇乙", "种植补助汇编第三篇丙")
    assert first not in ids
    assert [sorted(base.groups_of(id)) for id in ids] == [[], ["民政专班"], ["民政专班"]]


def test_what_another_file_holds_already_stays_as_it_is(base: KnowledgeBase) -> None:
    ids = put(base, f"/{FINANCE}", EVERYONE)  # the file now says what is there for everyone
    assert base.groups_of(ids[0]) == frozenset()


def test_groups_go_with_their_document(base: KnowledgeBase) -> None:
    (id,) = [r.id for r in base.documents() if r.metadata.title == FINANCE]
    base.remove(id)
    assert put(base, "/anew", FINANCE) == [id]
    assert base.groups_of(id) == frozenset()
