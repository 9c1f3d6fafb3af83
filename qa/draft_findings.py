"""What the documents hold for an item, and which of it is sure enough to be quoted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from kb.filters import Filter
from qa.answer import Citation, Outcome
from qa.compose import cite
from qa.draft import Options, Sentence, Source, sentence_of
from qa.draft_answers import find
from qa.draft_units import Unit
from qa.findings import Finding, Findings
from qa.validity import Standing

LEAST = 0.6  # certainty of a sentence that may be quoted
COVERAGE = 0.6
_SHARE = 0.85  # ... and of that of the surest one
Chosen = tuple[Unit, Finding]


class Lookup:
    """Asks a source, once for each thing asked of an item."""

    def __init__(self, source: Source, options: Options) -> None:
        self.source, self.options = source, options
        self._asked: dict[tuple[str, str | None, int | None, Filter, date | None], Findings] = {}

    def forget(self) -> None:
        """Begins another item."""
        self._asked.clear()

    def found(
        self, text: str, place: str | None, year: int | None, within: Filter, day: date | None = None
    ) -> Findings:
        """What the documents hold on the text; asked once where topic and item are the same words."""
        key = (text, place, year, within, day)
        if key not in self._asked:
            options = replace(self.options, as_of=day or self.options.as_of)
            self._asked[key] = find(text, self.source, options, place=place, year=year, within=within)
        return self._asked[key]


def sure(
    found: Findings,
    among: Sequence[Finding] | None = None,
    *,
    share: float = _SHARE,
    coverage: float = COVERAGE,
) -> list[Finding]:
    """The sentences that surely speak of it, surest first."""
    best = max((f.certainty for f in found.found), default=0.0)
    least = max(LEAST, share * best)
    speaking = [
        f for f in (found.found if among is None else among) if f.certainty >= least and f.reading.coverage >= coverage
    ]
    return sorted(speaking, key=lambda f: -f.certainty)


def answering(found: Findings) -> list[Finding]:
    """The sentences that the one answer cites."""
    if found.answer.outcome is not Outcome.ANSWERED:
        return []
    spans = [(c.document_id, c.start, c.end) for c in found.answer.citations if not c.nearest]
    evidence = ((f, f.reading.evidence) for f in found.found)
    return [f for f, e in evidence if any(i == e.document.id and a < e.end and e.start < b for i, a, b in spans)]


def distinct(units: Iterable[Chosen]) -> Iterator[Chosen]:
    """Each once: none that overlaps an earlier one, or says the same in another document."""
    kept: list[Unit] = []
    said: set[str] = set()
    for unit, f in units:
        words = re.sub(r"\W", "", unit.text)
        over = any(k.document.id == unit.document.id and k.start < unit.end and unit.start < k.end for k in kept)
        if not over and words not in said:
            kept.append(unit)
            said.add(words)
            yield unit, f


def entered(
    units: Sequence[Chosen], standing: Standing, citations: list[Citation], *, label: bool = False
) -> Iterator[Sentence]:
    """The units as sentences, their citations added to `citations`; with a `label`, the rule is named before each."""
    for unit, f in units:
        citation = cite(f.reading, len(citations) + 1, (unit.start, unit.end), standing=standing)
        citations.append(citation)
        yield sentence_of(citation, rule_label(citation) if label else "")


def rule_label(citation: Citation) -> str:
    """The set phrase that names the rule and the article: 《…》（文号）第三条："""
    title = (
        citation.title
        if citation.title.startswith("《")
        else f"《{citation.title.replace('《', '〈').replace('》', '〉')}》"
    )
    number = f"（{citation.document_number}）" if citation.document_number else ""
    article = re.match(r"第\S{1,8}?条", citation.path[-1]) if citation.path else None
    return f"{title}{number}{article[0] if article else ''}："
