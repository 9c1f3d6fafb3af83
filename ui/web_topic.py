"""A topic page as HTML: reports on a line of time, figures over the years, years side by side, wordings to copy."""

from __future__ import annotations

from html import escape

from qa.search import day_of
from qa.topic_page import Indicator, Point, ReportPart, TopicPage, YearColumn
from qa.topic_said import Said
from ui.render import day_label, source_label
from ui.topic_charts import indicator_chart, timeline
from ui.topic_render import PHRASE_LABELS, cite_of, copied, value_label, year_label

NOT_ASKED = (
    '<div class="zd-start"><h3>一件事，历年怎么说</h3><p>选一个主题，或写出事项（如：公益性岗位），再选地区，'
    "就能看到历年报告的说法和数字并排，以及以前的写法，可以连同出处复制。</p></div>"
)


class Numbered:
    """The sentences of a page, each with a number by which a click names it; the same sentence keeps its number."""

    def __init__(self, page: TopicPage, turn: int) -> None:
        self._turn = turn
        self._numbers: dict[tuple[str, int, int], int] = {}
        self.said: list[Said] = []
        for one in _all_said(page):
            if self._key(one) not in self._numbers:
                self.said.append(one)
                self._numbers[self._key(one)] = len(self.said)

    def opens(self, said: Said) -> str:
        """The attributes of what opens the sentence in its source."""
        return f'data-act="cite" data-turn="{self._turn}" data-n="{self._numbers[self._key(said)]}"'

    @staticmethod
    def _key(said: Said) -> tuple[str, int, int]:
        return said.document.id, said.start, said.end


def topic_html(page: TopicPage, turn: int) -> str:
    """The whole page; a sentence line tells what to do where there is nothing."""
    notes = "".join(f'<p class="zd-warning" role="note">{escape(note)}</p>' for note in page.notes)
    if not page.columns:
        return f'<section class="zd-topic">{notes or NOT_ASKED}</section>'
    numbered = Numbered(page, turn)
    return (
        f'<section class="zd-topic">{notes}{_time_html(page, numbered)}{_indicators_html(page, numbered)}'
        f"{_years_html(page, numbered)}{_phrases_html(page, numbered)}</section>"
    )


def said_on(page: TopicPage) -> list[Said]:
    """The sentences of the page in the order of their numbers, from 1."""
    return Numbered(page, 0).said


def _all_said(page: TopicPage) -> list[Said]:
    shown = [s for column in page.columns for part in column.reports for s in part.said]
    shown += [p.said for i in page.indicators for p in i.points]
    return shown + [s for said in page.phrases.values() for s in said]


def _time_html(page: TopicPage, numbered: Numbered) -> str:
    parts = [part for column in page.columns for part in column.reports if day_of(part.document)]
    if not parts:
        return ""
    parts.sort(key=lambda part: str(day_of(part.document)))
    dated = [
        (day, part.document.metadata.title, len(part.said) + part.more)
        for part in parts
        if (day := day_of(part.document)) is not None
    ]
    drawn = timeline(dated, lambda n: numbered.opens(parts[n].said[0]))
    reports = sum(len(column.reports) for column in page.columns)
    what = escape(page.topic + ("，" + page.place if page.place else ""))
    return (
        f'<h3>{what}：{reports} 份报告</h3><figure class="zd-figure is-wide"><div>{drawn}</div>'
        "<figcaption>一个点是一份报告，点越大说得越多；点一下看原文。</figcaption></figure>"
    )


def _indicators_html(page: TopicPage, numbered: Numbered) -> str:
    if not page.indicators:
        return ""
    charts = "".join(_indicator_html(i, numbered) for i in page.indicators)
    return f'<h3>历年数字</h3><div class="zd-charts">{charts}</div>'


def _indicator_html(indicator: Indicator, numbered: Numbered) -> str:
    def opens(point: Point) -> str:
        return numbered.opens(point.said)

    rows = "".join(
        f"<tr><td>{point.year}</td><td>{escape(point.said.document.metadata.place or '')}</td>"
        f'<td class="is-figure"><button type="button" class="zd-link" {opens(point)}>'
        f"{value_label(point.value, indicator.unit)}</button></td></tr>"
        for point in indicator.points
    )
    return (
        f'<figure class="zd-figure"><figcaption><b>{escape(indicator.label)}</b>（{escape(indicator.unit)}）</figcaption>'
        f"{indicator_chart(indicator, opens)}<details><summary>数字表</summary><table>{rows}</table></details></figure>"
    )


def _years_html(page: TopicPage, numbered: Numbered) -> str:
    columns = "".join(_column_html(column, numbered) for column in page.columns)
    return f'<h3>按年并排</h3><div class="zd-years" tabindex="0" role="group" aria-label="按年并排">{columns}</div>'


def _column_html(column: YearColumn, numbered: Numbered) -> str:
    parts = "".join(_part_html(part, numbered) for part in column.reports)
    return f'<section class="zd-year"><h4>{year_label(column.year)}</h4>{parts}</section>'


def _part_html(part: ReportPart, numbered: Numbered) -> str:
    metadata = part.document.metadata
    said = "".join(f"<li>{_said_button(s, numbered)}</li>" for s in part.said)
    more = f"<small>另有 {part.more} 句，点标题看全文。</small>" if part.more else ""
    facts = " · ".join(f for f in (metadata.place, day_label(metadata.issued_on or metadata.published_on)) if f)
    return (
        f'<article><button type="button" class="zd-link" data-act="view" data-id="{escape(part.document.id)}">'
        f"{escape(source_label(metadata.title, metadata.document_number))}</button><small>{escape(facts)}</small>"
        f"<ul>{said}</ul>{more}</article>"
    )


def _said_button(said: Said, numbered: Numbered) -> str:
    return f'<button type="button" class="zd-said" {numbered.opens(said)}>{_with_figures(said)}</button>'


def _with_figures(said: Said) -> str:
    """The sentence, escaped, its figures in bold."""
    pieces, done = [], 0
    for figure in said.figures:
        pieces += [escape(said.quote[done : figure.start]), f"<b>{escape(said.quote[figure.start : figure.end])}</b>"]
        done = figure.end
    return "".join(pieces) + escape(said.quote[done:])


def _phrases_html(page: TopicPage, numbered: Numbered) -> str:
    kinds = "".join(
        f'<details class="zd-phrases" open><summary>{PHRASE_LABELS[kind]}<i>{len(said)}</i></summary><ul>'
        f"{''.join(_phrase_html(s, numbered) for s in said)}</ul></details>"
        for kind, said in page.phrases.items()
        if said
    )
    return f"<h3>以前的写法</h3>{kinds}" if kinds else ""


def _phrase_html(said: Said, numbered: Numbered) -> str:
    return (
        f'<li><button type="button" class="zd-said" {numbered.opens(said)}>{escape(said.quote)}</button>'
        f'<div class="zd-hit-tools"><span>{escape(cite_of(said))}</span>'
        f'<button type="button" class="zd-link" data-copy="{escape(copied(said))}">复制并附出处</button></div></li>'
    )
