"""How well passages get their topics, and how well search ranks for topic queries: python -m eval.topics --shared DIR.

The labels lie in eval/labels; the labelled texts may not be published, so they are read from DIR (seeds/, eval/ncpp_dev,
corpora/), and a label names a passage by hashes and offsets. Topics: micro-F1 by part; `dev` was worked on, `held_out`
was labelled before and only measured. Searches: nDCG@10 over grades 0 (off topic), 1 (touches it), 2 (about it), given
by reading the pooled first hits of words, vectors and both; what nobody graded counts 0.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import math
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.document import Document
from ingest.load import load
from ingest.topics import topics_of
from qa.service import Service, open_service
from qa.settings import Settings

LABELS = Path(__file__).parent / "labels"
DEPTH = 10
MISSING = "{}：没有标注所用的文本（{}），这项评测只能在有它们的地方做"


class MissingTexts(Exception):
    """The labelled texts are not there. The message is one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Labels found over many passages."""

    passages: int
    right: int
    extra: int
    missed: int

    @property
    def precision(self) -> float:
        """The share of the topics given that are right; 0..1."""
        return self.right / max(1, self.right + self.extra)

    @property
    def recall(self) -> float:
        """The share of the right topics that are given; 0..1."""
        return self.right / max(1, self.right + self.missed)

    @property
    def f1(self) -> float:
        """Micro-F1, 0..1."""
        return 2 * self.right / max(1, 2 * self.right + self.extra + self.missed)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints both measurements; 1 when the texts are missing."""
    parser = argparse.ArgumentParser(prog="python -m eval.topics", description=__doc__)
    parser.add_argument("--shared", type=Path, required=True, metavar="DIR", help="where the labelled texts lie")
    parser.add_argument("--home", type=Path, metavar="DIR", help="keep the base of the searches here, and use it again")
    parser.add_argument("--only", choices=("topics", "searches"), help="one of the two measurements")
    options = parser.parse_args(arguments)
    try:
        if options.only != "searches":
            _print_topics(topic_scores(options.shared))
        if options.only != "topics":
            _print_searches(options.shared, options.home)
    except MissingTexts as missing:
        print(missing, file=sys.stderr)
        return 1
    return 0


def topic_scores(shared: Path) -> dict[str, tuple[Score, Mapping[str, int]]]:
    """Part -> its score, and how often each topic was given or left out wrongly. Raises MissingTexts."""
    labels = _lines("topics.jsonl")
    documents = _labelled_documents(shared, labels)
    tallies: dict[str, Counter[str]] = defaultdict(Counter)
    wrong: dict[str, Counter[str]] = defaultdict(Counter)
    for label in labels:
        document = documents[label["document_id"]]
        text = document.text[label["start"] : label["end"]]
        if _sha(text) != label["passage"]:
            raise MissingTexts(f"{label['corpus']}：有一段文本与标注时不同（{label['document_id']}）")
        right, given = set(label["topics"]), set(topics_of(text, document.path_at(label["start"])))
        tally = tallies[label["part"]]
        tally.update(passages=1, right=len(right & given), extra=len(given - right), missed=len(right - given))
        wrong[label["part"]].update(right ^ given)
    return {
        part: (
            Score(passages=t["passages"], right=t["right"], extra=t["extra"], missed=t["missed"]),
            dict(wrong[part].most_common(5)),
        )
        for part, t in sorted(tallies.items())
    }


def ndcg(found: Sequence[int], judged: Sequence[int], depth: int = DEPTH) -> float:
    """nDCG of the grades found, in order, against the best order of all that were judged (2^grade - 1); 0..1."""
    best = _gain(sorted(judged, reverse=True)[:depth])
    return _gain(found[:depth]) / best if best else 0.0


def search_scores(service: Service) -> dict[str, float]:
    """Query -> nDCG@10 of the product's search."""
    scores = {}
    for line in _lines("searches.jsonl"):
        grades = {(j["document_id"], j["start"]): j["grade"] for j in line["judged"]}
        hits = service.search(line["query"], limit=DEPTH).hits
        found = [grades.get((h.document.id, h.start), 0) for h in hits]
        scores[line["query"]] = ndcg(found, list(grades.values()))
    return scores


def _gain(grades: Sequence[int]) -> float:
    return sum((2.0**grade - 1) / math.log2(rank + 2) for rank, grade in enumerate(grades))


def _print_topics(scores: Mapping[str, tuple[Score, Mapping[str, int]]]) -> None:
    for part, (score, wrong) in scores.items():
        worst = "、".join(f"{name} {count}" for name, count in wrong.items())
        print(
            f"topics {part:9s} passages {score.passages:4d}  F1 {score.f1:.3f}  "
            f"P {score.precision:.3f}  R {score.recall:.3f}  错得最多：{worst}"
        )


def _print_searches(shared: Path, home: Path | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=home or Path(folder) / "home")
        fresh = not (settings.home / "ledger.sqlite").exists()
        service = open_service(settings, to_write=fresh)
        try:
            if fresh:
                service.ingest([_search_texts(shared, Path(folder) / "texts")])
            scores = search_scores(service)
        finally:
            service.close()
    mean = sum(scores.values()) / len(scores)
    weak = "、".join(f"{q} {s:.2f}" for q, s in sorted(scores.items(), key=lambda item: item[1])[:5])
    print(f"searches {len(scores)} queries  nDCG@{DEPTH} {mean:.3f}  最弱：{weak}")


def _labelled_documents(shared: Path, labels: Sequence[dict[str, Any]]) -> dict[str, Document]:
    """The documents that labels point into, by id."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for label in labels:
        wanted[label["corpus"]].add(label["text"])
    documents: dict[str, Document] = {}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "a.txt"
        for corpus, hashes in wanted.items():
            for text in _texts(shared, corpus):
                if _sha(text) in hashes:
                    file.write_text(text, encoding="utf-8")
                    documents |= {d.id: d for d in load(file)}
    lacking = {label["document_id"] for label in labels} - documents.keys()
    if lacking:
        raise MissingTexts(MISSING.format(shared, f"缺 {len(lacking)} 份"))
    return documents


def _search_texts(shared: Path, folder: Path) -> Path:
    """The texts that the searches were judged on, as files."""
    folder.mkdir()
    for corpus in ("seeds", "ncpp_dev"):
        for number, text in enumerate(_texts(shared, corpus)):
            (folder / f"{corpus}-{number:04d}.txt").write_text(text, encoding="utf-8")
    return folder


def _texts(shared: Path, corpus: str) -> Iterator[str]:
    """The raw texts of a corpus. Raises MissingTexts."""
    if corpus == "seeds":
        files = sorted((shared / "seeds").glob("*.txt"))
        if not files:
            raise MissingTexts(MISSING.format(shared / "seeds", "*.txt"))
        yield from (file.read_text(encoding="utf-8") for file in files)
        return
    path = shared / {"ncpp_dev": "eval/ncpp_dev/docs.jsonl", "gov_corpus": "corpora/gov_corpus.jsonl.gz"}[corpus]
    if not path.exists():
        raise MissingTexts(MISSING.format(path, corpus))
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        yield from (json.loads(line)["text"] for line in lines)


def _lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (LABELS / name).read_text(encoding="utf-8").splitlines()]


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


if __name__ == "__main__":
    sys.exit(main())
