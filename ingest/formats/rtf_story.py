"""A run of paragraphs and tables in an RTF file: the body, a text box, a note."""

from __future__ import annotations

from dataclasses import dataclass, field

from ingest.formats.grid import GridCell, GridRow, grid
from ingest.formats.list_marks import shown_mark
from ingest.formats.raw import Line
from ingest.formats.tables import row_lines

_DEFAULT_WIDTH = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class CellShape:
    """A cell as its row describes it: the right edge in twentieths of a point, and how it is merged."""

    right: int
    continues: bool = False
    below: bool = False


@dataclass(slots=True, kw_only=True)
class Story:
    """What has been read of it so far; `boxes` come after the paragraph that holds them."""

    lines: list[Line] = field(default_factory=list)
    boxes: list[Line] = field(default_factory=list)
    tables: int = 0
    rows: int = 0
    _text: list[str] = field(default_factory=list)
    _mark: list[str] = field(default_factory=list)
    _paragraphs: list[str] = field(default_factory=list)
    _cells: list[str] = field(default_factory=list)
    _rows: list[GridRow] = field(default_factory=list)

    def add(self, text: str) -> None:
        self._text.append(text)

    def add_mark(self, text: str) -> None:
        """Part of the automatic number in front of the paragraph."""
        self._mark.append(text)

    @property
    def has_mark(self) -> bool:
        return bool(self._mark)

    def end_paragraph(self, level: int | None, *, in_table: bool) -> None:
        mark, text = shown_mark("".join(self._mark)), whole("".join(self._text))
        self._text, self._mark = [], []
        if in_table:
            if text.strip():
                self._paragraphs.append(text.strip())
            return
        self.end_table()
        if text.strip():
            text = mark + text
        kind = "heading" if level else "paragraph"
        self.lines += [Line(text=piece, kind=kind, level=level) for piece in text.split("\n")]  # type: ignore[arg-type]
        self.lines += self.boxes
        self.boxes = []

    def end_cell(self) -> None:
        self.end_paragraph(None, in_table=True)
        self._cells.append("\n".join(self._paragraphs))
        self._paragraphs = []

    def end_row(self, left: int, shapes: tuple[CellShape, ...]) -> None:
        """The cells with their shapes; those without are of equal width."""
        if self._text or self._paragraphs:
            self.end_cell()
        cells: list[GridCell] = []
        right = left
        for index, text in enumerate(self._cells):
            shape = shapes[index] if index < len(shapes) else CellShape(right=right + _DEFAULT_WIDTH)
            right = shape.right
            cells.append(GridCell(right=right, text=text, continues=shape.continues, below=shape.below))
        self._cells = []
        if cells:
            self._rows.append(GridRow(left=left, cells=tuple(cells)))

    def end_table(self) -> None:
        if self._cells or self._paragraphs:
            self.end_row(0, ())
        if self._rows:
            rows = row_lines(grid(self._rows))
            self._rows = []
            self.tables += 1
            self.rows += sum(line.kind == "table_row" for line in rows)
            self.lines += rows

    def end(self) -> None:
        if self._text:
            self.end_paragraph(None, in_table=False)
        self.end_table()
        self.lines += self.boxes


def whole(text: str) -> str:
    """The two halves of rare characters joined."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
