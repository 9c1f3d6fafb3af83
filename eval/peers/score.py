"""How well a ranking of passages fits a question: each number from 0 to 1, more is better."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from eval.cases import plain
from eval.peers.peer import GoldQuestion

SHOWN = 3  # passages that a person is shown
READ_CHARS = 1000  # what a person reads before giving up; makes long and short passages comparable
DEPTH = 10  # documents that count for nDCG

Ranking = Sequence[tuple[str, str]]  # document id and passage, best first


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionScore:
    """One question. `shown_chars` is how much text the first passages are: whole documents hold answers easily."""

    top1: float
    evidence_top3: float
    evidence_read: float
    ndcg10: float
    shown_chars: int


def score(ranking: Ranking, gold: GoldQuestion) -> QuestionScore:
    """The numbers of one ranking."""
    texts = [text for _, text in ranking]
    shown = texts[:SHOWN]
    return QuestionScore(
        top1=float(bool(ranking) and ranking[0][0] in gold.doc_ids),
        evidence_top3=float(any(plain(a) in plain(s) for a in gold.answers for s in shown)),
        evidence_read=float(any(plain(a) in plain("\n".join(texts)[:READ_CHARS]) for a in gold.answers)),
        ndcg10=ndcg(list(dict.fromkeys(doc_id for doc_id, _ in ranking)), gold.doc_ids),
        shown_chars=sum(map(len, shown)),
    )


def ndcg(doc_ids: Sequence[str], relevant: frozenset[str]) -> float:
    """nDCG of the first `DEPTH` documents, each once; a document counts 1 or 0 (Järvelin and Kekäläinen 2002)."""
    gain = sum(1 / math.log2(rank + 2) for rank, d in enumerate(doc_ids[:DEPTH]) if d in relevant)
    ideal = sum(1 / math.log2(rank + 2) for rank in range(min(DEPTH, len(relevant))))
    return gain / ideal if ideal else 0.0
