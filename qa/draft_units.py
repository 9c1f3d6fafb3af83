"""The pieces of a report that a draft may quote: whole items and sentences, told by what they speak of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from ingest.document import Document, Section
from ingest.placeholder import has_placeholder
from ingest.run_in import run_in_items
from qa.draft_rows import gives_figure, is_planned, is_row, row_span, stands_in_row, tells_results
from qa.evidence import paragraph_of
from qa.plans import is_plan_told
from qa.verify import MARK

_MAX_ITEM_CHARS = 320  # a longer item is quoted by its sentences
_REPLY = re.compile(r"(?:整改|落实|办理)(?:落实|完成)?(?:情况|措施|进展|结果|成效)\s*[:：]")
_REPLY_HEADING = re.compile(r"^\W*(?:整改|落实|办理)(?:落实|完成)?(?:情况|措施|进展|结果|成效)")
_PROBLEM = re.compile(r"\W*(?:存在|主要|具体|反馈)?(?:问题|具体|主要)(?:表现|描述|内容)?\s*[:：]")
_CAPTION = re.compile(r"(?:表|图|附件|附表)\s?[\d一二三四五六七八九十]")
_LABELLED_PART = re.compile(r"\W*(?:整改|工作|落实)?(?:(?P<results>成效|结果|效果)|措施|做法)\s*[:：]")
_DATE_ALONE = re.compile(r"[\d〇零一二三四五六七八九十年月日号./\-\s]+")
_LABEL = re.compile(r"[一-鿿]{0,6}(?:情况|措施|进展|结果|成效|做法)\s*[:：]\s*")
_RUN_IN = re.compile(
    r"(?:其?[一二三四五六七八九十]{1,3}(?:是|要|、)|第[一二三四五六七八九十]{1,2}[，,、]|[（(](?:\d{1,2}|[一二三四五六七八九十]{1,3})[）)]|"
    r"\d{1,2}[.．、](?!\d)|[①-⑳]|第[一二三四五六七八九十百零〇\d]{1,6}条[ \u3000])\s*"
)
_OPEN_HEADING = re.compile(r"(?:问题|困难|不足|短板|薄弱|差距)")
_OPEN = re.compile(
    r"(?:仍然?|尚)(?:未|没有|存在|有(?!效)|需|不)|还(?:未|没有|存在|需|不(?!断))|未完成|正在(?:推进|整改|办理|实施)|有待|不足之处"
)
_LACK = re.compile(
    r"不(?:够|到位|足(?!\d)|强|高|稳|平衡|规范|精准|完善|健全)|滞后|薄弱|缺乏|短缺|偏低|较弱|难以|困难|不畅"
)
_FIGURE = re.compile(
    r"\d[\d,.]*\s*(?:余|多)?\s*(?:[%％‰]|[万亿]?(?:余|多)?(?:人|户|元|亩|公里|千米|平方米|吨|次|份|张|条|套|台|处|座|头|只|箱|名|项|家|场|村|件|辆|所|期|批|亿|万|个(?!月|工作日)))"
)
_DONE = re.compile(
    r"已|完成|达|实现|累计|共|率|建成|新?建|发放|新增|覆盖|增收|增长|下降|脱贫|安置|签约|培训|解决|兑现|拨付|报销|投入|惠及|带动|销号|享受|纳入|落实|开发|争取|补发|申报|安装|续签|签订|硬化|改造|整合|发展|种植|养殖|办理|参保|救助|资助|开展"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A span of a document that a draft may quote."""

    document: Document
    start: int
    end: int

    @property
    def text(self) -> str:
        """Its words."""
        return self.document.text[self.start : self.end]


def unit_at(document: Document, start: int, end: int) -> Unit | None:
    """What to quote for the sentence: the item of its paragraph that holds it, else itself, without label or number;
    of a table row the cells that tell.

    None for a row without columns' names, a heading, a placeholder in place of a value, or words that look like our
    own marks.
    """
    if stands_in_row(document, start, end):
        return _row_at(document, start)
    text = document.text
    paragraph = paragraph_of(text, start)
    for a, b in run_in_items(text, *paragraph):
        if a <= start < b and b - a <= _MAX_ITEM_CHARS:
            start, end = a, b
            break
        if start < a < end <= b <= paragraph[1] and _is_label(text[start:a]):
            start, end = a, b  # "整改情况：一是…": the sentence begins before its first item
            break
    start = bare_start(document, start, end)
    unit = Unit(document=document, start=start, end=end)
    plain = unit.text.strip("；;，,。 ")
    if (
        len(plain) < 8
        or _CAPTION.match(plain)
        or plain.endswith(("：", ":"))
        or _DATE_ALONE.fullmatch(plain)
        or names_itself(document, start, end)
    ):
        return None
    return None if has_placeholder(plain) or MARK.search(plain) else unit


def _row_at(document: Document, position: int) -> Unit | None:
    span = row_span(document, position)
    if span is None:
        return None
    unit = Unit(document=document, start=span[0], end=span[1])
    return None if has_placeholder(unit.text) or MARK.search(unit.text) else unit


def bare_start(document: Document, start: int, end: int) -> int:
    """Where the words begin behind a label ("整改情况：") and a number ("一是")."""
    for pattern in (_LABEL, _RUN_IN):
        if (match := pattern.match(document.text, start, end)) and match.end() < end:
            start = match.end()
    return start


def names_itself(document: Document, start: int, end: int) -> bool:
    """Whether the words are only the document's own title or issuer, or a field of its head ("名称：…")."""
    if document.text[start:end].strip() in (document.metadata.issuer, *document.metadata.issuers):
        return True
    words, title = re.sub(r"\W", "", document.text[start:end]), re.sub(r"\W", "", document.metadata.title)
    return bool(title) and title in words and len(words) <= len(title) + 8


def _is_label(text: str) -> bool:
    return len(text) <= 60 and text.rstrip().endswith((":", "：", "，", ",")) or not text.strip()


def is_problem_told(document: Document, position: int) -> bool:
    """Whether the words tell the problem that a 整改情况 below them replies to."""
    if stands_in_row(document, position, position + 1):
        return row_span(document, position) is None
    section = section_at(document, position)
    start, end = paragraph_of(document.text, position)
    if _PROBLEM.match(document.text, start, end):
        return True
    if section is None or any(_REPLY_HEADING.match(h) for h in section.path) or _in_reply(document, position):
        return False
    for later in document.sections:
        if later.start > position and later.path[:-1] == section.path and _REPLY_HEADING.match(later.heading):
            return True
        if later.start > position and later.level <= section.level:
            break
    return _REPLY.search(document.text, position, section.end) is not None


def is_reply(document: Document, position: int) -> bool:
    """Whether the words stand in a 整改情况."""
    return any(_REPLY_HEADING.match(h) for h in document.path_at(position)) or _in_reply(document, position)


def _in_reply(document: Document, position: int) -> bool:
    start, _ = paragraph_of(document.text, position)
    return _REPLY_HEADING.match(document.text[start : start + 12]) is not None


def section_at(document: Document, position: int) -> Section | None:
    """The section that holds the position."""
    return next((s for s in document.sections if s.start <= position < s.end), None)


def is_plan(unit: Unit) -> bool:
    """Whether it tells what is to be done, not what was."""
    if is_row(unit.text) and is_planned(unit.text):
        return True
    return is_plan_told(unit.text, unit.document.path_at(unit.start))


def is_open(unit: Unit) -> bool:
    """Whether it says what is not done yet: by its words, or as it stands under 存在问题."""
    headings = unit.document.path_at(unit.start)
    under = any(_OPEN_HEADING.search(h) and not _REPLY_HEADING.match(h) for h in headings)
    if is_reply(unit.document, unit.start):
        return bool(_OPEN.search(unit.text))
    return bool(_OPEN.search(unit.text)) or (under and bool(_LACK.search(unit.text)))


def labelled_part(unit: Unit) -> Literal["work", "results"] | None:
    """What its paragraph says it tells: "整改措施：…", "整改成效：…"."""
    if stands_in_row(unit.document, unit.start, unit.end):
        told = tells_results(unit.text)
        return None if told is None else "results" if told or gives_figure(unit.text) else "work"
    start, end = paragraph_of(unit.document.text, unit.start)
    if match := _LABELLED_PART.match(unit.document.text, start, end):
        return "results" if match["results"] else "work"
    return None


def is_result(unit: Unit) -> bool:
    """Whether it gives a figure of what was reached."""
    if is_row(unit.text):
        return gives_figure(unit.text)
    return bool(_FIGURE.search(unit.text)) and bool(_DONE.search(unit.text))
