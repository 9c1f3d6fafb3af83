"""Text with its characters put right: width, invisible characters, spaces inside Chinese words."""

from __future__ import annotations

import re
import unicodedata

_CJK = r"\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0002ffff"
_INVISIBLE = re.compile(
    r"[\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\u00ad\x00-\x08\x0b-\x1f\x7f\ufff9-\ufffb\ue000-\uf8ff]"
)
_WIDE = {code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
_WIDE[0xFF05] = ord("%")
_SPACES = re.compile(r"[\xa0\u2000-\u200a\u202f\u205f]")
_RADICALS = re.compile(r"[\u2e80-\u2fdf\uf900-\ufaff\U0002f800-\U0002fa1f]")
_LOOSE_RADICALS = {
    "⻓": "长",
    "⻔": "门",
    "⻅": "见",
    "⻆": "角",
    "⻋": "车",
    "⻚": "页",
    "⻛": "风",
    "⻜": "飞",
    "⻢": "马",
    "⻥": "鱼",
    "⻦": "鸟",
    "⻩": "黄",
    "⻬": "齐",
    "⻰": "龙",
    "⻘": "青",
    "⻝": "食",
    "⺠": "民",
    "⻄": "西",
}

_LETTER_SPACED = re.compile(rf"(?<![{_CJK}])[{_CJK}](?:[ \u3000]+[{_CJK}])+(?![{_CJK}])")
_NUMBER_SPACED = re.compile(rf"(?<=[{_CJK}，、（]) (\d[\d.,%]*)(?: (?=[{_CJK}])|(?=[，。、；）]))")
_BY_PUNCTUATION = re.compile(r"(?<=[，、；：！？（《“〔】）》”。]) | (?=[，。、；：！？）》”〕])")
_NAMED_NUMBERS = "表图附件卷册篇"


def mend_characters(text: str) -> str:
    """The text without invisible characters, with half-width digits, letters and %, and real characters
    in place of the look-alike radicals that some PDF fonts map to. Length may change; spaces stay."""
    text = _INVISIBLE.sub("", _SPACES.sub(" ", text.replace("\t", "  ")))
    text = text.translate(_WIDE)
    text = re.sub(r"(?<=\d)．(?=\d)", ".", text)
    return _RADICALS.sub(_real_character, text)


def _real_character(match: re.Match[str]) -> str:
    return _LOOSE_RADICALS.get(match[0]) or unicodedata.normalize("NFKC", match[0])


def mend_spaces(line: str) -> str:
    """The line with single spaces only, none inside letter-spaced words ("总 则"), round numbers within a
    sentence ("共 12 户") or beside Chinese punctuation; a space that parts two names stays."""
    line = _LETTER_SPACED.sub(lambda m: re.sub(r"\s+", "", m[0]), line)
    line = re.sub(r"[ \u3000]+", " ", line).strip()
    line = _NUMBER_SPACED.sub(_closed_number, line)
    return _BY_PUNCTUATION.sub("", line)


def _closed_number(match: re.Match[str]) -> str:
    before = match.string[: match.start()]
    keep = " " if before[-1:] in _NAMED_NUMBERS and match[0].endswith(" ") else ""
    return match[1] + keep
