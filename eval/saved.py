"""A run as JSON: what `--save` writes and `--baseline` reads, and the numbers that `--json` prints."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.errors import EvalError
from eval.run import Run, Scored
from eval.summary import Summary, Values, refusal_pair

if TYPE_CHECKING:
    from eval.compare import Comparison

FORMAT = "zhengda-eval-1"
Json = dict[str, Any]
Key = tuple[str, str, int]  # id, question, and which of several alike it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The measures of an earlier run, by question."""

    questions: dict[Key, Values]


def save(run: Run, path: Path) -> None:
    """Writes the run with every question, its answer and its measures."""
    sets = [{"name": s.name, "questions": [_question(q) for q in s.scored]} for s in run.sets]
    text = json.dumps({"format": FORMAT, "summary": numbers(run), "sets": sets}, ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def load_baseline(path: Path) -> Baseline:
    """What `save` wrote. Raises EvalError for any other file."""
    wrong = f"{path}：不是评测结果文件，应是 zhengda eval --save 写出的"
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
        if saved["format"] != FORMAT:
            raise EvalError(f"{path}：结果文件的格式是 {saved['format']}，这一版认得的是 {FORMAT}，请重新保存一次")
        questions = [q for s in saved["sets"] for q in s["questions"]]
        values = [{str(k): float(v) for k, v in q["measures"].items()} for q in questions]
        named = [(str(q["id"]), str(q["question"])) for q in questions]
    except OSError as error:
        raise EvalError(f"{path}：读不了（{error.strerror}）") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EvalError(wrong) from error
    return Baseline(questions=dict(zip(keys(named), values, strict=True)))


def keys(named: Sequence[tuple[str, str]]) -> list[Key]:
    """A key for each (id, question); two alike are told apart by their order."""
    seen: dict[tuple[str, str], int] = {}
    made: list[Key] = []
    for name in named:
        seen[name] = seen.get(name, 0) + 1
        made.append((*name, seen[name]))
    return made


def numbers(run: Run) -> Json:
    """All numbers of a run, without the questions."""
    whole = run.summary()
    return {
        "documents": run.documents,
        "seconds": run.seconds,
        "peak_memory_mib": run.peak_memory_mib,
        "overall": _summary(whole, whole),
        "sets": [
            {
                "set": s.name,
                "notes": list(s.notes),
                "overall": _summary(s.summary(), s.summary(), whole),
                "kinds": {kind: _summary(s.summary(kind), s.summary(), whole) for kind in s.kinds},
            }
            for s in run.sets
        ],
    }


def comparison_dict(comparison: Comparison) -> Json:
    """What moved against a baseline."""
    return {
        "paired": comparison.paired,
        "only_now": comparison.only_now,
        "only_before": comparison.only_before,
        "moves": [
            {
                "set": m.set or None,
                "measure": m.measure,
                "before": round(m.before, 4),
                "after": round(m.after, 4),
                "difference": round(m.difference, 4),
                "interval_95": [round(m.low, 4), round(m.high, 4)],
                "pairs": m.pairs,
                "verdict": m.verdict.value,
            }
            for m in comparison.moves
        ],
    }


def _summary(summary: Summary, *wider: Summary) -> Json:
    pair = refusal_pair(summary, *(("", w) for w in wider))
    shown: Json = {
        "questions": summary.questions,
        "measures": {key: {"value": round(m.value, 4), "n": m.n} for key, m in summary.means.items()},
        "seconds_p50": summary.p50,
        "seconds_p95": summary.p95,
    }
    if pair.refusal is not None:  # never one without the other
        false = None if pair.false_refusal is None else round(pair.false_refusal, 4)
        shown["refusal_and_false_refusal"] = [round(pair.refusal, 4), false]
    return shown


def _question(scored: Scored) -> Json:
    answer = scored.answer
    return {
        "id": scored.case.id,
        "kind": scored.case.kind,
        "question": scored.case.question,
        "outcome": answer.outcome.value if answer else None,
        "answer": answer.text if answer else None,
        "certainty": answer.certainty if answer else None,
        "error": scored.error or None,
        "citations": [
            {"document_id": c.document_id, "source": c.source, "start": c.start, "end": c.end, "quote": c.quote}
            | ({"nearest": True} if c.nearest else {})
            for c in (answer.citations if answer else ())
        ],
        "measures": dict(scored.values),
    }
