"""The processes of the killing drill: one that changes a base, and says what it did, and one that looks whether all is
whole. Run by scripts/drill_kill.py.

A document is told by name and edition; its text is made from them, so that both sides know it. The writer prints
"begin NAME EDITION" before it changes a file, "done NAME EDITION" once the ledger holds the change (edition 0: gone).
"""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import numpy as np

from ingest.chunk import split
from ingest.document import document_id
from kb.backup import backup, restore
from kb.errors import KnowledgeBaseError
from kb.knowledge_base import KnowledgeBase
from qa.intake import Progress
from qa.service import Service, open_service
from qa.settings import Settings

WORDS = (
    "产业 就业 培训 道路 水渠 大棚 茶园 果树 养殖 合作社 务工 低保 住房 医疗 教育 饮水 电网 物流 电商 旅游 环境 垃圾 污水 厕所 "
    "林地 耕地 灌溉 种子 农机 保险 贷款 分红 股份 监测 帮扶 干部 驻村 项目 资金 验收 公示 台账 档案 巡查 整改 考核 宣传 走访"
).split()
Edition = dict[str, int]


def name_of(path: Path | str) -> str:
    """The name of the document in a file."""
    return Path(path).stem


def code(name: str, edition: int, part: str) -> str:
    """A number that stands in one document only."""
    return str(random.Random(f"{name}/{edition}/{part}").randrange(10**11, 10**12))


def text_of(name: str, edition: int, articles: int) -> str:
    """A made-up notice whose first and last lines name it; half of it stays the same in the next edition."""
    lines = [f"云霞县关于{name}事项第{edition}次安排的通知", f"编号 {code(name, edition, 'first')}"]
    for number in range(1, articles + 1):
        said = random.Random(f"{name}/{number}/{edition if number % 2 else 0}")
        words = "，".join("".join(said.choices(WORDS, k=4)) for _ in range(12))
        lines.append(f"第{number}条 {words}，共{said.randrange(10**6)}元。")
    return "\n".join([*lines, f"完毕 {code(name, edition, 'last')}", ""])


# --- the writer ---


def write(home: Path, docs: Path, task: str, seed: int, articles: int, present: Edition) -> None:
    """Changes the base until it is stopped."""
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    with closing(open_service(Settings(home=home, embedder="hash"), to_write=True, repair=True)) as service:
        service.search("安排", limit=1)
        say("ready")
        changes = Changes(service, docs, random.Random(seed), articles, present)
        with suppress(KeyboardInterrupt):
            getattr(changes, task)()
            signal.pause()


def say(*words: object) -> None:
    """One line to the driver, at once."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


class Changes:
    """What can be done to a base, at random, each as long as it takes to be killed over it."""

    def __init__(self, service: Service, docs: Path, picked: random.Random, articles: int, present: Edition) -> None:
        self._service, self._docs, self._picked = service, docs, picked
        self._articles, self._present = articles, present

    def ingest(self) -> None:
        """New files, a few to thirty at a time."""
        for _ in range(12):
            new = [f"n{self._picked.randrange(10**9)}" for _ in range(self._picked.choice((3, 10, 30)))]
            self._put(dict.fromkeys(new, 1))

    def replace(self) -> None:
        """Changed files, eight at a time."""
        editions = dict(self._present)
        for _ in range(12):
            names = self._picked.sample(sorted(editions), min(8, len(editions)))
            editions |= {name: editions[name] + 1 for name in names}
            self._put({name: editions[name] for name in names})

    def remove(self) -> None:
        """Documents with their earlier versions; the last to go is the one that stands for the others."""
        of_name = {name_of(r.source): r.id for r in self._service.documents()}
        for name in self._picked.sample(sorted(of_name), min(40, len(of_name))):
            say("begin", name, 0)
            for record in reversed(self._service.family(of_name[name])):
                self._service.remove(record.id)
            say("done", name, 0)

    def rebuild(self) -> None:
        """doctor --repair, over and over."""
        while True:
            self._service.repair(lambda *_: None)

    def backup(self) -> None:
        """Backups over the last one, while documents go in."""
        for _ in range(12):
            backup(self._service.settings.home, self._docs.parent / "backup.zip")
            self._put({f"n{self._picked.randrange(10**9)}": 1})

    def _put(self, editions: Edition) -> None:
        def told(step: Progress) -> None:
            if step.report and step.report.status.value in ("added", "updated"):
                name = name_of(step.report.source)
                say("done", name, editions[name])

        for name, edition in editions.items():
            (self._docs / f"{name}.txt").write_text(text_of(name, edition, self._articles), encoding="utf-8")
            say("begin", name, edition)
        self._service.ingest([self._docs / f"{name}.txt" for name in editions], on_progress=told)


# --- the one that looks ---


def look(home: Path, editions: dict[str, list[int]], *, to_write: bool) -> dict[str, Any]:
    """What is wrong, a line each, and how long it took until the base could be searched again.

    `editions` are those that each document may be in: the last acknowledged, and those begun since; 0 is "gone".
    """
    import chromadb  # noqa: F401  so that its loading is not counted as healing
    import tantivy  # noqa: F401

    started = time.perf_counter()
    settings = Settings(home=home, embedder="hash")
    with closing(open_service(settings, to_write=to_write)) as service:
        service.search("安排", limit=1)
        heal_s = time.perf_counter() - started
        base = service._base
        found: Edition = {}
        saved = home.parent / "backup.zip"
        wrong = backup_is_whole(saved) if saved.exists() else []
        wrong += [*_halves(home), *_wrong_documents(base), *_wrong_editions(service, editions, found)]
        if to_write:
            wrong += [*base.check(), *_wrong_rows(base)]
        chunks = base._catalog.chunk_count()
        documents = len(base.documents(hidden=True))
    return {"heal_s": heal_s, "chunks": chunks, "documents": documents, "wrong": wrong[:20], "found": found}


def backup_is_whole(file: Path) -> list[str]:
    """What is wrong with a backup, by restoring it."""
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        try:
            made = restore(file, Path(folder) / "home")
        except KnowledgeBaseError as error:
            return [str(error)]
        found = list(_halves(Path(folder) / "home"))
        return found if made.documents else [*found, "the backup is empty"]


def _halves(home: Path) -> Iterator[str]:
    """Rows of the ledger that hang in the air."""
    with closing(sqlite3.connect(home / "ledger.sqlite")) as db:
        for table in ("chunks", "file_documents", "signatures"):
            sql = f"SELECT count(*) FROM {table} WHERE document_id NOT IN (SELECT id FROM documents)"
            if found := db.execute(sql).fetchone()[0]:
                yield f"{found} rows of {table} without their document"


def _wrong_documents(base: KnowledgeBase) -> Iterator[str]:
    """Documents that are not what their id says, or whose chunks are not theirs, all of them, with vectors."""
    for record in base.documents(hidden=True):
        with suppress(KnowledgeBaseError):  # a reader may find it gone by now
            document = base.document(record.id)
            stored = list(base._catalog.chunks(record.id))
            if document_id(document.text, document.part) != record.id:
                yield f"{record.id}: text and id differ"
            if stored and [c.id for c, _ in stored] != [c.id for c in split(document)]:
                yield f"{record.id}: {len(stored)} chunks, {len(split(document))} expected"
            if not stored and base._catalog.records():
                base.record(record.id)
                yield f"{record.id}: no chunks"


def _wrong_editions(service: Service, editions: dict[str, list[int]], found: Edition) -> Iterator[str]:
    """Acknowledged documents that are not there, not whole or not found; those acknowledged as gone that are there.

    Notes in `found` which edition each is in.
    """
    current = {name_of(r.source): r for r in service.documents()}
    for name, possible in editions.items():
        record, found[name] = current.get(name), 0
        if record is None:
            if 0 not in possible:
                yield f"{name}: is gone, should be in edition {possible}"
            continue
        text = service.document(record.id).text
        whole = [e for e in possible if e and code(name, e, "first") in text and code(name, e, "last") in text]
        found[name] = max(whole, default=0)
        if not whole:
            yield f"{name}: is there, but not in edition {possible}"
        elif all(h.document.id != record.id for h in service.search(code(name, whole[0], "last"), limit=3).hits):
            yield f"{name}: not found by its number"


def _wrong_rows(base: KnowledgeBase) -> Iterator[str]:
    """Rows of Chroma and of the matrix that are not those of the ledger, vector by vector."""
    ledger = {i: v for i, _, v in base._catalog.rows()}
    indexes: Any = base._open_serving().indexes
    got = indexes._store._collection.get(include=["embeddings"])
    of_chroma = dict(zip(got["ids"], got["embeddings"], strict=True))
    scan = indexes._matrix._scan
    of_matrix = {i: v for d, span in indexes._matrix._spans.items() for i, _, v in scan.stored(d, span)}
    for what, rows in (("Chroma", of_chroma), ("matrix", of_matrix)):
        if set(rows) != set(ledger):
            yield f"{what}: {len(set(ledger) - set(rows))} chunks missing, {len(set(rows) - set(ledger))} too many"
        elif ledger and max(float(np.abs(rows[i] - ledger[i]).max()) for i in ledger) > 1e-4:
            yield f"{what}: vectors differ from the ledger's"


def main() -> None:
    """One role, told by the arguments: JSON on standard input, lines on standard output."""
    told = json.loads(sys.stdin.readline())
    home, docs = Path(told["home"]), Path(told["docs"])
    if told["role"] == "write":
        write(home, docs, told["task"], told["seed"], told["articles"], told["present"])
    else:
        say(json.dumps(look(home, told["editions"], to_write=told["to_write"])))


if __name__ == "__main__":
    main()
