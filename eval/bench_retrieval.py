"""How well each stage of the search finds the document and the passage that answer: python -m eval.bench_retrieval.

Of a base and a question set whose questions name their document: the share of questions whose document comes first,
nDCG@10 over documents (one is right), the share whose document is among those of the first 100 passages, and the share
whose whole reference answer stands in one of the first three passages. Reciprocal rank fusion is computed beside ours.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.cases import Case, plain, read_cases, stem
from ingest.chunk import RECIPE
from kb.embed import open_embedder
from kb.knowledge_base import KnowledgeBase, Passage

_DEPTH = 100
_RRF_K = 60  # Cormack et al., SIGIR 2009
_STAGES = ("dense", "lexical", "hybrid", "reranked")

Search = Callable[[str], list[Passage]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one way of searching reached; shares 0..1, milliseconds for one question."""

    name: str
    first: float
    ndcg: float
    found: float
    answer_in_three: float
    p50_ms: float
    p95_ms: float

    def __str__(self) -> str:
        shares = " ".join(f"{x:7.3f}" for x in (self.first, self.ndcg, self.found, self.answer_in_three))
        return f"{self.name:10s} {shares} {self.p50_ms:7.1f} {self.p95_ms:7.1f}"


def measure(name: str, search: Search, cases: Sequence[Case], stands_for: Callable[[str], str]) -> Row:
    """One row. `stands_for` gives the document that a file's stem is answered from (its own, or that of its copy)."""
    ranks, answered, times = [], [], []
    for case in cases:
        started = time.perf_counter()
        passages = search(case.question)
        times.append((time.perf_counter() - started) * 1000)
        right = {stands_for(d) for d in case.documents}
        documents = list(dict.fromkeys(p.chunk.document_id for p in passages))
        ranks.append(next((i for i, d in enumerate(documents) if d in right), None))
        texts = [plain(p.chunk.text) for p in passages[:3]]
        answered.append(any(plain(r) in text for r in case.references for text in texts))
    times.sort()
    return Row(
        name=name,
        first=statistics.fmean(r == 0 for r in ranks),
        ndcg=statistics.fmean(1 / math.log2(2 + r) if r is not None and r < 10 else 0.0 for r in ranks),
        found=statistics.fmean(r is not None for r in ranks),
        answer_in_three=statistics.fmean(answered),
        p50_ms=times[len(times) // 2],
        p95_ms=times[int(len(times) * 0.95)],
    )


def reciprocal_ranks(base: KnowledgeBase, question: str) -> list[Passage]:
    """Plain reciprocal rank fusion of the dense and the lexical search."""
    scores: dict[str, float] = defaultdict(float)
    passages: dict[str, Passage] = {}
    for stage in ("dense", "lexical"):
        for rank, passage in enumerate(base.search_stage(stage, question, _DEPTH), 1):
            scores[passage.chunk.id] += 1 / (_RRF_K + rank)
            passages[passage.chunk.id] = passage
    return [passages[i] for i in sorted(scores, key=lambda i: (-scores[i], i))[:_DEPTH]]


def main() -> int:
    """Prints a line for each stage."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("home", type=Path, help="the base")
    options.add_argument("set", type=Path, help="questions with answers and documents, as for zhengda eval")
    given = options.parse_args()
    cases = [c for c in read_cases(given.set).cases if c.documents and c.references]
    base = KnowledgeBase(given.home, open_embedder("builtin"), RECIPE, to_write=False)
    try:
        stems = _stems(base)
        ways: dict[str, Search] = {s: lambda q, s=s: base.search_stage(s, q, _DEPTH) for s in _STAGES}  # type: ignore[misc]
        ways["rrf"] = lambda question: reciprocal_ranks(base, question)
        base.search("预热", 1)
        records = base.documents()
        print(f"{len(cases)} questions, {len(records)} documents, {sum(r.chunks for r in records)} passages")
        print(f"{'':10s} first@1 nDCG@10   found answer3  p50 ms  p95 ms")
        for name, search in ways.items():
            print(measure(name, search, cases, lambda d: stems.get(d, d)), flush=True)
    finally:
        base.close()
    return 0


def _stems(base: KnowledgeBase) -> dict[str, str]:
    """A file's stem -> the id of the document that answers for it."""
    return {stem(r.source): r.current_id or r.id for r in base.documents(hidden=True)}


if __name__ == "__main__":
    sys.exit(main())
