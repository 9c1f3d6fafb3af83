"""Kills a process that changes a base, again and again, and looks after each time whether anything was lost.

    python scripts/drill_kill.py                the full drill: 120 kill -9, then the other ways to break a base
    python scripts/drill_kill.py --kills 6 --articles 6 --others sigterm

A kill comes at a random moment, right after an acknowledgement, while the base is being opened (and healed), or the
moment that a file of Chroma, the matrix, the word index or the ledger was seen to change. Then a fresh process opens
the base: it must end well, and find every acknowledged document whole. Made-up documents, the small embedder.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parent.parent
_TASKS = ("ingest", "replace", "remove", "rebuild", "backup")
_AIMS = ("random", "chroma", "ack", "matrix", "chroma", "opening", "lexical", "ledger")
_AIMED_AT = {
    "chroma": "index*/**/*.bin",
    "matrix": "index*/**/matrix/*",
    "lexical": "index*/**/lexical/*",
    "ledger": "ledger.sqlite-wal",
}
_LEAST_CHUNKS = 500  # with fewer, opening takes longer than healing
_LONGEST_S = 8.0  # a kill that found nothing to aim at comes then


@dataclass(kw_only=True)
class Drill:
    """What is known of the base, and what came of it so far."""

    folder: Path
    articles: int
    picked: random.Random
    editions: dict[str, list[int]] = field(default_factory=dict)  # those each document may be in; 0: gone
    kills: Counter[str] = field(default_factory=Counter)
    heals_s: list[float] = field(default_factory=list)
    heals_s_per_10k: dict[str, list[float]] = field(default_factory=dict)  # seconds for 10,000 chunks, by what broke
    clean_s: list[float] = field(default_factory=list)  # to open after a clean end
    wrong: list[str] = field(default_factory=list)
    chunks: list[int] = field(default_factory=list)

    @property
    def home(self) -> Path:
        """The base."""
        return self.folder / "home"

    def present(self) -> dict[str, int]:
        """The documents that are surely there, with their edition."""
        return {name: possible[0] for name, possible in self.editions.items() if possible[0]}


class Writer:
    """A process that changes the base, and a thread that notes what it acknowledges."""

    def __init__(self, drill: Drill, task: str) -> None:
        self.drill, self.task, self.acknowledged = drill, task, 0
        self.ready, self.said_done = threading.Event(), threading.Event()
        told = {
            "role": "write",
            "home": str(drill.home),
            "docs": str(drill.folder / "docs"),
            "task": task,
            "seed": drill.picked.randrange(10**9),
            "articles": drill.articles,
            "present": drill.present(),
        }
        self.process = started(told)
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()

    def end(self, number: signal.Signals) -> int:
        """Sends the signal; the exit status."""
        self.process.send_signal(number)
        status = self.process.wait(timeout=60)
        self._reader.join()
        return status

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if not line.endswith("\n"):
                break  # cut by the kill: never said
            word, *rest = line.split()
            if word == "ready":
                self.ready.set()
            elif word == "begin":
                self.drill.editions.setdefault(rest[0], [0]).append(int(rest[1]))
            elif word == "done":
                self.drill.editions[rest[0]] = [int(rest[1])]
                self.acknowledged += 1
                self.said_done.set()
        self.ready.set()
        self.said_done.set()


def started(told: dict[str, Any], **options: Any) -> subprocess.Popen[str]:
    """One of the drill's processes with what it is told."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    command = [sys.executable, "-m", "scripts.drill_base"]
    process = subprocess.Popen(command, cwd=_ROOT, **pipes, **options)
    assert process.stdin is not None
    process.stdin.write(json.dumps(told) + "\n")
    process.stdin.flush()
    return process


def look(drill: Drill, what: str, *, to_write: bool = True, clean: bool = False) -> dict[str, Any] | None:
    """What a fresh process finds; its figures and complaints are noted. One that may not write looks at no editions."""
    editions = drill.editions if to_write else {}
    told = {"role": "look", "home": str(drill.home), "docs": "", "editions": editions, "to_write": to_write}
    process = started(told, stderr=subprocess.PIPE)
    out, err = process.communicate(timeout=600)
    if process.returncode != 0:
        drill.wrong.append(f"{what}: the next process ended with {process.returncode}: {err.strip()[-300:]}")
        return None
    found: dict[str, Any] = json.loads(out)
    drill.wrong += [f"{what}: {line}" for line in found["wrong"]]
    if to_write:
        (drill.clean_s if clean else drill.heals_s).append(found["heal_s"])
        drill.chunks.append(found["chunks"])
        if not clean and found["chunks"] >= _LEAST_CHUNKS:
            rate = found["heal_s"] * 10_000 / found["chunks"]
            drill.heals_s_per_10k.setdefault(what.split()[0], []).append(rate)
        drill.editions = {name: [edition] for name, edition in found["found"].items()}
    return found


def fill(drill: Drill, documents: int) -> None:
    """Takes in so many documents undisturbed."""
    while len(drill.present()) < documents:
        writer = Writer(drill, "ingest")
        while len(drill.present()) < documents and writer.process.poll() is None:
            time.sleep(0.1)
        if writer.end(signal.SIGTERM) != 0:
            raise SystemExit("the base could not be filled")


def kill(drill: Drill, task: str, aim: str) -> None:
    """One kill -9, and what the next process finds."""
    writer = Writer(drill, task)
    began = time.monotonic()
    if aim == "opening":
        time.sleep(drill.picked.uniform(0.3, 3.0))
    else:
        writer.ready.wait(60)
        if aim == "random":
            time.sleep(drill.picked.uniform(0, 3.0))
        elif aim == "ack":
            writer.said_done.wait(_LONGEST_S)
            time.sleep(drill.picked.choice((0, drill.picked.uniform(0, 0.5))))
        else:
            await_change(drill.home, _AIMED_AT[aim], writer.process)
            time.sleep(drill.picked.choice((0, drill.picked.uniform(0, 0.02))))
    status = writer.end(signal.SIGKILL)
    drill.kills[f"{task}/{aim}"] += 1
    if status != -signal.SIGKILL:
        drill.wrong.append(f"{task}/{aim}: the writer ended by itself with {status}")
    found = look(drill, f"kill {sum(drill.kills.values())} {task}/{aim}")
    if found:
        line = f"{sum(drill.kills.values()):4} {task}/{aim} after {time.monotonic() - began:.1f} s, "
        line += f"{writer.acknowledged} acknowledged, {found['documents']} documents, {found['chunks']} chunks, "
        print(f"{line}healed in {found['heal_s']:.2f} s, {len(drill.wrong)} wrong", file=sys.stderr, flush=True)


def await_change(home: Path, pattern: str, process: subprocess.Popen[str]) -> None:
    """Returns as soon as a file was seen to change."""
    until, before = time.monotonic() + _LONGEST_S, _sizes(home, pattern)
    while time.monotonic() < until and process.poll() is None:
        if _sizes(home, pattern) != before:
            return
        time.sleep(0.001)


def _sizes(home: Path, pattern: str) -> dict[str, tuple[int, int]]:
    """What is there now; files and folders may go while they are looked at."""
    sizes = {}
    try:
        for path in home.glob(pattern):
            with suppress(OSError):
                status = path.stat()
                sizes[str(path)] = status.st_size, status.st_mtime_ns
    except OSError:
        pass
    return sizes


# --- other ways to break a base ---


def sigterm(drill: Drill) -> None:
    """Ended by SIGTERM: the base is closed, so there is nothing to heal."""
    for task in ("ingest", "replace", "remove"):
        writer = Writer(drill, task)
        writer.ready.wait(60)
        time.sleep(drill.picked.uniform(0.2, 2.0))
        if (status := writer.end(signal.SIGTERM)) != 0:
            drill.wrong.append(f"sigterm {task}: ended with {status}")
        if (drill.home / "index" / "dirty").exists():
            drill.wrong.append(f"sigterm {task}: was not closed")
        look(drill, f"sigterm {task}", clean=True)


def two_at_once(drill: Drill) -> None:
    """While one writes, another may not, and a reader sees whole documents only."""
    for task in ("ingest", "replace"):
        writer = Writer(drill, task)
        writer.ready.wait(60)
        for _ in range(3):
            told = {"role": "look", "home": str(drill.home), "docs": "", "editions": {}, "to_write": True}
            second = started(told, stderr=subprocess.PIPE)
            _, err = second.communicate(timeout=60)
            if second.returncode == 0 or "BaseInUse" not in err:
                drill.wrong.append(f"second writer: was not refused ({second.returncode}, {err[-200:]})")
            look(drill, "reader beside a writer", to_write=False)
        writer.end(signal.SIGKILL)
        look(drill, f"two at once, {task}")


def lost_index(drill: Drill) -> None:
    """After a clean end, the index folder or a part of it is gone, cut in half or overwritten."""
    ways = (("deleted", Path.unlink), ("cut", _cut), ("zeroed", _zero))
    shutil.rmtree(drill.home / "index")
    look(drill, "index-deleted: all of it")
    for number in range(len(_index_files(drill.home)) * 2):
        files = _index_files(drill.home)  # what was healed has other names
        file, (what, damage) = files[number % len(files)], ways[number % len(ways)]
        damage(file)
        look(drill, f"index-{what}: {file.relative_to(drill.home)}")


def _index_files(home: Path) -> list[Path]:
    return sorted(p for p in home.glob("index*/**/*") if p.is_file())


def _cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _zero(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def full_disk(drill: Drill) -> None:
    """The disk fills while documents go in; with room again, all goes on."""
    small = Drill(folder=drill.folder / "small", articles=drill.articles, picked=drill.picked)
    small.folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", str(small.folder)], check=False)
    if mounted.returncode != 0:
        print("full disk: skipped, a small file system cannot be mounted here", file=sys.stderr)
        return
    try:
        (small.folder / "docs").mkdir()
        ballast = small.folder / "ballast"
        ballast.write_bytes(bytes(32 * 2**20))
        for room in ("full", "full again", "roomy"):
            if room == "roomy":
                ballast.unlink()
            writer = Writer(small, "ingest")
            writer.said_done.wait(120) if room == "roomy" else writer.process.wait(timeout=300)
            status = writer.end(signal.SIGKILL)
            print(f"disk {room}: {writer.acknowledged} acknowledged, ended with {status}", file=sys.stderr)
            if (room == "roomy") != (status == -signal.SIGKILL):
                small.wrong.append(f"disk {room}: ended with {status}")
        look(small, "full disk")
        if not small.chunks:
            small.wrong.append("disk: nothing went in")
        drill.wrong += small.wrong
    finally:
        subprocess.run(["umount", str(small.folder)], check=False)


OTHERS = {"sigterm": sigterm, "two": two_at_once, "index": lost_index, "disk": full_disk}


def report(drill: Drill) -> dict[str, Any]:
    """The figures of the drill."""
    heals = drill.heals_s or [0.0]
    return {
        "kills": sum(drill.kills.values()),
        "by_task": dict(sum((Counter({k.split("/")[0]: n}) for k, n in drill.kills.items()), Counter())),
        "by_aim": dict(sum((Counter({k.split("/")[1]: n}) for k, n in drill.kills.items()), Counter())),
        "heals": len(drill.heals_s),
        "heal_median_s": round(statistics.median(heals), 2),
        "heal_max_s": round(max(heals), 2),
        "heal_s_per_10k_chunks": {
            what: {"n": len(found), "median": round(statistics.median(found), 1), "max": round(max(found), 1)}
            for what, found in drill.heals_s_per_10k.items()
        },
        "clean_open_median_s": round(statistics.median(drill.clean_s), 2) if drill.clean_s else None,
        "chunks_median": int(statistics.median(drill.chunks or [0])),
        "chunks_max": max(drill.chunks, default=0),
        "home_mb": round(sum(f.stat().st_size for f in drill.home.rglob("*") if f.is_file()) / 2**20, 1),
        "wrong": drill.wrong,
    }


@contextmanager
def work_folder(kept: Path | None) -> Iterator[Path]:
    """A folder for the drill, gone afterwards unless it was named."""
    folder = kept.resolve() if kept else Path(tempfile.mkdtemp(prefix="zhengda-drill-"))
    (folder / "docs").mkdir(parents=True, exist_ok=True)
    try:
        yield folder
    finally:
        if kept is None:
            shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    """Runs the drill; 1 when anything was lost."""
    parser = argparse.ArgumentParser(description="断电演练：反复强行结束正在写资料库的进程，检查有没有丢东西")
    parser.add_argument("--kills", type=int, default=120)
    parser.add_argument("--articles", type=int, default=30, help="每份文件多少条")
    parser.add_argument("--most", type=int, default=120, help="资料库里最多留多少份")
    parser.add_argument("--others", default=",".join(OTHERS), help=f"其他演练：{'、'.join(OTHERS)}，逗号隔开")
    parser.add_argument("--tasks", default=",".join(_TASKS), help="结束的是哪些活，逗号隔开")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="在这个文件夹里进行，结束后不删")
    options = parser.parse_args()
    with work_folder(options.folder) as folder:
        drill = Drill(folder=folder, articles=options.articles, picked=random.Random(options.seed))
        fill(drill, options.most // 2)
        tasks = options.tasks.split(",")
        for number in range(options.kills):
            task = tasks[number % len(tasks)]
            if task == "ingest" and len(drill.present()) > options.most:
                task = "remove"
            if task in ("replace", "remove", "backup") and not drill.present():
                task = "ingest"
            kill(drill, task, _AIMS[number % len(_AIMS)])
        for name in filter(None, options.others.split(",")):
            before = len(drill.wrong)
            OTHERS[name](drill)
            print(f"{name}: {len(drill.wrong) - before} wrong", file=sys.stderr)
        done = report(drill)
    print(json.dumps(done, ensure_ascii=False, indent=1))
    return 1 if done["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
