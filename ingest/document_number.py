"""文号: the number an office gives its document, and which of those on a page is the document's own."""

from __future__ import annotations

import re
from collections.abc import Sequence

_HEAD_LINES = 25
_NUMBER_YEAR = r"[〔\[（(【﹝]\s?(?:19|20)\d{2}\s?[〕\]）)】﹞]\s?(?:第\s?)?\d{1,5}\s?号"
NUMBER = re.compile(
    rf"[\u4e00-\u9fff]{{1,14}}{_NUMBER_YEAR}|(?:[\u4e00-\u9fff ]{{0,40}}(?:令|公告|通告|决定))?(?:\s?(?:19|20)\d{{2}}年)?第\s?\d{{1,4}}\s?号(?:令|公告|通告)?"
)
_ORDER = re.compile(
    r"(?P<number>[\u4e00-\u9fff]{2,40}(?:令|公告)(?:\s?(?:19|20)\d{2}年)?\s?第\s?(?:\d{1,4}|[一二三四五六七八九十百零〇]{1,6})\s?号)(?=公布|发布|$)"
)
_ENACTED = re.compile(r"通过|批准|公布|发布|颁布|印发")


def own_number(lines: Sequence[str]) -> str | None:
    """The number on a line of its own near the top; else the order by which the text says it was issued."""
    for line in lines[:_HEAD_LINES]:
        text = line.strip()
        if len(text) > 60 and "。" in text:
            break
        text = re.sub(r"\s*签发人.*", "", text).strip("（）() ")
        if NUMBER.fullmatch(text) and not text.startswith("第") or re.fullmatch(r"第\s?\d{1,4}\s?号令?", text):
            return text
    for line in lines[:_HEAD_LINES]:
        order = _ORDER.search(line) if len(line) <= 300 and _ENACTED.search(line) else None
        if order:
            return re.sub(r"^(?:.*日)?\s*[经由以]?", "", order["number"])
    return None
