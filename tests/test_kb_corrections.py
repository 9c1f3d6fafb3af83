"""What people say of a document: it counts at once everywhere, stands until it is taken back, and hides nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ingest.document import Chunk, Document, FieldSpan, Metadata, Ruling, RulingState, chunk_id, document_id
from kb.backup import backup, restore
from kb.corrections import FIELDS, Word
from kb.embed import EmbedderError, HashEmbedder
from kb.errors import UnknownDocument
from kb.filters import Filter
from kb.knowledge_base import KnowledgeBase
from kb.passages import passage_text
from kb.records import FileRecord, metadata_from

LINES = [f"第{n}条 种植业第{n}类每亩补助{n * 10}元，由村级核实后报镇审核，按季发放到户。" for n in range(1, 9)]
TEXT = "\n".join(["种植补助办法", *LINES])
NEWER = TEXT.replace("补助30元", "补助35元")
OTHER = "关于防汛值班的通知\n各村要在汛期落实专人值守，发现险情立即上报，不得擅离职守，违者追责。"
READ = Metadata(title="种植补助办法", place="松溪镇", year=2023, issued_on=date(2023, 2, 10), kind="rule",
                spans=(FieldSpan(field="title", start=0, end=6), FieldSpan(field="year", start=7, end=8)))  # fmt: skip


def opened(home: Path) -> KnowledgeBase:
    return KnowledgeBase(home, HashEmbedder(64), "recipe", to_write=True)


def put(base: KnowledgeBase, path: str, *texts: str, **fields: Any) -> list[str]:
    """Makes the texts the content of a file, as documents one after the other; their ids."""
    made = []
    for part, text in enumerate(texts, 1 if len(texts) > 1 else 0):
        id = document_id(text, part)
        chunk = Chunk(id=chunk_id(id, 0, len(text)), document_id=id, start=0, end=len(text), text=text)
        metadata = replace(READ, **{"title": text.split("\n")[0], **fields})
        made.append((Document(id=id, source=path, text=text, metadata=metadata, part=part), [chunk]))
    ids = tuple(d.id for d, _ in made)
    coverage = made[0][0].coverage
    base.put_file(
        FileRecord(path=path, source=path, sha256=ids[0], original=None, documents=ids, coverage=coverage), made
    )
    base.refresh()
    return list(ids)


def say(base: KnowledgeBase, id: str, *, by: str | None = None, **fields: Any) -> Metadata:
    """Sets fields of a document."""
    said = replace(base.record(id).metadata, **fields)
    names = {name for name, sets in FIELDS.items() if set(sets) & set(fields)}
    return base.correct(id, Word(said=said, fields=frozenset(names), by=by)).metadata


def take_back(base: KnowledgeBase, id: str, *fields: str) -> Metadata:
    said = base.record(id).metadata
    return base.correct(id, Word(said=said, fields=frozenset(), as_read=frozenset(fields))).metadata


@pytest.fixture
def base(tmp_path: Path) -> Iterator[KnowledgeBase]:
    base = opened(tmp_path / "home")
    yield base
    assert base.check() == []
    base.close()


def test_a_word_counts_everywhere_at_once_and_is_noted(base: KnowledgeBase) -> None:
    (id,) = put(base, "/a", TEXT)
    before = base.sequence
    metadata = say(base, id, by="张三", year=2024, period=None, place="柳湾镇")
    assert base.sequence > before
    assert (metadata.year, metadata.place, metadata.corrected) == (2024, "柳湾镇", ("place", "year"))
    assert [s.field for s in metadata.spans] == ["title"]  # the year no longer stands in the text
    assert base.document(id).metadata == base.record(id).metadata == base.documents()[0].metadata == metadata
    assert base.search("补助", 9, Filter(years=frozenset([2024])))
    assert not base.search("补助", 9, Filter(years=frozenset([2023])))
    made = base.corrections(id)
    assert made.read == replace(READ, title="种植补助办法")
    assert [(c.field, c.made_by) for c in made.made] == [("place", "张三"), ("year", "张三")]


def test_the_title_is_found_by_word_and_by_vector(base: KnowledgeBase) -> None:
    (id,) = put(base, "/a", TEXT)
    assert base.matches("水稻") == {}
    say(base, id, title="水稻种植补助办法")
    assert base.matches("水稻") == {id: 1}
    ((chunk, vector),) = base._catalog.chunks(id)
    assert np.allclose(vector, HashEmbedder(64).passages([passage_text("水稻种植补助办法", chunk)])[0])
    put(base, "/a", NEWER)
    new = base.documents()[0].id
    ((chunk, vector),) = base._catalog.chunks(new)
    assert np.allclose(vector, HashEmbedder(64).passages([passage_text("水稻种植补助办法", chunk)])[0])
    assert base.matches("水稻") == {new: 1}


def test_where_vectors_cannot_be_made_nothing_is_changed(base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    (id,) = put(base, "/a", TEXT)

    def down(*_: object) -> None:
        raise EmbedderError("向量服务没有应答")

    with monkeypatch.context() as patch:
        patch.setattr(HashEmbedder, "passages", down)
        with pytest.raises(EmbedderError):
            say(base, id, title="水稻种植补助办法", year=2024)
    assert base.record(id).metadata.title == "种植补助办法"
    assert base.corrections(id).made == ()


def test_taken_back_it_is_as_read(base: KnowledgeBase) -> None:
    (id,) = put(base, "/a", TEXT)
    read = base.record(id).metadata
    say(base, id, title="水稻种植补助办法", year=2024)
    assert take_back(base, id, "title").corrected == ("year",)
    assert base.matches("水稻") == {}
    assert take_back(base, id, "year") == read
    assert base._catalog._db.execute("SELECT as_read FROM documents").fetchone()[0] is None


def test_what_is_said_to_be_as_read_is_no_correction(base: KnowledgeBase) -> None:
    (id,) = put(base, "/a", TEXT)
    assert say(base, id, year=2023, place=None).corrected == ("place",)
    assert say(base, id, place="松溪镇").corrected == ()


def test_saying_it_again_keeps_who_said_it_first(base: KnowledgeBase) -> None:
    (id,) = put(base, "/a", TEXT)
    say(base, id, by="张三", year=2024)
    sequence = base.sequence
    say(base, id, by="李四", year=2024)
    assert base.sequence == sequence
    assert base.corrections(id).made[0].made_by == "张三"


def test_every_field_goes_into_the_ledger_and_back(base: KnowledgeBase) -> None:
    (id,) = put(base, "/a", TEXT)
    day = date(2024, 5, 1)
    ruling = Ruling(state=RulingState.SUPERSEDED, by="云政办发〔2024〕3号", document_id="0" * 16, from_day=day)
    fields: dict[str, Any] = {
        "title": "甲", "document_number": "云政办发〔2023〕5号", "issuer": "甲局、乙局", "issuers": ("甲局", "乙局"),
        "issued_on": day, "published_on": day, "effective_on": day, "expires_on": day, "place": None, "year": 2021,
        "period": (2021, 2025), "kind": "plan", "topics": ("就业",), "ruling": ruling,
    }  # fmt: skip
    metadata = say(base, id, **fields)
    assert {name: getattr(metadata, name) for name in fields} == fields
    assert metadata.corrected == tuple(FIELDS)
    assert metadata_from(base._catalog._db.execute("SELECT metadata FROM documents").fetchone()[0]) == metadata


def test_it_survives_a_new_version_and_the_old_text_coming_back(base: KnowledgeBase) -> None:
    (old,) = put(base, "/a", TEXT)
    say(base, old, by="张三", year=2024, place="柳湾镇")
    (new,) = put(base, "/a", NEWER)
    record = base.documents()[0]
    assert (record.id, record.metadata.year, record.metadata.place) == (new, 2024, "柳湾镇")
    assert record.versions == (old,)  # told by what was read, whatever is said since
    assert base.corrections(new).made[0].made_by == "张三"
    assert base.corrections(new).read.year == 2023
    take_back(base, new, "place")
    put(base, "/a", TEXT)
    back = base.documents()[0]
    assert (back.id, back.metadata.year, back.metadata.place) == (old, 2024, "松溪镇")  # the last word, not the first


def test_a_version_that_reads_it_right_keeps_the_word(base: KnowledgeBase) -> None:
    (old,) = put(base, "/a", TEXT, year=None)
    say(base, old, year=2024)
    (new,) = put(base, "/a", NEWER, year=2022)
    assert base.record(new).metadata.year == 2024
    assert take_back(base, new, "year").year == 2022


def test_another_document_under_the_same_name_is_not_corrected(base: KnowledgeBase) -> None:
    (old,) = put(base, "/a", TEXT)
    say(base, old, title="水稻种植补助办法", year=2024)
    (new,) = put(base, "/a", OTHER)
    assert base.record(new).metadata.corrected == ()


def test_of_a_compilation_each_part_keeps_its_own(base: KnowledgeBase) -> None:
    ids = put(base, "/a", TEXT, OTHER)
    say(base, ids[1], year=2020)
    inserted = OTHER.replace("防汛值班", "护林防火")
    made = put(
        base, "/a", TEXT, inserted + "\n进山登记，严禁野外用火，发现火情先报告再组织扑救。", OTHER + "\n汛后总结。"
    )
    assert [base.record(id).metadata.year for id in made] == [2023, 2023, 2020]


def test_what_was_removed_has_it_again_when_it_comes_back(base: KnowledgeBase) -> None:
    (id,) = put(base, "/a", TEXT)
    say(base, id, title="水稻种植补助办法")
    base.remove(id)
    with pytest.raises(UnknownDocument):
        base.corrections(id)
    assert put(base, "/b", TEXT) == [id]
    assert base.record(id).metadata.title == "水稻种植补助办法"
    assert base.matches("水稻") == {id: 1}


def test_copies_are_given_the_same_word_and_families_stay(base: KnowledgeBase) -> None:
    (id,) = put(base, "/a", TEXT)
    (copy,) = put(base, "/b", TEXT + "\n")
    assert base.record(id).copies == (copy,)
    say(base, id, place="柳湾镇")
    assert base.record(copy).metadata.place == "柳湾镇"
    (late,) = put(base, "/c", TEXT + "\n\n")
    assert base.record(late).metadata.place == "柳湾镇"
    assert len(base.documents()) == 1
    take_back(base, id, "place")
    assert {r.metadata.place for r in base.documents(hidden=True)} == {"松溪镇"}


def test_a_backup_and_an_opening_keep_it(base: KnowledgeBase, tmp_path: Path) -> None:
    (id,) = put(base, "/a", TEXT)
    say(base, id, by="张三", year=2024)
    made = base.corrections(id)
    backup(base.home, tmp_path / "b.zip")
    restore(tmp_path / "b.zip", tmp_path / "restored")
    with closing(opened(tmp_path / "restored")) as restored:
        assert restored.record(id).metadata == base.record(id).metadata
        assert restored.corrections(id) == made
        assert take_back(restored, id, "year").year == 2023


def test_chunks_of_a_next_generation_are_made_again(base: KnowledgeBase) -> None:
    (id,) = put(base, "/a", TEXT)
    with base._catalog._ledger.write() as db:
        db.execute("INSERT INTO rebuilt VALUES (?)", (id,))
        db.execute('INSERT INTO chunks SELECT 2, id, document_id, start, "end", path, vector FROM chunks')
    say(base, id, title="水稻种植补助办法")
    assert base._catalog.generations.pending() == [id]
    assert base._catalog.generations.held(2, id) == frozenset()


def test_a_document_that_is_not_there_cannot_be_corrected(base: KnowledgeBase) -> None:
    with pytest.raises(UnknownDocument):
        base.correct("f" * 16, Word(said=READ, fields=frozenset(["year"])))


def test_one_transaction_or_nothing(base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    (id,) = put(base, "/a", TEXT)
    put(base, "/b", TEXT + "\n")
    calls = iter([None, sqlite3.OperationalError("power is gone")])

    def broken(*_: object) -> bool:
        if (error := next(calls)) is not None:
            raise error
        return real(*_)  # type: ignore[arg-type]

    from kb import corrections

    real = corrections._renew
    monkeypatch.setattr(corrections, "_renew", broken)
    with pytest.raises(Exception, match="power"):
        say(base, id, year=2024)
    assert all(r.metadata.year == 2023 for r in base.documents(hidden=True))
    assert base.corrections(id).made == ()
