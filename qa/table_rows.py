"""Which rows of a table answer, where the best sentence is one of them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.sentences import CELL_MARK
from qa.evidence import Evidence, paragraph_of
from qa.question import Question, place_stem
from qa.reader import asked_of
from qa.spoken import spoken_of
from qa.text_layout import cells_of
from qa.want import Kind

MAX_CHARS = 480  # of rows shown together
_MAX_ROWS = 400  # of a table looked at
_TOTAL = re.compile(r"^(?:合计|总计|小计|共计|总额|累计)$")
_ASKS_TOTAL = re.compile(r"一共|总共|共|合计|总计|总")
_MOST = re.compile(r"最[多高大长快好]")
_LEAST = re.compile(r"最[少低小短慢]")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows that answer: their spans, neighbours in one, and what the reader must be told of them, or ""."""

    spans: tuple[Span, ...]
    note: str = ""


def is_row(evidence: Evidence) -> bool:
    """Whether the sentence is a row of a table."""
    return CELL_MARK in evidence.text


def rows_asked_for(question: Question, evidence: Evidence) -> Rows:
    """The rows of the table that fit the question as well as the one found.

    A question for what stands above the table ("种植业", of a table of crops) asks for all its rows, one for a number
    of things for the row of totals, where there is one. Rows too many to show are counted in the note.
    """
    text = evidence.document.text
    rows = _table(text, evidence.start)
    own = next(n for n, row in enumerate(rows) if row[0] <= evidence.start <= row[1])
    told = [_told(question, evidence, text, row) for row in rows]
    alike = [n for n in range(len(rows)) if told[n] >= told[own]]
    totals = [n for n in alike if _is_total(text, rows[n])]
    single = [n for n in alike if n not in totals]
    if (order := _order(question.text)) and len(single) > 1:
        return _extreme(question, evidence, [rows[n] for n in single], order)
    if totals and (_ASKS_TOTAL.search(question.text) or (not told[own] and _asks_number(question))):
        return Rows((rows[totals[-1]],))
    if own not in single or len(single) == 1:
        return Rows(((evidence.start, evidence.end),))
    runs = _runs([rows[n] for n in single])
    if sum(end - start for start, end in runs) <= MAX_CHARS:
        return Rows(tuple(runs))
    left = f"表中还有{len(single) - 1}行与问题同样相符，没有列出，请点开原文核对全表。"
    return Rows(((evidence.start, evidence.end),), left)


def _asks_number(question: Question) -> bool:
    """Whether a number of things is asked for, and no rate."""
    return all(w.kind is Kind.COUNT and w.rate is None for w in question.wants)


def _order(text: str) -> int:
    """1 where the most is asked for, -1 where the least, 0 where neither or both."""
    return bool(_MOST.search(text)) - bool(_LEAST.search(text))


def _extreme(question: Question, evidence: Evidence, rows: Sequence[Span], order: int) -> Rows:
    """The rows with the most or least in the column asked about; where that column is not plain, the note says so."""
    text = evidence.document.text
    numbers = _numbers(question, text, rows)
    if not numbers:
        unclear = f"表中有{len(rows)}行，没有比较出哪一行符合，请点开原文核对全表。"
        return Rows(((evidence.start, evidence.end),), unclear)
    best = max(order * number for number in numbers)
    chosen = [row for row, number in zip(rows, numbers, strict=True) if order * number == best]
    compared = f"由表中{len(rows)}行比较得出，请点开原文核对全表。"
    if sum(end - start for start, end in chosen) <= MAX_CHARS:
        return Rows(tuple(_runs(chosen)), compared)
    return Rows((chosen[0],), f"{compared}数值相同的共有{len(chosen)}行，只列出一行。")


def _numbers(question: Question, text: str, rows: Sequence[Span]) -> list[float]:
    """What stands in the one column that the question names, a number a row; empty where no column is plain."""
    columns: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        for cell in cells_of(text, *row):
            if number := _NUMBER.match(text[cell.start : cell.end].strip()):
                columns[cell.name].append(float(number.group().replace(",", "")))
    full = {name: values for name, values in columns.items() if name and len(values) == len(rows)}
    before = re.split(r"最[多高大长快好少低小短慢]", question.text)[0]
    named = {name: _nearest_the_end(re.sub(r"[（(].*?[)）]", "", name), before) for name in full}
    best = max(named.values(), default=(0, 0))
    plain = [name for name, place in named.items() if place == best > (0, 0)]
    return full[plain[0]] if len(plain) == 1 else []


def _nearest_the_end(name: str, text: str) -> tuple[int, int]:
    """Where in the text the last part of the name ends, of two characters or more, and its length; (0, 0) for none."""
    parts = {name[i:j] for i in range(len(name)) for j in range(i + 2, len(name) + 1)}
    return max(((text.rfind(part) + len(part), len(part)) for part in parts if part in text), default=(0, 0))


def _runs(rows: Sequence[Span]) -> list[Span]:
    """The spans with neighbouring rows taken together."""
    runs: list[Span] = []
    for start, end in rows:
        if runs and start == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], end)
        else:
            runs.append((start, end))
    return runs


def _table(text: str, position: int) -> list[Span]:
    """The spans of the rows around a row that have its columns, in order."""
    own = paragraph_of(text, position)
    names = _names(text, own)
    rows, at = [own], own
    while at[0] > 0 and len(rows) < _MAX_ROWS and _goes_on(text, names, at := paragraph_of(text, at[0] - 1)):
        rows.insert(0, at)
    at = own
    while at[1] < len(text) and len(rows) < _MAX_ROWS and _goes_on(text, names, at := paragraph_of(text, at[1] + 1)):
        rows.append(at)
    return rows


def _names(text: str, row: Span) -> frozenset[str]:
    return frozenset(cell.name for cell in cells_of(text, *row) if cell.name)


def _goes_on(text: str, names: frozenset[str], row: Span) -> bool:
    """Whether a line is a row with most of these columns; an empty cell is named in no row."""
    return CELL_MARK in text[slice(*row)] and 2 * len(names & _names(text, row)) >= len(names)


def _told(question: Question, evidence: Evidence, text: str, row: Span) -> frozenset[str]:
    """What of the question the row itself says, not its columns' names nor what stands above the table."""
    values = CELL_MARK.join(text[cell.start : cell.end] for cell in cells_of(text, *row))
    words = {word for word in asked_of(question, evidence, question.words) if spoken_of(word, values) > 0}
    places = {stem for place in question.places if (stem := place_stem(place)) in values}
    return frozenset(words | places | {str(year) for year in question.years if str(year) in values})


def _is_total(text: str, row: Span) -> bool:
    return any(_TOTAL.match(text[cell.start : cell.end].strip()) for cell in cells_of(text, *row)[:2])
