"""The 系统 tab: what it says of the base, and backups made, cancelled, listed, fetched and deleted from the page."""

from __future__ import annotations

import stat
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from documents import REPORT_A, RULE, write
from fastapi import FastAPI
from fastapi.testclient import TestClient

from kb.backup import restore
from kb.errors import BadBackup
from kb.generations import Rebuilding
from qa.service import Service, open_service
from qa.settings import Settings
from ui import api_backups, api_evaluations
from ui.background import Background, Tell
from ui.backups import backup_path, backups_in, folder_of, make_backup
from ui.evaluations import KEPT, keep_report, reports_in
from ui.health import health_of
from ui.system_page import health_html, size_label
from ui.web_system import SystemDesk


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("system")
    service = open_service(Settings(home=folder / "home", embedder="hash"), to_write=True)
    docs = write(folder / "docs", rule=RULE, a=REPORT_A)
    (docs / "损坏.pdf").write_bytes(b"%PDF-1.7 nothing")
    service.ingest([docs])
    yield service
    service.close()


@pytest.fixture
def desk(service: Service) -> Iterator[SystemDesk]:
    desk = SystemDesk(service)
    yield desk
    desk.stop()
    for file in backups_in(service.settings.home):
        (folder_of(service.settings.home) / file.name).unlink()


def click(desk: SystemDesk, act: str, name: str = "") -> tuple[str, str]:
    event: Any = SimpleNamespace(act=act, name=name)
    health, backups, _ = desk.act(event)
    return health, backups


def until(condition: Callable[[], Any]) -> Any:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError("it did not come to that")


@contextmanager
def held_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A backup that goes on until the end of this."""
    import kb.backup

    go_on = threading.Event()
    written = kb.backup._written

    def waiting(home: Path, ledger: Path, originals: Path, target: Path, on_done: Any) -> Any:
        on_done(0, 10)
        assert go_on.wait(30)
        return written(home, ledger, originals, target, on_done)

    monkeypatch.setattr(kb.backup, "_written", waiting)
    yield
    go_on.set()


def test_the_state_is_told_and_the_base_is_checked(desk: SystemDesk, service: Service) -> None:
    health, _, runs = desk.open()
    assert "正在检查" in health or "完好" in health
    until(lambda: "完好" in desk.tick()[0])
    health, *_ = desk.tick()
    for said in ("2 份", str(service.settings.home), "hash", "逐字引用原文"):
        assert said in health
    assert "导入 2 份" in runs
    assert "没有导入成功（1 份）" in runs
    assert "损坏.pdf" in runs
    assert desk.tick()[2].active is False


def test_reports_of_question_sets_are_kept_listed_and_given(service: Service, desk: SystemDesk) -> None:
    home = service.settings.home
    assert "还没有评测过" in desk.open()[2]
    for number in range(KEPT + 2):
        kept = keep_report(home, [f"题集{number}", "a/b<i>"], f"<p>{number}</p>")
        kept.rename(kept.with_name(f"202411{number + 1:02}-101500 {kept.name[16:]}"))
    reports = reports_in(home)
    assert len(reports) == KEPT
    assert reports[0].name == "20241112-101500 题集11、a-b-i-.html"
    listed = desk.open()[2]
    assert "2024-11-12 10:15" in listed
    app = FastAPI()
    app.include_router(api_evaluations.router(home))
    with TestClient(app) as client:
        given = client.get(f"/api/evaluations/{quote(reports[0].name)}")
        assert given.text == "<p>11</p>"
        assert given.headers["content-security-policy"].startswith("default-src 'none'")
        for name in ("x.html", "..%2Fledger.sqlite", "20241112-101500%20none.html"):
            assert client.get(f"/api/evaluations/{name}").status_code == 404


def test_what_is_wrong_is_listed(desk: SystemDesk, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "check", lambda: ["原件缺失：<b>a.pdf"])
    click(desk, "check")
    html = until(lambda: shown if "原件缺失" in (shown := desk.tick()[0]) else "")
    assert "doctor --repair" in html
    assert "<b>a.pdf" not in html


def test_a_rebuild_that_runs_or_stopped_is_told(desk: SystemDesk, service: Service, monkeypatch: Any) -> None:
    monkeypatch.setattr(service, "rebuilding", lambda: Rebuilding(done=1500, total=6000))
    health, _, timer = desk.tick()
    assert "1,500/6,000 段" in health
    assert 'aria-valuenow="25"' in health
    assert timer.active
    monkeypatch.setattr(service, "rebuilding", lambda: Rebuilding(done=1, total=2, stopped="磁盘已满"))
    health, _, timer = desk.tick()
    assert "停下了：磁盘已满" in health
    assert not timer.active


def test_a_backup_is_made_listed_fetched_restored_and_deleted(
    desk: SystemDesk, service: Service, tmp_path: Path
) -> None:
    home = service.settings.home
    click(desk, "backup", "检查组来之前")
    until(lambda: not desk._backup.progress.running)
    assert not desk._backup.progress.failed, desk._backup.progress.line
    shown = desk.tick()[1]
    assert "已备份 2 份文件" in shown
    assert "检查组来之前.zip" in shown
    path = backup_path(home, "检查组来之前.zip")
    assert path is not None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    app = FastAPI()
    app.include_router(api_backups.router(home))
    with TestClient(app) as client:
        (listed,) = client.get("/api/backups").json()
        fetched = client.get(f"/api/backups/{listed['name']}").content
        for elsewhere in ("none.zip", "..%2fledger.sqlite", "%2e%2e%2fledger.sqlite", "x.zip"):
            assert client.get(f"/api/backups/{elsewhere}").status_code == 404
    (tmp_path / "b.zip").write_bytes(fetched)
    assert restore(tmp_path / "b.zip", tmp_path / "home").documents == 2
    assert 'data-act="delete-now"' in click(desk, "delete", listed["name"])[1]
    click(desk, "delete-now", "../ledger.sqlite")
    assert (home / "ledger.sqlite").exists()
    click(desk, "delete-now", listed["name"])
    assert backups_in(home) == []


def test_a_backup_can_be_cancelled_and_leaves_nothing(
    desk: SystemDesk, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    with held_up(monkeypatch):
        click(desk, "backup", "a")
        shown = until(lambda: html if "0 KB" in (html := desk.tick()[1]) else "")
        assert "取消" in shown
        assert not desk._backup.start(lambda _: "")
        click(desk, "cancel")
    until(lambda: not desk._backup.progress.running)
    assert desk._backup.progress.line == "已取消"
    assert list(folder_of(service.settings.home).iterdir()) == []
    assert not list(service.settings.home.glob("backup-*"))


@pytest.mark.parametrize("name", ["../a", "a/b", ".a", "a\x00b", "长" * 90, "a\nb"])
def test_a_backup_stays_in_its_folder(service: Service, name: str) -> None:
    with pytest.raises(BadBackup, match="备份文件名"):
        make_backup(service.settings.home, name, lambda *_: None)


def test_a_backup_does_not_replace_another(desk: SystemDesk, service: Service) -> None:
    make_backup(service.settings.home, "a", lambda *_: None)
    click(desk, "backup", "a.zip")
    until(lambda: not desk._backup.progress.running)
    assert "已有名为 a.zip" in desk.tick()[1]
    path = backup_path(service.settings.home, "a.zip")
    assert path is not None
    assert zipfile.is_zipfile(path)


def test_backups_are_not_part_of_the_base(desk: SystemDesk, service: Service) -> None:
    before = health_of(service).base_size
    make_backup(service.settings.home, "a", lambda *_: None)
    health = health_of(service)
    assert abs(health.base_size - before) < 200_000
    assert health.backup_size > 0
    assert "备份另占" in health_html(health, desk._check.progress)


def test_an_error_of_ours_ends_the_work_with_its_line() -> None:
    work = Background("work")

    def full(_: Tell) -> str:
        raise BadBackup("磁盘已满")

    assert work.start(full)
    until(lambda: work.progress.ended_at)
    assert (work.progress.failed, work.progress.line) == (True, "磁盘已满")


@pytest.mark.parametrize(("size", "label"), [(0, "0 KB"), (3 * 2**20, "3.0 MB"), (5 * 2**30, "5.0 GB")])
def test_sizes_are_for_people(size: int, label: str) -> None:
    assert size_label(size) == label
