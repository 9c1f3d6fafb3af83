"""Rich text (.rtf): paragraphs, tables, headings, automatic numbers, text boxes, footnotes, in any code page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ingest.document import UnreadableFile
from ingest.formats.raw import Line, RawDocument
from ingest.formats.rtf_sheets import Fonts, Styles
from ingest.formats.rtf_story import Story, whole
from ingest.formats.rtf_tokens import Token, tokens
from ingest.formats.rtf_words import CHARACTERS, LAYOUT, SETTERS, SHOWN, SKIPPED, State, shaped

_UNNUMBERED = (23, 255)  # numbers of the list formats that are a sign or nothing
_PRIVATE = range(0xE000, 0xF900)


def read(path: Path) -> RawDocument:
    """The paragraphs and table rows, each text box after its paragraph, then the footnotes; heads and feet left out."""
    data = path.read_bytes()
    if not data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{\\rtf"):
        raise UnreadableFile(f"{path}：RTF 文件已损坏，无法打开，请用 Word 或 WPS 另存后重新导入")
    return _Reader().read(data)


class _Reader:
    """The walk through the tokens."""

    def __init__(self) -> None:
        self._state = State()
        self._groups: list[tuple[State, Story]] = []
        self._story = Story()
        self._notes: list[str] = []
        self._fonts = Fonts()
        self._styles = Styles()
        self._title: list[str] = []
        self._bytes = b""
        self._to_skip = 0
        self._unnumbered = 0
        self._counts = False  # whether any list of the file has numbers rather than signs

    def read(self, data: bytes) -> RawDocument:
        body = self._story
        for token in tokens(data):
            self._take(token)
        self._flush()
        complete = not self._groups
        while self._groups:
            self._close()
        body.end()
        notes = [Line(text=f"[注{at}] {text}") for at, text in enumerate(self._notes, start=1)]
        warnings = [] if complete else ["文件结尾缺失，可能没有保存完整，请用 Word 或 WPS 打开核对"]
        if self._unnumbered and self._counts:
            warnings.append(f"有 {self._unnumbered} 段的自动编号未能还原，请对照原文件")
        return RawDocument(
            lines=(*body.lines, *notes),
            property_title=whole("".join(self._title)).strip() or None,
            tables=body.tables,
            table_rows=body.rows,
            warnings=tuple(warnings),
        )

    # ---- tokens

    def _take(self, token: Token) -> None:
        if token.word == "":
            self._take_bytes(token.data)
            return
        if token.word not in ("u", "{", "}") and self._to_skip and token.word in CHARACTERS:
            self._to_skip -= 1
            return
        if token.word == "u" and self._bytes:
            self._flush()
        elif token.word != "u":
            self._flush()
            self._to_skip = 0
        if token.word == "{":
            self._groups.append((self._state, self._story))
            self._state = replace(self._state, starred=False)
        elif token.word == "}":
            self._close()
        elif token.word == "*":
            self._state = replace(self._state, starred=True)
        else:
            self._control(token.word, token.value)

    def _take_bytes(self, data: bytes) -> None:
        skipped = min(self._to_skip, len(data))
        self._to_skip -= skipped
        self._bytes += data[skipped:]

    def _flush(self) -> None:
        if self._bytes:
            text = self._fonts.decoded(self._bytes, self._state.font)
            self._bytes = b""
            self._add(text)

    def _add(self, text: str) -> None:
        state = self._state
        if state.skipped or state.deleted:
            return
        if state.destination == "stylesheet":
            self._styles.name(text)
        elif state.destination == "title":
            self._title.append(text)
        elif state.destination == "listtext":
            self._story.add_mark(text)
        elif state.destination not in ("fonttbl", "info", *LAYOUT):
            self._story.add(text)

    def _close(self) -> None:
        """The end of a group: what held before it holds again; a note or text box is complete."""
        if not self._groups:
            return
        inner, destination = self._story, self._state.destination
        self._state, self._story = self._groups.pop()
        if inner is self._story:
            return
        inner.end()
        if destination == "footnote":
            self._notes.append("".join(line.text.strip() for line in inner.lines))
        else:
            self._story.boxes += inner.lines

    # ---- control words

    def _control(self, word: str, value: int | None) -> None:
        state = self._state
        if word == "u":
            self._unicode(value or 0)
        elif word in CHARACTERS:
            self._add(CHARACTERS[word])
        elif state.destination == "fonttbl":
            self._fonts.describe(word, value)
        elif state.destination == "stylesheet":
            self._styles.describe(word, value)
        elif word in SKIPPED or (state.starred and word not in SHOWN):
            self._state = replace(state, skipped=True, starred=False, destination=word)
        elif word in SHOWN or word in ("fonttbl", "stylesheet", "info", "title", "listtext", "pntext", "shp"):
            self._enter(word)
        elif word == "levelnfc":
            self._counts = self._counts or value not in _UNNUMBERED
        elif not state.skipped:
            self._shape(word, value)

    def _unicode(self, value: int) -> None:
        self._to_skip = self._state.fallback_chars
        value &= 0xFFFF
        if value not in _PRIVATE:
            self._add(chr(value))

    def _enter(self, word: str) -> None:
        self._state = replace(self._state, destination="listtext" if word == "pntext" else word, starred=False)
        if word in ("ud", "result"):
            self._state = replace(self._state, skipped=False, destination="")
        elif word in ("footnote", "shptxt", "dptxbxtext", "flymaincontent") and not self._state.skipped:
            self._story = Story()
            self._state = replace(self._state, in_table=False, depth=None, destination=_box_destination(word))

    def _shape(self, word: str, value: int | None) -> None:
        """Words on paragraphs, tables and characters."""
        number = value or 0
        if word in ("par", "sect"):
            self._end_paragraph()
        elif word in ("cell", "row", "nestcell", "nestrow"):
            self._end_table_part(word)
        elif word in SETTERS:
            self._state = replace(self._state, **SETTERS[word](number, value))
        elif word.startswith(("cl", "tr", "cellx")):
            self._state = shaped(self._state, word, number)
        elif word == "ansicpg":
            self._fonts.page = number
        elif word == "deff":
            self._state = replace(self._state, font=number)

    def _end_paragraph(self) -> None:
        state = self._state
        level = state.level + 1 if state.level is not None else self._styles.level(state.style)
        if state.numbered and not self._story.has_mark:
            self._unnumbered += 1
        in_table = state.in_table or bool(state.depth)
        self._story.end_paragraph(level if 0 < level < 10 else None, in_table=in_table)

    def _end_table_part(self, word: str) -> None:
        if word == "cell":
            self._story.end_cell()
        elif word == "row":
            self._story.end_row(self._state.left, self._state.shapes)
        else:  # a table within a cell is text of the cell
            self._story.end_paragraph(None, in_table=True)


def _box_destination(word: str) -> str:
    return "footnote" if word == "footnote" else "box"
