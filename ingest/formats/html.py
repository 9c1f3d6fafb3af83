"""Saved web pages: the article, its tables, and the information table (索引号, 文号, …) beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from bs4 import BeautifulSoup
from bs4.element import Comment, NavigableString, Tag

from ingest.document import UnreadableFile
from ingest.fields import meaning_of, parse_field, split_fields
from ingest.formats.raw import Line, RawDocument
from ingest.formats.tables import row_lines
from ingest.formats.text import decode

_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]+)", re.I)
_DROPPED = (
    *("script", "style", "noscript", "template", "nav", "footer", "aside", "form", "select", "button", "iframe"),
    *("svg", "object", "input", "textarea", "link"),
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_BLOCKS = frozenset(
    "address article blockquote body center dd details div dl dt fieldset figcaption figure h1 h2 h3 h4 h5 h6 header "
    "hr li main ol p pre section summary table tbody td tfoot th thead tr ul".split()
)
_ARTICLE = re.compile(r"article|content|zoom|editor|detail|正文|news_?text|main_?text", re.I)
_PROSE = re.compile(r"[，。；：、]")
_MAIN_SHARE = 0.8  # of its parent's prose: a child with so much of it holds the article
_MAX_CELL_CHARS = 600


def read(path: Path) -> RawDocument:
    """The title, the information fields and the article of a page."""
    soup = BeautifulSoup(_markup(path), "lxml")
    meta = _meta(soup)
    title = meta.get("articletitle") or _heading_title(soup)
    body = soup.body
    if body is None:
        raise UnreadableFile(f"{path}：网页里没有正文，请重新保存网页后再导入")
    _drop_furniture(body)
    article = _article(body)
    walk = _Walk()
    content = list(walk.lines(article))
    fields = [
        f for f in _fields_outside(body, article, {parse_field(line.text) for line in content}) if not _says(f, title)
    ]
    published = meta.get("pubdate")
    return RawDocument(
        lines=(*fields, *_title_line(title, content), *content),
        title=title,
        fields=(("发布日期", published),) if published else (),
        tables=walk.tables,
        table_rows=walk.rows,
    )


def _markup(path: Path) -> str:
    data = path.read_bytes()
    named = _CHARSET.search(data[:4096])
    encoding = named[1].decode("ascii").lower() if named and not data.startswith((b"\xff\xfe", b"\xfe\xff")) else ""
    if encoding.startswith("gb"):
        return data.decode("gb18030", errors="replace")
    if encoding == "big5":
        return data.decode("big5hkscs", errors="replace")
    return decode(data, path)


def _meta(soup: BeautifulSoup) -> dict[str, str]:
    """Name -> content of the meta tags, names in small letters."""
    tags = soup.find_all("meta", attrs={"name": True, "content": True})
    return {str(tag["name"]).lower(): str(tag["content"]).strip() for tag in tags}


def _heading_title(soup: BeautifulSoup) -> str | None:
    headings = [h.get_text(" ", strip=True) for h in soup.find_all("h1")]
    named = next((h for h in headings if len(h) >= 6), None)
    page = soup.title.get_text(" ", strip=True) if soup.title else None
    return named or page or None


def _title_line(title: str | None, content: list[Line]) -> list[Line]:
    """The title as a first line, when the article itself does not begin with it."""
    head = re.sub(r"\s", "", "".join(line.text for line in content[:12]))
    if not title or re.sub(r"\s", "", title) in head:
        return []
    bare = re.split(r"\s+[-–|—]\s+|_", title)[0].strip()
    return [] if re.sub(r"\s", "", bare) in head else [Line(text=bare, kind="heading", level=1)]


def _drop_furniture(body: Tag) -> None:
    for comment in body.find_all(string=lambda text: isinstance(text, Comment)):
        comment.extract()
    for tag in body.find_all(_DROPPED):
        tag.decompose()
    for tag in body.find_all(style=_HIDDEN):
        tag.decompose()


# ---- the article


def _article(body: Tag) -> Tag:
    """The innermost element that holds most of the page's prose."""
    prose = _prose_lengths(body)
    element = body
    while True:
        blocks = [c for c in element.find_all(recursive=False) if c.name in _BLOCKS or _is_named_article(c)]
        best = max(blocks, key=lambda c: prose.get(id(c), 0), default=None)
        if best is None or prose.get(id(best), 0) < _MAIN_SHARE * prose.get(id(element), 1):
            return element
        if best.name in ("p", "tr", "td", "tbody", "li") and not _has_blocks(best):
            return element
        element = best


def _is_named_article(tag: Tag) -> bool:
    return bool(_ARTICLE.search(f"{tag.get('id', '')} {tag.get('class', '')}"))


def _has_blocks(tag: Tag) -> bool:
    return tag.find(list(_BLOCKS)) is not None


def _prose_lengths(body: Tag) -> dict[int, int]:
    """id(element) -> characters of its text that are no links and have the punctuation of sentences."""
    lengths: dict[int, int] = {}
    for text in body.find_all(string=_PROSE):
        if text.find_parent("a") is not None:
            continue
        for parent in text.parents:
            lengths[id(parent)] = lengths.get(id(parent), 0) + len(text.strip())
    return lengths


# ---- the information table


def _fields_outside(body: Tag, article: Tag, inside: set[tuple[str, str] | None]) -> list[Line]:
    """The fields that the page shows beside its article, each once, as lines."""
    shown: dict[str, str] = {}
    stated = {meaning_of(field[0]) for field in inside if field}
    texts = [line.text for line in _Walk().lines(body, skipped=article)]
    for text in _with_values(texts):
        for piece in split_fields(text):
            field = parse_field(piece)
            if field and field[1] and meaning_of(field[0]) not in stated:
                shown.setdefault(*field)
    return [Line(text=f"{label}：{value}", kind="field") for label, value in shown.items()]


def _with_values(texts: list[str]) -> Iterator[str]:
    """The lines, a label whose value stands in the next element joined with it."""
    label = ""
    for text in texts:
        field = parse_field(text)
        if label and not field and not text.rstrip().endswith(("：", ":")):
            yield label + text
            label = ""
        elif field and not field[1]:
            label = text
        else:
            label = ""
            yield text


def _says(field: Line, title: str | None) -> bool:
    """Whether an empty field has taken the page's title, the next thing on the page, for its value."""
    label, value = parse_field(field.text) or ("", "")
    return value == title and meaning_of(label) != "title"


# ---- elements to lines


class _Walk:
    """The walk through a page's elements; counts tables."""

    def __init__(self) -> None:
        self.tables = 0
        self.rows = 0

    def lines(self, element: Tag, skipped: Tag | None = None) -> Iterator[Line]:
        """A line for every block, one for every table row."""
        buffer: list[str] = []
        for child in element.children:
            if isinstance(child, NavigableString):
                buffer.append(re.sub(r"\s*\n\s*", "\n", str(child)).replace("\n", "\r"))
            elif isinstance(child, Tag) and child is not skipped:
                if child.name == "br":
                    yield from _flushed(buffer)
                elif child.name in _BLOCKS or _has_blocks(child):
                    yield from _flushed(buffer)
                    yield from self._block(child, skipped)
                else:
                    yield from self._inline(child, buffer)
        yield from _flushed(buffer)

    def _inline(self, tag: Tag, buffer: list[str]) -> Iterator[Line]:
        if tag.find("br") is None:
            buffer.append(re.sub(r"\s*\n\s*", "\r", tag.get_text()))
            return
        for child in tag.children:
            if isinstance(child, Tag) and child.name == "br":
                yield from _flushed(buffer)
            elif isinstance(child, Tag):
                yield from self._inline(child, buffer)
            elif isinstance(child, NavigableString):
                buffer.append(re.sub(r"\s*\n\s*", "\r", str(child)))

    def _block(self, tag: Tag, skipped: Tag | None) -> Iterator[Line]:
        level = int(tag.name[1]) if re.fullmatch(r"h[1-6]", tag.name) else None
        if tag.name == "table":
            yield from self._table(tag, skipped)
        elif level:
            text = _joined([tag.get_text()])
            if text:
                yield Line(text=text, kind="heading", level=level)
        else:
            yield from self.lines(tag, skipped)

    def _table(self, table: Tag, skipped: Tag | None) -> Iterator[Line]:
        grid = _grid(table)
        cells = [cell for row in grid for cell in row]
        holds_article = skipped is not None and skipped in table.descendants
        is_layout = table.find("table") is not None or max(map(len, cells), default=0) > _MAX_CELL_CHARS
        if is_layout or holds_article or len(grid) < 2 or len(grid[0]) < 2:
            yield from self.lines(table, skipped)
        elif _is_information(grid):
            yield from (Line(text="  ".join(dict.fromkeys(c for c in row if c))) for row in grid)
        else:
            rows = row_lines(grid)
            self.tables += 1
            self.rows += sum(line.kind == "table_row" for line in rows)
            yield from rows


def _flushed(buffer: list[str]) -> Iterator[Line]:
    text = _joined(buffer)
    buffer.clear()
    if text:
        yield Line(text=text)


def _joined(parts: list[str]) -> str:
    """Inline text as one line; a line end of the source between Chinese characters is no space."""
    text = re.sub(r"\s*[\r\n]\s*", "\r", "".join(parts)).strip("\r\n\t ")
    text = re.sub(r"(?<=[^\x00-\xff])\r(?=[^\x00-\xff])", "", text)
    return text.replace("\r", " ").rstrip()


def _is_information(grid: list[list[str]]) -> bool:
    labels = sum(1 for row in grid for cell in row if (f := parse_field(cell)) and meaning_of(f[0]))
    return labels >= 2


def _grid(table: Tag) -> list[list[str]]:
    """The cells' text with merged cells repeated in every place they cover."""
    filled: dict[tuple[int, int], str] = {}
    width = 0
    for y, row in enumerate(table.find_all("tr")):
        x = 0
        for cell in row.find_all(["td", "th"], recursive=False):
            while (y, x) in filled:
                x += 1
            text = "\n".join(line.text for line in _Walk().lines(cell))
            for dy in range(_span(cell, "rowspan")):
                for dx in range(_span(cell, "colspan")):
                    filled[y + dy, x + dx] = text
            x += _span(cell, "colspan")
        width = max(width, x)
    height = len(table.find_all("tr"))
    return [[filled.get((y, x), "") for x in range(width)] for y in range(height)]


def _span(cell: Tag, name: str) -> int:
    value = str(cell.get(name, "1")).strip()
    return min(int(value), 200) or 1 if value.isdigit() else 1
