"""Drafts kept in the base's folder: drafts/ID.jsonl, a line each for its head, its items and every reply, and
drafts/ID.review.json with what a person decided. Each file is written whole or not at all."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

from qa.draft import Options, Reply
from qa.draft_items import DraftError, Item
from qa.draft_review import Review

MAX_KEPT = 200
MAX_BYTES = 64 * 2**20  # of a file
_ID = re.compile(r"[0-9a-f]{16}")


class State(StrEnum):
    """How far a draft is. All but the first two are ends."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"
    INTERRUPTED = "interrupted"  # the program ended

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes."""
        return self not in (State.WAITING, State.RUNNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a list of drafts shows of one."""

    id: str
    name: str  # of the list
    made: str  # local time, to the second
    options: Options
    state: State
    total: int
    done: int = 0
    trouble: str = ""  # why it ended early, or cannot be read: a line for people


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A draft with all that was drafted."""

    head: Head
    items: tuple[Item, ...]
    replies: tuple[Reply, ...]


def id_of(items: Sequence[Item], options: Options) -> str:
    """Content-made: the same list for the same kind, place and time is the same draft, whatever documents it may use."""
    said = [options.kind, options.place, options.year, options.as_of, *((i.text, i.requirement) for i in items)]
    return hashlib.sha256(repr(said).encode("utf-8", "replace")).hexdigest()[:16]


class Book:
    """The drafts in a folder. One process writes; what is read from a file is checked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def heads(self) -> list[Head]:
        """All drafts, newest first; one that cannot be read with its trouble."""
        paths = [p for p in self._folder.glob("*.jsonl") if _ID.fullmatch(p.stem)]
        return sorted((self._head(p) for p in paths), key=lambda h: (h.made, h.id), reverse=True)

    def load(self, id: str) -> Kept:
        """One draft. Raises DraftError when there is none or its file is broken."""
        path = self._path(id)
        lines = _read(path).splitlines()
        try:
            replies = tuple(_adapter(Reply).validate_json(line) for line in lines[2:])
            items = _adapter(tuple[Item, ...]).validate_json(lines[1])
            return Kept(head=_adapter(Head).validate_json(lines[0]), items=items, replies=replies)
        except (ValueError, IndexError) as error:
            raise _broken(path) from error

    def save(self, head: Head, items: Sequence[Item], reply_lines: Sequence[bytes]) -> None:
        """Writes it. Raises DraftError when it grows too large or cannot be written."""
        path = self._path(head.id)
        if not path.exists() and len(list(self._folder.glob("*.jsonl"))) >= MAX_KEPT:
            raise DraftError(f"已保存 {MAX_KEPT} 份起草，请先在“最近的起草”里删去不再用的")
        lines = [_adapter(Head).dump_json(head), _adapter(tuple[Item, ...]).dump_json(tuple(items)), *reply_lines]
        _write(path, b"\n".join(lines) + b"\n")

    def remove(self, id: str) -> None:
        """Removes it and its review."""
        for path in (self._path(id), self._review_path(id)):
            path.unlink(missing_ok=True)

    def review(self, id: str) -> Review:
        """What was decided on it; nothing yet where nothing is kept. Raises DraftError for a broken file."""
        path = self._review_path(id)
        if not path.is_file():
            return Review(decisions={})
        try:
            review: Review = _adapter(Review).validate_json(_read(path))
        except ValueError as error:
            raise _broken(path) from error
        return review

    def save_review(self, id: str, review: Review) -> None:
        """Keeps the decisions. Raises DraftError."""
        _write(self._review_path(id), _adapter(Review).dump_json(review))

    def _head(self, path: Path) -> Head:
        try:
            with path.open("rb") as file:
                head: Head = _adapter(Head).validate_json(file.readline(2**20))
        except (OSError, ValueError):
            return Head(
                id=path.stem,
                name="",
                made="",
                options=Options(),
                state=State.FAILED,
                total=0,
                trouble=str(_broken(path)),
            )
        return head

    def _path(self, id: str) -> Path:
        if not _ID.fullmatch(id):
            raise DraftError("没有这份起草，请从“最近的起草”里选")
        return self._folder / f"{id}.jsonl"

    def _review_path(self, id: str) -> Path:
        return self._path(id).with_suffix(".review.json")


def reply_line(reply: Reply) -> bytes:
    """A reply as a line of the file."""
    line: bytes = _adapter(Reply).dump_json(reply)
    return line


def _broken(path: Path) -> DraftError:
    return DraftError(
        f"drafts/{path.name} 已损坏，读不出来；请用同一份清单重新起草（会覆盖它），或在“最近的起草”里删去"
    )


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _broken(path)
        return path.read_bytes()
    except FileNotFoundError:
        raise DraftError("没有这份起草，可能已被删去，请从“最近的起草”里选") from None
    except OSError as error:
        raise DraftError(f"drafts/{path.name} 读不了（{error.strerror or error}），请检查资料库文件夹的权限") from error


def _write(path: Path, content: bytes) -> None:
    if len(content) > MAX_BYTES:
        raise DraftError(f"起草的内容超过 {MAX_BYTES // 2**20} MB，没有再保存；请把清单分成几份")
    partial = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise DraftError(
            f"起草的内容没有保存：写不进资料库文件夹（{error.strerror or error}），请检查磁盘空间和权限"
        ) from error


@lru_cache(maxsize=8)
def _adapter(kind: Any) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)
