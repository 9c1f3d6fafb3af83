"""The benchmark measures every stage of a tiny base; the comparison with other systems counts as worked by hand."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from documents import REPORT_A, RULE, write

from eval import bench, bench_texts
from eval.bench import report_dict, run_bench
from eval.bench_machine import memory_bytes, peak_memory_bytes
from eval.bench_texts import Texts, made_up, select
from eval.errors import EvalError
from eval.peers.data import add_distractors, read_documents, read_questions, write_documents
from eval.peers.measure import Result, measure
from eval.peers.peer import GoldQuestion, Peer, SourceDocument
from eval.peers.run import PEERS, Row, table
from eval.peers.score import ndcg, score
from ingest.load import load
from kb.embed import HashEmbedder
from qa.settings import Settings
from ui import cli_bench
from ui.cli import main

# --- the benchmark ---


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> bench.Report:
    """A whole benchmark on made-up text, in this process."""
    folder = tmp_path_factory.mktemp("bench")
    patch = pytest.MonkeyPatch()
    patch.setattr(bench, "_alone", lambda part, *arguments: part(*arguments))
    patch.setattr(bench, "_COLD_STARTS", 1)
    patch.setattr(bench_texts, "_QUESTIONS", 6)
    patch.setattr(bench, "MOST_REAL_CHUNKS", 20)
    try:
        settings = Settings(home=folder / "home", embedder="hash")
        return run_bench(settings, (40,), None, lambda _: None, samples=write(folder / "docs", a=RULE, b=REPORT_A))
    finally:
        patch.undo()


def test_ingest_stages_add_up(report: bench.Report) -> None:
    samples, made = report.ingest
    assert (samples.name, samples.documents, samples.failed) == ("samples", 2, 0)
    assert made.chunks >= 20
    for part in report.ingest:
        stages = (part.parsing_s, part.embedding_s, part.indexing_s)
        assert all(s > 0 for s in stages)
        assert sum(stages) == pytest.approx(part.total_s)
        assert part.characters > part.chunks > 0
        assert part.ratio == pytest.approx(part.chunks / part.total_s / part.raw_chunks_per_s)


def test_queries_are_timed_on_every_size(report: bench.Report) -> None:
    real, filled = report.bases
    assert real.fill is None
    assert filled.fill is not None and filled.fill.rows_per_s > 0
    assert filled.query.chunks == filled.fill.chunks >= 40 > real.query.chunks >= 20
    for base in report.bases:
        for latency in (base.query.retrieve, base.query.search, base.query.ask):
            assert 0 < latency.p50_ms <= latency.p95_ms
            assert latency.ratio == pytest.approx(latency.p50_ms / 1000 * base.query.raw_chunks_per_s)
        assert base.disk.ledger > 0 and base.disk.vectors > 0 and base.disk.words > 0
    assert filled.disk.ledger > real.disk.ledger
    assert report.cold_start.seconds > 0


def test_the_report_is_json_and_chinese(report: bench.Report) -> None:
    value = json.loads(json.dumps(report_dict(report)))
    assert [b["vectors"] for b in value["bases"]] == ["real", "made_up"]
    assert value["corpus"] is None
    assert value["bases"][1]["fill"]["rows_per_s"] > 0
    assert {"documents_per_s", "pages_per_s", "characters_per_s", "chunks_per_s", "ratio"} <= set(value["ingest"][0])
    text = cli_bench.report_text(report)
    assert "编造的公文" in text and "向量为随机数" in text and "冷启动" in text


def test_memory_is_read_where_the_system_tells() -> None:
    now, peak = memory_bytes(), peak_memory_bytes()
    if now is not None and peak is not None:
        assert 10_000_000 < now <= peak


def test_made_up_text_is_the_same_everywhere_and_reads_as_a_document(tmp_path: Path) -> None:
    assert made_up(3) == made_up(3) != made_up(5)
    path = tmp_path / "a.txt"
    path.write_text(made_up(3), encoding="utf-8")
    (document,) = load(path)
    assert document.metadata.kind == "rule"
    assert document.metadata.document_number is not None
    assert len({s.heading for s in document.sections}) >= 3


@pytest.mark.parametrize("name", ["c.jsonl", "c.jsonl.gz", "folder"])
def test_a_corpus_comes_before_made_up_text(tmp_path: Path, name: str) -> None:
    lines = "\n".join(json.dumps({"text": t}, ensure_ascii=False) for t in (RULE, REPORT_A)).encode()
    corpus = tmp_path / name
    if name == "folder":
        write(corpus, rule=RULE, report=REPORT_A)
    else:
        corpus.write_bytes(gzip.compress(lines) if name.endswith(".gz") else lines)
    files = Texts(corpus=corpus).files(tmp_path / "texts")
    first = [next(files) for _ in range(3)]
    texts = {path.read_text(encoding="utf-8") for path in first[:2]}
    assert texts == {RULE, REPORT_A}
    assert first[2].read_text(encoding="utf-8") == made_up(0)
    assert select(iter(first)).documents == 3


def test_a_bad_corpus_is_refused(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, embedder="hash")
    with pytest.raises(EvalError, match="找不到"):
        run_bench(settings, (20,), tmp_path / "none.jsonl", lambda _: None)
    bad = tmp_path / "bad.jsonl"
    bad.write_text("{}\n", encoding="utf-8")
    with pytest.raises(EvalError, match=r"bad\.jsonl"):
        next(Texts(corpus=bad).files(tmp_path / "texts"))


def test_wrong_sizes_are_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["bench", "--chunks", "1000,x"])
    assert ended.value.code == 64
    assert "段数" in capsys.readouterr().err


# --- the comparison ---

GOLD = GoldQuestion(question="养羊补多少?", doc_ids=frozenset({"a", "b"}), answers=("每只补助260元",))


@pytest.mark.parametrize(
    ("ranking", "top1", "evidence", "gain"),
    [
        ([("a", "每只补助２６０元。"), ("b", "别的")], 1, 1, 1.0),
        (
            [("x", ""), ("a", "每只补\n助260元"), ("x", ""), ("a", "")],
            0,
            1,
            (1 / math.log2(3)) / (1 + 1 / math.log2(3)),
        ),
        ([("x", ""), ("x", ""), ("x", ""), ("b", "每只补助260元")], 0, 0, 0.6309 / 1.6309),
        ([("a", "别的")], 1, 0, 1 / 1.6309),
        ([], 0, 0, 0.0),
    ],
    ids=["both first", "second", "passages of a document count once", "right document, no answer", "nothing found"],
)
def test_scores_by_hand(ranking: list[tuple[str, str]], top1: float, evidence: float, gain: float) -> None:
    got = score(ranking, GOLD)
    assert (got.top1, got.evidence_top3) == (top1, evidence)
    assert got.ndcg10 == pytest.approx(gain, abs=1e-4)


def test_long_passages_do_not_hold_everything_for_nothing() -> None:
    got = score([("a", "前" * 995 + "每只补助260元")], GOLD)
    assert (got.evidence_top3, got.evidence_read, got.shown_chars) == (1, 0, 1003)


def test_documents_below_the_tenth_do_not_count() -> None:
    assert ndcg([f"x{i}" for i in range(10)] + ["a"], frozenset("a")) == 0
    assert ndcg([f"x{i}" for i in range(9)] + ["a"], frozenset("a")) == pytest.approx(1 / math.log2(11))


class Toy:
    """Ranks documents by how many characters they share with the question."""

    def __init__(self, embed: Callable[[Sequence[str]], Any]) -> None:
        self._embed = embed

    def ingest(self, documents: Sequence[SourceDocument]) -> None:
        self._documents = list(documents)
        self._embed([d.text for d in documents])

    def search(self, question: str, k: int) -> list[tuple[str, str]]:
        best = sorted(self._documents, key=lambda d: (-len(set(d.text) & set(question)), d.doc_id))
        return [(d.doc_id, d.text) for d in best[:k]]


def test_a_toy_system_is_measured(tmp_path: Path) -> None:
    texts = {"sheep": "养羊每只补助260元", "bees": "养蜂每箱补助150元", "road": "道路管护"}
    documents = [SourceDocument(doc_id=i, text=t) for i, t in texts.items()]
    questions = [
        GoldQuestion(question="养羊每只", doc_ids=frozenset({"sheep"}), answers=("260元",)),
        GoldQuestion(question="养羊", doc_ids=frozenset({"bees"}), answers=("不在文中",)),
    ]

    def open_toy(embedder: Any, folder: Path) -> Peer:
        assert folder == tmp_path
        return Toy(embedder.passages)

    result = measure(open_toy, documents, questions, HashEmbedder(), tmp_path)
    assert (result.documents, result.questions, result.passages) == (3, 2, 3)
    assert (result.top1, result.evidence_top3) == (0.5, 0.5)
    assert result.ndcg10 == pytest.approx((1 + 1 / math.log2(3)) / 2)
    assert result.shown_chars == sum(map(len, texts.values()))
    assert 0 < result.embedding_s <= result.ingest_s
    assert 0 < result.query_p50_ms <= result.query_p95_ms


def test_documents_and_questions_are_read(tmp_path: Path) -> None:
    documents = [SourceDocument(doc_id="d1", text="甲\u2028乙"), SourceDocument(doc_id="d2", text="丙")]
    write_documents(tmp_path / "d.jsonl", documents)
    assert read_documents(tmp_path / "d.jsonl") == documents
    others = [SourceDocument(doc_id=f"d{i}", text="") for i in range(2, 30)]
    mixed = add_distractors(documents, others, 20, 7)
    assert mixed[:2] == documents
    assert len({d.doc_id for d in mixed}) == len(mixed)
    assert mixed == add_distractors(documents, others, 20, 7)
    row = {"question": "问", "doc_id": "d1", "alt_doc_ids": ["d2"], "answers": ["答"]}
    (tmp_path / "q.jsonl").write_text(json.dumps(row) + "\n\n", encoding="utf-8")
    (question,) = read_questions(tmp_path / "q.jsonl")
    assert question == GoldQuestion(question="问", doc_ids=frozenset({"d1", "d2"}), answers=("答",))
    assert [d.doc_id for d in read_documents(write(tmp_path / "folder", rule=RULE))] == ["rule"]


def test_the_table_has_a_line_for_what_did_not_run() -> None:
    numbers: dict[str, Any] = {f.name: 1 for f in fields(Result)}
    rows = [
        Row(name="ours", versions={"zhengda": "0.1.0"}, result=Result(**numbers), error=None),
        Row(name="txtai", versions={"txtai": "未安装"}, result=None, error="ModuleNotFoundError: No module"),
    ]
    lines = table(rows).splitlines()
    assert len(lines) == 4
    assert len({line.count("|") for line in lines}) == 1
    assert PEERS["txtai"].title in lines[3] and "未能运行" in lines[3]
