"""Other passages that could stand in the place of a line of a draft, for a person to choose from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from kb.filters import EVERYTHING, Filter
from qa.answer import Citation
from qa.compose import cite
from qa.draft import Options, PartKind, Reply, Source, is_carried, sentence_of
from qa.draft_answers import find
from qa.draft_basis import OUT_OF_FORCE, RULES, day_of
from qa.draft_report import REPORTS
from qa.draft_topic import topic_of
from qa.draft_units import is_problem_told, unit_at
from qa.findings import Finding, Findings
from qa.question import MAX_CHARS, QuestionError
from qa.scope import place_fit

MOST = 6
_LEAST_FIT = 0.5  # below it the sentence speaks of another place
_DONE = (PartKind.WORK, PartKind.RESULTS)
_WITHIN = {PartKind.BASIS: Filter(kinds=RULES), PartKind.ANSWER: EVERYTHING}


def others(reply: Reply, kind: PartKind, source: Source, options: Options) -> tuple[Citation, ...]:
    """The nearest passages that the reply does not quote yet, best first, numbered from 1; at most MOST."""
    quoted = [(c.document_id, c.start, c.end) for c in reply.citations]
    said = {_bare(c.quote) for c in reply.citations}
    kept: list[Citation] = []
    for found, f in _findings(reply, kind, source, options):
        citation = _citation(found, f, kind, len(kept) + 1)
        if citation is None or _bare(citation.quote) in said:
            continue
        if kind is PartKind.BASIS and citation.status in OUT_OF_FORCE:
            continue
        if any(i == citation.document_id and a < citation.end and citation.start < b for i, a, b in quoted):
            continue
        if not is_carried(sentence_of(citation), [citation], source):
            continue
        kept.append(citation)
        quoted.append((citation.document_id, citation.start, citation.end))
        said.add(_bare(citation.quote))
        if len(kept) >= MOST:
            break
    return tuple(kept)


def _findings(reply: Reply, kind: PartKind, source: Source, options: Options) -> Iterator[tuple[Findings, Finding]]:
    """What was judged for the item, surest first; for its topic, then for all its words."""
    year = None if kind is PartKind.BASIS else options.year
    if kind is PartKind.BASIS and options.as_of is None:
        options = replace(options, as_of=day_of(options))
    for text in dict.fromkeys((topic_of(reply.item), reply.item.text[:MAX_CHARS])):
        try:
            found = find(
                text,
                source,
                options,
                place=options.place,
                year=year,
                within=_WITHIN.get(kind, Filter(kinds=REPORTS)),
            )
        except QuestionError:
            continue
        for f in sorted(found.found, key=lambda f: -f.certainty):
            fits = kind is PartKind.BASIS or place_fit(f.reading.evidence, found.question) >= _LEAST_FIT
            if f.reading.coverage > 0 and fits:
                yield found, f


def _citation(found: Findings, f: Finding, kind: PartKind, number: int) -> Citation | None:
    evidence = f.reading.evidence
    if kind in _DONE and is_problem_told(evidence.document, evidence.start):
        return None
    unit = unit_at(evidence.document, evidence.start, evidence.end)
    return None if unit is None else cite(f.reading, number, (unit.start, unit.end), standing=found.standing)


def _bare(text: str) -> str:
    return re.sub(r"\W", "", text)
