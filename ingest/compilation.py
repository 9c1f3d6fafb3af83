"""One file that holds several documents: where each begins. A single document is never split: when in doubt, one.

Signs, tried in this order, each only when the whole file agrees with it:
    篇一 … 篇二 …                    numbered pieces of a collection
    sign-off, then title and 文号     one official document after the other
    title … 一、 … title … 一、 …    reports of one genre, each with a numbering of its own
    一、二、三 … 一、二 … 一、二 …     reports whose titles got lost: the numbering starts again and again
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.dates import DATE, only_date
from ingest.document_number import is_number_line
from ingest.formats.raw import Line, RawDocument
from ingest.numerals import NUMERAL, to_int
from ingest.offices import is_issuer
from ingest.outline import heading_mark
from ingest.restarts import untitled_starts
from ingest.title import reads_as_title, shortened, shown_title

_MIN_PIECE_CHARS = 120  # less text behind a sign is a list of contents, not a document
_INTRODUCTION_CHARS = 600  # a longer text before the first piece is a piece of its own
_TITLE_CHARS = 60
_MASTHEAD_LINES = 8  # a number follows its title, or goes before it, within so many lines
_SIGNATURE_LINES = 3
_SHARED_CHARS = 3  # titles of one genre end alike in at least so many characters

_COUNT = rf"(?:\d{{1,2}}|[{NUMERAL}]{{1,3}})"
_PIECE = re.compile(
    rf"[【\[（(]?\s*(?:范文|第?\s?篇|样本|例文)\s?(?P<a>{_COUNT})(?:篇)?(?:\s*[】\])）]\s*[:：、.]?|\s*[:：、.]|\s|$)\s*(?P<title>.{{0,60}})"
    rf"|第\s?(?P<b>{_COUNT})\s?篇(?:\s*[:：、.]\s*|\s+|$)(?P<title2>.{{0,60}})"
    rf"|(?P<title3>.{{4,50}}?)[\s(（【\[]*(?:范文|第?篇)\s?(?P<c>{_COUNT})\s*[)）】\]]?"
)
_COLLECTION = re.compile(r"范文|汇编|合集|选编|[\d一二三四五六七八九十]+篇[)）]?$")
_ANNEX = re.compile(r"附\s?件|附[:：]|附表")


@dataclass(frozen=True, slots=True)
class Part:
    """A document of a file: lines[start:end]; its own words begin at `body` (before that, the site's introduction).

    `title` is one that the file gives the piece, None when it must be read from its lines.
    """

    start: int
    body: int
    end: int
    title: str | None = None


@dataclass(frozen=True, slots=True)
class _Start:
    at: int
    title: str | None = None


def find_parts(lines: Sequence[Line]) -> tuple[Part, ...]:
    """The documents that the lines hold, in order; together they are all lines. One part for a single document."""
    for signs in _SIGNS:
        starts = _with_text(signs(lines), lines)
        if len(starts) >= 2:
            return _parts(starts, lines)
    return (Part(0, 0, len(lines)),)


def part_title(raw: RawDocument, lines: Sequence[Line], stem: str, n: int) -> str:
    """The title of the n-th part when it has none of its own: that of the collection with the part's number."""
    collection = shown_title(raw.title) or (lines[0].text if _is_collection_title(lines[0].text) else stem)
    return f"{shortened(collection)}（第{n}篇）"


def _is_collection_title(text: str) -> bool:
    return len(text) <= _TITLE_CHARS and _COLLECTION.search(text) is not None


def _parts(starts: Sequence[_Start], lines: Sequence[Line]) -> tuple[Part, ...]:
    introduction = _chars(lines, 0, starts[0].at)
    if introduction > _INTRODUCTION_CHARS:
        starts = [_Start(0), *starts]
    ends = [s.at for s in starts[1:]] + [len(lines)]
    begins = [0, *(s.at for s in starts[1:])]
    return tuple(Part(begin, s.at, end, s.title) for begin, s, end in zip(begins, starts, ends, strict=True))


def _with_text(starts: Sequence[_Start], lines: Sequence[Line]) -> list[_Start]:
    """The starts that a text follows, not the next start."""
    bounds = [s.at for s in starts] + [len(lines)]
    return [s for s, (a, b) in zip(starts, pairwise(bounds), strict=True) if _chars(lines, a, b) >= _MIN_PIECE_CHARS]


def _chars(lines: Sequence[Line], start: int, end: int) -> int:
    return sum(len(line.text) for line in lines[start:end])


def _numbered_pieces(lines: Sequence[Line]) -> list[_Start]:
    """篇一, 篇二, …: counted from 1 without a gap. 第一篇 divides books too: then the pieces have no chapters."""
    found: list[tuple[int, _Start, bool]] = []
    for i, line in enumerate(lines):
        match = _PIECE.fullmatch(line.text.strip()) if line.kind != "table_row" else None
        if match is None or re.search(r"[。；]", match[0]):
            continue
        number = to_int(match["a"] or match["b"] or match["c"])
        title = (match["title"] or match["title2"] or match["title3"] or "").strip(" :：【】（）()")
        if number is not None:
            found.append((number, _Start(i, title if reads_as_title(title) else None), match["b"] is not None))
    with_text = {s.at for s in _with_text([s for _, s, _ in found], lines)}
    found = [f for f in found if f[1].at in with_text]
    if [n for n, _, _ in found] != list(range(1, len(found) + 1)):
        return []
    if any(divides for _, _, divides in found) and (_has_chapters(lines) or not _all_restart(found, lines)):
        return []
    return [start for _, start, _ in found]


def _has_chapters(lines: Sequence[Line]) -> bool:
    marks = (heading_mark(line.text) for line in lines)
    return any(mark is not None and mark.kind in ("part", "chapter", "clause") for mark in marks)


def _all_restart(found: Sequence[tuple[int, _Start, bool]], lines: Sequence[Line]) -> bool:
    bounds = [s.at for _, s, _ in found] + [len(lines)]
    return all(_restarts(lines, a + 1, b) for a, b in pairwise(bounds))


def _restarts(lines: Sequence[Line], start: int, end: int) -> bool:
    """Whether the first heading 一、 in lines[start:end] counts 1 and 二、 follows."""
    numbers = [m.number for line in lines[start:end] if (m := heading_mark(line.text)) and m.kind == "first"]
    return numbers[:2] == [1, 2]


def _official_documents(lines: Sequence[Line]) -> list[_Start]:
    """A masthead (title and 文号) at the top, and after every sign-off another one."""
    tops = [i for i in range(len(lines)) if _is_masthead(lines, i) and (i == 0 or _is_signed(lines, i))]
    if not tops or not any(is_number_line(line.text) for line in lines[: _MASTHEAD_LINES + tops[0]]):
        return []
    return [_Start(0), *(_Start(i) for i in tops if i)]


def _is_masthead(lines: Sequence[Line], i: int) -> bool:
    """Whether lines[i] begins a masthead: an office's red head, a number or a title, and a number and a title within
    the next lines, nothing of a text among them."""
    number = title = False
    for line in lines[i : i + _MASTHEAD_LINES]:
        text = line.text.strip()
        if is_number_line(text):
            number = True
        elif reads_as_title(text):
            title = True
        elif not (is_issuer(text) or re.fullmatch(r".{4,40}文\s?件|签发人.*", text) or (title and not number)):
            break
        if number and title:
            return not _ANNEX.match(lines[i].text)
    return False


def _is_signed(lines: Sequence[Line], i: int) -> bool:
    """Whether a signature with its date stands right above lines[i]."""
    for line in reversed(lines[max(0, i - _SIGNATURE_LINES) : i]):
        text = line.text.strip()
        date = DATE.search(text)
        if only_date(text) or (date and len(text) <= 60 and is_issuer(text[: date.start()])):
            return True
    return False


def _titled_reports(lines: Sequence[Line]) -> list[_Start]:
    """Titles of one genre, none named by the text before it, each with a numbering of its own behind it."""
    if _has_chapters(lines):
        return []
    titles = [i for i in range(len(lines)) if _is_report_title(lines, i)]
    bounds = [*titles, len(lines)]
    kept = [a for a, b in pairwise(bounds) if _restarts(lines, a + 1, b)]
    if len(kept) < 2 or kept[0] > _MASTHEAD_LINES or not _of_one_genre([_bare(lines[i].text) for i in kept]):
        return []
    return [_Start(i) for i in kept]


def _is_report_title(lines: Sequence[Line], i: int) -> bool:
    text = lines[i].text.strip()
    if lines[i].kind in ("table_row", "field") or len(text) > _TITLE_CHARS or not reads_as_title(text):
        return False
    above = lines[max(0, i - 2) : i]
    if heading_mark(text) or any(_ANNEX.match(line.text) for line in above):
        return False
    return i == 0 or not _is_named(text, lines[:i])


def _is_named(title: str, before: Sequence[Line]) -> bool:
    """Whether a sentence above names the title (a notice names what it hands on), or it is the title again."""
    bare = _bare(title)
    return any(bare in _bare(line.text) for line in before)


def _of_one_genre(titles: Sequence[str]) -> bool:
    """Whether all titles end alike and none is a shorter form of the one before or after it, as that of a covering
    letter is."""
    ends = {title[-_SHARED_CHARS:] for title in titles}
    return len(ends) == 1 and not any(_is_shorter_form(*sorted(pair, key=len)) for pair in pairwise(titles))


def _is_shorter_form(short: str, long: str) -> bool:
    rest = iter(long)
    return all(letter in rest for letter in short)


def _bare(text: str) -> str:
    return re.sub(r"[\s《》〈〉“”]|[（(][^（）()]*[)）]$", "", text)


def _untitled_reports(lines: Sequence[Line]) -> list[_Start]:
    return [_Start(at) for at in untitled_starts([line.text for line in lines])]


_SIGNS: tuple[Callable[[Sequence[Line]], list[_Start]], ...] = (
    _numbered_pieces,
    _official_documents,
    _titled_reports,
    _untitled_reports,
)
