"""Parsing in processes: what crashes, hangs or eats the memory fails alone, and nothing is left behind."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from documents import REPORT_A, RULE, write

from ingest.document import UnreadableFile
from ingest.parsing import Outcome, Parsed, attempt, parse
from ingest.workers import LIMIT_MOST_S, Pool, memory_limit, time_limit_s, worker_count

MEMORY_BYTES = 400_000_000


def odd_parse(path: Path, source: str) -> Parsed:
    """What the name says, then what any reader does."""
    tricks: dict[str, Callable[[], object]] = {
        "exit": lambda: os._exit(3),
        "segfault": lambda: ctypes.string_at(0),
        "hang": lambda: time.sleep(600),
        "eat": lambda: [bytearray(50_000_000) for _ in range(100) if not time.sleep(0.02)],
        "print": lambda: os.write(1, b"noise"),
        "bug": lambda: {}["missing"],
        "deep": lambda: odd_parse(path, source),
        "gone": path.unlink,
        "heavy": lambda: _refuse_heavy_imports(),
    }
    if trick := tricks.get(path.stem):
        trick()
    return parse(path, source)


def _refuse_heavy_imports() -> None:
    from ingest.load import load

    assert load
    heavy = {"chromadb", "gradio", "langchain", "langchain_core", "torch"} & sys.modules.keys()
    if heavy:
        raise UnreadableFile(f"imported: {heavy}")


def outcomes(pool: Pool, paths: list[Path], limit_s: float | None = None) -> list[Outcome]:
    for key, path in enumerate(paths):
        pool.submit(key, path, path.name, limit_s=limit_s)
    found: dict[int, Outcome] = {}
    deadline = time.monotonic() + 30
    while len(found) < len(paths):
        assert time.monotonic() < deadline
        if taken := pool.take(0.5):
            found[taken[0]] = taken[1]
    return [found[key] for key in range(len(paths))]


@pytest.fixture(scope="module")
def pool() -> object:
    pool = Pool(2, parse=odd_parse, memory_bytes=MEMORY_BYTES)
    yield pool
    pool.close()


def test_a_process_gives_what_parsing_here_gives(pool: Pool, tmp_path: Path) -> None:
    folder = write(tmp_path, rule=RULE, report=REPORT_A)
    paths = sorted(folder.iterdir())
    assert outcomes(pool, paths) == [attempt(path, path.name) for path in paths]


@pytest.mark.parametrize(
    ("trick", "reason"),
    [
        ("exit", "意外退出（状态 3）"),
        pytest.param(
            "segfault",
            "意外退出（信号 11）",
            marks=pytest.mark.skipif(os.name == "nt", reason="signals"),
        ),
        pytest.param(
            "eat",
            "内存超过 0.4 GB",
            marks=pytest.mark.skipif(sys.platform != "linux", reason="needs /proc"),
        ),
        ("bug", "KeyError"),
        ("deep", "RecursionError"),
        ("gone", "找不到"),
    ],
)
def test_a_file_that_breaks_its_reader_fails_alone(pool: Pool, tmp_path: Path, trick: str, reason: str) -> None:
    folder = write(tmp_path, a=RULE, **{trick: RULE}, z=REPORT_A)
    first, broken, last = outcomes(pool, [folder / f"{n}.txt" for n in ("a", trick, "z")])
    assert first.documents and last.documents
    assert not broken.documents
    assert broken.reason is not None
    assert broken.reason.startswith(f"{trick}.txt：") and reason in broken.reason and "\n" not in broken.reason


def test_a_file_that_takes_too_long_fails_alone(pool: Pool, tmp_path: Path) -> None:
    folder = write(tmp_path, a=RULE, hang=RULE)
    hung, first = outcomes(pool, [folder / "hang.txt", folder / "a.txt"], limit_s=2)
    assert "解析超过 2 秒" in (hung.reason or "")
    assert first.documents


@pytest.mark.parametrize("trick", ["print", "heavy"])
def test_what_libraries_print_does_no_harm_and_nothing_heavy_is_imported(
    pool: Pool, tmp_path: Path, trick: str
) -> None:
    (outcome,) = outcomes(pool, [write(tmp_path, **{trick: RULE}) / f"{trick}.txt"])
    assert outcome.reason is None


def test_closing_ends_the_processes_at_once(tmp_path: Path) -> None:
    pool = Pool(1, parse=odd_parse)
    pool.submit(0, write(tmp_path, hang=RULE) / "hang.txt", "hang.txt")
    time.sleep(1)
    started = time.monotonic()
    pool.close()
    assert time.monotonic() - started < 2


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
@pytest.mark.parametrize("trick", ["hang", "a"])
def test_the_processes_die_with_their_parent(tmp_path: Path, trick: str) -> None:
    folder = write(tmp_path, **{trick: RULE})
    code = (
        "import sys, time; sys.path.insert(0, sys.argv[1]); import test_ingest_workers as t; from pathlib import Path\n"
        "pool = t.Pool(1, parse=t.odd_parse); pool.submit(0, Path(sys.argv[2]), 'x'); pool.take(1.5)\n"
        "print(pool._workers[0]._process.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(Path(__file__).parent), str(folder / f"{trick}.txt")], stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 5
    while _runs(child):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_limits_grow_with_the_file_and_fit_the_machine() -> None:
    assert time_limit_s(0) < time_limit_s(10_000_000) < time_limit_s(10**12) == LIMIT_MOST_S
    assert time_limit_s(5_000_000) > 1500  # 500 scanned pages of 10 kB, 3 s each
    assert worker_count() >= 1
    assert 2 * 2**30 <= memory_limit() <= 4 * 2**30
