"""Items within running text: 一是…；二是…, 第一，…第二，…, （1）…（2）…, ①…②…: no sections, but findable."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ingest.numerals import to_int
from ingest.sentences import sentence_spans

_N = "[一二三四五六七八九十]{1,3}"
_BEFORE = r"(?:(?<=[。；;：:，,、！？\s）)])|^|(?<=\n))"
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
# one way of counting each: the marks of a run are all of one way
_STYLES = tuple(
    re.compile(_BEFORE + mark, re.MULTILINE)
    for mark in (
        rf"(?P<n>{_N})(?:是(?!否)|要(?!素|求|件)|抓|靠)",
        rf"第(?P<n>{_N})[，,、：:]",
        rf"其(?P<n>{_N})[，,、：:是]",
        rf"[（(](?P<n>\d{{1,2}}|{_N})[）)]",
        r"(?P<n>\d{1,2})[.．、）)](?!\d)",
    )
) + (re.compile(f"(?P<n>[{_CIRCLED}])"),)


@dataclass(frozen=True, slots=True)
class _Mark:
    start: int
    number: int


def run_in_items(text: str, start: int, end: int) -> tuple[tuple[int, int], ...]:
    """Spans of the items in text[start:end], each from its mark to the next one, in order.

    Only marks that count 1, 2, … make items. An item within another one is not given; ask again for its span
    less the mark. The last item ends with its sentence where the others are one sentence long, else with its line.
    """
    found: list[tuple[int, int]] = []
    for style in _STYLES:
        for run in _runs(style, text, start, end):
            for item in _spans(text, run, end):
                if not any(a <= item[0] < b for a, b in found):
                    found.append(item)
    outer = [s for s in found if not any(o != s and o[0] <= s[0] and s[1] <= o[1] for o in found)]
    return tuple(sorted(outer))


def _runs(style: re.Pattern[str], text: str, start: int, end: int) -> list[list[_Mark]]:
    """The marks of one style that count up from 1, at least to 2."""
    runs: list[list[_Mark]] = []
    for match in style.finditer(text, start, end):
        number = _CIRCLED.find(match["n"]) + 1 or to_int(match["n"])
        if number == 1:
            runs.append([_Mark(match.start(), 1)])
        elif runs and number == runs[-1][-1].number + 1:
            runs[-1].append(_Mark(match.start(), number))
    return [run for run in runs if len(run) > 1]


def _spans(text: str, run: list[_Mark], end: int) -> list[tuple[int, int]]:
    bounds = [mark.start for mark in run]
    spans = [_trimmed(text, a, b) for a, b in zip(bounds, bounds[1:], strict=False)]
    one_sentence = all(len(sentence_spans(text, *span)) == 1 for span in spans)
    return [*spans, _trimmed(text, bounds[-1], _last_end(text, bounds[-1], end, one_sentence=one_sentence))]


def _last_end(text: str, start: int, end: int, *, one_sentence: bool) -> int:
    line_end = text.find("\n", start, end)
    line_end = end if line_end < 0 else line_end
    return sentence_spans(text, start, line_end)[0][1] if one_sentence else line_end


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
