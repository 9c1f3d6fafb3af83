"""A base goes into one file and comes out of it whole: on another machine, of an earlier format, while it is used."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from documents import REPORT_A, RULE, write
from test_kb_migrations import NEW, OLD, version_1

from kb import backup as backup_module
from kb.backup import backup, restore
from kb.embed import HashEmbedder
from kb.errors import BadBackup, BaseInUse, NewerBase, StorageFull
from kb.knowledge_base import KnowledgeBase
from qa.draft import Options
from qa.draft_items import Item
from qa.draft_jobs import Drafts
from qa.draft_review import Decision, Verdict
from qa.service import Service, open_service
from qa.settings import Settings, load_settings
from ui.cli import main

QUESTION = "养牛每头补助多少"


@contextmanager
def opened(home: Path, *, to_write: bool = True) -> Iterator[Service]:
    service = open_service(Settings(home=home, embedder="hash"), to_write=to_write)
    try:
        yield service
    finally:
        service.close()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A base of two files, with settings."""
    with opened(tmp_path / "home") as service:
        service.ingest([write(tmp_path / "docs", rule=RULE, report=REPORT_A)])
    (tmp_path / "home/settings.toml").write_text(
        '# 本单位\nembedder = "hash"\nllm_api_key = "sk-secret"\npassages = 12\n', encoding="utf-8"
    )
    return tmp_path / "home"


def found(service: Service) -> list[str]:
    return [h.quote for h in service.search(QUESTION).hits]


def test_what_comes_out_is_what_went_in(home: Path, tmp_path: Path) -> None:
    made = backup(home, tmp_path / "b.zip")
    assert (made.documents, made.originals, made.missing) == (2, 2, ())
    restored = restore(tmp_path / "b.zip", tmp_path / "elsewhere/home")
    assert (restored.documents, restored.originals) == (2, 2)
    with opened(home) as before, opened(tmp_path / "elsewhere/home") as after:
        assert found(after) == found(before)
        assert after.documents() == before.documents()
        assert after.check() == []
        for record in after.documents():
            original, kept = before.original(record.id), after.original(record.id)
            assert original
            assert kept
            assert kept.read_bytes() == original.read_bytes()
    assert [p.name for p in tmp_path.glob(".*")] == [p.name for p in home.glob("backup-*")] == []


def test_keys_stay_at_home_and_that_is_said(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "b.zip"
    assert main(["--home", str(home), "backup", str(file)]) == 0
    assert "llm_api_key" in capsys.readouterr().out
    assert b"sk-secret" not in b"".join(zipfile.ZipFile(file).read(n) for n in zipfile.ZipFile(file).namelist())
    assert main(["--home", str(tmp_path / "new"), "restore", str(file)]) == 0
    assert "llm_api_key" in capsys.readouterr().out
    settings = load_settings(tmp_path / "new", {})
    assert (settings.passages, settings.llm_api_key) == (12, "")
    assert "本单位" in (tmp_path / "new/settings.toml").read_text(encoding="utf-8")


def test_the_same_files_on_another_machine_are_the_same_documents(home: Path, tmp_path: Path) -> None:
    backup(home, tmp_path / "b.zip")
    restore(tmp_path / "b.zip", tmp_path / "new")
    moved = tmp_path / "another/machine"
    moved.parent.mkdir()
    (tmp_path / "docs").rename(moved)
    with opened(tmp_path / "new") as service:
        before = {r.id for r in service.documents(hidden=True)}
        service.ingest([moved])
        assert {r.id for r in service.documents(hidden=True)} == before
        assert sum("2500元" in quote for quote in found(service)) == 1
        write(moved, rule=RULE.replace("2500元", "2600元"))
        service.ingest([moved])
        assert len(service.documents()) == 2  # the changed one is a version of the one that came along
        assert "2600元" in found(service)[0]


def test_a_file_that_lay_in_the_base_lies_in_the_new_one(home: Path, tmp_path: Path) -> None:
    uploads = write(home / "uploads", upload=RULE.replace("2500元", "2700元"))
    with opened(home) as service:
        service.ingest([uploads])
    backup(home, tmp_path / "b.zip")
    restore(tmp_path / "b.zip", tmp_path / "new")
    with closing(sqlite3.connect(tmp_path / "new/ledger.sqlite")) as db:
        paths = {r[0] for r in db.execute("SELECT path FROM file_documents")}
        assert paths == {r[0] for r in db.execute("SELECT path FROM files")}
    assert str((tmp_path / "new/uploads/upload.txt").resolve()) in paths


def test_a_live_base_is_backed_up_as_of_one_moment(home: Path, tmp_path: Path) -> None:
    with opened(home) as service:
        service.ingest([write(tmp_path / "more", more=RULE.replace("5号", "6号").replace("产业", "就业"))])
        command = [sys.executable, "-m", "ui.cli", "--home", str(home), "backup", str(tmp_path / "b.zip")]
        code = subprocess.run(command, capture_output=True, check=False).returncode
        assert code == 0
        removed = service.remove(service.documents()[0].id)
    restore(tmp_path / "b.zip", tmp_path / "new")
    with opened(tmp_path / "new") as service:
        assert removed.id in {r.id for r in service.documents()}
        assert len(service.documents()) == 3
        assert service.check() == []


def test_an_original_that_is_removed_meanwhile_is_in_it(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = backup_module._snapshot

    def then_all_originals_go(ledger: Path, target: Path) -> None:
        snapshot(ledger, target)
        for path in (home / "originals").iterdir():
            path.unlink()

    monkeypatch.setattr(backup_module, "_snapshot", then_all_originals_go)
    assert backup(home, tmp_path / "b.zip").originals == 2


def test_an_original_that_was_lost_is_named(home: Path, tmp_path: Path) -> None:
    lost = next((home / "originals").iterdir())
    lost.unlink()
    assert backup(home, tmp_path / "b.zip").missing == (lost.name,)


def test_a_backup_of_an_earlier_program_is_brought_up_to_date(tmp_path: Path) -> None:
    version_1(tmp_path / "old/ledger.sqlite", embedder=HashEmbedder(64).name)
    backup(tmp_path / "old", tmp_path / "b.zip")
    restore(tmp_path / "b.zip", tmp_path / "new")
    base = KnowledgeBase(tmp_path / "new", HashEmbedder(64), "recipe-1", to_write=True)
    assert {r.id for r in base.documents()} == {OLD, NEW}
    assert "2500元" in base.search(QUESTION, 1)[0].chunk.text
    base.close()


def test_a_folder_with_something_in_it_is_only_replaced_when_told(home: Path, tmp_path: Path) -> None:
    backup(home, tmp_path / "b.zip")
    with opened(home) as service:
        service.remove(service.documents()[0].id)
    with pytest.raises(BadBackup, match="--replace"):
        restore(tmp_path / "b.zip", home)
    with opened(home), pytest.raises(BaseInUse, match="停止"):
        restore(tmp_path / "b.zip", home, replace=True)
    restore(tmp_path / "b.zip", home, replace=True)
    with opened(home) as service:
        assert len(service.documents()) == 2
        assert "2500元" in found(service)[0]
    assert list(tmp_path.glob(".home*")) == []


def test_what_cannot_be_put_in_place_leaves_what_was_there(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup(home, tmp_path / "b.zip")
    names = {p.name for p in home.iterdir()}
    rename = Path.rename

    def breaks(path: Path, target: Path) -> Path:
        if "restoring" in str(path) and path.name == "originals":
            raise OSError(5, "Input/output error")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", breaks)
    with pytest.raises(OSError, match="Input"):
        restore(tmp_path / "b.zip", home, replace=True)
    assert {p.name for p in home.iterdir()} == names
    assert list(tmp_path.glob(".home*")) == []


def test_drafts_and_what_was_decided_on_them_come_along(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with opened(home) as service:
        drafts = Drafts(service, home)
        id = drafts.start([Item(number=1, title=QUESTION, text=QUESTION)], Options())
        while not drafts.progress(id).state.is_over:
            time.sleep(0.02)
        (line, *_) = drafts.lines(id)
        drafts.decide(id, line.key, Decision(verdict=Verdict.ACCEPT))
        drafts.stop()
    (home / "drafts/别处来的.json").write_text("{}", encoding="utf-8")
    assert main(["--home", str(home), "backup", str(tmp_path / "b.zip")]) == 0
    assert "1 份起草" in capsys.readouterr().out
    assert restore(tmp_path / "b.zip", tmp_path / "new").drafts == 1
    assert {p.name for p in (tmp_path / "new/drafts").iterdir()} == {f"{id}.jsonl", f"{id}.review.json"}
    with opened(tmp_path / "new") as service:
        again = Drafts(service, tmp_path / "new")
        assert again.lines(id) == drafts.lines(id)
        assert again.review(id).decisions[line.key].verdict is Verdict.ACCEPT
        assert [s.text for s in again.reviewed(id)[1][0].parts[0].sentences] == [line.sentence and line.sentence.text]
    if os.name == "posix":
        assert (tmp_path / "new/drafts").stat().st_mode & 0o077 == 0


def test_a_backup_without_drafts_is_one_that_earlier_programs_take(home: Path, tmp_path: Path) -> None:
    backup(home, tmp_path / "b.zip")
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        assert json.loads(archive.read("manifest.json"))["format"] == "zhengda-backup-1"


def cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def foreign(file: Path) -> None:
    file.write_bytes(b"hello" * 100)


def other_zip(file: Path) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.txt", "x")


def one_bit(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 3] ^= 1
    file.write_bytes(data)


def climbing(file: Path, folder: str = "originals") -> None:
    with zipfile.ZipFile(file, "w") as archive:
        noted = {"size": 1, "sha256": ""}
        files = {"ledger.sqlite": noted, f"{folder}/../../evil": noted}
        manifest = {"format": "zhengda-backup-1", "schema_version": 1, "documents": 0, "made_at": "", "files": files}
        archive.writestr("manifest.json", json.dumps(manifest))


def climbing_from_drafts(file: Path) -> None:
    climbing(file, "drafts")


def gone(file: Path) -> None:
    file.unlink()


@pytest.mark.parametrize("spoil", [cut, foreign, other_zip, one_bit, climbing, climbing_from_drafts, gone])
def test_a_file_that_is_no_whole_backup_is_one_line(
    home: Path, tmp_path: Path, spoil: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "b.zip"
    backup(home, file)
    spoil(file)
    capsys.readouterr()
    assert main(["--home", str(tmp_path / "new"), "restore", str(file)]) == 1
    err = capsys.readouterr().err.strip()
    assert "b.zip" in err
    assert "\n" not in err
    assert not (tmp_path / "new").exists()
    assert list(tmp_path.glob(".new*")) == []


def test_a_backup_of_a_newer_program_says_so(home: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(home / "ledger.sqlite")) as db, db:
        db.execute("UPDATE meta SET value = '99' WHERE key = 'schema_version'")
    backup(home, tmp_path / "b.zip")
    with pytest.raises(NewerBase, match="升级"):
        restore(tmp_path / "b.zip", tmp_path / "new")


def test_where_there_is_no_base_nothing_is_backed_up(tmp_path: Path) -> None:
    with pytest.raises(BadBackup, match="没有资料库"):
        backup(tmp_path, tmp_path / "b.zip")
    assert not (tmp_path / "b.zip").exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if os.name != "posix" or os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a small file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_leaves_no_half_backup(home: Path, small_disk: Path) -> None:
    with pytest.raises(StorageFull, match="磁盘已满"):
        backup(home, small_disk / "b.zip")
    assert list(small_disk.iterdir()) == []
