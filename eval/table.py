"""A run as a table for a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from itertools import groupby

from eval.compare import Comparison, Move, Verdict
from eval.metrics import MEASURES
from eval.run import Run
from eval.summary import Summary, refusal_pair

Row = tuple[str, ...]
NONE = "—"
KINDS = {
    "standard": "补助标准",
    "fact": "事实",
    "scope": "地方年份",
    "ambiguous": "未写明地方",
    "refuse": "应拒答",
    "span": "原文片段",
    "noise": "抗干扰",
    "integration": "多份综合",
    "counterfactual": "混入假文件",
    "extractive": "抽取",
    "time_sensitive": "随时间变",
    "faithful": "忠实原文",
    "conversation": "多轮对话",
    "table": "表格",
    "multidoc": "多份自由答",
    "multi": "多份多点",
    "as_of": "按时间",
    "injection": "夹带指令",
    "colloquial": "口语",
}
VERDICTS = {
    Verdict.BETTER: "变好",
    Verdict.WORSE: "变差",
    Verdict.NOISE: "在误差范围内",
    Verdict.SAME: "没有变化",
    Verdict.TOO_FEW: "题太少，不作判断",
}
_SHOWN = ("hit", "rouge_l", "first_document", "citation_precision", "citation_recall", "figures", "verbatim")
_HEADS = {**{m: MEASURES[m].label for m in MEASURES}, "first_document": "首条出处", "wrong_place": "错地"}
PAIR_HEAD = "拒答 / 误拒"
HEAD: Row = ("题集与类型", "题数", *(_HEADS[m] for m in _SHOWN), PAIR_HEAD, "错地", "p50", "p95")
MOVES_HEAD: Row = ("题集", "指标", "基线", "这次", "变化", "95% 区间", "配对", "判断")


def run_text(run: Run) -> str:
    """The table, what it leaves to be said, and the memory."""
    rows = list(rows_of(run))
    lines = [_aligned([HEAD, *rows]), "", *footnotes(run, rows), memory_text(run)]
    return "\n".join(lines)


def rows_of(run: Run) -> Iterator[Row]:
    """Each set, its kinds below it, and all sets together when there are several."""
    whole = ("各题集合计", run.summary())
    for one in run.sets:
        overall = one.summary()
        yield _row(one.name, overall, whole)
        if len(one.kinds) > 1:
            for kind in one.kinds:
                yield _row(f"  {kind_label(kind)}", one.summary(kind), ("本题集", overall), whole)
    if len(run.sets) > 1:
        yield _row("合计", run.summary())


def footnotes(run: Run, rows: Sequence[Row]) -> list[str]:
    """What a reader of the table must know."""
    notes = [f"{one.name}：{note}" for one in run.sets for note in one.notes]
    cells = [row[HEAD.index(PAIR_HEAD)] for row in rows]
    if any("*" in cell for cell in cells):
        notes.append("* 这一行没有应答的题，误拒率取自本题集，本题集也没有的取自合计")
    if any(cell.endswith("无") for cell in cells):
        notes.append("没有一道应答的题，误拒率无从谈起；什么都不答也能拒答 100%，请连同有答案的题一起评测")
    return ["比率为 %，p50、p95 为秒；各指标的含义见 docs/evaluation.md", *notes]


def memory_text(run: Run) -> str:
    """The base, the time and the memory in one line."""
    memory = "本系统不提供" if run.peak_memory_mib is None else f"{run.peak_memory_mib:.0f} MiB"
    return f"资料库 {run.documents} 份，共 {len(run.scored)} 题，用时 {run.seconds:.1f} 秒，内存峰值 {memory}"


def comparison_text(comparison: Comparison) -> str:
    """What moved against the baseline."""
    lines = [_aligned([MOVES_HEAD, *move_rows(comparison)])] if comparison.moves else []
    return "\n".join([*lines, "", comparison_note(comparison)])


def move_rows(comparison: Comparison) -> Iterator[Row]:
    """Each measure; those that did not move in a set share one row, refusal and false refusal never part."""
    for name, moves in groupby(comparison.moves, key=lambda m: m.set):
        still: list[Move] = []
        group = list(moves)
        refusals = [m for m in group if m.measure in ("refusal", "false_refusal")]
        keep_refusals = any(m.verdict is not Verdict.SAME for m in refusals)
        for move in group:
            if move.verdict is Verdict.SAME and not (move in refusals and keep_refusals):
                still.append(move)
            else:
                yield _move_row(name or "合计", move)
        if still:
            labels = "、".join(MEASURES[m.measure].label for m in still)
            yield (name or "合计", labels, "", "", "", "", str(max(m.pairs for m in still)), VERDICTS[Verdict.SAME])


def comparison_note(comparison: Comparison) -> str:
    """What could be paired."""
    note = f"与基线配对 {comparison.paired} 题；两次都有该指标的题才参与比较（配对自助法，2000 次重抽）"
    if comparison.only_now or comparison.only_before:
        note += f"；基线里没有的 {comparison.only_now} 题、这次没有的 {comparison.only_before} 题不参与"
    return note


def kind_label(kind: str) -> str:
    """A kind in Chinese; an office's own kinds as they are."""
    return KINDS.get(kind, kind)


def percent(value: float | None) -> str:
    """A share as "97.5"."""
    return NONE if value is None else f"{100 * value:.1f}"


def _row(name: str, summary: Summary, *wider: tuple[str, Summary]) -> Row:
    return (
        name,
        str(summary.questions),
        *(percent(summary.value(m)) for m in _SHOWN),
        _pair(summary, *wider),
        percent(summary.value("wrong_place")),
        NONE if summary.p50 is None else f"{summary.p50:.2f}",
        NONE if summary.p95 is None else f"{summary.p95:.2f}",
    )


def _pair(summary: Summary, *wider: tuple[str, Summary]) -> str:
    pair = refusal_pair(summary, *wider)
    if pair.refusal is not None and pair.false_refusal is None:
        return f"{percent(pair.refusal)} / 无"
    return f"{percent(pair.refusal)} / {percent(pair.false_refusal)}{'*' if pair.false_refusal_from else ''}"


def _move_row(name: str, move: Move) -> Row:
    if MEASURES[move.measure].is_share:
        before, after = percent(move.before), percent(move.after)
        moved, span = f"{100 * move.difference:+.1f}", f"{100 * move.low:+.1f} … {100 * move.high:+.1f}"
    else:
        before, after = f"{move.before:.3f}", f"{move.after:.3f}"
        moved, span = f"{move.difference:+.3f}", f"{move.low:+.3f} … {move.high:+.3f}"
    label = MEASURES[move.measure].label
    return (name, label, before, after, moved, span, str(move.pairs), VERDICTS[move.verdict])


# --- alignment ---


def width(text: str) -> int:
    """Columns on a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _aligned(rows: Sequence[Row]) -> str:
    """Rows as lines: names to the left, numbers to the right."""
    widths = [max(width(row[i]) for row in rows) for i in range(len(rows[0]))]
    left = [not any(row[i][:1] in "0123456789+-—" for row in rows[1:] if row[i]) for i in range(len(rows[0]))]

    def cell(i: int, text: str) -> str:
        space = " " * (widths[i] - width(text))
        return text + space if left[i] or i == 0 else space + text

    return "\n".join("  ".join(cell(i, text) for i, text in enumerate(row)).rstrip() for row in rows)
