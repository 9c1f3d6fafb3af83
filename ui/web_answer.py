"""Answers and citations as HTML. Every word that came from a document or a person is escaped here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape

from qa.answer import Answer, Citation, Outcome, Validity, Warning
from ui.render import answer_with_sources, day_label, pages_label, source_label
from ui.web_rows import lines_html

MARK = re.compile(r"\[(\d{1,3})\]")
_STATEMENT = re.compile(r"(.+?)((?:\[\d{1,3}\])+)", re.DOTALL)
QUOTE_SHOWN_CHARS = 220

VALIDITY_LABELS = {
    Validity.IN_FORCE: "现行有效",
    Validity.EXPIRED: "已过有效期",
    Validity.REPEALED: "已废止",
    Validity.SUPERSEDED: "已被替代",
    Validity.NOT_YET: "尚未施行",
    Validity.UNKNOWN: "",
}
WARNING_LABELS = {
    "expired": "效力提示",
    "conflict": "说法不一",
    "placeholder": "原文有空缺",
    "low_ocr_confidence": "扫描件识别",
    "unsupported": "缺少出处",
}


def turn_html(turn: int, answer: Answer, places: Mapping[str, str | None]) -> str:
    """A question with its checked answer, warnings and citation cards."""
    return (
        f'<article class="zd-turn" data-turn="{turn}">{question_html(answer.question)}{_taken(answer)}'
        f"{answer_html(turn, answer, places)}{cards_html(turn, answer)}{_foot(answer)}</article>"
    )


def partial_html(turn: int, answer: Answer) -> str:
    """An answer that is still growing: the text so far, without chips, since nothing is checked yet."""
    text = lines_html(answer.text, lambda line: escape(MARK.sub("", line)))
    return (
        f'<article class="zd-turn is-growing" data-turn="{turn}" aria-busy="true">'
        f'{question_html(answer.question)}<div class="zd-answer">{text}</div>'
        '<p class="zd-wait"><i></i>正在核对出处</p></article>'
    )


def waiting_html(question: str) -> str:
    """What stands there between sending a question and the first words."""
    return (
        f'<article class="zd-turn is-growing" aria-busy="true">{question_html(question)}'
        '<p class="zd-wait"><i></i>正在查阅资料</p></article>'
    )


def error_html(message: str, question: str = "") -> str:
    """One calm line saying what is wrong."""
    asked = question_html(question) if question else ""
    return f'<article class="zd-turn">{asked}<p class="zd-error" role="alert">{escape(message)}</p></article>'


def earlier_html(turns: list[tuple[int, Answer]], places: Mapping[str, str | None]) -> str:
    """The questions asked before in this session, newest first, folded."""
    if not turns:
        return ""
    folded = "".join(
        f'<details class="zd-earlier-turn"><summary><span>{escape(answer.question)}</span>'
        f"<em>{_outcome_word(answer.outcome)}</em></summary>"
        f"{_taken(answer)}{answer_html(turn, answer, places)}{cards_html(turn, answer)}</details>"
        for turn, answer in reversed(turns)
    )
    return f'<section class="zd-earlier"><h2>本次提问记录</h2>{folded}</section>'


def question_html(question: str) -> str:
    """The question as it was asked."""
    return f'<h2 class="zd-asked">{escape(question)}</h2>'


def answer_html(turn: int, answer: Answer, places: Mapping[str, str | None]) -> str:
    """The answer itself, by outcome, with its warnings."""
    known = {c.number for c in answer.citations}
    warnings = "".join(_warning(turn, w, known) for w in answer.warnings)
    if answer.outcome is Outcome.NO_EVIDENCE:
        body = f'<div class="zd-answer is-none"><b>没有查到</b>{_text(turn, answer.text, known)}</div>'
    elif answer.outcome is Outcome.SEVERAL:
        body = f'<div class="zd-answer is-several">{several_html(turn, answer, places)}</div>'
    else:
        body = f'<div class="zd-answer">{_text(turn, answer.text, known)}</div>'
    return body + warnings


def several_html(turn: int, answer: Answer, places: Mapping[str, str | None]) -> str:
    """One row for each statement: place, what the document says, which document. Lines that follow each other and
    cite the same are one statement. What has no mark leads in."""
    by_number = {c.number: c for c in answer.citations}
    lead, done = "", 0
    statements: list[tuple[str, str, Citation]] = []  # place, words with their marks, what they cite first
    for match in _STATEMENT.finditer(answer.text):
        cited = next((by_number[int(n)] for n in MARK.findall(match[2]) if int(n) in by_number), None)
        if cited is None:
            continue
        before, label, said = _split_statement(answer.text[done : match.start(2)], cited.quote)
        done, said = match.end(), said + match[2]
        lead += before
        if statements and statements[-1][2] is cited and not label and not before.strip():
            place, words, _ = statements.pop()
            said = f"{words}\n{said}"
        else:
            place = label or places.get(cited.document_id) or "未注明"
        statements.append((place, said, cited))
    rest = _text(turn, lead + answer.text[done:], set(by_number))
    if not statements:
        return rest
    rows = "".join(_several_row(turn, *statement, set(by_number)) for statement in statements)
    head = "<thead><tr><th>地区</th><th>怎么说</th><th>文件</th></tr></thead>"
    return f'{rest}<table class="zd-several">{head}<tbody>{rows}</tbody></table>'


def _split_statement(text: str, quote: str) -> tuple[str, str, str]:
    """(lines that lead in, the label before the quote, the statement) of the text before a mark."""
    text = text.rstrip()
    at = text.find(quote.strip().partition("\n")[0])
    first = text.rfind("\n", 0, at if at >= 0 else len(text)) + 1
    label = text[first:at].strip() if at >= 0 else ""
    if label.endswith((":", "：")) and len(label) <= 20:
        return text[:first], label[:-1], text[at:]
    return text[:first], "", text[first:]


def _several_row(turn: int, place: str, said: str, cited: Citation, known: set[int]) -> str:
    source = source_label(cited.title, cited.document_number)
    return (
        f'<tr><td data-label="地区">{escape(place)}</td>'
        f'<td data-label="怎么说">{_text(turn, said, known)}</td>'
        f'<td data-label="文件">{escape(source)}<small>{day_label(cited.issued_on)}</small></td></tr>'
    )


def chips_html(turn: int, text: str, known: set[int]) -> str:
    """Escaped text in which every [n] that has a citation is a button; other brackets stay as they are."""
    pieces, done = [], 0
    for match in MARK.finditer(text):
        number = int(match.group(1))
        if number in known:
            pieces += [escape(text[done : match.start()]), chip_html(turn, number)]
            done = match.end()
    return "".join(pieces) + escape(text[done:])


def chip_html(turn: int, number: int) -> str:
    """The numbered button that opens a citation."""
    return (
        f'<button type="button" class="zd-chip" data-act="cite" data-turn="{turn}" data-n="{number}" '
        f'aria-label="看第 {number} 处引文的原文">{number}</button>'
    )


def cards_html(turn: int, answer: Answer) -> str:
    """The citation cards; passages that are only near stand apart and say so."""
    cited = [c for c in answer.citations if not c.nearest]
    near = [c for c in answer.citations if c.nearest]
    html = ""
    if cited:
        html += f'<section class="zd-cards"><h3>出处</h3>{"".join(card_html(turn, c) for c in cited)}</section>'
    if near:
        cards = "".join(card_html(turn, c) for c in near)
        html += f'<section class="zd-cards is-near"><h3>相近的内容<em>不是答案</em></h3>{cards}</section>'
    return html


def card_html(turn: int, citation: Citation) -> str:
    """One citation: number, quote, formal source, where in it."""
    where = " › ".join([*citation.path, *filter(None, [pages_label(citation.pages)])])
    return (
        f'<button type="button" class="zd-card" data-act="cite" data-turn="{turn}" data-n="{citation.number}">'
        f'<span class="zd-num">{citation.number}</span><span class="zd-card-body">'
        f"<q>{escape(_shortened(citation.quote))}</q>"
        f"<cite>{escape(source_label(citation.title, citation.document_number))}{validity_html(citation.status)}</cite>"
        f"<small>{escape(where)}</small></span></button>"
    )


def validity_html(status: Validity) -> str:
    """A small badge; nothing where the validity is not known."""
    label = VALIDITY_LABELS[status]
    return f' <span class="zd-badge is-{status.value}">{label}</span>' if label else ""


def _text(turn: int, text: str, known: set[int]) -> str:
    return lines_html(text, lambda line: chips_html(turn, line, known))


def _warning(turn: int, warning: Warning, known: set[int]) -> str:
    label = WARNING_LABELS.get(warning.kind, "提示")
    return f'<p class="zd-warning" role="note"><b>{label}</b>{chips_html(turn, warning.text, known)}</p>'


def _taken(answer: Answer) -> str:
    """How a follow-up was understood."""
    taken = answer.understood_as
    return f'<p class="zd-taken">按“<span>{escape(taken)}</span>”理解</p>' if taken else ""


def _foot(answer: Answer) -> str:
    if answer.outcome is Outcome.NO_EVIDENCE:
        return f'<p class="zd-foot">用时 {answer.seconds:.2f} 秒</p>'
    copy = escape(answer_with_sources(answer))
    return (
        f'<p class="zd-foot">数字、日期、文号均已与引文核对，用时 {answer.seconds:.2f} 秒 '
        f'<button type="button" class="zd-link" data-copy="{copy}">复制（带出处）</button></p>'
    )


def _outcome_word(outcome: Outcome) -> str:
    return {"answered": "已答", "several": "多种说法", "no_evidence": "没有查到"}[outcome.value]


def _shortened(quote: str) -> str:
    flat = " ".join(quote.split())
    return flat if len(flat) <= QUOTE_SHOWN_CHARS else flat[:QUOTE_SHOWN_CHARS] + "……"
