"""The measurement of topics and searches: its numbers by hand, and what it says without the labelled texts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eval.topics import LABELS, Score, main, ndcg
from ingest.topics import topic_names


@pytest.mark.parametrize(
    ("found", "judged", "expected"),
    [([2, 0, 1], [2, 1], 0.964), ([2, 1], [2, 1], 1.0), ([0, 0], [2], 0.0), ([], [0, 0], 0.0), ([0, 2], [2], 0.631)],
)
def test_ndcg_by_hand(found: list[int], judged: list[int], expected: float) -> None:
    assert ndcg(found, judged) == pytest.approx(expected, abs=0.001)


def test_micro_f1_by_hand() -> None:
    score = Score(passages=4, right=6, extra=2, missed=4)
    assert (score.precision, score.recall, score.f1) == (0.75, 0.6, pytest.approx(2 / 3))


def test_missing_texts_are_named_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--shared", str(tmp_path)]) == 1
    out, err = capsys.readouterr()
    assert not out and str(tmp_path) in err and len(err.strip().splitlines()) == 1


def test_labels_hold_no_text_and_only_known_topics() -> None:
    labels = [json.loads(line) for line in (LABELS / "topics.jsonl").read_text("utf-8").splitlines()]
    assert len(labels) >= 300 and {label["part"] for label in labels} == {"dev", "held_out"}
    for label in labels:
        assert set(label["topics"]) <= set(topic_names())
        assert set(label) == {"corpus", "text", "document_id", "start", "end", "passage", "part", "topics"}
    searches = [json.loads(line) for line in (LABELS / "searches.jsonl").read_text("utf-8").splitlines()]
    assert len(searches) >= 60
    assert {j["grade"] for s in searches for j in s["judged"]} == {0, 1, 2}
    assert all(set(j) == {"document_id", "start", "end", "passage", "grade"} for s in searches for j in s["judged"])
