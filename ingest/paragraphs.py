"""Lines to paragraphs: run-together pages cut apart, hard line ends of PDF pages joined again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ingest.dates import DATE
from ingest.fields import parse_field, split_fields
from ingest.formats.raw import Line
from ingest.outline import heading_mark

_RUN_TOGETHER_CHARS = 260  # a line longer than this with gaps in it is several paragraphs
_WIDE_GAP = re.compile(r"[ \u3000]{2,}|\u3000")
_AFTER_SENTENCE = re.compile(r"(?<=[。！？；：”])[ \u3000]+")
_SIGNED = re.compile(rf"(?<=[\u4e00-\u9fff])[ \u3000]+(?=(?:{DATE.pattern})(?:[ \u3000]|$))")
_AFTER_DATE = re.compile(r"(?<=[日号])[ \u3000]+(?=\S)")
_STRONG_MARK = r"(?:第[一二三四五六七八九十百零〇\d]{1,5}[编章节条](?=[\s\u3000])|[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十]{1,3}[)）]|附件\d{0,2}[:：])"
_BEFORE_MARK = re.compile(rf"[ \u3000]+(?={_STRONG_MARK})")
_BEFORE_NUMBER = re.compile(r"[ \u3000]+(?=\d{1,2}[.．、](?!\d))")
_SENTENCE_THEN_MARK = re.compile(rf"(?<=[。；：])[ \u3000]+(?={_STRONG_MARK})")
_TITLE_CHARS = 80
_HEADING_CHARS = 40
_NARROW_CHARS = 24
_FIELD_LINES = 4  # so many lines further down, another field must follow


def split_run_together(text: str) -> list[str]:
    """The paragraphs of one line. A page saved as a single line is cut at its gaps: wide ones, those after
    a sentence end, before a heading mark, round a signature's date, and after its title."""
    pieces = [p for field in split_fields(text) for p in _SENTENCE_THEN_MARK.split(field)]
    return [part for piece in pieces for part in _split_long(piece)]


def _split_long(piece: str) -> list[str]:
    if len(piece) <= _RUN_TOGETHER_CHARS:
        return [piece]
    parts = [piece]
    for gap in (_WIDE_GAP, _AFTER_SENTENCE, _BEFORE_MARK, _BEFORE_NUMBER, _SIGNED):
        parts = [p for part in parts for p in gap.split(part) if p and p.strip()]
    parts = [p for part in parts for p in _split_after_date(part)]
    parts = [p for part in parts for p in _split_after_heading(part)]
    return _split_title(parts[0]) + parts[1:]


def _split_after_date(part: str) -> list[str]:
    match = DATE.match(part.strip())
    gap = _AFTER_DATE.match(part.strip(), match.end()) if match else None
    return [part.strip()[: gap.start()], part.strip()[gap.end() :]] if gap else [part]


def _split_after_heading(part: str) -> list[str]:
    """A heading with its text behind it after a gap: the two apart."""
    text = part.strip()
    mark = heading_mark(text)
    if mark is None:
        return [part]
    gap = re.compile(r"[ \u3000]+").search(text, mark.body)
    if gap is None or gap.start() > _HEADING_CHARS or re.search(r"[，。；：:,;]", text[: gap.start()]):
        return [part]
    return [part] if mark.kind == "article" else [text[: gap.start()], text[gap.end() :]]


def _split_title(part: str) -> list[str]:
    head, gap, rest = part.strip().partition(" ")
    if not gap or not 6 <= len(head) <= _TITLE_CHARS or len(rest) < 2 * _HEADING_CHARS or "。" in head:
        return [part]
    return [head, rest.strip()]


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
    if parse_field(line.text) or _starts_paragraph(line.text):
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


def _joined(paragraph: Line, line: Line) -> Line:
    gap = " " if _latin(paragraph.text[-1:]) and _latin(line.text[:1]) else ""
    turns = paragraph.turns
    if line.page != (turns[-1][1] if turns else paragraph.page):
        turns = (*turns, (len(paragraph.text) + len(gap), line.page))
    return replace(paragraph, text=paragraph.text + gap + line.text, turns=turns, full=line.full)


def _latin(character: str) -> bool:
    return character.isascii() and character.isalpha()
