"""The means of the measures over a group of questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eval.metrics import MEASURES

Values = Mapping[str, float]  # of one question, by measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """A mean and over how many questions."""

    value: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The measures of a group of questions; a measure that none of them has is missing."""

    questions: int
    means: Mapping[str, Mean]
    p50: float | None  # seconds
    p95: float | None

    def value(self, measure: str) -> float | None:
        """The mean, or None when no question has the measure."""
        mean = self.means.get(measure)
        return mean.value if mean else None


def summarise(questions: Sequence[Values]) -> Summary:
    """The means over all questions that have a measure."""
    means: dict[str, Mean] = {}
    for key in MEASURES:
        values = [q[key] for q in questions if key in q]
        if values:
            means[key] = Mean(value=sum(values) / len(values), n=len(values))
    seconds = [q["seconds"] for q in questions if "seconds" in q]
    return Summary(questions=len(questions), means=means, p50=percentile(seconds, 0.5), p95=percentile(seconds, 0.95))


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value that `share` of them lie below: an item of the list, never one between two; None for no values."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)] if values else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalPair:
    """The refusal rate and the false refusal rate: a system that refuses everything has a perfect first one."""

    refusal: float | None
    false_refusal: float | None
    false_refusal_from: str = ""  # the wider group it is taken from, where the questions at hand have none to answer


def refusal_pair(own: Summary, *wider: tuple[str, Summary]) -> RefusalPair:
    """The pair of a group; a false refusal rate that it has not itself is that of the next wider group that has."""
    refusal, false = own.value("refusal"), own.value("false_refusal")
    if refusal is not None and false is None:
        for name, summary in wider:
            if (value := summary.value("false_refusal")) is not None:
                return RefusalPair(refusal=refusal, false_refusal=value, false_refusal_from=name)
    return RefusalPair(refusal=refusal, false_refusal=false)
