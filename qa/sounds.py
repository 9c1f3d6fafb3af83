"""How characters sound: the syllables of pinyin without their tones, and which of them are easily taken for each other."""

from __future__ import annotations

import os
import re
import unicodedata
from functools import cache, lru_cache
from itertools import product

_OF_TWO_READINGS = frozenset(  # both in everyday words; of the other characters only the first reading counts
    "行长重种乐调率差传降还朝藏得都会给角觉看空量模宁期强散省数说宿系校要应与载占涨转着参曾场称处大当地度分服更观好号合荷华划几夹间将结解尽据卡可"
)
_MOST_WAYS = 16  # in which a word of characters with several readings is taken
_ALIKE = (  # the end of the one stands for the other in much of the country, and so do these beginnings
    (re.compile(r"^([zcs])h"), r"\1"),
    (re.compile(r"^n(?=[aeiouv])"), "l"),
    (re.compile(r"([aei])ng$"), r"\1n"),
)
_LETTERS = str.maketrans("ü", "v")


@lru_cache(maxsize=4096)
def syllables(character: str) -> tuple[str, ...]:
    """The everyday readings of a character without tones, ü as v; none for what is no Chinese character."""
    found = dict.fromkeys(_plain(r) for r in _table().get(ord(character), "").split(",") if r)
    return tuple(found)[: 2 if character in _OF_TWO_READINGS else 1]


@lru_cache(maxsize=65536)
def readings(word: str) -> tuple[tuple[str, ...], ...]:
    """The ways to read a word, a syllable for each character; none where a character has no reading."""
    return tuple(product(*map(syllables, word)))[:_MOST_WAYS]


@cache
def alike(syllable: str) -> str:
    """The syllable that stands for all that are easily taken for it: zh for z, n for l, ang for an."""
    for pattern, instead in _ALIKE:
        syllable = pattern.sub(instead, syllable)
    return syllable


def spelt_out(letters: str) -> list[tuple[str, ...]]:
    """The ways to read letters as syllables, fewest first; none when they are no pinyin."""
    known = _all_syllables()
    ways: list[list[tuple[str, ...]]] = [[()], *([] for _ in letters)]
    for end in range(1, len(letters) + 1):
        for start in range(max(0, end - 6), end):
            if (syllable := letters[start:end]) in known:
                ways[end] += [(*way, syllable) for way in ways[start]]
        ways[end] = sorted(ways[end], key=len)[:_MOST_WAYS]
    return ways[-1]


def _plain(reading: str) -> str:
    """A reading with its tone left out: "zhǒng" is "zhong", "lǚ" is "lv"."""
    parts = unicodedata.normalize("NFD", reading)
    kept = "".join(c for c in parts if not unicodedata.combining(c) or c == "\u0308")
    return unicodedata.normalize("NFC", kept).translate(_LETTERS)


@cache
def _table() -> dict[int, str]:
    """Readings by code point, parted by commas."""
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")  # or the import reads 2.5 MB of phrases that are not needed here
    from pypinyin.pinyin_dict import pinyin_dict

    return dict(pinyin_dict)


@cache
def _all_syllables() -> frozenset[str]:
    """The syllables of the characters in everyday use: those of GB 2312."""
    common = (bytes((high, low)).decode("gb2312", "ignore") for high in range(0xB0, 0xF8) for low in range(0xA1, 0xFF))
    return frozenset(s for character in common if character for s in syllables(character) if len(s) > 1 or s in "ae")
