"""What a document does to others: the 文号 it repeals."""

from __future__ import annotations

import re

from ingest.document_number import NUMBER
from ingest.sentences import sentence_spans

_REPEALS = re.compile(r"废止|停止执行|不再执行|失效")
_ONLY_CITES = re.compile(r"(?:废止|失效)日期|未(?:被)?废止|有效期|废止前|废止后")


def repealed_numbers(text: str, own_number: str | None) -> tuple[str, ...]:
    """文号 that the text says are repealed, as printed, each once; never its own."""
    found: dict[str, None] = {}
    for start, end in sentence_spans(text):
        sentence = text[start:end]
        repeal = _REPEALS.search(sentence)
        if repeal is None or _ONLY_CITES.search(sentence):
            continue
        for number in NUMBER.finditer(sentence):
            if number.group() != own_number and not number.group().startswith("第"):
                found[number.group()] = None
    return tuple(found)
