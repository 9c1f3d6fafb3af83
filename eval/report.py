"""A run as one HTML file that needs nothing else: no scripts, no links, every text escaped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from html import escape

from eval.cases import Case
from eval.compare import Comparison
from eval.metrics import MEASURES
from eval.plots import bars, curve, histogram
from eval.run import Run, Scored, SetRun
from eval.summary import Summary, refusal_pair
from eval.table import (
    HEAD,
    MOVES_HEAD,
    Row,
    comparison_note,
    footnotes,
    kind_label,
    memory_text,
    move_rows,
    percent,
    rows_of,
)
from qa.answer import Answer, Outcome

_STYLE = """
:root { --paper: #f6f4ef; --sheet: #fffefb; --ink: #22262b; --soft: #5f6368; --line: #dcd7cc; --red: #a3261c;
  --tint: #f6e9e3; color-scheme: light; }
@media (prefers-color-scheme: dark) { :root { --paper: #15181b; --sheet: #1d2125; --ink: #e6e3dc; --soft: #a3a6a8;
  --line: #353a40; --red: #e0796c; --tint: #38241f; color-scheme: dark; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.7 "Noto Sans CJK SC", "Source Han Sans SC",
  "PingFang SC", "Microsoft YaHei", sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { font-size: 26px; margin: 0; } h2 { font-size: 19px; margin: 40px 0 10px; } h3 { font-size: 15px; margin: 20px 0 6px; }
p { margin: 4px 0; } .soft { color: var(--soft); font-size: 14px; }
.wide { overflow-x: auto; background: var(--sheet); border: 1px solid var(--line); border-radius: 8px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { padding: 6px 8px; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
th { font-weight: 600; color: var(--soft); } tr:last-child td { border-bottom: 0; }
th:first-child, td:first-child, .moves td:nth-child(2), .moves th:nth-child(2) { text-align: left; white-space: pre; }
.moves td:nth-child(2) { white-space: normal; min-width: 9em; }
.results .whole td { font-weight: 600; background: var(--tint); }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(420px, 1fr)); gap: 16px; }
figure { margin: 0; padding: 14px 16px; background: var(--sheet); border: 1px solid var(--line); border-radius: 8px; }
figcaption { font-weight: 600; margin-bottom: 10px; } figcaption span { font-weight: 400; color: var(--soft); font-size: 14px; }
svg { max-width: 100%; height: auto; display: block; } svg text { font-size: 13px; fill: var(--ink); }
.field { fill: var(--tint); } .bar { fill: var(--red); } .grid { stroke: var(--line); }
.line { fill: none; stroke: var(--red); stroke-width: 2; } .dot { fill: var(--red); }
article { padding: 12px 16px; margin: 10px 0; background: var(--sheet); border: 1px solid var(--line); border-radius: 8px;
  break-inside: avoid; }
article h3 { margin: 0 0 6px; } .tag { font-weight: 400; font-size: 13px; color: var(--red); margin-left: 8px; }
dl { display: grid; grid-template-columns: 5em 1fr; gap: 4px 12px; margin: 0; } dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; white-space: pre-wrap; }
blockquote { margin: 0 0 6px; padding: 2px 10px; border-left: 3px solid var(--line); white-space: pre-wrap; }
blockquote.nearest { opacity: .75; }
@media (max-width: 520px) { main { padding: 20px 12px 40px; } .plots { grid-template-columns: 1fr; } }
"""
_FAULTS = {
    "hit": "没有答对",
    "refusal": "应拒答而作答",
    "figures": "数字无据",
    "verbatim": "引文与原文不符",
    "wrong_place": "拿别处的文件作答",
}


def report_html(run: Run, comparison: Comparison | None, made_at: datetime) -> str:
    """The page."""
    misses = [(s, q) for s in run.sets for q in s.scored if q.is_miss]
    rows = list(rows_of(run))
    parts = [
        "<h1>政答评测报告</h1>",
        f'<p class="soft">{made_at.year}年{made_at.month}月{made_at.day}日 {made_at:%H:%M}　{escape(memory_text(run))}</p>',
        "<h2>结果</h2>",
        _table([HEAD, *rows], "results"),
        *(f'<p class="soft">{escape(note)}</p>' for note in footnotes(run, rows)),
        *(_comparison(comparison) if comparison else ()),
        "<h2>图</h2>",
        f'<div class="plots">{"".join(_figures(run))}</div>',
        f"<h2>没有做对的题（{len(misses)}）</h2>",
        *(_miss(s, q, many=len(run.sets) > 1) for s, q in misses),
        *(() if misses else ("<p>没有。</p>",)),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>政答评测报告</title>'
        f"<style>{_STYLE}</style></head><body><main>\n{chr(10).join(parts)}\n</main></body></html>\n"
    )


# --- figures ---


def risk_coverage(scored: Sequence[Scored]) -> list[tuple[float, float]]:
    """(share of questions answered, share of those that are right), from the surest answer alone to all that were
    given. Answers as sure as each other come together. An answer that should have been a refusal is wrong; questions
    without a checkable answer are left out."""
    judged = [s for s in scored if s.case.should_refuse or "hit" in s.values]
    given = [(s.answer.certainty, s.values.get("hit", 0.0)) for s in judged if _is_given(s.answer) and s.answer]
    points: list[tuple[float, float]] = []
    for bar in sorted({certainty for certainty, _ in given}, reverse=True):
        right = [hit for certainty, hit in given if certainty >= bar]
        points.append((len(right) / len(judged), sum(right) / len(right)))
    return points


def _is_given(answer: Answer | None) -> bool:
    return answer is not None and answer.outcome is not Outcome.NO_EVIDENCE


def _figures(run: Run) -> Iterator[str]:
    for one in run.sets:
        rows = [_bar(one, kind, run.summary()) for kind in one.kinds]
        yield _figure(f"{one.name}：各类型答对（应拒答的题为拒答）", "", bars(f"{one.name} 各类型", rows))
    points = risk_coverage(run.scored)
    caption = "按把握从高到低作答：越往右答得越多、拒得越少，看答对率掉多少"
    drawing = curve("作答比例与答对率", points, x_label="作答的题占全部题（其余拒答）", y_label="作答的题里答对的")
    if len(points) > 1:
        yield _figure("拒答与准确", caption, drawing)
    seconds = [s.answer.seconds for s in run.scored if s.answer]
    whole = run.summary()
    if whole.p50 is not None and whole.p95 is not None:
        beside = f"中位数 {whole.p50:.2f} 秒，95% 的题在 {whole.p95:.2f} 秒以内"
        yield _figure(
            "用时",
            beside,
            histogram("用时分布", seconds, up_to=min(max(seconds), 2 * whole.p95), x_label="秒", y_label="题数"),
        )


def _bar(one: SetRun, kind: str, whole: Summary) -> tuple[str, float | None, str]:
    """What a kind is judged by: hits, refusals beside the false ones, or likeness for free text."""
    summary = one.summary(kind)
    if (hit := summary.value("hit")) is not None:
        return kind_label(kind), hit, f"{percent(hit)}%"
    if (refusal := summary.value("refusal")) is not None:
        false = refusal_pair(summary, ("", one.summary()), ("", whole)).false_refusal
        beside = "无从谈起" if false is None else f"{percent(false)}%"
        return kind_label(kind), refusal, f"{percent(refusal)}% 拒答，误拒 {beside}"
    alike = summary.value("rouge_l")
    return kind_label(kind), alike, f"{percent(alike)}% ROUGE-L"


def _figure(title: str, caption: str, drawing: str) -> str:
    return f"<figure><figcaption>{escape(title)} <span>{escape(caption)}</span></figcaption>{drawing}</figure>"


# --- tables and misses ---


def _comparison(comparison: Comparison) -> Iterator[str]:
    yield "<h2>与基线相比</h2>"
    if comparison.moves:
        yield _table([MOVES_HEAD, *move_rows(comparison)], "moves")
    yield f'<p class="soft">{escape(comparison_note(comparison))}</p>'


def _table(rows: Sequence[Row], kind: str) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in rows[0])
    lines = "".join(_table_row(row) for row in rows[1:])
    return f'<div class="wide"><table class="{kind}"><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div>'


def _table_row(row: Row) -> str:
    """A line of a table; one that is no part of another stands out."""
    cells = "".join(f"<td>{escape(cell)}</td>" for cell in row)
    return f"<tr>{cells}</tr>" if row[0].startswith(" ") else f'<tr class="whole">{cells}</tr>'


def _miss(one: SetRun, scored: Scored, *, many: bool) -> str:
    case, answer = scored.case, scored.answer
    faults = [text for measure, text in _FAULTS.items() if _is_fault(scored, measure)]
    if _is_given(answer) is False and not case.should_refuse:
        faults = ["没有答案" if answer is None else "误拒"]
    where = f"{one.name} " if many else ""
    given = answer.text if answer else f"没有答案：{scored.error}"
    return (
        f"<article><h3>{escape(case.question)}<span class='tag'>{escape('、'.join(faults))}</span></h3><dl>"
        f"<dt>题目</dt><dd>{escape(f'{where}{case.id}　{kind_label(case.kind)}')}</dd>"
        f"<dt>应答</dt><dd>{escape(_expected(case))}</dd><dt>实答</dt><dd>{escape(given)}</dd>"
        f"<dt>所示依据</dt><dd>{_evidence(answer)}</dd></dl></article>"
    )


def _is_fault(scored: Scored, measure: str) -> bool:
    bad = 1.0 if MEASURES[measure].lower_is_better else 0.0
    return scored.values.get(measure) == bad


def _expected(case: Case) -> str:
    if case.should_refuse:
        return "资料库里没有答案，应拒答"
    ways = ["；".join(" 或 ".join(piece) for piece in way) for way in case.ways] or list(case.references)
    documents = f"\n出自：{'、'.join(case.documents)}" if case.documents else ""
    return "\n或者：".join(ways) + documents


def _evidence(answer: Answer | None) -> str:
    if answer is None or not answer.citations:
        return "无"
    return "".join(
        f"<blockquote{' class=nearest' if c.nearest else ''}>{escape(c.quote.strip())}"
        f"<br><span class='soft'>{escape(_source(c.source))}{'（最接近的段落，不是答案）' if c.nearest else f' [{c.number}]'}"
        f"　第 {c.start}—{c.end} 字</span></blockquote>"
        for c in answer.citations
    )


def _source(source: str) -> str:
    return source.replace("\\", "/").rsplit("/", 1)[-1]
