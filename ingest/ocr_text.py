"""Text as OCR gives it, put right where that is certain: look-alikes in figures, width of punctuation, spaces."""

from __future__ import annotations

import re

from ingest.characters import mend_characters, mend_spaces

_CJK = r"\u3400-\u4dbf\u4e00-\u9fff"
_CHINESE = rf"[{_CJK}，。、；：！？（）《》〈〉“”〔〕]"
_ZEROS, _ONES = "OoＯ", "lI|"
_AS_DIGIT = str.maketrans({**dict.fromkeys(_ZEROS, "0"), **dict.fromkeys(_ONES, "1")})
_UNIT = r"(?:\.\d+)?\s?(?:[年月日元万亿%％亩户人个项条倍吨头只羽株公平千米里岁周天次]|处(?!长))"
_MIXED = re.compile(rf"(?<![A-Za-z0-9.])[\d,.{_ZEROS}{_ONES}]*\d[\d,.{_ZEROS}{_ONES}]*(?![A-Za-z])")
_CHINESE_YEAR = re.compile(rf"(?<=二)[〇○零一二三四五六七八九{_ZEROS}0]{{3}}(?=年)")
_NUMBER_BRACKETS = re.compile(rf"(?<=[{_CJK}])[\[【［〔﹝]((?:19|20)\d\d)[\]】］〕﹞](?=第?\s?\d{{1,5}}\s?号)")
_WIDE = {",": "，", ";": "；", ":": "：", "?": "？", "!": "！"}
_NARROW_MARK = re.compile(rf"(?<={_CHINESE})[,;:?!](?={_CHINESE}|$)")
_MAX_ROUNDS = 4


def settled(text: str) -> str:
    """The line put right. What cleaning does to characters and spaces is done here already, so that the places
    of the text's pieces stay true; settled(settled(t)) == settled(t)."""
    for _ in range(_MAX_ROUNDS):
        before, text = text, mend_spaces(_with_wide_marks(_with_digits(mend_characters(text))))
        if text == before:
            break
    return text


def doubtful_figures(text: str) -> list[str]:
    """Words of digits and letters that look like digits, where it is not certain which they are."""
    return [match[0] for match in _MIXED.finditer(text) if any(c in _ZEROS + _ONES for c in match[0])]


def _with_digits(text: str) -> str:
    """Letters among digits made digits where a unit follows: "2O19年", "l5元"; a letter alone stays."""
    text = _CHINESE_YEAR.sub(lambda m: re.sub(rf"[○{_ZEROS}0]", "〇", m[0]), text)
    return _MIXED.sub(_digits, text)


def _digits(match: re.Match[str]) -> str:
    return match[0].translate(_AS_DIGIT) if re.match(_UNIT, match.string[match.end() :]) else match[0]


def _with_wide_marks(text: str) -> str:
    text = _NUMBER_BRACKETS.sub(r"〔\1〕", text)
    text = _NARROW_MARK.sub(lambda m: _WIDE[m[0]], text)
    return _paired(text)


def _paired(text: str) -> str:
    """Half-width brackets round Chinese words made wide, both; so too one whose other stands on another line."""
    text = re.sub(rf"[(（]([^()（）]*[{_CJK}][^()（）]*)[)）]", r"（\1）", text)
    text = re.sub(rf"^([^()（）]*[{_CJK}][^()（）]*)\)", r"\1）", text)
    return re.sub(rf"\(([^()（）]*[{_CJK}][^()（）]*)$", r"（\1", text)
