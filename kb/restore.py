"""A base out of a backup: checked against its manifest before it takes the place of anything."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from kb.archive import DRAFTS, LEDGER, ORIGINALS, Backup, OnDone, extract, manifest_of, plain_errors
from kb.errors import BadBackup, BaseInUse, NewerBase
from kb.lock import BaseLock
from kb.schema import SCHEMA_VERSION

_NOT_A_BASE = frozenset(["lock", "holder.json"])  # what a folder may hold and still count as empty


def restore(source: Path, home: Path, *, replace: bool = False, on_done: OnDone | None = None) -> Backup:
    """Makes the base of a backup in `home`, which is empty or not there; with `replace`, in place of what is there.

    Raises BadBackup, NewerBase, BaseInUse, StorageFull; `home` is as it was then.
    """
    manifest = manifest_of(source)
    if int(manifest["schema_version"]) > SCHEMA_VERSION:
        raise NewerBase(
            f"{source}：备份由更新版本的程序建立（格式 {manifest['schema_version']}，本程序支持到 {SCHEMA_VERSION}），请升级程序"
        )
    home = home.absolute()
    if _holds_something(home) and not replace:
        raise BadBackup(f"{home}：文件夹不是空的，没有恢复；请用 --home 换一个空的，或加 --replace 替换现有资料库")
    with plain_errors(home.parent):
        home.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{home.name}-restoring-", dir=home.parent))
        try:
            extract(source, manifest, made, on_done)
            _fit_in(made / LEDGER, str(manifest.get("home", "")), str(home.resolve()))
            _swap_in(made, home)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise
    files = manifest["files"]
    return Backup(
        documents=int(manifest["documents"]),
        originals=sum(name.startswith(ORIGINALS) for name in files),
        missing=(),
        keys_left_out=tuple(manifest.get("keys_left_out", ())),
        made_at=str(manifest["made_at"]),
        size=source.stat().st_size,
        drafts=sum(name.startswith(DRAFTS) and name.endswith(".jsonl") for name in files),
    )


def _fit_in(ledger: Path, old_home: str, home: str) -> None:
    """What is of the place: files that lay in the old folder lie in the new one; rows on a Chroma server are not ours."""
    try:
        with closing(sqlite3.connect(ledger)) as db, db:
            if (found := db.execute("PRAGMA quick_check").fetchone()[0]) != "ok":
                raise BadBackup(f"备份里的账本已损坏（{found}），请换一份备份")
            db.execute("DELETE FROM meta WHERE key = 'id'")
            tables = {r[0] for r in db.execute("SELECT name FROM sqlite_master")}
            for table in ("files", "file_documents", "past_files", "failures"):
                if old_home and old_home != home and table in tables:
                    db.execute(
                        f"UPDATE {table} SET path = ?1 || substr(path, length(?2) + 1)"
                        " WHERE substr(path, 1, length(?2) + 1) IN (?2 || '/', ?2 || '\\')",
                        (home, old_home),
                    )
    except sqlite3.DatabaseError as error:
        raise BadBackup(f"备份里的账本打不开（{error}），请换一份备份") from error


def _holds_something(home: Path) -> bool:
    return home.exists() and (not home.is_dir() or any(p.name not in _NOT_A_BASE for p in home.iterdir()))


def _swap_in(made: Path, home: Path) -> None:
    """Puts `made` where `home` is; what was there is kept beside it until that is done."""
    made.chmod(0o755)
    if not home.exists():
        made.rename(home)
        return
    lock = BaseLock(home)
    if not lock.take(0.0):
        raise BaseInUse(f"{home}：资料库正被{lock.holder()}使用，没有恢复；请先停止它")
    aside = Path(tempfile.mkdtemp(prefix=f".{home.name}-before-restore-", dir=home.parent))
    moved: list[tuple[Path, Path]] = []
    try:  # by what is in it: the folder itself may be a mount or watched by its name
        for folder, target in ((home, aside), (made, home)):
            for path in sorted(folder.iterdir()):
                if folder is made or path.name not in _NOT_A_BASE:
                    path.rename(target / path.name)
                    moved.append((target / path.name, path))
    except BaseException:
        for now, before in reversed(moved):
            now.rename(before)
        aside.rmdir()
        raise
    finally:
        lock.release()
    shutil.rmtree(aside, ignore_errors=True)
    made.rmdir()
