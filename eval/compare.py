"""What moved since an earlier run, and whether it is more than chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from eval.metrics import MEASURES
from eval.run import Run
from eval.saved import Baseline, keys

RESAMPLES = 2000
_SEED = 20240601
_BLOCK = 100  # resamples drawn at a time, to bound the memory
_TOO_FEW = 10  # with fewer pairs the interval says nothing


class Verdict(StrEnum):
    """What may be said of a difference."""

    BETTER = "better"
    WORSE = "worse"
    NOISE = "within_noise"  # the interval holds 0
    SAME = "same"
    TOO_FEW = "too_few"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """How one measure moved over the questions that both runs measured."""

    set: str  # "" for all sets together
    measure: str
    before: float
    after: float
    low: float  # of the 95 % interval of the difference
    high: float
    pairs: int

    @property
    def difference(self) -> float:
        """After less before."""
        return self.after - self.before

    @property
    def verdict(self) -> Verdict:
        """Better and worse only where the interval leaves 0 out."""
        if self.difference == self.low == self.high == 0:
            return Verdict.SAME
        if self.pairs < _TOO_FEW:
            return Verdict.TOO_FEW
        if self.low <= 0 <= self.high:
            return Verdict.NOISE
        return Verdict.BETTER if (self.difference < 0) == MEASURES[self.measure].lower_is_better else Verdict.WORSE


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All moves, and how many questions could be paired."""

    moves: tuple[Move, ...]
    paired: int
    only_now: int
    only_before: int


def compare(baseline: Baseline, run: Run) -> Comparison:
    """Pairs questions by id and wording; a measure is compared where both runs have it."""
    now = keys([(s.case.id, s.case.question) for s in run.scored])
    paired = [key in baseline.questions for key in now]
    groups: list[tuple[str, range]] = []
    first = 0
    for one in run.sets:
        groups.append((one.name, range(first, first + len(one.scored))))
        first += len(one.scored)
    if len(run.sets) > 1:
        groups.append(("", range(first)))
    moves: list[Move] = []
    for name, members in groups:
        for measure in MEASURES:
            pairs = [
                (baseline.questions[now[i]][measure], run.scored[i].values[measure])
                for i in members
                if paired[i] and measure in baseline.questions[now[i]] and measure in run.scored[i].values
            ]
            if pairs:
                moves.append(_move(name, measure, pairs))
    return Comparison(
        moves=tuple(moves),
        paired=sum(paired),
        only_now=len(now) - sum(paired),
        only_before=len(baseline.questions) - sum(paired),
    )


def _move(name: str, measure: str, pairs: Sequence[tuple[float, float]]) -> Move:
    low, high = interval([after - before for before, after in pairs])
    return Move(
        set=name,
        measure=measure,
        before=sum(b for b, _ in pairs) / len(pairs),
        after=sum(a for _, a in pairs) / len(pairs),
        low=low,
        high=high,
        pairs=len(pairs),
    )


def interval(differences: Sequence[float]) -> tuple[float, float]:
    """The 95 % interval of the mean difference: percentiles over 2000 seeded resamples of the pairs."""
    import numpy as np

    values = np.asarray(differences, dtype=np.float64)
    if not values.any():
        return 0.0, 0.0
    random = np.random.default_rng(_SEED)
    blocks = [
        values[random.integers(0, len(values), size=(_BLOCK, len(values)))].mean(axis=1)
        for _ in range(RESAMPLES // _BLOCK)
    ]
    low, high = np.percentile(np.concatenate(blocks), [2.5, 97.5])
    return float(low), float(high)
