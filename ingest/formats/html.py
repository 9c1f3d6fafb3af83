"""Saved web pages: the article, its tables, and the information table (索引号, 文号, …) beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from bs4 import BeautifulSoup
from bs4.element import Comment, Tag

from ingest.document import UnreadableFile
from ingest.fields import meaning_of, parse_field, split_fields
from ingest.formats.html_blocks import BLOCKS, Walk, has_blocks
from ingest.formats.raw import Line, RawDocument
from ingest.formats.text import decode
from ingest.outline import heading_mark

_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]+)", re.I)
_DROPPED = (
    *("script", "style", "noscript", "template", "nav", "footer", "aside", "form", "select", "button", "iframe"),
    *("svg", "object", "input", "textarea", "link"),
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_ARTICLE = re.compile(r"article|content|zoom|editor|detail|正文|news_?text|main_?text", re.I)
_PROSE = re.compile(r"[，。；：、]")
_MAIN_SHARE = 0.8  # of its parent's prose: a child with so much of it holds the article
_PAGE_ACTION = re.compile(r"^[【\[]?(?:打印|字体|字号|分享|关闭|收藏)")


def read(path: Path) -> RawDocument:
    """The title, the information fields and the article of a page."""
    return read_page(decode_page(path.read_bytes(), path), path)


def read_page(markup: str, path: Path) -> RawDocument:
    """The same of a page that is not a file of its own; `path` names it in messages."""
    soup = BeautifulSoup(markup, "lxml")
    meta = _meta(soup)
    title = meta.get("articletitle") or _heading_title(soup)
    body = soup.body
    if body is None:
        raise UnreadableFile(f"{path}：网页里没有正文，请重新保存网页后再导入")
    _drop_furniture(body)
    article = _article(body)
    walk = Walk()
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


def decode_page(data: bytes, path: Path) -> str:
    """The markup, in the character set that the page names itself."""
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
    named = next((h for h in headings if len(h) >= 6 and heading_mark(h) is None), None)
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
        blocks = [c for c in element.find_all(recursive=False) if c.name in BLOCKS or _is_named_article(c)]
        best = max(blocks, key=lambda c: prose.get(id(c), 0), default=None)
        if best is None or prose.get(id(best), 0) < _MAIN_SHARE * prose.get(id(element), 1):
            return element
        if best.name in ("p", "tr", "td", "tbody", "li") and not has_blocks(best):
            return element
        element = best


def _is_named_article(tag: Tag) -> bool:
    return bool(_ARTICLE.search(f"{tag.get('id', '')} {tag.get('class', '')}"))


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
    texts = [line.text for line in Walk().lines(body, skipped=article)]
    for text in _with_values(texts):
        for piece in split_fields(text):
            field = parse_field(piece)
            if field and field[1] and meaning_of(field[0]) not in stated and not _PAGE_ACTION.search(field[1]):
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
