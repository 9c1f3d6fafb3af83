"""A question as it was meant: words mistyped by their sound, characters left out or doubled, pinyin, traditional characters.

A stretch is read as another word only where the documents do not hold it as typed and hold exactly one word that it can
be. Figures, document numbers, titles, quotes and the names of places stay as they are typed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from ingest.place import find_places
from kb.lexical import STOP_WORDS
from qa.everyday import COLLOQUIAL
from qa.question import FILLERS, NUMBER, QUESTION_WORDS, TITLE, place_stem
from qa.sounds import alike, readings, spelt_out

_HAN = re.compile(r"[㐀-䶿一-鿿]+")
_LETTERS = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]+(?:['’ ][A-Za-z]+)*(?![A-Za-z0-9])")
_QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"|「[^」]*」|『[^』]*』")
_NEVER_CHANGED = frozenset("〇零一二三四五六七八九十百千万亿两半省市州盟县区旗镇乡村")
_LONGEST = 6  # characters of a stretch that is looked at
_FEW = 2  # chunks that must hold a word which the dictionary does not know
_AT_HOME = 4  # a word that has another within it stands in at least this part, one in four, of the chunks with that
_TELLING = 4  # characters of a word that is told without what stands beside it, though one of them was left out
_PREVAILS = 5  # times as many chunks as the next: then it is the one that is meant


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A stretch of a question that is read otherwise than it was typed."""

    typed: str
    read: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelt:
    """A question as it is read; as typed where nothing is changed."""

    text: str
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    text: str
    is_known: bool  # the documents hold it
    is_filler: bool

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Neighbouring words, with the words that stand beside them."""

    words: tuple[_Word, ...]
    before: str
    after: str

    @property
    def text(self) -> str:
        return "".join(w.text for w in self.words)

    @property
    def is_cut(self) -> bool:
        """Whether a character that is no word by itself stands beside it and may belong to it."""
        return len(self.before) == 1 or len(self.after) == 1 and self.after not in FILLERS


class Spelling:
    """Reads questions by the words of one base, as of one change. Safe to call from several threads."""

    def __init__(
        self,
        vocabulary: Callable[[], Mapping[str, int]],
        titles: Iterable[str],
        places: Collection[str],
        says: Callable[[str], bool],
    ) -> None:
        """`vocabulary`: see WordIndex; `says`: whether some document's text holds the words as they stand."""
        self._vocabulary, self._titles, self._says = vocabulary, tuple(titles), says
        self._places = frozenset(places) | {place_stem(p) for p in places}

    def read(self, text: str) -> Spelt:
        """The question as it was meant."""
        plain = unicodedata.normalize("NFKC", text)
        simple = self._simplified(plain)
        changes = _differences(plain, simple)
        found = [*self._spelt_out(simple), *self._mistyped(simple)]
        for start, end, word in sorted(found, reverse=True):
            changes.append(Change(typed=simple[start:end], read=word))
            simple = simple[:start] + word + simple[end:]
        return Spelt(text=simple, changes=tuple(changes)) if changes else Spelt(text=text)

    # --- traditional characters ---

    def _simplified(self, text: str) -> str:
        """The text with simplified characters for those traditional ones that no document has."""
        if all(_is_common(c) for c in text):
            return text
        from opencc import OpenCC

        simple = str(OpenCC("t2s").convert(text))
        if len(simple) != len(text):
            return text
        stay = _covered(text, (TITLE, _QUOTED))
        triples = zip(text, simple, stay, strict=True)
        return "".join(c if kept or c in self._characters else s for c, s, kept in triples)

    # --- pinyin ---

    def _spelt_out(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Stretches of letters that are pinyin, each with the words it spells."""
        kept = _kept(text, ())
        for match in _LETTERS.finditer(text):
            whole = self._spelt_at(text, kept, *match.span())
            parts = [] if whole else [m.span() for m in re.finditer(r"[^ ]+", match[0])]
            yield from whole
            for start, end in parts:
                yield from self._spelt_at(text, kept, match.start() + start, match.start() + end)

    def _spelt_at(self, text: str, kept: Sequence[bool], start: int, end: int) -> list[tuple[int, int, str]]:
        """What text[start:end] spells, if it is pinyin and the documents do not have it as it stands."""
        letters = re.sub(r"[^a-z]", "", text[start:end].lower())
        if any(kept[start:end]) or letters in self._words or len(letters) < _TELLING:
            return []
        words = self._words_for(letters, text[:start][-2:], text[end:][:2])
        return [(start, end, words)] if words else []

    def _words_for(self, letters: str, before: str, after: str) -> str:
        """The words of the base that the letters spell; "" when there are none or several."""
        found = [c for way in spelt_out(letters) if len(way) > 1 for c in self._in_words(way)]
        fewest = min((len(c) for c in found), default=0)
        return self._one_of(["".join(c) for c in found if len(c) == fewest], before, after)

    def _in_words(self, way: Sequence[str]) -> list[tuple[str, ...]]:
        """The syllables as words of the base: of the ways to part them, those with the fewest words."""
        best: list[list[tuple[str, ...]]] = [[()], *([] for _ in way)]
        for end in range(2, len(way) + 1):
            ways = [
                (*words, word)
                for start in range(max(0, end - _LONGEST), end - 1)
                for word in self._by_sound.get(tuple(way[start:end]), ())
                for words in best[start]
            ]
            fewest = min(map(len, ways), default=0)
            best[end] = [w for w in ways if len(w) == fewest][:_LONGEST]
        return best[-1]

    # --- mistyped words ---

    def _mistyped(self, text: str) -> list[tuple[int, int, str]]:
        """Stretches with a word that each is read as; the longest first, none over another."""
        found = [(s.words[0].start, s.words[-1].end, word) for s in self._stretches(text) if (word := self._meant(s))]
        taken: list[tuple[int, int, str]] = []
        for start, end, word in sorted(found, key=lambda f: (f[0] - f[1], f[0])):
            if all(end <= s or e <= start for s, e, _ in taken):
                taken.append((start, end, word))
        return taken

    def _stretches(self, text: str) -> Iterator[_Stretch]:
        """Stretches that may hold a mistyped word: some of their words the documents or the dictionary do not know."""
        kept = _kept(text, self._places)
        for match in _HAN.finditer("".join(" " if k else c for c, k in zip(text, kept, strict=True))):
            words = self._parted(match[0], match.start())
            for first in range(len(words)):
                for last in range(first, len(words)):
                    stretch = words[first : last + 1]
                    size = stretch[-1].end - stretch[0].start
                    if size > _LONGEST:
                        break
                    if size > 1 and _is_doubtful(stretch):
                        before = words[first - 1].text if first else ""
                        after = words[last + 1].text if last + 1 < len(words) else ""
                        yield _Stretch(tuple(stretch), before, after)

    def _parted(self, text: str, at: int) -> list[_Word]:
        """The words of the text, which begins at `at`."""
        import rjieba

        found = []
        for word in rjieba.cut(text, hmm=False):
            is_filler = word in FILLERS or word in STOP_WORDS
            found.append(_Word(at, word, len(word) > 1 and word in self._words, is_filler))
            at += len(word)
        return found

    def _meant(self, stretch: _Stretch) -> str:
        """The one word that the stretch is a mistyped form of; "" when there is none, or it is no mistake."""
        text = stretch.text
        if text in self._words:
            return ""
        is_word = len(stretch.words) == 1
        found = self._sounding_like(text, exactly=is_word)
        found += [] if is_word else self._without_double(text)
        found += [] if is_word or stretch.is_cut else self._with_one_more(text)
        found = [w for w in dict.fromkeys(found) if w not in self._places and _same_kept(text, w)]
        if not found or self._says(text):
            return ""
        needs_context = is_word or all(len(text) < len(w) < _TELLING for w in found)
        needs_context = needs_context or not any(self._is_at_home(w, stretch) for w in found)
        return self._one_of(found, stretch.before, stretch.after, typed=text, in_context=needs_context)

    def _is_at_home(self, word: str, stretch: _Stretch) -> bool:
        """Whether known words of the stretch mostly stand within `word` where documents have them: 中药 in 中药材."""
        known = [w.text for w in stretch.words if w.is_known]
        return all(w in word and _AT_HOME * self._words.get(word, 0) >= self._words[w] for w in known)

    def _sounding_like(self, text: str, *, exactly: bool) -> list[str]:
        """Words of the base that sound like the text and have a character of it in its place; alike sounds count too."""
        near = {w for at, c in enumerate(text) for w in self._by_character.get((len(text), at, c), ())}
        ways = set(readings(text))
        loose = set() if exactly else {tuple(map(alike, way)) for way in ways}
        return [
            w
            for w in near
            if any(r in ways or (not exactly and tuple(map(alike, r)) in loose) for r in readings(w))
            and 2 * sum(a == b for a, b in zip(w, text, strict=True)) >= len(w) - (len(w) > 2)
        ]

    def _without_double(self, text: str) -> list[str]:
        """The text without the second of two equal characters, where that is a word of the base."""
        singles = [text[:i] + text[i + 1 :] for i, (a, b) in enumerate(pairwise(text)) if a == b]
        return [s for s in singles if len(s) > 1 and s in self._words]

    def _with_one_more(self, text: str) -> list[str]:
        """Words of the base, of three characters and more, that lack but one character to be the text."""
        return list(self._by_lack.get(text, ()))

    def _one_of(
        self, words: Sequence[str], before: str, after: str, *, typed: str = "", in_context: bool = False
    ) -> str:
        """The one of the words that is meant: the only one that stands so in a text, or by far the likeliest."""
        words = list(dict.fromkeys(words))
        fitting = [w for w in words if self._fits(w, before, after)]
        if (in_context and not fitting) or not words:
            return ""

        def likeness(word: str) -> tuple[int, bool]:
            same = sum(a == b for a, b in zip(word, typed, strict=False)) if len(word) == len(typed) else 0
            return same, bool(typed) and not set(readings(word)).isdisjoint(readings(typed))

        ranked = sorted(fitting or words, key=lambda w: (likeness(w), self._words.get(w, 0)), reverse=True)
        if len(ranked) > 1 and likeness(ranked[0]) == likeness(ranked[1]):
            first, second = (self._words.get(w, 0) for w in ranked[:2])
            if first < _PREVAILS * second or not second:
                return ""
        return ranked[0] if self._says(ranked[0]) else ""

    def _fits(self, word: str, before: str, after: str) -> bool:
        """Whether some document has the word beside what stands beside it in the question."""
        return any(
            self._says(text)
            for text, beside in ((before + word, before), (word + after, after))
            if len(beside) > 1 and _HAN.fullmatch(beside)
        )

    # --- the words of the base ---

    @cached_property
    def _words(self) -> dict[str, int]:
        """Words with how many chunks have them: of texts and headings, and the pairs of words in titles."""
        import rjieba

        words = dict(self._vocabulary())
        for title in self._titles:
            parts = [w for w in rjieba.cut(title, hmm=False) if len(w) > 1 and _HAN.fullmatch(w)]
            words.update((a + b, _FEW) for a, b in pairwise(parts) if len(a + b) <= _LONGEST and a + b in title)
        return words

    @cached_property
    def _sound_words(self) -> list[str]:
        """The words of two characters and more that may be meant: in the dictionary, or not met just once."""
        import rjieba

        return [
            w
            for w, chunks in self._words.items()
            if 1 < len(w) <= _LONGEST and _HAN.fullmatch(w) and (chunks >= _FEW or rjieba.cut(w, hmm=False) == [w])
        ]

    @cached_property
    def _characters(self) -> frozenset[str]:
        return frozenset("".join(self._words))

    @cached_property
    def _by_character(self) -> dict[tuple[int, int, str], list[str]]:
        """Words by their length, a place in them and the character there."""
        found: dict[tuple[int, int, str], list[str]] = {}
        for word in self._sound_words:
            for at, character in enumerate(word):
                found.setdefault((len(word), at, character), []).append(word)
        return found

    @cached_property
    def _by_sound(self) -> dict[tuple[str, ...], list[str]]:
        found: dict[tuple[str, ...], list[str]] = {}
        for word in self._sound_words:
            for way in readings(word):
                found.setdefault(way, []).append(word)
        return found

    @cached_property
    def _by_lack(self) -> dict[str, list[str]]:
        """Words of three characters and more by what is left when one of these is left out."""
        found: dict[str, list[str]] = {}
        for word in self._sound_words:
            if len(word) > 2:
                for at in range(len(word)):
                    found.setdefault(word[:at] + word[at + 1 :], []).append(word)
        return found


def _kept(text: str, places: Collection[str]) -> list[bool]:
    """For each character, whether it stays as typed: titles, quotes, numbers, places, and the words of asking."""
    kept = _covered(text, (TITLE, _QUOTED, NUMBER, QUESTION_WORDS, *(re.compile(said) for said, _ in COLLOQUIAL)))
    spans: list[tuple[int, int]] = []
    spans += [(p.start, p.start + len(p.name)) for p in find_places(text)]
    spans += [m.span() for place in places if place in text for m in re.finditer(re.escape(place), text)]
    for start, end in spans:
        kept[start:end] = [True] * (end - start)
    return kept


def _covered(text: str, patterns: Iterable[re.Pattern[str]]) -> list[bool]:
    """For each character, whether one of the patterns finds it."""
    covered = [False] * len(text)
    for pattern in patterns:
        for match in pattern.finditer(text):
            covered[slice(*match.span())] = [True] * len(match[0])
    return covered


def _differences(typed: str, read: str) -> list[Change]:
    """The stretches of Chinese characters that differ in two texts of one length."""
    spans = [m.span() for m in _HAN.finditer(typed)] if typed != read else []
    return [Change(typed=typed[a:b], read=read[a:b]) for a, b in spans if typed[a:b] != read[a:b]]


def _is_doubtful(words: Sequence[_Word]) -> bool:
    """Whether the words side by side may be one that was mistyped.

    Two characters must both be unknown as words, or be a word no document has; more may hold one filler.
    """
    if len(words) == 1:
        return not words[0].is_known and not words[0].is_filler
    fillers = sum(w.is_filler for w in words)
    if sum(len(w.text) for w in words) == 2:
        return not fillers
    return fillers < 2 and any(not w.is_known for w in words)


def _same_kept(typed: str, read: str) -> bool:
    """Whether the figures, and the characters by which names of places end, are the same in both."""
    return [c for c in typed if c in _NEVER_CHANGED] == [c for c in read if c in _NEVER_CHANGED]


def _is_common(character: str) -> bool:
    """Whether a character is one of the simplified script in everyday use, or none at all."""
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return not _HAN.fullmatch(character)
    return True
