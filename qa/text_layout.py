"""A document's text as it is laid out for reading: stretches of paragraphs, and tables put back from their row lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ingest.formats.tables import SEPARATOR

WINDOW_CHARS = 4000  # shown on each side of a quote before all of the text is asked for
NAME_CHARS = 40  # a longer "column name" is a sentence with a colon


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The part of a document that is shown, cut at line ends."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell of a row line: the name of its column, "" when it has none, and text[start:end], its value."""

    name: str
    start: int
    end: int


@dataclass(slots=True)
class Table:
    """Rows of one table: the columns' names in order, each with how often it came before in a row."""

    columns: list[tuple[str, int]] = field(default_factory=list)
    rows: list[tuple[int, list[Cell]]] = field(default_factory=list)  # where the line begins, its cells


def window_of(text: str, start: int, end: int) -> Window:
    """The quote with up to WINDOW_CHARS on either side, widened to whole lines."""
    first = text.rfind("\n", 0, max(0, start - WINDOW_CHARS)) + 1
    last = text.find("\n", min(len(text), end + WINDOW_CHARS))
    return Window(start=first, end=len(text) if last < 0 else last)


def blocks_of(text: str, window: Window) -> list[Window | Table]:
    """The window as stretches of text, and tables of the row lines between."""
    blocks: list[Window | Table] = []
    at = window.start
    while at < window.end:
        stop = text.find("\n", at, window.end)
        stop = window.end if stop < 0 else stop
        after = min(stop + 1, window.end)
        cells = cells_of(text, at, stop)
        last = blocks[-1] if blocks else None
        if isinstance(last, Table) and _belongs(last, cells):
            _add(last, at, cells)
        elif len(cells) > 1:
            blocks.append(table := Table())
            _add(table, at, cells)
        elif isinstance(last, Window):
            blocks[-1] = Window(start=last.start, end=after)
        else:
            blocks.append(Window(start=at, end=after))
        at = after
    return blocks


def cells_of(text: str, start: int, end: int) -> list[Cell]:
    """The cells of the row line text[start:end]; of another line, one or none."""
    cells, at = [], start
    for part in text[start:end].split(SEPARATOR):
        name, colon, value = part.partition("：")
        named = bool(colon and value and name and len(name) <= NAME_CHARS)
        begins = at + len(name) + 1 if named else at
        cells.append(Cell(name=name if named else "", start=begins, end=at + len(part)))
        at += len(part) + len(SEPARATOR)
    return cells if len(cells) > 1 or cells[0].name else []


def keys_of(cells: Sequence[Cell]) -> list[tuple[str, int]]:
    """The columns that the cells stand in."""
    seen: dict[str, int] = {}
    keys = []
    for cell in cells:
        keys.append((cell.name, seen.get(cell.name, 0)))
        seen[cell.name] = seen.get(cell.name, 0) + 1
    return keys


def _belongs(table: Table, cells: Sequence[Cell]) -> bool:
    """Whether the line goes on with the table: it names some of its columns, or both have none."""
    names = {cell.name for cell in cells if cell.name}
    known = {name for name, _ in table.columns if name}
    return bool(names & known) or (len(cells) > 1 and not names and not known)


def _add(table: Table, at: int, cells: list[Cell]) -> None:
    """Adds the row; a column that is new comes after the one before it in the row."""
    place = 0
    for key in keys_of(cells):
        if key in table.columns:
            place = table.columns.index(key) + 1
        else:
            table.columns.insert(place, key)
            place += 1
    table.rows.append((at, cells))


def laid_out_quote(text: str, start: int, end: int) -> str:
    """What the blocks round text[start:end] hold of it, a row's line put together again from its cells."""
    said = []
    for block in blocks_of(text, window_of(text, start, end)):
        if isinstance(block, Window):
            said.append(text[max(block.start, start) : max(block.start, min(block.end, end))])
            continue
        for at, cells in block.rows:
            named = (f"{c.name}：{text[c.start : c.end]}" if c.name else text[c.start : c.end] for c in cells)
            said.append((SEPARATOR.join(named) + "\n")[max(0, start - at) : max(0, end - at)])
    return "".join(said)
