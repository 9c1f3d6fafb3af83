"""Index files that were damaged while no one looked, folders that cannot be written, locks that do not lock."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path

import pytest
from documents import REPORT_A, REPORT_B, RULE, write

from ingest.chunk import split
from ingest.document import Document, Metadata, document_id
from kb import index_seal
from kb.catalog import Catalog
from kb.errors import NoLocks, StorageFull
from kb.lock import BaseLock
from kb.records import FileRecord
from qa.service import Service, open_service
from qa.settings import Settings
from ui.cli import main

QUERIES = ("养牛每头补助多少", "公益性岗位安置多少人", "户籍人口")


def open_home(home: Path, *, to_write: bool = True) -> Service:
    return open_service(Settings(home=home, embedder="hash"), to_write=to_write)


def made_up(seed: int) -> Document:
    """A document that is like no other."""
    draw = random.Random(seed)
    text = f"第{seed}号记录\n" + "".join(chr(draw.randrange(0x4E00, 0x9FA0)) for _ in range(40)) + "。"
    return Document(id=document_id(text), source="made up", text=text, metadata=Metadata(title=f"第{seed}号记录"))


@pytest.fixture(autouse=True)
def quick_embedder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHENGDA_EMBEDDER", "hash")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base with enough passages for Chroma to write its HNSW files; never changed, only copied."""
    folder = tmp_path_factory.mktemp("made")
    service = open_home(folder / "home")
    service.ingest([write(folder / "docs", rule=RULE, a=REPORT_A, b=REPORT_B)])
    for first in range(0, 1050, 350):
        documents = [made_up(i) for i in range(first, first + 350)]
        file = FileRecord(
            path=f"/made/up/{first}",
            source=str(first),
            sha256=str(first),
            original=None,
            documents=tuple(d.id for d in documents),
            coverage=documents[0].coverage,
        )
        service._base.put_file(file, [(d, split(d)) for d in documents])
    service._base.refresh()
    service.close()
    assert sum(p.stat().st_size for p in (folder / "home/index/chroma").rglob("data_level0.bin")) > 1000 * 512 * 4
    return folder / "home"


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "home")  # with the times of the files
    return tmp_path / "home"


def found(service: Service) -> list[list[str]]:
    return [[h.quote for h in service.search(q, limit=2).hits] for q in QUERIES]


def index_files(home: Path) -> list[str]:
    return sorted(str(p.relative_to(home)) for p in (home / "index").rglob("*") if p.is_file())


@pytest.fixture(scope="module")
def expected(made: Path) -> list[list[str]]:
    service = open_home(made)
    answers = found(service)
    service.close()
    return answers


def seal(home: Path) -> index_seal.Seal:
    catalog = Catalog(home / "ledger.sqlite")
    name = f"zhengda-{catalog.meta('id')}"
    catalog.close()
    return index_seal.Seal(home / "index", home / "ledger.sqlite", name)


def gone(path: Path) -> None:
    path.unlink()


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def garbled(path: Path) -> None:
    path.write_bytes(b"\xa5" * path.stat().st_size)


def is_whole_again(home: Path, expected: list[list[str]]) -> None:
    service = open_home(home)
    assert found(service) == expected
    assert service.check() == []
    service.close()


def test_whatever_index_file_is_damaged_search_is_as_before(home: Path, expected: list[list[str]]) -> None:
    """One kind of file after the other, in one base: after each opening all is whole and sealed again."""
    ways = cycle([gone, cut, garbled])
    kinds: set[tuple[str, str]] = set()
    while fresh := [n for n in index_files(home) if kind_of(n) not in kinds and (home / n).stat().st_size]:
        for name in {kind_of(n)[0]: n for n in reversed(fresh)}.values():  # one of each index
            kinds.add(kind_of(name))
            next(ways)(home / name)
        is_whole_again(home, expected)
    assert len(kinds) >= 10


@pytest.mark.parametrize("name", ["header.bin", "length.bin", "link_lists.bin"])
def test_a_file_of_the_graph_that_was_zeroed_is_found(home: Path, expected: list[list[str]], name: str) -> None:
    files = [path for path in (home / "index/chroma").rglob(name) if path.stat().st_size]
    for path in files:
        path.write_bytes(bytes(path.stat().st_size))
    assert ("chroma" in seal(home).damaged()) == bool(files)
    is_whole_again(home, expected)


def kind_of(name: str) -> tuple[str, str]:
    """Its index, and its name without what is drawn."""
    path = Path(name)
    is_segment = path.parts[1] == "lexical" and path.suffix != ".json"
    return path.parts[1], "segment" if is_segment else path.name


def test_a_whole_base_starts_no_child(home: Path, expected: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("a child was started"))
    is_whole_again(home, expected)
    is_whole_again(home, expected)
    service = open_home(home)
    started = time.perf_counter()
    assert seal(home).damaged() == frozenset()
    assert time.perf_counter() - started < 0.1
    service.close()


def test_files_that_were_only_touched_are_tried_and_kept(
    home: Path, expected: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in index_files(home):
        os.utime(home / name)
    tried: list[str] = []
    run = subprocess.run

    def noted(command: list[str], **options: object) -> object:
        tried.append(command[-2])
        return run(command, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "run", noted)
    monkeypatch.setattr("kb.store.ChunkStore.clear", lambda _: pytest.fail("was built anew"))
    is_whole_again(home, expected)
    assert tried == ["chroma"]


def test_without_a_seal_everything_is_tried(home: Path, expected: list[list[str]]) -> None:
    """As a base of an earlier program, or one that was killed after it was opened."""
    (home / "index/closed.json").unlink()
    assert seal(home).damaged() == frozenset()
    for path in (home / "index/chroma").rglob("data_level0.bin"):
        garbled(path)
    assert "chroma" in seal(home).damaged()
    is_whole_again(home, expected)


def test_a_child_that_dies_takes_no_one_with_it(home: Path, expected: list[list[str]], tmp_path: Path) -> None:
    dying = tmp_path / "dying"
    dying.write_text(f"#!{sys.executable}\nimport os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    dying.chmod(0o755)
    (home / "index/closed.json").unlink()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "executable", str(dying))
        assert seal(home).damaged() == frozenset(index_seal.PARTS)
        is_whole_again(home, expected)


def test_rebuilding_is_told(home: Path) -> None:
    shutil.rmtree(home / "index")
    told: list[tuple[int, int]] = []
    service = open_service(
        Settings(home=home, embedder="hash"), to_write=True, on_rebuild=lambda done, total: told.append((done, total))
    )
    found(service)
    service.close()
    assert told == [] or told[-1][0] == told[-1][1]


# --- folders ---


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mounts a small file system in memory with options; given a second time, changes them."""
    folder = tmp_path / "mounted"
    folder.mkdir()
    if os.name != "posix" or os.geteuid():
        pytest.skip("needs the right to mount a file system")
    is_there = False

    def mount(options: str) -> Path:
        nonlocal is_there
        command = ["mount", "-o", f"remount,{options}" if is_there else options]
        command += [str(folder)] if is_there else ["-t", "tmpfs", "tmpfs", str(folder)]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("needs the right to mount a file system")
        is_there = True
        return folder

    yield mount
    if is_there:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_folder_that_is_read_only_can_be_read(
    home: Path, expected: list[list[str]], mounted: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = mounted("size=64m")
    shutil.copytree(home, folder / "home")
    mounted("ro")
    service = open_home(folder / "home", to_write=False)
    assert found(service)[0][0] == expected[0][0]
    assert "元" in service.ask("云霞县养牛每头补助多少元？").text
    with pytest.raises(StorageFull, match="只读"):
        service.remove(service.documents()[0].id)
    service.close()
    assert main(["--home", str(folder / "home"), "ingest", str(home)]) == 1
    assert "不能写入" in capsys.readouterr().err
    assert main(["--home", str(folder / "home"), "backup", str(home.parent / "b.zip")]) == 0


def test_a_full_disk_is_one_line_and_what_was_in_stays(
    mounted: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = mounted("size=6m")
    docs = write(tmp_path / "docs", rule=RULE)
    assert main(["--home", str(folder / "home"), "ingest", str(docs)]) in (0, 1)
    capsys.readouterr()
    (folder / "filler").write_bytes(b"x" * (shutil.disk_usage(folder).free - 40_000))
    more = write(tmp_path / "more", **{f"d{i}": RULE.replace("5号", f"{i + 10}号") * 40 for i in range(10)})
    assert main(["--home", str(folder / "home"), "ingest", str(more)]) == 1
    err = capsys.readouterr().err.strip().splitlines()[-1]
    assert "磁盘" in err
    (folder / "filler").unlink()


def test_a_full_disk_stops_reindexing_and_the_old_one_serves(
    home: Path, expected: list[list[str]], mounted: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = mounted("size=128m")
    shutil.copytree(home, folder / "home")
    monkeypatch.setattr("qa.service.RECIPE", "another")
    service = open_home(folder / "home", to_write=False)
    found(service)
    (folder / "filler").write_bytes(b"x" * (shutil.disk_usage(folder).free - 200_000))
    with pytest.raises(StorageFull, match="磁盘已满"):
        service.repair(lambda *_: None)
    assert found(service) == expected
    (folder / "filler").unlink()
    service.repair(lambda *_: None)
    assert found(service) == expected
    service.close()


@pytest.mark.parametrize(
    ("part", "free"),
    [("", 0), ("", 100_000), ("", 4_000_000), ("chroma", 1_500_000), ("matrix", 400_000), ("lexical", 30_000)],
)
def test_indexes_that_do_not_fit_say_how_much_they_lack_and_heal_with_that(
    part: str, free: int, home: Path, expected: list[list[str]], mounted: Callable[[str], Path]
) -> None:
    folder = mounted("size=128m")
    shutil.copytree(home, folder / "home")
    before = Catalog(folder / "home/ledger.sqlite")
    records, sequence = before.records(hidden=True), before.sequence
    before.close()
    shutil.rmtree(folder / "home/index" / part)
    filler = folder / "filler"
    filler.write_bytes(b"x" * (shutil.disk_usage(folder).free - free))
    for _ in range(2):  # trying again does no harm
        said = full_line(folder / "home")
        assert str(folder / "home") in said
        assert "没有丢失" in said
    lacking = re.search(r"再腾出约 ([\d,]+) MB", said)
    megabytes = int(lacking[1].replace(",", "")) if lacking else 8 if part else 24
    assert free < 10_000_000 and (lacking or free < 50_000)
    os.truncate(filler, max(0, filler.stat().st_size - megabytes * 1_000_000))
    is_whole_again(folder / "home", expected)
    after = Catalog(folder / "home/ledger.sqlite")
    assert (after.records(hidden=True), after.sequence) == (records, sequence)
    after.close()


def full_line(home: Path) -> str:
    """The one line that opening and searching, and then repairing, end with."""
    said = ""
    for to_write in (False, True):
        try:
            service = open_home(home, to_write=to_write)
        except StorageFull as error:
            said = str(error)
            continue
        try:
            with pytest.raises(StorageFull) as raised:
                service.repair(lambda *_: None) if to_write else service.search("记录")
            said = str(raised.value)
        finally:
            service.close()
    assert "\n" not in said
    return said


def test_locks_that_do_not_lock_are_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    with monkeypatch.context() as patch:
        patch.setattr(fcntl, "flock", lambda *_: None)
        for to_write in (True, False):
            with pytest.raises(NoLocks, match="网络共享") as raised:
                open_home(home, to_write=to_write)
            assert "\n" not in str(raised.value)
    lock = BaseLock(home)
    assert lock.take(0)
    assert not BaseLock(home).take(0)
    lock.release()


def test_a_file_system_without_locks_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno
    import fcntl

    def none(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", none)
    with pytest.raises(NoLocks, match="本机磁盘"):
        open_home(home)
