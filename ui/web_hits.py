"""Hits as HTML: by document, what was found marked, with ways to the source, to similar passages and to a file."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from urllib.parse import urlencode

from qa.search import HitGroup, SearchHit, SearchPage
from ui.render import day_label, pages_label, source_label
from ui.search_export import copied
from ui.topic_render import KIND_LABELS, year_label
from ui.web_answer import validity_html

FACETS_SHOWN = 6
FACET_LABELS = {"place": "地区", "year": "年份", "kind": "种类", "topic": "主题"}
MOST_LISTED = 200
NOT_ASKED = (
    '<div class="zd-start"><h3>按主题、字词、地区、年份查过去的文件</h3><p>结果按文件归在一起，点一段看它在原文的哪一行。</p><ol>'
    "<li>直接写要查的事：<b>公益性岗位补助</b></li><li>加引号的话要逐字写有：<b>“边缘易致贫户”</b></li>"
    "<li>减号后面的词不要：<b>就业 -培训</b>（减号前空一格）</li></ol></div>"
)
EMPTY_BASE = (
    '<div class="zd-blank"><b>资料库还是空的</b><p>先到“资料库”放入政策文件和工作报告，再来这里查。</p>'
    '<p><button type="button" class="zd-button" data-goto="资料库">去资料库</button></p></div>'
)


def results_html(page: SearchPage, turn: int, asked: Mapping[str, str], *, is_like: bool) -> str:
    """A page of hits. `asked` are the parameters that bring the same page from the API."""
    if not page.hits:
        return f'<section class="zd-found">{_notes(page)}{_nothing(asked)}</section>'
    number = {id(hit): n for n, hit in enumerate(page.hits, 1)}
    groups = "".join(_group_html(g, {number[id(h)]: h for h in g.hits}, turn) for g in page.groups)
    return (
        f'<section class="zd-found">{_head(page, asked, is_like)}{_notes(page)}{_facets(page, asked)}{groups}'
        f"{_more(page)}</section>"
    )


def marked_html(hit: SearchHit) -> str:
    """The passage, escaped, with what was found marked."""
    pieces, done = [], 0
    for start, end in hit.matched:
        pieces += [escape(hit.quote[done:start]), f"<mark>{escape(hit.quote[start:end])}</mark>"]
        done = end
    return "".join(pieces) + escape(hit.quote[done:])


def _head(page: SearchPage, asked: Mapping[str, str], is_like: bool) -> str:
    what = f"{escape(page.query)}：" if is_like else ""
    links = "".join(
        f'<a class="zd-button" href="/api/search/export.{form}?{escape(urlencode(asked))}" download>{label}</a>'
        for form, label in (("xlsx", "导出 Excel"), ("docx", "导出 Word"))
    )
    back = '<button type="button" class="zd-button" data-act="back">‹ 返回</button>' if is_like else ""
    count = f"共 {page.total:,} 段，列出 {len(page.hits)} 段，来自 {len(page.groups)} 份文件"
    return f'<div class="zd-found-head"><p class="zd-count">{what}{count}</p><div class="zd-tools">{back}{links}</div></div>'


def _notes(page: SearchPage) -> str:
    return "".join(f'<p class="zd-warning" role="note">{escape(note)}</p>' for note in page.notes)


def _nothing(asked: Mapping[str, str]) -> str:
    narrowed = any(asked.get(name) for name in ("place", "year", "kind", "topic", "issuer"))
    clear = '<p><button type="button" class="zd-button" data-act="clear">不限地区、年份、种类、主题和机关</button></p>'
    return (
        '<div class="zd-blank"><b>没有查到</b><p>换一个更短或更常用的说法，去掉引号或减号'
        f"{'，或放宽条件。' if narrowed else '。'}</p>{clear if narrowed else ''}</div>"
    )


def _facets(page: SearchPage, asked: Mapping[str, str]) -> str:
    """Where the matching passages are, as buttons that narrow to one."""
    rows = []
    for name, label in FACET_LABELS.items():
        values = list(page.facets.get(name, {}).items())[:FACETS_SHOWN]
        if len(values) < 2 or asked.get(name):
            continue
        buttons = "".join(
            f'<button type="button" class="zd-facet" data-act="facet" data-name="{name}" data-value="{escape(value)}">'
            f"{escape(facet_label(name, value))}<i>{count}</i></button>"
            for value, count in values
        )
        rows.append(f"<div><span>{label}</span>{buttons}</div>")
    return (
        f'<details class="zd-facets"><summary>按地区、年份、种类、主题分布</summary>{"".join(rows)}</details>'
        if rows
        else ""
    )


def facet_label(name: str, value: str) -> str:
    """A facet's value for people."""
    if name == "year":
        return year_label(int(value))
    return KIND_LABELS.get(value, value) if name == "kind" else value


def _group_html(group: HitGroup, hits: Mapping[int, SearchHit], turn: int) -> str:
    metadata = group.document.metadata
    facts = [
        metadata.place,
        str(metadata.year) if metadata.year else None,
        KIND_LABELS.get(metadata.kind or ""),
        metadata.issuer,
        day_label(metadata.issued_on or metadata.published_on),
    ]
    title = source_label(metadata.title, metadata.document_number)
    return (
        f'<article class="zd-group"><h3><button type="button" class="zd-link" data-act="view" '
        f'data-id="{escape(group.document.id)}">{escape(title)}</button>{validity_html(group.hits[0].status)}</h3>'
        f'<p class="zd-group-facts">{escape(" · ".join(f for f in facts if f))}</p>'
        f"{''.join(_hit_html(n, hit, turn) for n, hit in hits.items())}</article>"
    )


def _hit_html(number: int, hit: SearchHit, turn: int) -> str:
    where = " › ".join([*hit.path, *filter(None, [pages_label(hit.pages)])])
    topics = "".join(f"<i>{escape(topic)}</i>" for topic in hit.topics)
    return (
        f'<div class="zd-hit"><button type="button" class="zd-card" data-act="cite" data-turn="{turn}" data-n="{number}">'
        f'<span class="zd-card-body"><q>{marked_html(hit)}</q><small>{escape(where)}</small></span></button>'
        f'<div class="zd-hit-tools"><span>{topics}</span>'
        f'<button type="button" class="zd-link" data-act="like" data-n="{number}">更多相似</button>'
        f'<button type="button" class="zd-link" data-copy="{escape(copied(hit))}">复制并附出处</button></div></div>'
    )


def _more(page: SearchPage) -> str:
    if len(page.hits) >= min(page.total, MOST_LISTED):
        return ""
    return '<p class="zd-more"><button type="button" class="zd-button" data-act="more">再列一些</button></p>'
