"""What a document does to others that it names: so far, the 文号 it repeals."""

from __future__ import annotations

import re

from ingest.document import Relation, RelationKind
from ingest.document_number import NUMBER
from ingest.sentences import sentence_spans

_REPEALS = re.compile(r"废止|停止执行|不再执行|失效")
_ONLY_CITES = re.compile(r"(?:废止|失效)日期|未(?:被)?废止|有效期|废止前|废止后")


def find_relations(text: str, own_number: str | None) -> tuple[Relation, ...]:
    """The relations to other documents that the text states, in its order; never to the document itself."""
    found: dict[str, Relation] = {}
    for start, end in sentence_spans(text):
        sentence = text[start:end]
        repeal = _REPEALS.search(sentence)
        if repeal is None or _ONLY_CITES.search(sentence):
            continue
        for number in NUMBER.finditer(sentence):
            if number.group() != own_number and not number.group().startswith("第"):
                found.setdefault(number.group(), _repeal(number, start))
    return tuple(found.values())


def _repeal(number: re.Match[str], at: int) -> Relation:
    return Relation(
        kind=RelationKind.REPEALS, document_number=number.group(), start=at + number.start(), end=at + number.end()
    )
