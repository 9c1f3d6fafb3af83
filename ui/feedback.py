"""What readers say of answers, a line each in feedback.jsonl in the base's folder. Stays on this machine."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from pathlib import Path

from qa.answer import Answer

NAME = "feedback.jsonl"
REASONS = ("数字不对", "答的不是所问", "出处不对", "不是现行规定", "资料里有却没查到", "其他")
MOST_BYTES = 2 * 2**20  # from there on the older half is dropped
_MOST_CHARS = 500
_writing = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """One vote on one answer."""

    time: str  # local, to the second
    question: str
    understood_as: str | None = None
    outcome: str
    citations: tuple[str, ...] = field(default=())  # document ids, in the order cited
    vote: str  # "up" or "down"
    reason: str = ""
    text: str = ""


def feedback_on(answer: Answer, vote: str, reason: str = "", text: str = "") -> Feedback:
    """A vote on an answer, with what the reader chose and wrote. Nothing that is not one of ours is kept."""
    return Feedback(
        time=datetime.now().isoformat(sep=" ", timespec="seconds"),
        question=answer.question[:_MOST_CHARS],
        understood_as=answer.understood_as[:_MOST_CHARS] if answer.understood_as else None,
        outcome=answer.outcome.value,
        citations=tuple(dict.fromkeys(c.document_id for c in answer.citations)),
        vote="up" if vote == "up" else "down",
        reason=reason if reason in REASONS else "",
        text=" ".join(text.split())[:_MOST_CHARS],
    )


def keep(home: Path, feedback: Feedback) -> None:
    """Adds a line. Raises OSError where it can't be written."""
    path = home / NAME
    line = json.dumps(asdict(feedback), ensure_ascii=False) + "\n"
    with _writing:
        if path.is_file() and path.stat().st_size + len(line.encode()) > MOST_BYTES:
            _drop_older_half(path)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as file:
            file.write(line.encode("utf-8", "replace"))


def kept(home: Path) -> Iterator[Feedback]:
    """What has been said, oldest first; a line that was cut short by a crash is passed over."""
    path = home / NAME
    if not path.is_file():
        return
    known = {f.name for f in fields(Feedback)}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            values = {name: value for name, value in json.loads(line).items() if name in known}
            yield Feedback(**{**values, "citations": tuple(values.get("citations", ()))})
        except (ValueError, TypeError, AttributeError):
            continue


def _drop_older_half(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    partial = path.with_name(f".{NAME}.{os.getpid()}")
    partial.write_bytes(b"".join(lines[len(lines) // 2 :]))
    partial.chmod(0o600)
    partial.replace(path)
