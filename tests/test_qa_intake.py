"""A whole ingest run: many files, bad ones among them, nothing lost and nothing twice."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
from documents import REPORT_A, REPORT_B, RULE, write
from test_ingest_workers import odd_parse

from ingest.chunk import RECIPE
from ingest.workers import Pool
from kb.embed import HashEmbedder
from kb.embed import Progress as EmbedProgress
from kb.knowledge_base import KnowledgeBase
from qa import ingest_run
from qa.intake import FileStatus, IngestReport, Progress
from qa.service import Service, open_service
from qa.settings import Settings


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = open_service(Settings(home=tmp_path / "home", embedder="hash"), to_write=True)
    yield service
    service.close()


def statuses(report: IngestReport, under: Path) -> dict[str, str]:
    return {f.source.removeprefix(f"{under}/"): f.status.value for f in report.files}


def towns(folder: Path, count: int) -> Path:
    return write(folder, **{f"t{n:03}": REPORT_A.replace("松溪", f"{chr(0x4E00 + n)}溪") for n in range(count)})


def test_an_archive_goes_in_member_by_member_and_again_unchanged(service: Service, tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    with ZipFile(docs / "b.zip", "w") as zipped:
        zipped.writestr("年报/b.txt", REPORT_B)
        zipped.writestr("broken.docx", b"PK\x03\x04 cut")
    with ZipFile(docs / "a.zip", "w") as zipped:
        zipped.writestr("rule.txt", RULE)
        zipped.write(docs / "b.zip", "内/b.zip")
    (docs / "b.zip").unlink()
    first = service.ingest([docs])
    assert statuses(first, docs) == {
        "a.zip/rule.txt": "added",
        "a.zip/内/b.zip/年报/b.txt": "added",
        "a.zip/内/b.zip/broken.docx": "failed",
    }
    assert {r.source.removeprefix(f"{docs}/") for r in service.documents()} == {
        "a.zip/rule.txt",
        "a.zip/内/b.zip/年报/b.txt",
    }
    original = service.original(service.documents()[0].id)
    assert original is not None and original.read_text(encoding="utf-8") in (RULE, REPORT_B)
    assert not list(service.settings.home.glob("incoming-*"))
    again = statuses(service.ingest([docs]), docs)
    assert sorted(again.values()) == ["failed", "unchanged", "unchanged"]
    with ZipFile(docs / "a.zip", "w") as zipped:
        zipped.writestr("rule.txt", RULE.replace("80元", "85元"))
    assert statuses(service.ingest([docs]), docs) == {"a.zip/rule.txt": "updated"}
    assert "85元" in service.ask("种植业每亩补多少?").text


def test_bad_paths_are_lines_in_the_report(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path / "docs", good=RULE, vanishing=REPORT_A, written=REPORT_B)
    (folder / "out.txt").symlink_to(write(tmp_path / "outside", x=REPORT_B) / "x.txt")
    (folder / "a.rar").write_bytes(b"Rar!\x1a\x07")

    def attempt(path: Path, source: str, parse: Any) -> Any:
        outcome = real(path, source, parse)
        if path.stem == "vanishing":
            path.unlink()
        if path.stem == "written":
            path.write_text(RULE, encoding="utf-8")
        return outcome

    real = ingest_run.attempt
    monkeypatch.setattr(ingest_run, "attempt", attempt)
    report = service.ingest([folder, tmp_path / "没有的"])
    reasons = {Path(f.source).name: f.reason or "" for f in report.files if f.status is FileStatus.FAILED}
    expected = {
        "out.txt": "文件夹之外",
        "a.rar": "先解压",
        "vanishing.txt": "检查文件是否还在",
        "written.txt": "文件被改动",
        "没有的": "找不到",
    }
    assert reasons.keys() == expected.keys()
    assert all(text in reasons[name] and "\n" not in reasons[name] for name, text in expected.items())
    assert report.count(FileStatus.ADDED) == 1
    assert len(service.documents()) == 1


def test_many_files_are_parsed_in_processes_and_those_that_break_them_fail_alone(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest_run, "Pool", lambda **_: Pool(2, parse=odd_parse))
    monkeypatch.setattr(ingest_run, "HERE_FILES", 0)
    folder = write(towns(tmp_path / "docs", 30), exit=RULE, bug=RULE, print=RULE)
    seen: list[Progress] = []
    report = service.ingest([folder], on_progress=seen.append)
    failed = {Path(f.source).name for f in report.files if f.status is FileStatus.FAILED}
    assert failed == {"exit.txt", "bug.txt"}
    assert report.count(FileStatus.ADDED) == 31
    assert [Path(f.source).name for f in report.files] == sorted(p.name for p in folder.iterdir())
    assert [p.done for p in seen if p.report] == list(range(1, 34))
    assert seen[-1].share == 1 and seen[-1].passages >= 30 and seen[-1].seconds > 0
    again = service.ingest([folder])
    assert (again.count(FileStatus.UNCHANGED), again.count(FileStatus.FAILED)) == (31, 2)


class CountingEmbedder(HashEmbedder):
    """Notes how many texts come in each call."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[int] = []

    def passages(self, texts: Sequence[str], on_done: EmbedProgress | None = None) -> Any:
        self.calls.append(len(texts))
        return super().passages(texts, on_done)


@pytest.fixture
def counted(tmp_path: Path) -> Iterator[tuple[Service, CountingEmbedder]]:
    embedder = CountingEmbedder()
    base = KnowledgeBase(tmp_path / "counted", embedder, RECIPE, to_write=True)
    service = Service(Settings(home=tmp_path / "counted", embedder="hash"), base)
    yield service, embedder
    service.close()


def test_small_files_share_a_batch_and_the_same_text_is_embedded_once(
    counted: tuple[Service, CountingEmbedder], tmp_path: Path
) -> None:
    service, embedder = counted
    folder = towns(tmp_path / "docs", 10)
    shutil.copy(folder / "t000.txt", folder / "copy.txt")
    report = service.ingest([folder])
    assert report.count(FileStatus.ADDED) == 11
    assert len(embedder.calls) == 1
    chunks = sum(r.chunks for r in service.documents())
    assert embedder.calls == [chunks]
    shutil.copy(folder / "t000.txt", folder / "later.txt")
    assert service.ingest([folder]).count(FileStatus.ADDED) == 1
    assert len(embedder.calls) == 1


def test_a_text_that_one_file_drops_and_another_takes_up_keeps_its_vectors(
    counted: tuple[Service, CountingEmbedder], tmp_path: Path
) -> None:
    service, _ = counted
    folder = write(tmp_path / "docs", a=RULE)
    service.ingest([folder])
    write(folder, a=REPORT_A, b=RULE)
    service.ingest([folder])
    assert service.check() == []
    assert "80元" in service.ask("种植业每亩补多少?").text


@pytest.mark.parametrize("folder_name", ["incoming-1-x", "incoming-999999-y"])
def test_what_a_killed_run_had_unpacked_goes(service: Service, tmp_path: Path, folder_name: str) -> None:
    left = service.settings.home / folder_name / "0"
    left.mkdir(parents=True)
    service.ingest([write(tmp_path / "docs", a=RULE)])
    assert not left.exists()


def test_failures_are_noted_until_the_file_goes_in_or_is_gone(service: Service, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", a="", b="")
    service.ingest([folder])
    base = service._base
    assert {Path(f.path).name for f in base.failures()} == {"a.txt", "b.txt"}
    write(folder, a=RULE)
    (folder / "b.txt").unlink()
    service.ingest([folder])
    assert base.failures() == ()


def test_vectors_of_a_batch_belong_to_their_chunks(tmp_path: Path) -> None:
    embedder = HashEmbedder()
    base = KnowledgeBase(tmp_path / "home", embedder, RECIPE, to_write=True)
    service = Service(Settings(home=tmp_path / "home", embedder="hash"), base)
    service.ingest([write(tmp_path / "docs", rule=RULE, a=REPORT_A, b=REPORT_B)])
    from kb.knowledge_base import passage_text

    for record in service.documents():
        for chunk, vector in base._catalog.chunks(record.id):
            expected = embedder.passages([passage_text(record.metadata.title, chunk)])[0]
            assert np.allclose(vector, expected, atol=1e-6)
    service.close()


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_run_that_is_stopped_keeps_whole_documents_and_leaves_no_process(tmp_path: Path) -> None:
    folder, home = towns(tmp_path / "docs", 250), tmp_path / "home"
    environment = {**os.environ, "ZHENGDA_EMBEDDER": "hash"}
    command = [sys.executable, "-m", "ui.cli", "--home", str(home), "ingest", str(folder)]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, start_new_session=True)
    ledger = home / "ledger.sqlite-wal"
    _wait(lambda: ledger.exists() and ledger.stat().st_size > 200_000)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 2
    assert "已中断" in err.decode() and "Traceback" not in err.decode()
    _wait(lambda: not _group(process.pid))
    service = open_service(Settings(home=home, embedder="hash"), to_write=True)
    assert service.check() == []
    kept = len(service.documents())
    assert 0 < kept < 250
    report = service.ingest([folder])
    assert (report.count(FileStatus.UNCHANGED), report.count(FileStatus.ADDED)) == (kept, 250 - kept)
    service.close()


def _wait(ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _group(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
