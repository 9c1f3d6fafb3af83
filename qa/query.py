"""A search as it is typed: words to rank by, phrases in quotes, words kept out by a minus, and where words stand in a text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from kb.lexical import tokens

_QUOTES = {'"': '"', "“": "”", "「": "」", "『": "』", "＂": "＂"}
_PART = re.compile(
    r"(?P<minus>(?<!\S)[-－])?(?:"
    + "|".join(f"{a}(?P<q{n}>[^{b}]+){b}" for n, (a, b) in enumerate(_QUOTES.items()))
    + r"|(?<=[-－])(?P<word>[^\s\d\-－\"“”「」『』＂][^\s\"“”「」『』＂]*))"
)
_LEAST_SHOWN = 2  # characters of a word worth marking, unless the query has only shorter ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A search taken apart."""

    text: str  # as typed
    words: str  # what to rank by: all but what is kept out, the phrases without their quotes
    phrases: tuple[str, ...] = ()  # a passage must hold each as it stands
    excluded: tuple[str, ...] = ()  # a passage must hold none

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to look for."""
        return not any(c.isalnum() for c in self.words)

    @property
    def is_plain(self) -> bool:
        """Whether it is words alone."""
        return not self.phrases and not self.excluded

    def allows(self, text: str) -> bool:
        """Whether the text holds all phrases and none of what is kept out."""
        return all(p in text for p in self.phrases) and not any(w in text for w in self.excluded)


def read_query(text: str) -> Query:
    """The search taken apart: “…”, "…" and 「…」 are phrases; -词 and －词 keep out, at the start or after a blank.

    A quote without its other half, and a minus within a word or before a digit, are words like others.
    """
    phrases, excluded, rest, done = [], [], [], 0
    for match in _PART.finditer(text):
        said = next((g for name, g in match.groupdict().items() if name != "minus" and g), "").strip()
        if match["word"] and not match["minus"]:
            continue
        rest.append(text[done : match.start()])
        done = match.end()
        if match["minus"]:
            excluded.append(said)
        else:
            phrases.append(said)
            rest.append(f" {said} ")
    rest.append(text[done:])
    return Query(
        text=text,
        words=" ".join("".join(rest).split()),
        phrases=_once(phrases),
        excluded=_once(excluded),
    )


def matched_spans(query: Query, text: str) -> tuple[tuple[int, int], ...]:
    """Where the words and phrases of the query stand in the text, in order, those that touch made one."""
    words = set(tokens(query.words))
    shown = {w for w in words if len(w) >= _LEAST_SHOWN} or words
    if query.phrases:  # a phrase is marked as a whole, not each of its words wherever they stand
        shown = set(tokens(_outside(query))) & shown
    plain = _folded(text)
    spans = [s for word in shown for s in _found(plain, word)]
    spans += [s for phrase in query.phrases for s in _found(text, phrase)]
    return _merged(spans)


def _outside(query: Query) -> str:
    """The words of the query that stand in no phrase."""
    words = query.words
    for phrase in query.phrases:
        words = words.replace(phrase, " ")
    return words


def _once(found: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f for f in found if f))


def _folded(text: str) -> str:
    """The text in half width and lower case, as long as it was: a character that would become several stays."""
    return "".join(map(_folded_character, text))


@cache
def _folded_character(character: str) -> str:
    folded = unicodedata.normalize("NFKC", character).lower()
    return folded if len(folded) == 1 else character


def _found(text: str, word: str) -> list[tuple[int, int]]:
    spans, at = [], text.find(word)
    while at >= 0:
        if not _cuts_a_number(text, word, at):
            spans.append((at, at + len(word)))
        at = text.find(word, at + len(word))
    return spans


def _cuts_a_number(text: str, word: str, at: int) -> bool:
    """Whether the word is figures or Latin letters within longer ones: 20 in 2020."""
    before, after = text[at - 1 : at], text[at + len(word) : at + len(word) + 1]
    return any(
        _is_ascii_word(inner) and _is_ascii_word(outer) for inner, outer in ((word[0], before), (word[-1], after))
    )


def _is_ascii_word(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _merged(spans: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)
