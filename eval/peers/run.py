"""Compares the systems, each in a process of its own, and writes the numbers as JSON and as a Markdown table.

    python -m eval.peers.run --docs DIR_OR_JSONL --questions QA.jsonl --out results.json
        [--distractors JSONL --distractor-count 300 --seed 7] [--only NAME ...]

A system that is not installed or breaks is a row that says so. Nothing is downloaded; the systems' own calls home are
turned off. Needs the extra `peers`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from importlib import import_module, metadata
from pathlib import Path

from eval.bench_machine import machine
from eval.peers.data import add_distractors, read_documents, read_questions, write_documents
from eval.peers.measure import Result, measure

_QUIET = {
    "ANONYMIZED_TELEMETRY": "False",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "LANGSMITH_TRACING": "false",
    "TOKENIZERS_PARALLELISM": "true",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A system: the module that opens it, what it is called, and the packages whose versions say what was run."""

    module: str
    title: str
    packages: tuple[str, ...]


PEERS = {
    "ours": Entry(module="eval.peers.ours", title="政答（段落检索）", packages=("zhengda", "chromadb", "tantivy")),
    "langchain": Entry(
        module="eval.peers.langchain_tutorial",
        title="LangChain 教程 RAG",
        packages=("langchain", "langchain-chroma", "langchain-text-splitters", "chromadb"),
    ),
    "llamaindex": Entry(
        module="eval.peers.llamaindex_default", title="LlamaIndex 默认索引", packages=("llama-index-core",)
    ),
    "haystack": Entry(module="eval.peers.haystack_hybrid", title="Haystack 混合检索", packages=("haystack-ai",)),
    "txtai": Entry(module="eval.peers.txtai_hybrid", title="txtai 混合检索", packages=("txtai", "faiss-cpu", "torch")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the comparison: a result, or why there is none."""

    name: str
    versions: dict[str, str]
    result: Result | None
    error: str | None


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the comparison; returns the exit code."""
    options = _parser().parse_args(arguments)
    if options.child:
        return _child(options)
    documents = read_documents(options.docs)
    if options.distractors:
        others = read_documents(options.distractors)
        documents = add_distractors(documents, others, options.distractor_count, options.seed)
    questions = read_questions(options.questions)
    say(f"{len(documents)} documents, {sum(len(d.text) for d in documents)} characters, {len(questions)} questions")
    rows = []
    with tempfile.TemporaryDirectory(prefix="zhengda-peers-") as folder:
        docs = Path(folder) / "documents.jsonl"
        write_documents(docs, documents)
        for name in options.only or PEERS:
            rows.append(_run_child(name, docs, options.questions, Path(folder), options.timeout_s))
            _write(options.out, rows)
    print(table(rows))
    return 0 if all(r.result for r in rows) else 2


def table(rows: Sequence[Row]) -> str:
    """The comparison in Markdown, in Chinese."""
    lines = [
        "| 系统 | 首篇命中 | 前三段含答案 | 前千字含答案 | nDCG@10 | 前三段字数 | 段数 | 入库 字/秒 | 入库比 | 提问 p50/p95 毫秒 | 提问比 | 内存峰值 MB | 版本 |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        versions = "，".join(f"{p} {v}" for p, v in row.versions.items())
        title = PEERS[row.name].title if row.name in PEERS else row.name
        if row.result is None:
            lines.append(f"| {title} | 未能运行：{row.error} |" + " — |" * 10 + f" {versions} |")
            continue
        r = row.result
        memory = "—" if r.peak_memory_mb is None else f"{r.peak_memory_mb:.0f}"
        cells = (
            f"{r.top1:.3f}",
            f"{r.evidence_top3:.3f}",
            f"{r.evidence_read:.3f}",
            f"{r.ndcg10:.3f}",
            f"{r.shown_chars:.0f}",
            f"{r.passages}",
            f"{r.chars_per_s:.0f}",
            f"{r.ingest_ratio:.2f}",
            f"{r.query_p50_ms:.1f} / {r.query_p95_ms:.1f}",
            f"{r.query_ratio:.1f}",
            memory,
            versions,
        )
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def say(text: str) -> None:
    """A line of progress."""
    print(text, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m eval.peers.run", description="Compares retrieval systems.")
    parser.add_argument("--docs", type=Path, required=True, help="folder of files, or lines of doc_id and text")
    parser.add_argument("--questions", type=Path, required=True, help="lines of question, doc_id, answers")
    parser.add_argument("--out", type=Path, required=True, help="the numbers as JSON; the table goes to stdout")
    parser.add_argument("--distractors", type=Path, help="more documents, as lines of doc_id and text")
    parser.add_argument("--distractor-count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--only", action="append", choices=tuple(PEERS), help="this system only; may be repeated")
    parser.add_argument("--timeout-s", type=float, default=3600)
    parser.add_argument("--child", choices=tuple(PEERS), help=argparse.SUPPRESS)
    return parser


def _run_child(name: str, docs: Path, questions: Path, folder: Path, timeout_s: float) -> Row:
    """One system in a process of its own: a clean reading of memory, and a crash that ends only that row."""
    out = folder / f"{name}.json"
    command = [sys.executable, "-m", "eval.peers.run", "--child", name]
    command += ["--docs", str(docs), "--questions", str(questions), "--out", str(out)]
    say(f"== {name}")
    started = time.perf_counter()
    error = None
    try:
        done = subprocess.run(command, env={**os.environ, **_QUIET}, timeout=timeout_s, check=False)
        if done.returncode:
            why = out.with_suffix(".error")
            error = why.read_text(encoding="utf-8") if why.exists() else f"进程异常结束（{done.returncode}）"
    except subprocess.TimeoutExpired:
        error = f"超过 {timeout_s:.0f} 秒"
    say(f"   {time.perf_counter() - started:.0f} s {error or ''}")
    result = None if error else Result(**json.loads(out.read_text(encoding="utf-8")))
    return Row(name=name, versions=_versions(PEERS[name].packages), result=result, error=error)


def _child(options: argparse.Namespace) -> int:
    from kb.embed import open_embedder

    documents, questions = read_documents(options.docs), read_questions(options.questions)
    folder = options.out.with_suffix("")
    folder.mkdir()
    try:
        open_peer = import_module(PEERS[options.child].module).open_peer
        result = measure(open_peer, documents, questions, open_embedder("builtin"), folder, say)
    except Exception as error:  # whatever another's library raises belongs in its row
        why = " ".join(f"{type(error).__name__}: {error}".split()).replace("|", "/")
        options.out.with_suffix(".error").write_text(why, encoding="utf-8")
        raise
    options.out.write_text(json.dumps(asdict(result)), encoding="utf-8")
    return 0


def _versions(packages: Sequence[str]) -> dict[str, str]:
    versions = {}
    for package in packages:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = "未安装"
    return versions


def _write(path: Path, rows: Sequence[Row]) -> None:
    value = {"date": date.today().isoformat(), "machine": asdict(machine()), "systems": [asdict(r) for r in rows]}
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
