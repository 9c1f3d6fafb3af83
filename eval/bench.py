"""How fast, how large, how heavy: ingest by stages, queries on bases of growing size, cold start, disk.

Seconds differ from machine to machine and from minute to minute; beside each stands what the embedding model alone
does on the same texts in the same run, as a ratio.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, replace
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

from eval.bench_machine import Machine, machine
from eval.bench_parts import FillPart, IngestPart, QueryPart, fill_part, ingest_part, query_part
from eval.bench_texts import Selection, Texts, select
from eval.errors import EvalError
from ingest.files import find_files
from qa.settings import Settings

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
MOST_REAL_CHUNKS = 1000  # above this, vectors are made up: embedding ten thousand takes an office computer minutes
_COLD_STARTS = 3
_QUERY_SECONDS = 30.0  # at most, for each kind of query on each base
_COLD_START_TIMEOUT_S = 300.0

_T = TypeVar("_T")
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """A base's size on disk, in bytes."""

    ledger: int
    vectors: int
    words: int
    originals: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """A base of one size. `fill` is set when its vectors are made up."""

    query: QueryPart
    disk: Disk
    fill: FillPart | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ColdStart:
    """`zhengda ask` as a process of its own, from start to exit, on the smallest base: the median of some runs.

    `ratio` is over what embedding one chunk takes.
    """

    runs: int
    seconds: float
    ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything one benchmark measured."""

    date: date
    machine: Machine
    embedder: str
    corpus: str | None  # its file or folder name; None when all text is made up
    ingest: tuple[IngestPart, ...]
    bases: tuple[Base, ...]
    cold_start: ColdStart
    seconds: float


def run_bench(
    settings: Settings, sizes: Sequence[int], corpus: Path | None, say: Say, *, samples: Path = SAMPLES
) -> Report:
    """The whole benchmark, in a temporary folder that is gone afterwards. `sizes` are numbers of chunks.

    Raises EvalError for a corpus that cannot be read.
    """
    if corpus is not None and not corpus.exists():
        raise EvalError(f"{corpus}：找不到这份语料，请检查路径；不带 --corpus 时用编造的公文")
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="zhengda-bench-", ignore_cleanup_errors=True) as folder:
        bench = _Bench(replace(settings, llm_base_url="", llm_model=""), Texts(corpus=corpus), Path(folder), say)
        ingests = [bench.ingest_samples(samples)] if samples.is_dir() else []
        smallest = min(MOST_REAL_CHUNKS, *sizes)
        selection, ingested, base = bench.real_base(smallest)
        cold = bench.cold_start(selection, ingested)
        bases = [base]
        bases += [bench.larger_base(size, selection) for size in sorted(set(sizes)) if size > smallest]
    return Report(
        date=date.today(),
        machine=machine(),
        embedder=settings.embedder,
        corpus=bench.texts.name,
        ingest=(*ingests, ingested),
        bases=tuple(bases),
        cold_start=cold,
        seconds=time.perf_counter() - started,
    )


class _Bench:
    """The steps, over one temporary folder."""

    def __init__(self, settings: Settings, texts: Texts, folder: Path, say: Say) -> None:
        self._settings, self.texts, self._folder, self._say = settings, texts, folder, say

    def ingest_samples(self, samples: Path) -> IngestPart:
        """The made-up county's files, in every format."""
        selection = select(iter([file.path for file in find_files([samples])]))
        self._say(f"导入样例：{len(selection.files)} 个文件，{selection.chunks} 段")
        return _alone(ingest_part, "samples", self._at("samples"), selection)

    def real_base(self, chunks: int) -> tuple[Selection, IngestPart, Base]:
        """A base whose every chunk is embedded."""
        selection = select(self.texts.files(self._folder / "texts"), chunks)
        settings = self._at("real")
        self._say(f"导入{'语料' if self.texts.corpus else '编造的公文'}：{selection.chunks} 段，逐段计算向量")
        ingested = _alone(ingest_part, self.texts.name or "made-up", settings, selection)
        return selection, ingested, self._asked(settings, selection, None)

    def larger_base(self, chunks: int, selection: Selection) -> Base:
        """A base under made-up vectors."""
        settings = self._at(f"filled-{chunks}")
        self._say(f"建 {chunks} 段的资料库（向量为随机数）")
        filled = _alone(fill_part, settings, self.texts, self._folder / f"texts-{chunks}", chunks)
        return self._asked(settings, selection, filled)

    def cold_start(self, selection: Selection, ingested: IngestPart) -> ColdStart:
        """Times whole processes."""
        self._say(f"冷启动 {_COLD_STARTS} 次")
        settings = self._at("real")
        command = [
            sys.executable,
            "-m",
            "ui.cli",
            "--home",
            str(settings.home),
            "ask",
            "--json",
            selection.questions[0],
        ]
        environment = {
            **os.environ,
            "ZHENGDA_EMBEDDER": settings.embedder,
            "ZHENGDA_EMBEDDER_BASE_URL": settings.embedder_base_url,
            "ZHENGDA_EMBEDDER_API_KEY": settings.embedder_api_key,
            "ZHENGDA_LLM_BASE_URL": "",
        }
        taken = []
        for _ in range(_COLD_STARTS):
            started = time.perf_counter()
            done = subprocess.run(
                command, env=environment, capture_output=True, timeout=_COLD_START_TIMEOUT_S, check=False
            )
            taken.append(time.perf_counter() - started)
            if done.returncode:
                raise EvalError(f"zhengda ask 没有成功：{done.stderr.decode('utf-8', 'replace').strip()}")
        median = sorted(taken)[len(taken) // 2]
        return ColdStart(runs=len(taken), seconds=median, ratio=median * ingested.raw_chunks_per_s)

    def _asked(self, settings: Settings, selection: Selection, filled: FillPart | None) -> Base:
        self._say(f"提问：{len(selection.questions)} 个问题")
        query = _alone(query_part, settings, selection, _QUERY_SECONDS)
        return Base(query=query, disk=_disk(settings.home), fill=filled)

    def _at(self, name: str) -> Settings:
        return replace(self._settings, home=self._folder / name)


def report_dict(report: Report) -> dict[str, Any]:
    """The report as JSON: every field, and what follows from the fields."""
    value = asdict(report)
    value["date"] = report.date.isoformat()
    for part, plain in zip(report.ingest, value["ingest"], strict=True):
        for name in ("documents_per_s", "pages_per_s", "characters_per_s", "chunks_per_s", "ratio"):
            plain[name] = getattr(part, name)
    for base, plain in zip(report.bases, value["bases"], strict=True):
        plain["vectors"] = "real" if base.fill is None else "made_up"
        if base.fill is not None:
            plain["fill"]["rows_per_s"] = base.fill.rows_per_s
    return value


def _alone(part: Callable[..., _T], *arguments: Any) -> _T:
    """Runs a part in a fresh process."""
    try:
        with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as pool:
            return pool.submit(part, *arguments).result()
    except BrokenProcessPool as error:
        raise EvalError("测速的子进程中途被终止，多半是内存不够；请用 --chunks 减少段数后重试") from error


def _disk(home: Path) -> Disk:
    return Disk(
        ledger=sum(p.stat().st_size for p in home.glob("ledger.sqlite*")),
        vectors=_size(home / "index" / "chroma"),
        words=_size(home / "index" / "lexical"),
        originals=_size(home / "originals"),
    )


def _size(folder: Path) -> int:
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
