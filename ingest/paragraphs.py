"""Lines to paragraphs: run-together pages cut apart, hard line ends of PDF pages joined again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ingest.dates import ANY_DATE, DATE
from ingest.document_number import NUMBER
from ingest.fields import parse_field, split_fields
from ingest.formats.raw import Line
from ingest.offices import is_issuer
from ingest.outline import heading_mark

_RUN_TOGETHER_CHARS = 260  # a line longer than this with gaps in it is several paragraphs
_SHORT_PAGE_CHARS = 100
_WIDE_GAP = re.compile(r"(?:(?<![\d年月])|(?![ \u3000]+[\d年月日]))(?:[ \u3000]{2,}|\u3000)")
_AFTER_SENTENCE = re.compile(r"(?:(?<=[。！？；：])|(?<=[。！？]”))[ \u3000]+")
_HEAD_GAP = re.compile(r"(?<![、，,])[ \u3000]+(?![^（(《“]{0,60}[）)》”])(?=[^\s%、，。；：])")
_SIGNED = re.compile(rf"(?<=[\u4e00-\u9fff])[ \u3000]+(?={ANY_DATE}(?:[ \u3000]|$))")
_AFTER_DATE = re.compile(r"(?<=[日号])[ \u3000]+(?=\S)")
_STRONG_MARK = r"(?:第[一二三四五六七八九十百零〇\d]{1,5}[编章节条](?=[\s\u3000])|[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十]{1,3}[)）]|附件\d{0,2}[:：])"
_BEFORE_MARK = re.compile(rf"[ \u3000]+(?={_STRONG_MARK})")
_BEFORE_NUMBER = re.compile(r"[ \u3000]+(?=\d{1,2}[.．、](?!\d))")
_SENTENCE_THEN_MARK = re.compile(rf"(?<=[。；：])[ \u3000]+(?={_STRONG_MARK})")
_TITLE_CHARS = 80
_HEADING_CHARS = 40
_NARROW_CHARS = 24
_FIELD_LINES = 4  # so many lines further down, another field must follow


def split_run_together(text: str, *, whole_page: bool = False) -> list[str]:
    """The paragraphs of one line. A page saved as a single line is cut at its gaps: all of those before its
    first sentence ends, then wide ones, those after a sentence, before a heading mark, round a date.
    `whole_page` says that the line is all there is, so that a short one may be such a page too."""
    long = len(text) > (_SHORT_PAGE_CHARS if whole_page else _RUN_TOGETHER_CHARS)
    pieces = [p for field in split_fields(text) for p in _SENTENCE_THEN_MARK.split(field)]
    if not long:
        return pieces
    for gap in (_WIDE_GAP, _AFTER_SENTENCE, _BEFORE_MARK, _BEFORE_NUMBER, _SIGNED):
        pieces = [p.strip() for piece in pieces for p in gap.split(piece) if p and p.strip()]
    pieces = [p for piece in pieces for p in _split_after_date(piece)]
    pieces = [p for piece in pieces for p in _split_after_heading(piece)]
    return _split_head(pieces)


def _split_after_date(piece: str) -> list[str]:
    match = DATE.match(piece)
    gap = _AFTER_DATE.match(piece, match.end()) if match else None
    return [piece[: gap.start()], piece[gap.end() :]] if gap else [piece]


def _split_after_heading(piece: str) -> list[str]:
    """A heading with its text behind it after a gap: the two apart."""
    mark = heading_mark(piece)
    if mark is None or mark.kind == "article":
        return [piece]
    gap = re.compile(r"[ \u3000]+").search(piece, mark.body)
    if gap is None or gap.start() > _HEADING_CHARS or re.search(r"[，。；：:,;]", piece[: gap.start()]):
        return [piece]
    return [piece[: gap.start()], piece[gap.end() :]]


def _split_head(pieces: list[str]) -> list[str]:
    """The lines before the first sentence ends apart: title, number, addressee, and the first paragraph."""
    head: list[str] = []
    for i, piece in enumerate(pieces):
        words = _HEAD_GAP.split(piece)
        for word in words:
            if word is not words[0] and is_issuer(head[-1]) and _is_office_part(head[-1], word):
                head[-1] += f" {word}"
            else:
                head.append(word)
        if re.search(r"[。；：]", piece):
            return head + pieces[i + 1 :]
    return head


def _is_office_part(before: str, word: str) -> bool:
    """Whether the word names one more office, or the number that the offices before gave."""
    return is_issuer(word) or NUMBER.fullmatch(f"{before} {word}") is not None


def rejoin(lines: Sequence[Line]) -> list[Line]:
    """The paragraphs of hard-wrapped lines, across page ends too. A paragraph ends where a line stops
    short of the edge, or where the next one is indented, a heading or a field."""
    joined: list[Line] = []
    for i, line in enumerate(lines):
        if joined and _continues(joined[-1], line, lines[i + 1 : i + 1 + _FIELD_LINES]):
            joined[-1] = _joined(joined[-1], line)
        else:
            joined.append(line)
    return joined


def _continues(paragraph: Line, line: Line, following: Sequence[Line]) -> bool:
    """Whether the line goes on with the paragraph; its `full` is that of its last line."""
    if "table_row" in (paragraph.kind, line.kind) or "heading" in (paragraph.kind, line.kind):
        return False
    if parse_field(line.text) or _starts_paragraph(line.text) or _stands_alone(paragraph.text, line.text):
        return False
    if parse_field(paragraph.text):
        return _continues_field(paragraph, line, following)
    return bool(paragraph.full) and not line.indented


def _continues_field(field: Line, line: Line, following: Sequence[Line]) -> bool:
    """A field's value goes on while it is empty, its line ran to the edge, or it stands in a narrow column
    of an information table, more fields coming."""
    parsed = parse_field(field.text)
    if parsed is None or field.page != line.page or len(field.text) > _TITLE_CHARS:
        return False
    narrow = len(line.text) <= _NARROW_CHARS and any(parse_field(other.text) for other in following)
    unfinished = not DATE.search(parsed[1]) and not re.search(r"号$", parsed[1])
    return not parsed[1] or (unfinished and (bool(field.full) or narrow))


def _starts_paragraph(text: str) -> bool:
    return heading_mark(text) is not None or text.startswith(("——", "附件", "附：", "抄送", "（此件"))


def _stands_alone(before: str, text: str) -> bool:
    """Whether the line is an office's name or a date alone below a sentence that has ended, or a 文号 alone."""
    if NUMBER.fullmatch(text):
        return not before.endswith(("（", "(", "《", "，", "、"))
    ended = before.endswith(("。", "！", "？", "）", "”"))
    return ended and (is_issuer(text) or DATE.fullmatch(text) is not None)


def _joined(paragraph: Line, line: Line) -> Line:
    gap = " " if _latin(paragraph.text[-1:]) and _latin(line.text[:1]) else ""
    turns = paragraph.turns
    if line.page != (turns[-1][1] if turns else paragraph.page):
        turns = (*turns, (len(paragraph.text) + len(gap), line.page))
    shift = len(paragraph.text) + len(gap)
    boxes = (*paragraph.boxes, *((shift + offset, box) for offset, box in line.boxes))
    return replace(paragraph, text=paragraph.text + gap + line.text, turns=turns, boxes=boxes, full=line.full)


def _latin(character: str) -> bool:
    return character.isascii() and character.isalpha()
