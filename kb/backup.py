"""A base in one file, and back: what cannot be derived, which is the ledger, the originals and the settings.

FILE is a ZIP: ledger.sqlite, originals/..., settings.toml without keys, and last manifest.json with the SHA-256 of
each. The ledger is a snapshot that SQLite takes in one piece while others read and write; the originals are held by
links until they are copied. Both ways nothing has its final name before it has been read back and compared.
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
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from kb.errors import BadBackup, BaseInUse, NewerBase, StorageFull
from kb.lock import BaseLock
from kb.schema import SCHEMA_VERSION

OnDone = Callable[[int, int], None]  # bytes done, bytes in all

_FORMAT = "zhengda-backup-1"
_LEDGER, _SETTINGS, _MANIFEST, _ORIGINALS = "ledger.sqlite", "settings.toml", "manifest.json", "originals/"
_BLOCK_BYTES = 2**20
_PACKED_ALREADY = frozenset(
    ".pdf .docx .xlsx .pptx .ofd .zip .jpg .jpeg .png .gif .webp .heic .mp3 .mp4 .7z .rar .gz .wps".split()
)
_FILE_NAME = re.compile(r"[0-9A-Za-z._-]+")
_NOT_A_BASE = frozenset(["lock", "holder.json"])  # what a folder may hold and still count as empty
_KEY = re.compile(r"\s*\"?\w*api_key\"?\s*=")


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """What a backup holds."""

    documents: int
    originals: int
    missing: tuple[str, ...]  # originals that the ledger names and that are not there
    keys_left_out: tuple[str, ...]  # settings that are not in it
    made_at: str
    size: int  # bytes


# --- making one ---


def backup(home: Path, target: Path, on_done: OnDone | None = None) -> Backup:
    """Writes the base in `home` to `target`. Another process may serve and write it. Raises BadBackup, StorageFull."""
    if not (home / _LEDGER).exists():
        raise BadBackup(f"{home}：这里没有资料库，请用 --home 指明资料库文件夹")
    if target.is_dir():
        raise BadBackup(f"{target}：是文件夹，请写明备份文件的名字，如 {target / '资料库.zip'}")
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    with _plain_errors(target.parent):
        if target.resolve().is_relative_to((home / "originals").resolve()):
            raise BadBackup(f"{target}：不能放在资料库的 originals 文件夹里，请换一个地方")
        try:
            with tempfile.TemporaryDirectory(prefix=".zhengda-backup-", dir=target.resolve().parent) as work:
                snapshot = Path(work) / _LEDGER
                with _held_originals(home) as originals:
                    _snapshot(home / _LEDGER, snapshot)
                    made = _written(home, snapshot, originals, partial, on_done)
            _checked(partial)
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
    settings, keys = _settings_without_keys(home / _SETTINGS)
    total = ledger.stat().st_size + sum(p.stat().st_size for p in paths.values())
    done = 0

    def told(count: int) -> None:
        nonlocal done
        done += count
        if on_done is not None:
            on_done(min(done, total), total)

    files: dict[str, dict[str, object]] = {}
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    with zipfile.ZipFile(target, "w", allowZip64=True, compresslevel=1) as archive:
        files[_LEDGER] = _add(archive, _LEDGER, ledger, told)
        for name, path in paths.items():
            files[_ORIGINALS + name] = _add(archive, _ORIGINALS + name, path, told)
        if settings is not None:
            archive.writestr(_SETTINGS, settings, zipfile.ZIP_DEFLATED)
            files[_SETTINGS] = {"size": len(settings), "sha256": hashlib.sha256(settings).hexdigest()}
        manifest = {
            "format": _FORMAT,
            "made_at": made_at,
            "schema_version": _schema_version(ledger),
            "home": str(home.resolve()),
            "documents": documents,
            "keys_left_out": keys,
            "files": files,
        }
        archive.writestr(_MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1), zipfile.ZIP_DEFLATED)
    return Backup(
        documents=documents,
        originals=len(there),
        missing=tuple(n for n in names if n not in paths),
        keys_left_out=keys,
        made_at=made_at,
        size=target.stat().st_size,
    )


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
        return _copied(source, target, told)


def _copied(source: IO[bytes], target: IO[bytes] | None, told: Callable[[int], None]) -> dict[str, object]:
    size, digest = 0, hashlib.sha256()
    while block := source.read(_BLOCK_BYTES):
        size += len(block)
        digest.update(block)
        if target is not None:
            target.write(block)
        told(len(block))
    return {"size": size, "sha256": digest.hexdigest()}


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


# --- reading one ---


def restore(source: Path, home: Path, *, replace: bool = False, on_done: OnDone | None = None) -> Backup:
    """Makes the base of a backup in `home`, which is empty or not there; with `replace`, in place of what is there.

    Raises BadBackup, NewerBase, BaseInUse, StorageFull; `home` is as it was then.
    """
    manifest = _manifest(source)
    if int(manifest["schema_version"]) > SCHEMA_VERSION:
        raise NewerBase(
            f"{source}：备份由更新版本的程序建立（格式 {manifest['schema_version']}，本程序支持到 {SCHEMA_VERSION}），请升级程序"
        )
    home = home.absolute()
    if _holds_something(home) and not replace:
        raise BadBackup(f"{home}：文件夹不是空的，没有恢复；请用 --home 换一个空的，或加 --replace 替换现有资料库")
    with _plain_errors(home.parent):
        home.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{home.name}-restoring-", dir=home.parent))
        try:
            _extract(source, manifest, made, on_done)
            _fit_in(made / _LEDGER, str(manifest.get("home", "")), str(home.resolve()))
            _swap_in(made, home)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise
    files = manifest["files"]
    return Backup(
        documents=int(manifest["documents"]),
        originals=sum(name.startswith(_ORIGINALS) for name in files),
        missing=(),
        keys_left_out=tuple(manifest.get("keys_left_out", ())),
        made_at=str(manifest["made_at"]),
        size=source.stat().st_size,
    )


def _manifest(source: Path) -> dict[str, Any]:
    """What the backup says it holds. Raises BadBackup when it is none, or is cut off."""
    with _readable(source), zipfile.ZipFile(source) as archive:
        manifest = json.loads(archive.read(_MANIFEST))
        if manifest["format"] != _FORMAT:
            raise BadBackup(f"{source}：备份格式是 {manifest['format']}，本程序只认 {_FORMAT}，请用建立它的版本恢复")
        for name in manifest["files"]:
            plain = name.removeprefix(_ORIGINALS)
            if name not in (_LEDGER, _SETTINGS) and not (
                name.startswith(_ORIGINALS) and _FILE_NAME.fullmatch(plain) and plain.strip(".")
            ):
                raise BadBackup(f"{source}：备份里有不认识的文件 {name}，没有恢复")
        if _LEDGER not in manifest["files"]:
            raise KeyError(_LEDGER)
        return dict(manifest)


@contextmanager
def _readable(source: Path) -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, IsADirectoryError) as error:
        raise BadBackup(f"{source}：没有这个备份文件，请检查路径") from error
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, EOFError, NotImplementedError, RuntimeError) as error:
        raise BadBackup(f"{source}：不是完整的政答备份（可能没有拷贝完，或是别的文件），请换一份备份") from error
    except zipfile.zlib.error as error:  # type: ignore[attr-defined]
        raise BadBackup(f"{source}：备份内容已损坏，请换一份备份") from error


def _checked(source: Path) -> None:
    """Reads a backup to the end and compares every file with its checksum."""
    _extract(source, _manifest(source), None, None)


def _extract(source: Path, manifest: dict[str, Any], folder: Path | None, on_done: OnDone | None) -> None:
    """Writes the files to `folder`, or only reads them. Raises BadBackup when one is not as it was."""
    files = manifest["files"]
    total, done = sum(int(f["size"]) for f in files.values()), 0

    def told(count: int) -> None:
        nonlocal done
        done += count
        if on_done is not None:
            on_done(min(done, total), total)

    if folder is not None:
        (folder / "originals").mkdir()
    with _readable(source), zipfile.ZipFile(source) as archive:
        for name, noted in files.items():
            with archive.open(name) as stream:
                if folder is None:
                    found = _copied(stream, None, told)
                else:
                    with (folder / name).open("wb") as target:
                        found = _copied(stream, target, told)
                        target.flush()
                        os.fsync(target.fileno())
            if found != noted:
                raise BadBackup(f"{source}：备份里的 {name} 与校验值不符，备份已损坏，请换一份")


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


@contextmanager
def _plain_errors(where: Path) -> Iterator[None]:
    """A full disk or a folder that cannot be written, as one line."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull(f"{where}：磁盘已满，没有写成；腾出空间或换一个地方后重试，资料库没有变动") from error
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM, errno.ENOTDIR, errno.ENOENT):
            raise StorageFull(f"{where}：文件夹不能写入（{error.strerror}），请检查权限或换一个地方") from error
        raise
