"""A base in one file: what cannot be derived, which is the ledger, the originals, the drafts and the settings.

The ledger is a snapshot that SQLite takes in one piece while others read and write; the originals are held by links
until they are copied; a draft is replaced whole, so each is copied as it is at that moment. Nothing has its final name before it has been read back and compared. See kb.archive for what
the file is.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import sqlite3
import tempfile
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from kb.archive import (
    DRAFT_NAME,
    DRAFTS,
    FORMAT,
    FORMAT_WITH_DRAFTS,
    LEDGER,
    MANIFEST,
    ORIGINALS,
    SETTINGS,
    Backup,
    OnDone,
    copied,
    extract,
    manifest_of,
    plain_errors,
    told_of,
)
from kb.errors import BadBackup
from kb.restore import restore

_PACKED_ALREADY = frozenset(
    ".pdf .docx .xlsx .pptx .ofd .zip .jpg .jpeg .png .gif .webp .heic .mp3 .mp4 .7z .rar .gz .wps".split()
)
_KEY = re.compile(r"\s*\"?\w*api_key\"?\s*=")


def backup(home: Path, target: Path, on_done: OnDone | None = None) -> Backup:
    """Writes the base in `home` to `target`. Another process may serve and write it. Raises BadBackup, StorageFull."""
    if not (home / LEDGER).exists():
        raise BadBackup(f"{home}：这里没有资料库，请用 --home 指明资料库文件夹")
    if target.is_dir():
        raise BadBackup(f"{target}：是文件夹，请写明备份文件的名字，如 {target / '资料库.zip'}")
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    with plain_errors(target.parent):
        if target.resolve().is_relative_to((home / "originals").resolve()):
            raise BadBackup(f"{target}：不能放在资料库的 originals 文件夹里，请换一个地方")
        try:
            with tempfile.TemporaryDirectory(prefix=".zhengda-backup-", dir=target.resolve().parent) as work:
                snapshot = Path(work) / LEDGER
                with _held_originals(home) as originals:
                    _snapshot(home / LEDGER, snapshot)
                    made = _written(home, snapshot, originals, partial, on_done)
            extract(partial, manifest_of(partial), None, None)  # reads it to the end and compares
            _to_disk(partial)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
    return made


@contextmanager
def _held_originals(home: Path) -> Iterator[Path]:
    """A folder of links to the originals, so that none goes while it is copied; the originals where links fail."""
    originals = home / "originals"
    for left in home.glob("backup-*"):
        if not _is_running(left.name):
            shutil.rmtree(left, ignore_errors=True)
    links = home / f"backup-{os.getpid()}"
    try:
        links.mkdir()
        for path in originals.glob("[!.]*"):
            with suppress(FileNotFoundError):
                os.link(path, links / path.name)
    except OSError:  # a read-only folder, or a file system without links
        shutil.rmtree(links, ignore_errors=True)
        yield originals
        return
    try:
        yield links
    finally:
        shutil.rmtree(links, ignore_errors=True)


def _is_running(name: str) -> bool:
    """Whether the process that a folder of links is named after is there."""
    try:
        os.kill(int(name.removeprefix("backup-")), 0)
    except (ValueError, ProcessLookupError):
        return False
    except OSError:
        return True
    return True


def _snapshot(ledger: Path, target: Path) -> None:
    """A copy of the ledger as of one moment."""
    log = ledger.with_name(f"{ledger.name}-wal")
    alone = not os.access(ledger.parent, os.W_OK) and not (log.exists() and log.stat().st_size)
    address = f"{ledger.resolve().as_uri()}?mode=ro{'&immutable=1' if alone else ''}"
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=30, isolation_level=None)) as db:
            db.execute("VACUUM INTO ?", (str(target),))
    except sqlite3.Error as error:
        if "full" in str(error) or "disk I/O" in str(error):
            raise OSError(errno.ENOSPC, str(error)) from error
        raise BadBackup(f"{ledger}：账本读不出来（{error}），没有备份；请先运行 zhengda doctor") from error


def _written(home: Path, ledger: Path, originals: Path, target: Path, on_done: OnDone | None) -> Backup:
    """Writes everything to `target`."""
    names, documents = _contents(ledger)
    there = [n for n in names if (originals / n).is_file() or (home / "originals" / n).is_file()]
    paths = {n: originals / n if (originals / n).is_file() else home / "originals" / n for n in there}
    settings, keys = _settings_without_keys(home / SETTINGS)
    drafts = sorted(p for p in (home / DRAFTS).glob("*") if DRAFT_NAME.fullmatch(p.name))
    total = sum(p.stat().st_size for p in (ledger, *paths.values())) + sum(map(_size, drafts))
    told = told_of(total, on_done)
    files: dict[str, dict[str, object]] = {}
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    with zipfile.ZipFile(target, "w", allowZip64=True, compresslevel=1) as archive:
        files[LEDGER] = _add(archive, LEDGER, ledger, told)
        for name, path in paths.items():
            files[ORIGINALS + name] = _add(archive, ORIGINALS + name, path, told)
        for path in drafts:
            with suppress(FileNotFoundError):  # removed meanwhile
                files[DRAFTS + path.name] = _add(archive, DRAFTS + path.name, path, told)
        if settings is not None:
            archive.writestr(SETTINGS, settings, zipfile.ZIP_DEFLATED)
            files[SETTINGS] = {"size": len(settings), "sha256": hashlib.sha256(settings).hexdigest()}
        manifest = {
            "format": FORMAT_WITH_DRAFTS if any(n.startswith(DRAFTS) for n in files) else FORMAT,
            "made_at": made_at,
            "schema_version": _schema_version(ledger),
            "home": str(home.resolve()),
            "documents": documents,
            "keys_left_out": keys,
            "files": files,
        }
        archive.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1), zipfile.ZIP_DEFLATED)
    return Backup(
        documents=documents,
        originals=len(there),
        missing=tuple(n for n in names if n not in paths),
        keys_left_out=keys,
        made_at=made_at,
        size=target.stat().st_size,
        drafts=sum(n.startswith(DRAFTS) and n.endswith(".jsonl") for n in files),
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _contents(ledger: Path) -> tuple[list[str], int]:
    """The originals that a ledger needs, and how many documents it has."""
    with closing(sqlite3.connect(ledger)) as db:
        tables = {r[0] for r in db.execute("SELECT name FROM sqlite_master")}
        names: set[str] = set()
        for table in {"files", "past_files"} & tables:  # a ledger of an earlier program has no past files
            names |= {r[0] for r in db.execute(f"SELECT original FROM {table} WHERE original NOT NULL")}
        return sorted(names), int(db.execute("SELECT count(*) FROM documents").fetchone()[0])


def _schema_version(ledger: Path) -> int:
    with closing(sqlite3.connect(ledger)) as db:
        return int(db.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone()[0])


def _add(archive: zipfile.ZipFile, name: str, path: Path, told: Callable[[int], None]) -> dict[str, object]:
    """Streams a file into the archive; its size and SHA-256."""
    info = zipfile.ZipInfo.from_file(path, name, strict_timestamps=False)
    stored = path.suffix.lower() in _PACKED_ALREADY
    info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    with path.open("rb") as source, archive.open(info, "w", force_zip64=True) as target:
        return copied(source, target, told)


def _settings_without_keys(path: Path) -> tuple[bytes | None, tuple[str, ...]]:
    """The settings file without its keys, and which those are; None when there is none that can be read."""
    try:
        text = path.read_text(encoding="utf-8")
        values = tomllib.loads(text)
    except (OSError, ValueError):
        return None, ()
    keys = tuple(k for k in values if k.endswith("api_key"))
    if not keys:
        return text.encode("utf-8"), ()
    left = "\n".join(line for line in text.splitlines() if not _KEY.match(line)) + "\n"
    wanted = {k: v for k, v in values.items() if k not in keys}
    with suppress(tomllib.TOMLDecodeError):
        if tomllib.loads(left) == wanted:
            return left.encode("utf-8"), keys
    lines = (f"{k} = {json.dumps(v, ensure_ascii=False)}\n" for k, v in wanted.items())
    return "".join(lines).encode("utf-8"), keys


def _to_disk(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


__all__ = ["Backup", "backup", "restore"]
