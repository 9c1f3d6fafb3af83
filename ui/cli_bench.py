"""`zhengda bench`: measures speed, memory and disk on this machine, and prints them."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eval.bench import Base, Report
    from eval.bench_parts import IngestPart, Latency
    from qa.settings import Settings

DONE = 0
_FEWEST, _MOST = 20, 1_000_000
_SHARED_CORPUS = Path("corpora") / "gov_corpus.jsonl.gz"


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument(
        "--chunks",
        type=_sizes,
        default=(1000, 10_000),
        metavar="N,N",
        help="在多少段的资料库上测提问（默认 1000,10000；1000 段以上用随机向量）",
    )
    parser.add_argument(
        "--corpus",
        type=Path,
        metavar="PATH",
        help='用来测的文件夹,或每行一个 {"text": "..."} 的 JSONL(默认用 $ZHENGDA_SHARED 里的语料，没有就用编造的公文)',
    )
    parser.add_argument("--json", action="store_true", help="结果以 JSON 输出")


def bench(options: argparse.Namespace, settings: Settings) -> int:
    """Runs the benchmark; returns the exit code. Raises EvalError."""
    from eval.bench import report_dict, run_bench

    corpus = options.corpus or _shared_corpus()
    report = run_bench(settings, options.chunks, corpus, lambda line: print(line, file=sys.stderr, flush=True))
    print(json.dumps(report_dict(report), ensure_ascii=False) if options.json else report_text(report))
    return DONE


def report_text(report: Report) -> str:
    """The report in Chinese."""
    cold, m = report.cold_start, report.machine
    lines = [
        f"{report.date}  {m.cores} 核  {m.system}  Python {m.python}  向量模型 {report.embedder}",
        f"语料：{report.corpus or '编造的公文'}",
        "“比”以本机同一次运行中单独计算向量的速度为 1：入库比越接近 1 越好；其余的比是“相当于计算几段向量的时间”。",
        "",
        "导入",
    ]
    lines += [line for part in report.ingest for line in _ingest_lines(part)]
    lines += ["", "提问"]
    lines += [line for base in report.bases for line in _base_lines(base)]
    lines += ["", f"冷启动 zhengda ask：{cold.seconds:.2f} 秒（比 {cold.ratio:.0f}，{cold.runs} 次取中）"]
    return "\n".join([*lines, f"全程 {report.seconds:.0f} 秒"])


def _ingest_lines(part: IngestPart) -> list[str]:
    name = {"samples": "样例文件", "made-up": "编造的公文"}.get(part.name, part.name)
    failed = f"，其中 {part.failed} 个失败" if part.failed else ""
    return [
        f"  {name}：{part.files} 个文件{failed}，{part.pages} 页，{part.characters} 字，{part.chunks} 段，"
        f"{part.total_s:.1f} 秒（解析 {part.parsing_s:.1f}，向量 {part.embedding_s:.1f}，索引 {part.indexing_s:.1f}）",
        f"    每秒 {part.documents_per_s:.1f} 份、{part.pages_per_s:.1f} 页、{part.characters_per_s:.0f} 字、"
        f"{part.chunks_per_s:.1f} 段；单独计算向量每秒 {part.raw_chunks_per_s:.1f} 段，比 {part.ratio:.2f}；"
        f"内存峰值 {_mb(part.peak_memory_mb)}",
    ]


def _base_lines(base: Base) -> list[str]:
    query, disk = base.query, base.disk
    made_up = (
        f"；向量为随机数，文字和问题是真的，检索结果没有意义；每秒入账本和索引 {base.fill.rows_per_s:.0f} 段"
        if base.fill
        else ""
    )
    return [
        f"  {query.chunks} 段（{query.documents} 份{made_up}）",
        f"    取段落 {_latency(query.retrieve)}；查找 {_latency(query.search)}；提问 {_latency(query.ask)}",
        f"    打开 {query.open_s:.2f} 秒（比 {query.open_ratio:.0f}）；内存 {_mb(query.memory_mb)}，"
        f"峰值 {_mb(query.peak_memory_mb)}；磁盘 账本 {_mb(disk.ledger / 1e6)}、向量索引 {_mb(disk.vectors / 1e6)}、"
        f"词语索引 {_mb(disk.words / 1e6)}",
    ]


def _latency(latency: Latency) -> str:
    return f"{latency.p50_ms:.0f}/{latency.p95_ms:.0f} 毫秒（p50/p95，比 {latency.ratio:.1f}）"


def _mb(size: float | None) -> str:
    return "—" if size is None else f"{size:.0f} MB" if size >= 10 else f"{size:.1f} MB"


def _shared_corpus() -> Path | None:
    shared = os.environ.get("ZHENGDA_SHARED")
    corpus = Path(shared) / _SHARED_CORPUS if shared else None
    return corpus if corpus is not None and corpus.is_file() else None


def _sizes(text: str) -> tuple[int, ...]:
    parts = text.replace("，", ",").split(",")
    if not all(p.strip().isdigit() and _FEWEST <= int(p) <= _MOST for p in parts):
        raise argparse.ArgumentTypeError(f"{text} 应是用逗号隔开的段数，每个在 {_FEWEST} 到 {_MOST} 之间")
    return tuple(int(p) for p in parts)
