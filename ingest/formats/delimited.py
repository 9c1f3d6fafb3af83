"""Tables as plain text (.csv, .tsv), in the encodings and with the separators that exports use."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from ingest.formats.raw import RawDocument
from ingest.formats.sheet_rows import Row, Sheet
from ingest.formats.sheets import document_of
from ingest.formats.text import decode

_SEPARATORS = ",\t;|，"
_SAMPLE_CHARS = 64_000
_BROKEN_QUOTES = "引号不成对，按没有引号读入，请核对含逗号或换行的单元格"


def read(path: Path) -> RawDocument:
    """The rows of the table. Raises UnreadableFile."""
    text = decode(path.read_bytes(), path).replace("\x00", "")
    separator = None
    if text[:4].lower() == "sep=" and text[5:6] in ("\r", "\n"):  # Excel's note to itself
        separator, text = text[4], text[5:].lstrip("\r\n")
    separator = separator or find_separator(text)
    warnings: list[str] = []
    try:
        rows = list(_rows(text, separator, csv.QUOTE_MINIMAL))
    except csv.Error:
        rows = list(_rows(text, separator, csv.QUOTE_NONE))
        warnings = [_BROKEN_QUOTES]
    return document_of(path, [Sheet(name="", rows=iter(rows))], pages=0, warnings=warnings, paged=False)


def find_separator(text: str) -> str:
    """The character that cuts most rows into equally many cells; a comma when none does."""
    sample = text[:_SAMPLE_CHARS]
    if len(text) > len(sample):
        sample = sample[: sample.rfind("\n") + 1] or sample
    return max(_SEPARATORS, key=lambda separator: _evenness(sample, separator))


def _evenness(sample: str, separator: str) -> tuple[float, int]:
    """The share of the rows that have the commonest number of cells, and that number; 0 when it is one."""
    try:
        widths = [len(row) for row in csv.reader(io.StringIO(sample, newline=""), delimiter=separator) if any(row)]
    except csv.Error:
        widths = [line.count(separator) + 1 for line in sample.splitlines() if line.strip()]
    several = Counter(width for width in widths if width > 1)
    if not several:
        return 0.0, 0
    width, times = several.most_common(1)[0]
    return round(times / len(widths), 1), width


def _rows(text: str, separator: str, quoting: int) -> Iterator[Row]:
    """The rows that are not blank; strict, so that quotes that never close are found out."""
    source = io.StringIO(text, newline="")
    # csv's types want a literal for `quoting`
    for number, cells in enumerate(csv.reader(source, delimiter=separator, quoting=quoting, strict=True), start=1):  # type: ignore[arg-type]
        if any(cell.strip() for cell in cells):
            yield Row(number, cells)
