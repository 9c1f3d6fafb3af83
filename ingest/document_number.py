"""文号: the number an office gives its document, and which of those on a page is the document's own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_HEAD_LINES = 25
_CHINESE = "[一二三四五六七八九十百零〇]{1,6}"
_NUMBER_YEAR = r"\s?[〔\[（(【﹝［]\s?(?:19|20)\d{2}\s?[〕\]）)】﹞］]\s?(?:第\s?)?\d{1,5}\s?号"
_ORDERED = (
    rf"(?:[\u4e00-\u9fff ]{{0,40}}(?:令|公告|通告|决定)\s?)?(?:(?:19|20)\d{{2}}\s?年\s?)?第\s?\d{{1,4}}\s?号\s?(?:令|公告|通告)?"
    rf"|[\u4e00-\u9fff ]{{0,40}}(?:令|公告)\s?第\s?{_CHINESE}\s?号|第\s?{_CHINESE}\s?号\s?(?:令|公告)"
)
NUMBER = re.compile(rf"[\u4e00-\u9fff]{{1,14}}{_NUMBER_YEAR}|{_ORDERED}")
_CITED = re.compile(
    rf"(?P<office>[\u4e00-\u9fff]{{1,14}}){_NUMBER_YEAR}"
    rf"|[\u4e00-\u9fff]{{2,30}}(?:令|公告)\s?(?:(?:19|20)\d{{2}}\s?年\s?)?第\s?(?:\d{{1,4}}|{_CHINESE})\s?号"
)
_WORDS_BEFORE = re.compile(
    r".*(?:根据|按照|比照|依据|依照|遵照|贯彻|落实|废止|停止执行|参照|执行|转发|印发|下发|出台|发布|公布|关于|通知|办法|意见|规定|方案|同时|其中|以及|文件|精神|的|了)"
)
_LEADS = (
    "和与及或将由以经对自原按据见如"  # one-letter words; they begin place names too, so only behind a mark or a number
)
_LONE_ORDER = re.compile(rf"第\s?(?:\d{{1,4}}|{_CHINESE})\s?号\s?(?:令|公告|通告)|第\s?\d{{1,4}}\s?号")
_ORDER = re.compile(
    rf"(?P<number>[\u4e00-\u9fff]{{2,40}}(?:令|公告)(?:\s?(?:19|20)\d{{2}}年)?\s?第\s?(?:\d{{1,4}}|{_CHINESE})\s?号)(?=公布|发布|$)"
)
_ENACTED = re.compile(r"通过|批准|公布|发布|颁布|印发")


def is_number_line(line: str) -> bool:
    """Whether the line is a 文号 and nothing else."""
    text = _bare(line)
    if len(text) > 60:
        return False
    return (NUMBER.fullmatch(text) is not None and not text.startswith("第")) or _LONE_ORDER.fullmatch(text) is not None


def _bare(line: str) -> str:
    """The line without brackets round it and without the name of who signs."""
    text = re.sub(r"\s*签发人.*|^(?:文号|发文字号)\s*[:：]\s*", "", line.strip()).strip()
    return text[1:-1].strip() if re.fullmatch(r"[（(].*号\s*[）)]", text) else text


def own_number(lines: Sequence[str]) -> str | None:
    """The number on a line of its own near the top; else the order by which the text says it was issued."""
    for line in lines[:_HEAD_LINES]:
        text = line.strip()
        if len(text) > 60 and "。" in text:
            break
        if is_number_line(text):
            return _bare(text)
    for line in lines[:_HEAD_LINES]:
        order = _ORDER.search(line) if len(line) <= 300 and _ENACTED.search(line) else None
        if order:
            return re.sub(r"^(?:.*日)?\s*[经由以]?", "", order["number"])
    return None


def cited_numbers(text: str) -> Iterator[tuple[int, int]]:
    """The spans of the numbers in running text, less the words that stand before ("根据", "和")."""
    for match in _CITED.finditer(text):
        before = match["office"] or match[0]
        lead = _WORDS_BEFORE.match(before)
        start = match.start() + (lead.end() if lead and lead.end() < len(before) - 1 else 0)
        conjunction = (
            text[start] in _LEADS and start == match.start() and text[start - 1 : start] in tuple("号》）)，、")
        )
        yield start + conjunction, match.end()
