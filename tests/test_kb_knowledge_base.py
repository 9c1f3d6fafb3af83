"""A knowledge base on disk: what is put in is found, all of it or nothing, and the indexes can always be rebuilt."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from documents import REPORT_A, REPORT_B, RULE, loaded

from kb.catalog import Catalog, FileRecord
from kb.embed import HashEmbedder
from kb.errors import BaseInUse, NewerBase, OtherRecipe, StorageFull, UnknownDocument
from kb.knowledge_base import KnowledgeBase


def open_base(home: Path, *, to_write: bool = True, repair: bool = False, dim: int = 128) -> KnowledgeBase:
    return KnowledgeBase(home, HashEmbedder(dim), "recipe-1", to_write=to_write, repair=repair)


def put(base: KnowledgeBase, folder: Path, text: str, name: str = "a") -> str:
    document, chunks = loaded(folder, text, name)
    path = folder / f"{name}.txt"
    record = FileRecord(
        path=str(path.resolve()),
        source=str(path),
        sha256=f"sha-{document.id}",
        original=base.keep_original(path, f"sha-{document.id}"),
        documents=(document.id,),
        coverage=document.coverage,
    )
    base.put_file(record, [(document, chunks)])
    base.refresh()
    return document.id


@pytest.fixture
def base(tmp_path: Path) -> Iterator[KnowledgeBase]:
    base = open_base(tmp_path / "home")
    yield base
    base.close()


def found(base: KnowledgeBase, question: str) -> str:
    return base.search(question, 1)[0].chunk.text


def test_what_is_put_in_is_found_and_points_into_its_document(base: KnowledgeBase, tmp_path: Path) -> None:
    put(base, tmp_path, RULE)
    (passage,) = base.search("养牛每头补助多少", 1)
    chunk = passage.chunk
    assert "2500元" in chunk.text
    assert base.document(chunk.document_id).text[chunk.start : chunk.end] == chunk.text


def test_putting_the_same_file_twice_changes_nothing(base: KnowledgeBase, tmp_path: Path) -> None:
    put(base, tmp_path, RULE)
    before = base.sequence, base.documents()
    put(base, tmp_path, RULE)
    assert (base.sequence, base.documents()) == before


def test_a_changed_file_replaces_what_it_held(base: KnowledgeBase, tmp_path: Path) -> None:
    put(base, tmp_path, RULE)
    put(base, tmp_path, RULE.replace("2500元", "2600元"))
    assert len(base.documents()) == 1
    assert "2600元" in found(base, "养牛每头补助多少")
    assert all("2500元" not in p.chunk.text for p in base.search("养牛每头补助多少", 50))


def test_a_document_held_by_two_files_stays_until_both_are_gone(base: KnowledgeBase, tmp_path: Path) -> None:
    first = put(base, tmp_path, RULE, "a")
    assert put(base, tmp_path, RULE, "b") == first
    assert len(base.documents()) == 1
    put(base, tmp_path, REPORT_A, "b")
    assert {r.id for r in base.documents()} >= {first}


def test_removed_is_gone_from_everything(base: KnowledgeBase, tmp_path: Path) -> None:
    document_id = put(base, tmp_path, RULE)
    put(base, tmp_path, REPORT_A, "b")
    original = base.original(document_id)
    assert original is not None
    assert original.exists()
    assert base.remove(document_id).id == document_id
    assert all(p.chunk.document_id != document_id for p in base.search("养牛每头补助多少", 50))
    assert not original.exists()
    assert base.check() == []
    with pytest.raises(UnknownDocument, match=document_id):
        base.document(document_id)


def test_it_is_all_there_after_closing_and_opening(tmp_path: Path) -> None:
    base = open_base(tmp_path / "home")
    put(base, tmp_path, RULE)
    base.close()
    again = open_base(tmp_path / "home")
    assert "2500元" in found(again, "养牛每头补助多少")
    assert again.check() == []
    again.close()


@pytest.mark.parametrize("lost", ["index", "index/chroma", "index/lexical", "index/applied.json"])
def test_a_lost_index_is_built_anew_from_the_ledger(tmp_path: Path, lost: str) -> None:
    base = open_base(tmp_path / "home")
    put(base, tmp_path, RULE)
    put(base, tmp_path, REPORT_A, "b")
    base.close()
    victim = tmp_path / "home" / lost
    shutil.rmtree(victim) if victim.is_dir() else victim.unlink()
    again = open_base(tmp_path / "home")
    assert "2500元" in found(again, "养牛每头补助多少")
    assert again.check() == []
    again.close()


def test_after_a_kill_the_index_is_not_trusted(tmp_path: Path) -> None:
    """The mark of an unclean end is there as long as an index may be half written; garbage in it is never opened."""
    base = open_base(tmp_path / "home")
    put(base, tmp_path, RULE)
    assert (tmp_path / "home/index/dirty").exists()
    base.close()
    (tmp_path / "home/index/dirty").touch()
    for file in (tmp_path / "home/index/chroma").rglob("*.bin"):
        file.write_bytes(b"torn")
    again = open_base(tmp_path / "home")
    assert "2500元" in found(again, "养牛每头补助多少")
    again.close()
    assert not (tmp_path / "home/index/dirty").exists()


def test_a_change_committed_but_not_indexed_is_played_at_the_next_opening(tmp_path: Path) -> None:
    base = open_base(tmp_path / "home")
    put(base, tmp_path, RULE)
    document, chunks = loaded(tmp_path, REPORT_B, "b")
    record = FileRecord(
        path="/b", source="b", sha256="1", original=None, documents=(document.id,), coverage=document.coverage
    )
    base.put_file(record, [(document, chunks)])
    base.close()
    again = open_base(tmp_path / "home")
    assert "71人" in "".join(p.chunk.text for p in again.search("榆岭镇公益性岗位安置多少人", 3))
    again.close()


def test_a_second_process_may_read_but_not_write(base: KnowledgeBase, tmp_path: Path) -> None:
    put(base, tmp_path, RULE)
    with pytest.raises(BaseInUse, match="正被进程"):
        open_base(tmp_path / "home")
    reader = open_base(tmp_path / "home", to_write=False)
    assert "2500元" in found(reader, "养牛每头补助多少")
    with pytest.raises(BaseInUse):
        reader.remove(reader.documents()[0].id)
    reader.close()


def test_another_embedder_is_refused_and_repair_embeds_again(tmp_path: Path) -> None:
    base = open_base(tmp_path / "home")
    put(base, tmp_path, RULE)
    base.close()
    with pytest.raises(OtherRecipe, match="doctor --repair"):
        open_base(tmp_path / "home", dim=64)
    mended = open_base(tmp_path / "home", repair=True, dim=64)
    mended.repair(lambda *_: None)
    mended.close()
    again = open_base(tmp_path / "home", dim=64)
    assert "2500元" in found(again, "养牛每头补助多少")
    again.close()


def test_a_base_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    open_base(tmp_path / "home").close()
    catalog = Catalog(tmp_path / "home/ledger.sqlite")
    catalog.set_meta(schema_version="99")
    catalog.close()
    with pytest.raises(NewerBase, match="升级"):
        open_base(tmp_path / "home")


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageFull, match="不能写入"):
        open_base(tmp_path / "file/home")


def test_a_full_disk_loses_nothing(base: KnowledgeBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(base, tmp_path, RULE)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfile", full)
        with pytest.raises(StorageFull, match="磁盘已满"):
            put(base, tmp_path, REPORT_A, "b")
    assert "2500元" in found(base, "养牛每头补助多少")
    assert list((tmp_path / "home/originals").glob(".*")) == []


def test_a_transaction_that_breaks_leaves_no_half_document(base: KnowledgeBase, tmp_path: Path) -> None:
    document, chunks = loaded(tmp_path, RULE)
    record = FileRecord(
        path="/a", source="a", sha256="1", original=None, documents=("no-such-id",), coverage=document.coverage
    )
    with pytest.raises(Exception, match="FOREIGN KEY"):
        base.put_file(record, [(document, chunks)])
    assert base.documents() == ()
    assert base.is_empty()
