"""A topic page as plain JSON values and as text, and the Chinese names of what is on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qa.phrasing import PhraseKind
from ui.render import Json, name_of, source_line

if TYPE_CHECKING:
    from qa.topic_page import Indicator, TopicPage
    from qa.topic_said import Said

PHRASE_LABELS = {
    PhraseKind.OPENING: "开头",
    PhraseKind.MEASURE: "做法",
    PhraseKind.RESULT: "成效",
    PhraseKind.PROBLEM: "问题",
    PhraseKind.NEXT: "下一步",
}
KIND_LABELS = {
    "rule": "政策文件",
    "notice": "通知公告",
    "plan": "方案计划",
    "work_report": "工作报告",
    "summary": "工作总结",
    "rectification_report": "整改报告",
    "ledger": "台账名单",
    "interpretation": "政策解读",
    "faq": "问答",
    "other": "其他",
}
NO_YEAR = "年份不明"
_SCALES = ((1e8, "亿"), (1e4, "万"))


def topic_dict(page: TopicPage) -> Json:
    """A topic page as `topic --json` gives it."""
    return {
        "topic": page.topic,
        "place": page.place,
        "years": [
            {
                "year": column.year,
                "reports": [
                    {
                        "document_id": part.document.id,
                        "title": part.document.metadata.title,
                        "place": part.document.metadata.place,
                        "said": [said_dict(said) for said in part.said],
                        "more": part.more,
                    }
                    for part in column.reports
                ],
            }
            for column in page.columns
        ],
        "indicators": [_indicator_dict(indicator) for indicator in page.indicators],
        "phrases": {kind.value: [said_dict(s) for s in said] for kind, said in page.phrases.items()},
        "notes": list(page.notes),
    }


def said_dict(said: Said) -> Json:
    """A sentence of a report with where it stands and how to cite it."""
    return {
        "document_id": said.document.id,
        "source": said.document.source,
        "path": list(said.path),
        "pages": list(said.pages),
        "start": said.start,
        "end": said.end,
        "quote": said.quote,
        "kind": said.kind.value if said.kind else None,
        "figures": [
            {
                "label": f.label,
                "value": f.value,
                "unit": f.unit,
                "start": said.start + f.start,
                "end": said.start + f.end,
            }
            for f in said.figures
        ],
        "cite": cite_of(said),
    }


def topic_text(page: TopicPage) -> str:
    """A topic page for a terminal: by year, the figures over the years, how it was put."""
    lines = [f"{page.topic}{'｜' + page.place if page.place else ''}", *(f"注意：{note}" for note in page.notes)]
    for column in page.columns:
        lines.append(f"\n{year_label(column.year)}")
        for part in column.reports:
            lines.append(f"  {part.document.metadata.title}（{name_of(part.document.source)}）")
            lines += [f"    {' '.join(s.quote.split())}" for s in part.said]
            lines += [f"    ……另有 {part.more} 句"] if part.more else []
    if page.indicators:
        lines.append("\n指标")
        lines += [f"  {_indicator_line(i)}" for i in page.indicators]
    for kind, said in page.phrases.items():
        if said:
            lines.append(f"\n以前的写法：{PHRASE_LABELS[kind]}")
            lines += [f"  “{' '.join(s.quote.split())}”——{cite_of(s)}" for s in said]
    return "\n".join(lines)


def cite_of(said: Said) -> str:
    """《标题》（文号）“二、就业帮扶”，第 2 页"""
    metadata = said.document.metadata
    return source_line(metadata.title, metadata.document_number, said.path, said.pages)


def copied(said: Said) -> str:
    """The sentence with its source, ready to paste."""
    return f"“{said.quote.strip()}”——{cite_of(said)}"


def year_label(year: int | None) -> str:
    """2024 年"""
    return f"{year} 年" if year else NO_YEAR


def value_label(value: float, unit: str = "") -> str:
    """A value as people write it: 16.4万元, 618人."""
    size, name = next(((s, n) for s, n in _SCALES if abs(value) >= s), (1.0, ""))
    shown = f"{value / size:,.2f}".rstrip("0").rstrip(".")
    return f"{shown}{name}{unit}"


def _indicator_line(indicator: Indicator) -> str:
    values = "，".join(
        f"{p.year}年{p.said.document.metadata.place or ''} {value_label(p.value, indicator.unit)}"
        for p in indicator.points
    )
    return f"{indicator.label}（{indicator.unit}）：{values}"


def _indicator_dict(indicator: Indicator) -> Json:
    return {
        "label": indicator.label,
        "unit": indicator.unit,
        "points": [
            {
                "year": p.year,
                "value": p.value,
                "place": p.said.document.metadata.place,
                "document_id": p.said.document.id,
                "start": p.said.start,
                "end": p.said.end,
                "quote": p.said.quote,
            }
            for p in indicator.points
        ],
    }
