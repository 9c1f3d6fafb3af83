"""Another embedder or another way of splitting: the old chunks serve until the new ones are whole, then they are gone."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from documents import REPORT_A, REPORT_B, RULE, loaded

from ingest.chunk import split
from ingest.document import Chunk, Document
from kb.embed import Embedder, EmbedderError, HashEmbedder, Progress
from kb.errors import OtherRecipe
from kb.generations import rebuilding_in
from kb.knowledge_base import KnowledgeBase
from kb.records import FileRecord
from kb.renewal import Renewal
from qa.former import former_embedder
from qa.settings import Settings
from ui.cli import main

QUESTION = "养牛每头补助多少"
OLD, NEW = HashEmbedder(64), HashEmbedder(128)


class Counting(HashEmbedder):
    """Keeps what it was given to embed; `before` is called each time."""

    def __init__(self, dim: int, before: Callable[[int], None] = lambda _: None) -> None:
        super().__init__(dim)
        self.texts: list[str] = []
        self._before = before

    def passages(self, texts: Sequence[str], on_done: Progress | None = None) -> Any:
        self._before(len(self.texts))
        self.texts += texts
        return super().passages(texts, on_done)


def short(document: Document) -> tuple[Chunk, ...]:
    """Another way of splitting."""
    return split(document, max_chars=60, overlap=0)


def former(name: str, _: str) -> Embedder:
    assert name == OLD.name
    return OLD


def open_base(
    home: Path, embedder: Embedder = OLD, recipe: str = "recipe-1", *, to_write: bool = True, **options: Any
) -> KnowledgeBase:
    splitter = split if recipe == "recipe-1" else short
    options = {"split": splitter, "former": former, **options}
    return KnowledgeBase(home, embedder, recipe, to_write=to_write, **options)


def put(base: KnowledgeBase, folder: Path, text: str, name: str, *, refresh: bool = True) -> str:
    document, chunks = loaded(folder, text, name)
    record = FileRecord(
        path=f"/{name}", source=name, sha256=name, original=None, documents=(document.id,), coverage=document.coverage
    )
    base.put_file(record, [(document, chunks)])
    if refresh:
        base.refresh()
    return document.id


@pytest.fixture
def home(tmp_path: Path) -> Path:
    base = open_base(tmp_path / "home")
    for name, text in (("rule", RULE), ("a", REPORT_A), ("b", REPORT_B)):
        put(base, tmp_path, text, name, refresh=False)
    base.close()
    return tmp_path / "home"


def found(base: KnowledgeBase) -> str:
    return base.search(QUESTION, 1)[0].chunk.text


def state(home: Path) -> tuple[set[tuple[str, str, int]], set[int], list[str]]:
    """The chunks of the ledger with the size of their vectors, their generations, and the index folders."""
    with closing(sqlite3.connect(home / "ledger.sqlite")) as db:
        rows = db.execute("SELECT generation, id, path, length(vector) FROM chunks").fetchall()
    return {r[1:] for r in rows}, {r[0] for r in rows}, sorted(p.name for p in home.glob("index*"))


def made_directly(folder: Path, embedder: Embedder, recipe: str) -> set[tuple[str, str, int]]:
    """The chunks of the same documents in a base that was made with these settings from the beginning."""
    base = open_base(folder / "direct", embedder, recipe)
    for name, text in (("rule", RULE), ("a", REPORT_A), ("b", REPORT_B)):
        document, _ = loaded(folder, text, name)
        record = FileRecord(
            path=name, source=name, sha256="", original=None, documents=(document.id,), coverage=document.coverage
        )
        base.put_file(record, [(document, (split if recipe == "recipe-1" else short)(document))])
    base.close()
    return state(folder / "direct")[0]


@pytest.mark.parametrize(
    ("embedder", "recipe"),
    [(NEW, "recipe-1"), (OLD, "recipe-2"), (NEW, "recipe-2")],
    ids=["embedder", "recipe", "both"],
)
def test_repair_makes_the_base_that_the_settings_would_have_made(
    home: Path, tmp_path: Path, embedder: Embedder, recipe: str
) -> None:
    told: list[tuple[int, int]] = []
    base = open_base(home, embedder, recipe, repair=True)
    assert any("当前" in line for line in base.check())
    base.repair(lambda done, total: told.append((done, total)))
    assert told[0][0] == 0
    assert told[-1][0] == told[-1][1]
    assert "2500元" in found(base)
    assert base.check() == []
    base.close()
    chunks, generations, folders = state(home)
    assert chunks == made_directly(tmp_path, embedder, recipe)
    assert (generations, folders) == ({2}, ["index-2"])
    again = open_base(home, embedder, recipe, former=None, split=None)
    assert "2500元" in found(again)
    again.close()


def test_only_what_reads_otherwise_is_embedded_again(home: Path) -> None:
    counting = Counting(64)
    base = open_base(home, counting, "recipe-2", repair=True)
    kept = {chunk.id for r in base.documents() for chunk, _ in base._catalog.chunks(r.id)}
    base.repair(lambda *_: None)
    new = [chunk for r in base.documents() for chunk, _ in base._catalog.chunks(r.id)]
    assert 0 < len(counting.texts) < len(new)
    assert len(counting.texts) <= sum(c.id not in kept for c in new)
    for record in base.documents():
        for chunk, vector in base._catalog.chunks(record.id):
            text = " ".join((record.metadata.title, *chunk.path[-2:], chunk.text))
            assert np.allclose(vector, HashEmbedder(64).passages([text])[0])
    base.close()


def test_after_an_end_in_between_it_is_gone_on_with(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kb.reindex.BATCH_CHUNKS", 1)

    def dies(done: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    base = open_base(home, Counting(128, dies), repair=True)
    with pytest.raises(KeyboardInterrupt):
        base.repair(lambda *_: None)
    base.close()
    progress = rebuilding_in(home / "ledger.sqlite")
    assert progress
    assert 0 < progress.done < progress.total
    old = open_base(
        home, former=None, to_write=False
    )  # the old settings still open it, as long as the new ones are not whole
    assert "2500元" in found(old)
    old.close()
    base = open_base(home, NEW, repair=True)
    left = base._catalog.generations.pending()
    assert 0 < len(left) < 3
    base.close()


def test_what_was_begun_is_not_made_twice(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kb.reindex.BATCH_CHUNKS", 1)

    def dies(done: int) -> None:
        if done == 2:
            raise EmbedderError("向量接口没有应答")

    base = open_base(home, Counting(128, dies), repair=True)
    with pytest.raises(EmbedderError):
        base.repair(lambda *_: None)
    base.close()
    second = Counting(128)
    base = open_base(home, second, repair=True)
    assert any("重建停在" in line and "没有应答" in line for line in base.check())
    base.repair(lambda *_: None)
    base.close()
    chunks = state(home)[0]
    assert len(second.texts) == len(chunks) - 2
    assert chunks == made_directly(tmp_path, NEW, "recipe-1")


class Gate:
    """Holds the embedder back until it is opened."""

    def __init__(self) -> None:
        self.opened, self.reached = threading.Event(), threading.Event()

    def __call__(self, _: int) -> None:
        self.reached.set()
        assert self.opened.wait(20)


def ended(base: KnowledgeBase) -> None:
    assert base._renewal.thread
    base._renewal.thread.join(30)
    assert not base._renewal.thread.is_alive()


def test_meanwhile_the_old_one_answers_and_takes_in(home: Path, tmp_path: Path) -> None:
    gate = Gate()
    base = open_base(home, Counting(128, gate), "recipe-2")
    assert base.is_outdated
    base.reindex_in_background(pytest.fail)
    assert gate.reached.wait(20)
    assert "2500元" in found(base)  # by vectors of the old length: the new embedder's would not even fit
    document, chunks = loaded(tmp_path, RULE.replace("养牛", "养鹅").replace("5号", "9号").replace("产业", "养殖"), "g")
    record = FileRecord(
        path="/g", source="g", sha256="g", original=None, documents=(document.id,), coverage=document.coverage
    )
    early = base.embed([(document, chunks)])
    removed = next(r.id for r in base.documents() if r.source.endswith("b.txt"))
    base.remove(removed)
    reader = open_base(home, NEW, "recipe-2", to_write=False)
    assert "2500元" in found(reader)
    assert reader.check() == []
    progress = reader.rebuilding()
    assert progress is not None
    assert progress.stopped == ""
    before = base.sequence
    gate.opened.set()
    ended(base)
    assert not base.is_outdated
    assert base.sequence > before
    base.put_file(record, [(document, chunks)], early)  # made by the embedder that served then
    base.refresh()
    assert "养鹅" in base.search("养鹅每头补助多少", 1)[0].chunk.text
    assert "2500元" in found(base)
    assert "2500元" in found(reader)  # it follows
    reader.close()
    assert base.check() == []
    base.close()
    chunks_now, generations, folders = state(home)
    assert generations == {2}
    assert folders == ["index-2"]
    assert {size for *_, size in chunks_now} == {128 * 4}
    assert not any(i.startswith(removed) for i, *_ in chunks_now)


def test_what_was_taken_in_meanwhile_is_in_the_new_one(home: Path, tmp_path: Path) -> None:
    gate = Gate()
    base = open_base(home, Counting(128, gate))
    base.reindex_in_background(pytest.fail)
    assert gate.reached.wait(20)
    put(base, tmp_path, RULE.replace("养牛", "养鹅").replace("5号", "9号").replace("产业", "养殖"), "g")
    gate.opened.set()
    ended(base)
    assert "养鹅" in base.search("养鹅每头补助多少", 1)[0].chunk.text
    assert base.check() == []
    base.close()


def test_closing_stops_it_soon_and_serve_goes_on_with_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kb.reindex.BATCH_CHUNKS", 1)
    base = open_base(home, Counting(128, lambda _: time.sleep(0.05)))
    base.reindex_in_background(pytest.fail)
    time.sleep(0.2)
    base.close()
    assert rebuilding_in(home / "ledger.sqlite") is not None
    base = open_base(home, NEW)
    base.reindex_in_background(pytest.fail)
    ended(base)
    assert "2500元" in found(base)
    base.close()
    assert state(home)[1] == {2}


def test_searches_never_fail_while_it_is_switched(home: Path) -> None:
    base = open_base(home, NEW, "recipe-2")
    base.search(QUESTION, 1)
    failed: list[BaseException] = []
    done = threading.Event()

    def searches() -> None:
        while not done.is_set():
            try:
                assert "2500元" in found(base)
            except BaseException as error:
                failed.append(error)
                return

    threads = [threading.Thread(target=searches) for _ in range(3)]
    for thread in threads:
        thread.start()
    base.reindex_in_background(pytest.fail)
    ended(base)
    time.sleep(0.2)
    done.set()
    for thread in threads:
        thread.join()
    assert failed == []
    base.close()


def test_an_end_right_after_the_switch_leaves_nothing_behind(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = open_base(home, NEW, repair=True)
    with monkeypatch.context() as patch:
        patch.setattr(Renewal, "tidy", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            base.repair(lambda *_: None)
    base.close()
    (home / "index").mkdir(exist_ok=True)
    assert state(home)[1] == {1, 2}
    again = open_base(home, NEW)
    assert "2500元" in found(again)
    again.close()
    assert state(home)[1:] == ({2}, ["index-2"])


def test_when_the_old_embedder_is_gone_that_is_said(home: Path) -> None:
    def gone(*_: str) -> Embedder:
        raise EmbedderError("http://127.0.0.1:9 没有应答")

    with pytest.raises(OtherRecipe, match=r"没有应答.*doctor --repair"):
        open_base(home, NEW, former=gone)
    base = open_base(home, NEW, former=gone, repair=True)
    base.repair(lambda *_: None)
    base.close()


def test_a_failure_in_the_background_is_told_and_kept(home: Path) -> None:
    def breaks(_: int) -> None:
        raise EmbedderError("向量接口没有应答")

    told: list[str] = []
    base = open_base(home, Counting(128, breaks))
    base.reindex_in_background(told.append)
    ended(base)
    assert told == ["向量接口没有应答"]
    assert "2500元" in found(base)
    progress = base.rebuilding()
    assert progress
    assert progress.stopped == told[0]
    base.close()


@pytest.mark.parametrize(
    ("name", "note", "expected"),
    [
        (HashEmbedder().name, "", HashEmbedder().name),
        ("whatever", '{"embedder": "hash", "base_url": ""}', HashEmbedder().name),
        ("openai:m", "", "openai:m"),
    ],
)
def test_the_former_embedder_is_opened_as_it_was(name: str, note: str, expected: str, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, embedder_base_url="http://127.0.0.1:9/v1")
    assert former_embedder(settings, name, note).name == expected


def test_one_that_cannot_be_told_is_said(tmp_path: Path) -> None:
    with pytest.raises(EmbedderError, match="没有记下"):
        former_embedder(Settings(home=tmp_path), "sentence-transformers:folder@123", "")


def test_doctor_says_how_far_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = KnowledgeBase(tmp_path / "served", HashEmbedder(), "recipe-1", to_write=True)
    put(base, tmp_path, RULE, "rule")
    base.close()
    gate = Gate()
    changed = open_base(
        tmp_path / "served", Counting(128, gate), former=lambda *_: HashEmbedder(), embedder_note='{"embedder": ""}'
    )
    changed.reindex_in_background(pytest.fail)
    assert gate.reached.wait(20)
    assert main(["--home", str(tmp_path / "served"), "doctor"]) == 0
    assert "正在重建：0/" in capsys.readouterr().out
    gate.opened.set()
    ended(changed)
    changed.close()
