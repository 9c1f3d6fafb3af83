"""What people say and what documents write: words that count as the same subject (words_alike.toml)."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path


def synonyms(word: str) -> tuple[str, ...]:
    """Other words for the same subject."""
    return _by_word().get(word, ())


@lru_cache(maxsize=1)
def phrases() -> frozenset[str]:
    """All words of the thesaurus; many are several words to a segmenter ("没劳力")."""
    return frozenset(_by_word())


@lru_cache(maxsize=1)
def _by_word() -> dict[str, tuple[str, ...]]:
    with (Path(__file__).parent / "words_alike.toml").open("rb") as file:
        groups = [line.split() for line in tomllib.load(file)["groups"]]
    found: dict[str, tuple[str, ...]] = {}
    for group in groups:
        for word in group:
            found[word] = (*found.get(word, ()), *(w for w in group if w != word))
    return found
