"""The last check before an answer is shown: marks lead to citations, quotes stand in their document, figures in quotes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

from qa.answer import Answer, Citation

MARK = re.compile(r"\[(\d{1,2})\]")  # a year in brackets is part of a 文号, no mark
_FIGURE = re.compile(r"\d+(?:\.\d+)?|[〇零一二两三四五六七八九十百千万亿]{2,}(?=[元户人亩%％])")
_BARE = r"[^。！？\n]+[。！？]*[”’」』）)]*"  # a sentence, its end, and a quote or bracket that closes after it
_SENTENCE = re.compile(rf"{_BARE}(?:\[\d{{1,2}}\])*")


class UnsupportedAnswer(Exception):
    """An answer says something its citations do not carry; the message names what."""


def check(answer: Answer, text_of: Callable[[str], str]) -> Answer:
    """The same answer, or UnsupportedAnswer. `text_of` gives a document's text for its id."""
    for citation in answer.citations:
        if text_of(citation.document_id)[citation.start : citation.end] != citation.quote:
            raise UnsupportedAnswer(f"quote [{citation.number}] does not stand in {citation.source}")
    shown = [c for c in answer.citations if not c.nearest]
    for sentence in sentences(answer.text):
        missing = unsupported(sentence, shown)
        if missing:
            raise UnsupportedAnswer(f"{'、'.join(missing)} not in the quotes of: {sentence}")
    return answer


def sentences(text: str) -> list[str]:
    """The sentences of an answer, each with the marks that follow it."""
    return [m.group().strip() for m in _SENTENCE.finditer(text) if m.group().strip()]


def marked(text: str, number: int) -> str:
    """`text` with the mark [number] after each of its sentences."""
    return re.sub(_BARE, lambda m: f"{m.group()}[{number}]" if m.group().strip() else m.group(), text)


def unsupported(sentence: str, citations: Sequence[Citation]) -> list[str]:
    """What in the sentence its citations do not carry: unknown marks, and figures, dates and 文号 not in a quote."""
    marks = [int(m) for m in MARK.findall(sentence)]
    cited = [c for c in citations if c.number in marks]
    missing = [f"[{m}]" for m in marks if m not in {c.number for c in citations}]
    quotes = "".join(_plain(c.quote) for c in cited)
    have = set(_FIGURE.findall(quotes))
    figures = _FIGURE.findall(_plain(MARK.sub("", sentence)))
    return missing + [f for f in figures if f not in have and (f[0].isdigit() or f not in quotes)]


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
