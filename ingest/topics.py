"""What a document or a passage is about, by the words of a taxonomy that can be edited (topics.toml)."""

from __future__ import annotations

import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

_STRONG = 3.0
_IN_HEADING = 3.0  # a word in a heading counts so many times
_ENOUGH = 3.0  # points below which a topic is not named
_ENOUGH_OF_MORE = 5.0  # the same in a passage that is more than a sentence or two: a single mention is not its topic
_SHORT_CHARS = 200
_CERTAIN = 9.0  # points with which a topic is named beside any other
_SHARE = 0.34  # of the points of the strongest topic
_SHARE_OF_LONG = 0.15  # a long document speaks of many things
_LONG_CHARS = 1500
_REPEATS = 3  # a word that comes again and again counts at most so often for a passage
_MAX_TOPICS = 4
_MAX_TOPICS_OF_LONG = 8
_GENERAL = "综合"  # only where nothing else is named, or very much else

Points = Mapping[str, float]


@cache
def taxonomy() -> dict[str, dict[str, list[str]]]:
    """Topic -> "strong", "words", "not" -> the words of topics.toml, in its order."""
    with (Path(__file__).parent / "topics.toml").open("rb") as file:
        return tomllib.load(file)


def topic_names() -> tuple[str, ...]:
    """The names of all topics."""
    return tuple(taxonomy())


def topics_of(text: str, headings: Sequence[str] = ()) -> tuple[str, ...]:
    """The topics of a text under the given headings, the strongest first; empty when no word tells one."""
    long = len(text) > _LONG_CHARS
    points = _points(text, _REPEATS + len(text) // _LONG_CHARS)
    for name, more in _points("\n".join(headings), _REPEATS).items():
        points[name] += _IN_HEADING * more
    general = points.pop(_GENERAL, 0.0)
    most = max(points.values(), default=0.0)
    enough = _ENOUGH if len(text) <= _SHORT_CHARS else _ENOUGH_OF_MORE
    least = max(enough, most * _SHARE_OF_LONG if long else min(most * _SHARE, _CERTAIN))
    named = sorted((name for name in topic_names() if points[name] >= least), key=lambda name: -points[name])
    if len(named) > _MAX_TOPICS or (not named and general >= _ENOUGH):
        named = [*named[: _MAX_TOPICS_OF_LONG if long else _MAX_TOPICS], _GENERAL]
    return tuple(named)


def _points(text: str, repeats: int) -> defaultdict[str, float]:
    """Topic -> points; a word counts at most `repeats` times, one that is not strong only beside another one."""
    points: defaultdict[str, float] = defaultdict(float)
    words: defaultdict[str, int] = defaultdict(int)
    strong: set[str] = set()
    lexicon = _lexicon()
    for word, times in Counter(_words(text)).items():
        for name, worth in lexicon[word[0]][word].items():
            points[name] += worth * min(times, repeats)
            words[name] += 1
            if worth >= _STRONG:
                strong.add(name)
    return defaultdict(float, {n: p for n, p in points.items() if words[n] > 1 or n in strong})


def _words(text: str) -> list[str]:
    """The taxonomy's words in the text, from left to right, the longest at each place."""
    return _any_word().findall(text)


@cache
def _any_word() -> re.Pattern[str]:
    """Any word of the taxonomy; its first characters, each once, tell quickly where none begins."""
    rests = {first: "|".join(re.escape(w[1:]) for w in words) for first, words in _lexicon().items()}
    return re.compile("|".join(f"{re.escape(first)}(?:{rest})" for first, rest in rests.items()))


@cache
def _lexicon() -> dict[str, dict[str, Points]]:
    """First character -> word -> topic -> points. Longer words come first, so that "警示教育" is not "教育"."""
    words = {w for table in taxonomy().values() for listed in table.values() for w in listed}
    lexicon: dict[str, dict[str, Points]] = {}
    for word in sorted(words, key=lambda w: (-len(w), w)):
        lexicon.setdefault(word[0], {})[word] = {n: p for n in taxonomy() if (p := _worth(word, n))}
    return lexicon


def _worth(word: str, name: str) -> float:
    """The points that a word gives a topic: its own, else those of the listed words within it, the longest first."""
    table = taxonomy()[name]
    if word in table.get("not", ()):
        return 0.0
    if word in table["strong"]:
        return _STRONG
    for listed in sorted({*table["strong"], *table["words"], *table.get("not", ())}, key=len, reverse=True):
        if listed in word:
            return _worth(listed, name) if listed != word else 1.0
    return 0.0
