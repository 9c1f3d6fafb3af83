"""What of a document to show as the answer, once the sentence that answers is found."""

from __future__ import annotations

import re

from ingest.sentences import CELL_MARK, sentence_spans
from qa.evidence import ITEM, Evidence, is_reply, opens_list, paragraph_of, states_something
from qa.question import Question
from qa.reader import Rarity, Reading, asked_of, best_clauses
from qa.spoken import spoken_of
from qa.table_rows import is_row, rows_asked_for
from qa.want import FIGURES, Kind

_MAX_ANSWER_CHARS = 180
_MAX_LIST_CHARS = 380


def answer_spans(question: Question, reading: Reading, rarity: Rarity) -> tuple[tuple[int, int], ...]:
    """What to show of the reading's document: of a table its rows, else one span."""
    if is_row(reading.evidence):
        return rows_asked_for(question, reading.evidence).spans
    return (_answer_span(question, reading, rarity),)


def _answer_span(question: Question, reading: Reading, rarity: Rarity) -> tuple[int, int]:
    """What to show of the sentence, or from it on where the answer is a list that follows."""
    start, end = best_clauses(question, reading, rarity, _MAX_ANSWER_CHARS)
    text = reading.evidence.document.text
    if text[start:end].rstrip().endswith(("：", ":")) or re.search(r"如下[。:：]?$", text[start:end]):
        return start, _end_of_list(text, end)
    if question.wants[0].kind in FIGURES:
        return _items_alike(question, reading.evidence) or (start, end)
    start, end = _whole_reply(text, *_list_item(text, start, end))
    if question.wants[0].kind in (Kind.LIST, Kind.METHOD) and CELL_MARK not in text[start:end]:
        return start, _end_of_thought(text, start, end)
    return start, end


def _whole_reply(text: str, start: int, end: int) -> tuple[int, int]:
    """The whole of a short reply to a question that the text puts itself; else the span as it is."""
    first, last = paragraph_of(text, start)
    return (first, last) if is_reply(text, first) and last - first <= _MAX_ANSWER_CHARS else (start, end)


def _list_item(text: str, start: int, end: int) -> tuple[int, int]:
    """An item of a list ("（二）……；") from the line on that says what becomes of the items ("下列情形不予补助：")."""
    at = start
    while at > 0 and ITEM.match(text, at) and end - at < _MAX_LIST_CHARS:
        at, stop = paragraph_of(text, at - 1)
        if opens_list(text[at:stop]):
            return (at if end - at <= _MAX_LIST_CHARS else start), end
    return start, end


def _items_alike(question: Question, evidence: Evidence) -> tuple[int, int] | None:
    """The list from the line that opens it, where other items say as much of the question ("30平方米以上的，……").

    Which of their conditions holds is for the reader to see. None where one item alone is asked for.
    """
    text = evidence.document.text
    items = _items_around(text, evidence.start)
    own = next((item for item in items if item[0] <= evidence.start < item[1]), None)
    if own is None or items[0][0] == 0:
        return None
    words = asked_of(question, evidence, question.words)
    told = {item: {w for w in words if spoken_of(w, text[slice(*item)]) > 0} for item in items}
    start, opens = paragraph_of(text, items[0][0] - 1)
    is_alone = sum(told[item] >= told[own] for item in items) < 2
    if is_alone or not text[start:opens].rstrip().endswith(("：", ":")) or items[-1][1] - start > _MAX_LIST_CHARS:
        return None
    return start, items[-1][1]


def _items_around(text: str, position: int) -> list[tuple[int, int]]:
    """The paragraphs of the list that the position stands in, in order; none where its paragraph is no item."""
    own = paragraph_of(text, position)
    if not ITEM.match(text, own[0]):
        return []
    items, at = [own], own
    while at[0] > 0 and ITEM.match(text, (at := paragraph_of(text, at[0] - 1))[0]):
        items.insert(0, at)
    at = own
    while at[1] < len(text) and ITEM.match(text, (at := paragraph_of(text, at[1] + 1))[0]):
        items.append(at)
    return items


def _end_of_list(text: str, end: int) -> int:
    """The end of the lines that follow a colon, as far as an answer may reach."""
    for start, stop in sentence_spans(text, end, min(len(text), end + _MAX_LIST_CHARS)):
        if stop - end > _MAX_LIST_CHARS:
            break
        end_of_item = stop
        if start > end and text[stop - 1] in "。！？" and text[stop : stop + 1] != "\n":
            return end_of_item
        end = max(end, end_of_item) if end_of_item - end < _MAX_LIST_CHARS else end
    return end


def _end_of_thought(text: str, start: int, end: int) -> int:
    """The end of the paragraph when it is short, else of the sentences that fit."""
    _, stop = paragraph_of(text, end - 1)
    for sentence_start, sentence_end in sentence_spans(text, end, stop):
        if sentence_end - start > _MAX_ANSWER_CHARS or not states_something(text[sentence_start:sentence_end]):
            break
        end = sentence_end
    return end
