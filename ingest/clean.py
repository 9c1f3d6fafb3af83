"""Raw lines to the paragraphs of the document. Every step is small; what is removed is kept as a Cut."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ingest.characters import mend_characters, mend_spaces
from ingest.document import Cut
from ingest.fields import parse_field, split_fields
from ingest.formats.raw import Line, RawDocument
from ingest.furniture import furniture_reason, is_link_title, is_stray_id
from ingest.paragraphs import rejoin, split_run_together

_EDGE_LINES = 3  # running heads and feet are looked for in so many lines at the top and bottom of a page
_MIN_REPEATS = 3
_PRINT_HEAD = re.compile(
    r"\d{4}[/-]\d{1,2}[/-]\d{1,2},?\s+\d{1,2}:\d{2}(?:\s.*)?|\d{1,2}/\d{1,2}/\d{2,4},\s+\d{1,2}:\d{2}.*"
)
_PRINT_FOOT = re.compile(r"(?:https?|file)://\S+(?:\s+\d{1,4}/\d{1,4})?")
_PAGE_NUMBER = re.compile(r"\d{1,4}(?:\s*/\s*\d{1,4})?|[ivxIVX]{1,6}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """The paragraphs of a document, in order, and what was taken out."""

    lines: tuple[Line, ...]
    cuts: tuple[Cut, ...]


def clean(raw: RawDocument) -> Cleaned:
    """The document's own paragraphs."""
    cuts: list[Cut] = []
    lines = mended(raw.lines)
    if raw.pages:
        lines = without_print_marks(lines, cuts)
        lines = without_running_heads(lines, cuts, raw.pages)
    lines = split_paragraphs(lines)
    lines = without_furniture(lines, cuts)
    lines = with_plain_spaces(lines)
    if raw.hard_wrapped:
        lines = fields_apart(rejoin(lines))
    lines = without_empty_fields(lines, cuts)
    return Cleaned(lines=tuple(lines), cuts=tuple(cuts))


def mended(lines: Sequence[Line]) -> list[Line]:
    """Characters put right; blank lines dropped."""
    mended_lines = (replace(line, text=mend_characters(line.text).rstrip()) for line in lines)
    return [line for line in mended_lines if line.text.strip()]


def without_print_marks(lines: Sequence[Line], cuts: list[Cut]) -> list[Line]:
    """Less the date, title, address and page number that a browser prints round a page."""
    edges = _edge_positions(lines)
    kept = []
    for i, line in enumerate(lines):
        text = line.text.strip()
        if i in edges and (_PRINT_HEAD.fullmatch(text) or _PRINT_FOOT.fullmatch(text)):
            cuts.append(Cut(reason="print-mark", text=text, page=line.page))
        else:
            kept.append(line)
    return kept


def without_running_heads(lines: Sequence[Line], cuts: list[Cut], pages: int) -> list[Line]:
    """Less the page numbers, and the lines that stand at the same edge of most pages."""
    edges = _edge_positions(lines)
    pages_with = Counter(key for key, _ in {(_edge_key(lines[i].text), lines[i].page) for i in edges})
    enough = max(_MIN_REPEATS, pages // 2)
    kept = []
    for i, line in enumerate(lines):
        text = line.text.strip()
        if i in edges and (_PAGE_NUMBER.fullmatch(text) or furniture_reason(text) == "page-number"):
            cuts.append(Cut(reason="page-number", text=text, page=line.page))
        elif i in edges and pages_with[_edge_key(text)] >= enough and len(text) <= 60:
            cuts.append(Cut(reason="running-head", text=text, page=line.page))
        else:
            kept.append(line)
    return kept


def _edge_positions(lines: Sequence[Line]) -> set[int]:
    """The positions of the first and last lines of every page; table rows and known headings are no heads or feet."""
    by_page: dict[int, list[int]] = {}
    for i, line in enumerate(lines):
        by_page.setdefault(line.page, []).append(i)
    edges = {i for at in by_page.values() for i in (*at[:_EDGE_LINES], *at[-_EDGE_LINES:])}
    return {i for i in edges if lines[i].kind not in ("table_row", "heading")}


def _edge_key(text: str) -> str:
    """The line without its page number."""
    return re.sub(r"\d+", "#", text.strip())


def split_paragraphs(lines: Sequence[Line]) -> list[Line]:
    """Lines that hold several paragraphs or fields cut apart."""
    parted: list[Line] = []
    for line in lines:
        if line.kind == "paragraph":
            texts = split_run_together(line.text, whole_page=len(lines) == 1)
            parted += (replace(line, text=text) for text in texts)
        else:
            parted.append(line)
    return parted


def fields_apart(lines: Sequence[Line]) -> list[Line]:
    """Fields that stood in two columns, and came together when their lines were joined, cut apart."""
    parted: list[Line] = []
    for line in lines:
        whole = line.turns or line.boxes or not parse_field(line.text)
        parted += [line] if whole else [replace(line, text=text) for text in split_fields(line.text)]
    return parted


def without_furniture(lines: Sequence[Line], cuts: list[Cut]) -> list[Line]:
    """Less what belongs to the web site that the document was copied from."""
    kept: list[Line] = []
    tail = _link_list(lines)
    for i, line in enumerate(lines):
        reason = furniture_reason(line.text) if line.kind != "table_row" else None
        if line.kind == "heading" and reason != "related-links":
            reason = None
        if reason is None and tail is not None and i > tail:
            reason = "related-links"
        if reason:
            cuts.append(Cut(reason=reason, text=line.text.strip(), page=line.page))
        else:
            kept.append(line)
    if len(kept) > 1 and is_stray_id(kept[-1].text) and any(cut.reason in _SITE_SIGNS for cut in cuts):
        cuts.append(Cut(reason="article-site", text=kept[-1].text.strip(), page=kept[-1].page))
        kept.pop()
    return kept


_SITE_SIGNS = ("article-site", "breadcrumb", "related-links", "site-footer")


def _link_list(lines: Sequence[Line]) -> int | None:
    """The "相关推荐" in the second half below which stand only titles of other articles and furniture."""
    for i in range(len(lines) - 1, len(lines) // 2, -1):
        text = lines[i].text
        if lines[i].kind in ("paragraph", "heading") and furniture_reason(text) == "related-links":
            return i
        if not (furniture_reason(text) or is_link_title(text)) or parse_field(text):
            return None
    return None


def with_plain_spaces(lines: Sequence[Line]) -> list[Line]:
    """Spaces put right; lines left blank dropped."""
    spaced = (replace(line, text=mend_spaces(line.text)) for line in lines)
    return [line for line in spaced if line.text]


def without_empty_fields(lines: Sequence[Line], cuts: list[Cut]) -> list[Line]:
    """Less the fields of an information table that were left blank; the others become kind "field"."""
    kept = []
    for line in lines:
        field = parse_field(line.text) if line.kind in ("paragraph", "field") else None
        if field is None:
            kept.append(line)
        elif field[1]:
            kept.append(replace(line, kind="field"))
        else:
            cuts.append(Cut(reason="empty-field", text=line.text, page=line.page))
    return kept
