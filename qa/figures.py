"""The figures a sentence gives, each with what it counts, and those of several years put beside each other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

_UNITS = (
    "元/亩|元/吨|元/人|元|人次|万人次|户次|人|户|名|亩|公顷|平方公里|公里|千米|平方米|立方米|米|吨|公斤|千瓦时|千瓦|度|"
    "个百分点|座|处|个|家|所|头|只|羽|箱|场次|场|期|件|套|盏|条|口|台|辆|份|项|批|株|棵|张|笔|例|起|村|%|％|‰"
)
_FIGURE = re.compile(
    rf"(?<![\d.〔\[第])(?P<number>\d{{1,3}}(?:[,，]\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?)\s*(?P<scale>[万亿千百]?)(?:余|多)?(?P<unit>{_UNITS})(?!工作日)"
)
_SCALES = {"": 1.0, "百": 1e2, "千": 1e3, "万": 1e4, "亿": 1e8}
_BREAK = re.compile(r"[，。；、：:（）()！？!?,;\s“”《》\n]")
_LEAD = re.compile(
    r"^(?:其中|目前|现有|现|今年|去年|全年|本年度?|年内|同时|截至|到|截止|上半年|下半年|全[省市县区镇乡村]|我[县镇乡村]|先后|\d{4}年(?:度|底|末)?|"
    r"\d{1,2}月(?:\d{1,2}日|份|底)?|[至—-]|[一二三四五六七八九十]是|共计|共有|共|累计|已|有|对|为|使|给|按照?|预计|计划|年底前)+"
)
_TAIL = re.compile(
    r"(?:共计|共有|总计|合计|累计|达到了?|达|为|约为|约|近|超过|超|不少于|至|到|了|共|仅|各|已|有|由|是|人均|户均|在|的|[一二三四五六七八九十]是)+$"
)
_LABEL_CHARS = 18
_SHORT = 3  # a label so short is a verb ("安置46人就业"): what follows says what is counted
_AFTER = re.compile(r"[一-鿿]{1,8}")
_AFTER_ENDS = re.compile(r"^[的和与及并从在已、]|^以[上下内]|^左右")
_ALIKE = 0.8
_SENTENCE_ENDS = "。；;！？!?\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number in a text: what it counts, its value in whole units, and where number and unit stand."""

    label: str
    value: float
    unit: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Figures of one thing: their label and unit, and the numbers of the sentences they stand in."""

    label: str
    unit: str
    figures: tuple[tuple[int, Figure], ...]  # number of the sentence, figure


def figures_of(text: str, start: int = 0, end: int | None = None) -> tuple[Figure, ...]:
    """The figures with a unit in text[start:end], in order, each with the words of its clause that name it.

    One that follows 其中, is a rate, or has only a verb before it is named by the thing it is a part of as well:
    "务工人员：省外".
    """
    end = len(text) if end is None else end
    found: list[Figure] = []
    for match in _FIGURE.finditer(text, start, end):
        label = _label(text, start, match, found[-1] if found else None)
        whole = _whole(text, start, match.start(), label, found)
        if not label:
            continue
        found.append(
            Figure(
                label=f"{whole}：{label}" if whole else label,
                value=float(re.sub("[,，]", "", match["number"])) * _SCALES[match["scale"]],
                unit=match["unit"].replace("％", "%"),
                start=match.start(),
                end=match.end(),
            )
        )
    return tuple(found)


def counted(sentences: Iterable[Sequence[Figure]]) -> list[Counted]:
    """Figures of the same thing brought together over sentences, those met most often first."""
    groups: list[tuple[str, str, list[tuple[int, Figure]]]] = []
    for number, figures in enumerate(sentences):
        for figure in figures:
            group = next((g for g in groups if g[1] == figure.unit and _is_same(g[0], figure.label)), None)
            if group is None:
                groups.append((figure.label, figure.unit, [(number, figure)]))
            else:
                group[2].append((number, figure))
    groups.sort(key=lambda g: -len(g[2]))
    return [
        Counted(label=min((f.label for _, f in figures), key=len), unit=unit, figures=tuple(figures))
        for _, unit, figures in groups
    ]


def _label(text: str, start: int, match: re.Match[str], last: Figure | None) -> str:
    """The words before the number in its clause; of the figure just before it where nothing stands between."""
    if last is not None and last.end == match.start():
        return last.label.rpartition("：")[2]
    begins = max([start, *(m.end() for m in _BREAK.finditer(text, start, match.start())), last.end if last else 0])
    before = _TAIL.sub("", _LEAD.sub("", text[begins : match.start()].strip()))[-_LABEL_CHARS:]
    if len(before) > _SHORT:
        return before
    after = _AFTER.match(text, match.end())
    named = "" if after is None or _AFTER_ENDS.match(after[0]) else after[0]
    if before and named:
        return f"{before}…{named}"
    return named if len(named) > 1 else before if len(before) > 1 else ""


def _whole(text: str, start: int, at: int, label: str, before: Sequence[Figure]) -> str:
    """The label of what the figure at `at` is a part of; "" when it stands for itself."""
    begins = max([start, *(text.rfind(mark, start, at) + 1 for mark in _SENTENCE_ENDS)])
    among = text.rfind("其中", begins, at)
    if among >= 0:
        whole = next((f for f in reversed(before) if begins <= f.start and f.end <= among), None)
    elif label.startswith("每") or (len(label) <= _SHORT and "…" not in label):
        whole = next((f for f in before if begins <= f.start), None)
    else:
        whole = None
    return whole.label.partition("：")[0] if whole is not None and not label.startswith(whole.label) else ""


def _is_same(label: str, other: str) -> bool:
    """Whether two labels name one thing; of a part, both the whole and the part must."""
    parts, others = label.split("："), other.split("：")
    return len(parts) == len(others) and all(map(_is_alike, parts, others))


def _is_alike(label: str, other: str) -> bool:
    short, long = sorted((label, other), key=len)
    if label == other or (len(short) > _SHORT and long.endswith(short)):
        return True
    return SequenceMatcher(None, label, other).ratio() >= _ALIKE
