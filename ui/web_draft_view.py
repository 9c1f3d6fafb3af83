"""A draft as HTML: how far it is, each sentence with its evidence and what can be decided on it, the drafts kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape

from qa.answer import Citation
from qa.draft import PartKind, Reply, sentence_of
from qa.draft_book import Head, Kept, State
from qa.draft_review import MAX_FILL_CHARS, Decision, Line, Review, Verdict
from ui.draft_words import TITLES, note
from ui.render import day_label, pages_label, source_label
from ui.web_answer import validity_html

NOT_ASKED = (
    '<div class="zd-start"><h3>按问题清单起草答复，逐句核对后导出 Word</h3><ol>'
    "<li>把清单贴在上面，一行一个问题；或放入 Word、Excel、文本文件、图片、扫描件</li>"
    "<li>选文种、地区、年份；别的地方的数字不会写进去</li>"
    "<li>每句话都是资料原文，旁边是出处；逐句采用、换一段或删去，缺的由人填写</li></ol></div>"
)
BESIDE = '<div class="zd-start"><h3>原文</h3><p>点一条出处，这里显示它在原文里的位置。</p></div>'
STATES = {
    State.WAITING: "排队中",
    State.RUNNING: "起草中",
    State.DONE: "已完成",
    State.CANCELLED: "已取消",
    State.FAILED: "中途出错",
    State.INTERRUPTED: "程序中途退出",
}
_VERDICTS = {
    Verdict.ACCEPT: "已采用",
    Verdict.STRIKE: "已删去",
    Verdict.REPLACE: "已换成另一段",
    Verdict.FILL: "人工填写",
}
Number = Callable[[Citation], int]  # under which a citation is opened beside


def progress_html(head: Head, now: str) -> str:
    """The bar of a draft that is being made, and the way to end it; `now` is the title of the item in hand."""
    share = 100 * head.done / max(1, head.total)
    at = f"正在起草第 {min(head.done + 1, head.total)} 条，共 {head.total} 条{f'：{escape(now)}' if now else ''}"
    at = f"排队中，共 {head.total} 条" if head.state is State.WAITING else at
    return (
        f'<section class="zd-ingest" aria-busy="true" data-draft="{head.id}"><p role="status">{at}</p>'
        f'<div class="zd-bar"><i style="width:{share:.0f}%"></i></div>'
        '<p class="zd-draft-tools"><button type="button" class="zd-button" data-act="cancel">取消</button>'
        '<button type="button" class="zd-button" data-act="close">新的起草</button>'
        "<small>可以先去做别的，关掉网页也会继续；取消后已完成的留着</small></p></section>"
    )


def recent_html(heads: Sequence[Head], *, asking: str = "") -> str:
    """The drafts kept, newest first; `asking` is the one that the person must confirm to remove."""
    if not heads:
        return ""
    rows = "".join(_head_row(head, asking=head.id == asking) for head in heads)
    return f'<section class="zd-recent"><h3>最近的起草</h3><ul>{rows}</ul></section>'


def _head_row(head: Head, *, asking: bool) -> str:
    name = escape(head.name) or f"（{head.id}）"
    facts = [
        head.made[:16],
        head.options.kind.value if head.total else "",
        f"{head.done}/{head.total} 条",
        STATES[head.state],
    ]
    if not head.total:
        facts = [head.trouble]
    if asking:
        tools = (
            f'<button type="button" class="zd-link" data-act="remove-now" data-id="{head.id}">连同核对记录一起删去</button>'
            '<button type="button" class="zd-link is-quiet" data-act="keep">不删</button>'
        )
    else:
        tools = f'<button type="button" class="zd-link is-quiet" data-act="remove" data-id="{head.id}">删去</button>'
    return (
        f'<li><button type="button" class="zd-link" data-act="open" data-id="{head.id}">{name}</button>'
        f"<small>{escape(' · '.join(f for f in facts if f))} {tools}</small></li>"
    )


def error_html(line: str) -> str:
    """What went wrong, in a line."""
    return f'<p class="zd-error" role="alert">{escape(line)}</p>'


# --- the review ---


def review_html(
    kept: Kept,
    lines: Sequence[Line],
    review: Review,
    *,
    page: int,
    size: int,
    turn: int,
    number: Number,
    open_key: str = "",
    others: Sequence[Citation] = (),
    trouble: str = "",
) -> str:
    """A page of the draft, `size` items long. `others` are offered for the line `open_key`."""
    of_item: dict[int, list[Line]] = {}
    for line in lines:
        of_item.setdefault(line.item, []).append(line)
    first = page * size
    view = _LineView(review.decisions, turn, number, open_key, others)
    items = "".join(
        _item(n, reply, of_item.get(n, []), view) for n, reply in enumerate(kept.replies[first : first + size], first)
    )
    pages = _pages(page, -(-len(kept.replies) // size))
    return (
        f'<section class="zd-review" data-draft="{kept.head.id}" data-page="{page}">{_top(kept.head, lines, review)}'
        f"{error_html(trouble) if trouble else ''}{pages}{items or _nothing()}{pages}</section>"
    )


def _nothing() -> str:
    return '<div class="zd-blank"><b>还没有起草出内容</b><p>点“重新起草”再做一遍。</p></div>'


def _top(head: Head, lines: Sequence[Line], review: Review) -> str:
    """What the draft is, how far the review is, its frame, and the file."""
    of = head.options
    facts = [
        of.kind.value,
        of.place or "",
        f"{of.year} 年" if of.year else "",
        f"{head.done}/{head.total} 条",
        STATES[head.state],
    ]
    facts += [f"只用 {len(of.only)} 份文件"] if of.only else []
    trouble = f'<p class="zd-warning" role="note">{escape(head.trouble)}</p>' if head.trouble else ""
    busy = '<button type="button" class="zd-button" data-act="again">重新起草</button>'
    return (
        f'<header class="zd-draft-top"><h3>{escape(head.name)}</h3><p class="zd-count">{escape(" · ".join(f for f in facts if f))}</p>'
        f'{trouble}<p class="zd-count" role="status">{_counts(lines, review)}</p>'
        f'<div class="zd-tools"><a class="zd-button is-red" href="/api/drafts/{head.id}.docx" download>导出 Word</a>'
        f'<button type="button" class="zd-button" data-act="next">下一处未定</button>{busy}'
        f'<button type="button" class="zd-button" data-act="close">新的起草</button></div>{_frame(head, review)}</header>'
    )


def _counts(lines: Sequence[Line], review: Review) -> str:
    decided = [d.verdict for line in lines if (d := review.decisions.get(line.key))]
    open_ = [line for line in lines if line.key not in review.decisions]
    said = {
        "未定": sum(line.sentence is not None for line in open_),
        "已采用": decided.count(Verdict.ACCEPT),
        "已换": decided.count(Verdict.REPLACE),
        "已删": decided.count(Verdict.STRIKE),
        "待补充": sum(line.sentence is None for line in open_),
        "人工填写": decided.count(Verdict.FILL),
    }
    return " · ".join(f"{name} <b>{count}</b>" for name, count in said.items())


def _frame(head: Head, review: Review) -> str:
    title = review.title or f"{head.options.place or ''}{TITLES[head.options.kind]}"
    fields = (
        ("title", "标题", title, "text"),
        ("issuer", "落款机关", review.issuer, "text"),
        ("day", "成文日期", review.day.isoformat() if review.day else "", "date"),
    )
    inputs = "".join(
        f'<label><span>{label}</span><input type="{kind}" name="{name}" value="{escape(value)}" maxlength="200"></label>'
        for name, label, value, kind in fields
    )
    return (
        f'<details class="zd-fold"><summary>标题、落款</summary><div class="zd-frame" data-fields>{inputs}'
        '<button type="button" class="zd-button" data-act="frame">保存</button></div></details>'
    )


def _pages(page: int, count: int) -> str:
    if count < 2:
        return ""
    back = "disabled" if page == 0 else f'data-act="page" data-n="{page - 1}"'
    on = "disabled" if page + 1 >= count else f'data-act="page" data-n="{page + 1}"'
    return (
        f'<nav class="zd-draft-pages"><button type="button" class="zd-link" {back}>‹ 上一页</button>'
        f'<span>第 {page + 1} 页，共 {count} 页</span><button type="button" class="zd-link" {on}>下一页 ›</button></nav>'
    )


def _item(n: int, reply: Reply, lines: Sequence[Line], view: _LineView) -> str:
    item = reply.item
    problem = f"<p>{escape(item.text)}</p>" if len(item.text) > len(item.title) + 2 else ""
    asked = f"<p>整改要求：{escape(item.requirement)}</p>" if item.requirement else ""
    parts = "".join(
        _part(part.kind, [line for line in lines if line.part == number], part.notes, view)
        for number, part in enumerate(reply.parts)
    )
    is_open = any(line.sentence is not None and line.key not in view.decisions for line in lines)
    rest = (
        f'<button type="button" class="zd-link" data-act="accept-rest" data-n="{n}">本条其余都采用</button>'
        if is_open
        else ""
    )
    return (
        f'<article class="zd-draft-item"><h3>{item.number}. {escape(item.title)}</h3>'
        f'<div class="zd-draft-asked">{problem}{asked}</div>{parts}{rest}</article>'
    )


def _part(kind: PartKind, lines: Sequence[Line], notes: Sequence[str], view: _LineView) -> str:
    heading = "" if kind is PartKind.ANSWER else f"<h4>{kind.value}</h4>"
    warned = "".join(f'<p class="zd-warning" role="note">{escape(note(n))}</p>' for n in notes)
    return f"{heading}{''.join(view.html(line) for line in lines)}{warned}"


class _LineView:
    """Lines as HTML, within one page of a review."""

    def __init__(
        self, decisions: Mapping[str, Decision], turn: int, number: Number, open_key: str, others: Sequence[Citation]
    ) -> None:
        self.decisions, self._turn, self._number = decisions, turn, number
        self._open_key, self._others = open_key, others

    def html(self, line: Line) -> str:
        """The line, its evidence beside it, and what can be done with it."""
        decision = self.decisions.get(line.key)
        state = decision.verdict.value if decision else "open"
        own = "sentence" if line.sentence else "gap"
        return (
            f'<div class="zd-line is-{own} is-{state}" data-key="{line.key}"><div class="zd-line-said">'
            f"{self._said(line, decision)}{self._tools(line, decision)}</div>"
            f'<div class="zd-line-from">{self._evidence(line, decision)}</div>{self._offers(line)}</div>'
        )

    def _said(self, line: Line, decision: Decision | None) -> str:
        own = f"<b>{escape(line.sentence.label)}</b>{escape(line.sentence.text)}" if line.sentence else escape(line.gap)
        if decision is None or decision.verdict is Verdict.ACCEPT:
            return f"<p>{own}</p>"
        if decision.verdict is Verdict.STRIKE:
            return f"<p><del>{own}</del></p>"
        new = decision.text
        if decision.citation is not None:
            new = sentence_of(decision.citation).text
        mark = "<i>（人工填写）</i>" if decision.verdict is Verdict.FILL else ""
        return f'<p>{escape(new)}{mark}</p><p class="zd-line-was">原：{own}</p>'

    def _tools(self, line: Line, decision: Decision | None) -> str:
        if decision is not None:
            said = f"<em>{_VERDICTS[decision.verdict]}</em>"
            return f'<div class="zd-line-tools">{said}{_button("undo", line, "撤回")}</div>'
        if line.sentence is not None:
            tools = _button("accept", line, "采用") + self._choose(line, "换一段") + _button("strike", line, "删去")
            return f'<div class="zd-line-tools">{tools}</div>'
        return (
            f'<div class="zd-fill" data-fields><textarea name="text" rows="1" maxlength="{MAX_FILL_CHARS}" '
            f'aria-label="人工填写" placeholder="知道的可以在这里填写，会标明“人工填写”"></textarea>'
            f'<div class="zd-line-tools">{_button("fill", line, "填写")}{self._choose(line, "从资料里选")}'
            f"{_button('strike', line, '不需要')}</div></div>"
        )

    def _choose(self, line: Line, label: str) -> str:
        is_open = line.key == self._open_key
        return _button("hide" if is_open else "others", line, "收起" if is_open else label)

    def _evidence(self, line: Line, decision: Decision | None) -> str:
        if decision is not None and decision.citation is not None:
            return self._card(decision.citation)
        if decision is not None and decision.verdict is Verdict.FILL:
            return '<p class="zd-count">没有出处，由人负责核实</p>'
        return "".join(self._card(c) for c in line.citations)

    def _offers(self, line: Line) -> str:
        if line.key != self._open_key:
            return ""
        if not self._others:
            return '<div class="zd-offers"><p class="zd-count">资料里没有找到别的相近内容。</p></div>'
        rows = "".join(
            f"<li>{self._card(c)}"
            f'<button type="button" class="zd-button" data-act="take" data-key="{line.key}" data-n="{n}">用这一段</button></li>'
            for n, c in enumerate(self._others)
        )
        return f'<div class="zd-offers"><p class="zd-count">相近的原文，点开可看上下文：</p><ul>{rows}</ul></div>'

    def _card(self, citation: Citation) -> str:
        where = [*citation.path[-2:], *filter(None, [pages_label(citation.pages)])]
        facts = [citation.issuer or "", day_label(citation.issued_on) or "", " › ".join(where)]
        return (
            f'<button type="button" class="zd-card" data-act="cite" data-turn="{self._turn}" data-n="{self._number(citation)}">'
            f'<span class="zd-card-body"><cite>{escape(source_label(citation.title, citation.document_number))}'
            f"{validity_html(citation.status)}</cite><small>{escape('，'.join(f for f in facts if f))}</small>"
            f"<q>{escape(citation.quote)}</q></span></button>"
        )


def _button(action: str, line: Line, label: str) -> str:
    return f'<button type="button" class="zd-link" data-act="{action}" data-key="{line.key}">{label}</button>'
