"""Whether two documents are copies: the same sentences, but for what a site or a printer puts around them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from kb.identity import Member, title_core
from kb.signature import plain

_SCAN_LEFT_SHARE = 0.4  # of a scan's text may be misread in places
_MISREAD_OVERLAP = 0.6  # of the character pairs in what is misread
_FURNITURE_LINES, _FURNITURE_CHARS = 6, 120  # of a text may stand around it that the other lacks
_LINE_CHARS = 60  # a longer line is no furniture
_LEAST_CHARS = 50
_TITLE_CHARS = 8  # a shorter title may be part of another one

_REPOST = re.compile(
    r"来源|发布|时间|浏览|点击|阅读|编辑|作者|访问|打印|转载|[上下]一[篇条]|版权|网址|公众号|记者|供稿|审核|字号|字体|分享|首页"
)
_NUMBERED = re.compile(r"第[一二三四五六七八九十百\d]+[条章节]|[（(]?[一二三四五六七八九十\d]{1,3}[)）、.．]")
_FIELD = re.compile(r"[^:：]{1,15}[:：].")  # 申请材料：身份证
_DATE = re.compile(r"[\d〇零一二三四五六七八九十年月日时分/.:：\s-]+")
_FIGURE = re.compile(r"\d+(?:\.\d+)?|[一二三四五六七八九十百千万亿零〇两]{2,}")
_NAME = re.compile(r"[\u4e00-\u9fff]{2,8}?(?:省|市|县|区|镇|乡|村|街道|局|委员会|办公室|厅|政府|医院|法院|公司|学校)")


def is_copy(a: Member, b: Member) -> bool:
    """Whether one of the two says all that the other says, and the same; a scan may be misread in places."""
    read_a, read_b = _read(a.text), _read(b.text)
    if read_a.plain == read_b.plain:
        return True
    if not _same_heading(a, b):
        return False
    left_a, left_b = _left(a, b), _left(b, a)
    if a.scanned or b.scanned:
        return _misread(a, b, left_a, left_b)
    if left_a and left_b or len(read_a.plain) < _LEAST_CHARS:
        return False
    left = left_a or left_b
    short = len(left) <= _FURNITURE_LINES and sum(map(len, left)) <= _FURNITURE_CHARS
    return short and not any(_is_content(s) for s in left)


def _same_heading(a: Member, b: Member) -> bool:
    """Whether the titles are the same, or one is the other with something around it that a repost adds."""
    x, y = title_core(a.metadata.title), title_core(b.metadata.title)
    return x == y or (len(min(x, y, key=len)) >= _TITLE_CHARS and (x in y or y in x))


def _left(a: Member, b: Member) -> list[str]:
    """The sentences of `a` that `b` does not have, without what a site prints around a repost."""
    read = _read(a.text)
    rest = read.sentences - _read(b.text).sentences
    titles = {plain(a.metadata.title), plain(b.metadata.title)}
    left = [read.printed[s] for s in rest if s not in titles]
    return [s for s in left if _is_content(s) or not _REPOST.search(s)]


def _is_content(sentence: str) -> bool:
    """Whether a sentence says something: it ends like one, is a row, a field or a numbered clause, or gives a figure."""
    states = _FIGURE.search(sentence) or _FIELD.match(sentence)
    counts = states and not _DATE.fullmatch(sentence) and not _REPOST.search(sentence)
    says = sentence[-1:] in "。；;！？" or "｜" in sentence or len(sentence) > _LINE_CHARS
    return bool(counts or says or _NUMBERED.match(sentence))


def _misread(a: Member, b: Member, left_a: Sequence[str], left_b: Sequence[str]) -> bool:
    """Whether what differs are the misread characters of a scan: the same figures and names all the same."""
    shorter = min(len(_read(a.text).plain), len(_read(b.text).plain))
    rest_a, rest_b = plain("".join(left_a)), plain("".join(left_b))
    if max(len(rest_a), len(rest_b)) > _SCAN_LEFT_SHARE * shorter:
        return False
    return _stated(left_a) == _stated(left_b) and _overlap(rest_a, rest_b) >= _MISREAD_OVERLAP


def _stated(left: Sequence[str]) -> tuple[Counter[str], set[str]]:
    """The figures, and the names of places and offices, in sentences."""
    text = " ".join(left)
    return Counter(_FIGURE.findall(text)), set(_NAME.findall(text))


def _overlap(a: str, b: str) -> float:
    """The share of the shorter text's character pairs that the other has."""
    pairs = [Counter(t[i : i + 2] for i in range(len(t) - 1)) for t in (a, b)]
    least = min(p.total() for p in pairs)
    return (pairs[0] & pairs[1]).total() / least if least else 1.0


@dataclass(frozen=True, slots=True)
class _Reading:
    """A text for comparing: in whole and by sentence, as `plain`; `printed` gives a sentence as it stands."""

    plain: str
    sentences: Counter[str]
    printed: Mapping[str, str]


@lru_cache(maxsize=256)
def _read(text: str) -> _Reading:
    parts = [s.strip() for line in text.split("\n") for s in _ends(line)]
    printed = {plain(s): s for s in parts}
    printed.pop("", None)
    return _Reading(plain(text), Counter(p for s in parts if (p := plain(s))), printed)


def _ends(line: str) -> Iterable[str]:
    """The sentences of a line, with their end marks; a table row is one."""
    return [line] if "｜" in line else re.split(r"(?<=[。；;！？])", line)
