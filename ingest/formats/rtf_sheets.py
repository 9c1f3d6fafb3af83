"""The fonts of an RTF file, which say how bytes are read, and its styles, which say what is a heading."""

from __future__ import annotations

import re

from ingest.formats.doc_text import is_gb

_CODE_PAGES = {128: 932, 129: 949, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258, 177: 1255, 178: 1256}
_CODE_PAGES |= {186: 1257, 204: 1251, 222: 874, 238: 1250, 0: 1252}
_ENCODINGS = {936: "gb18030", 950: "big5hkscs", 932: "cp932", 949: "cp949", 65001: "utf-8"}
_SYMBOLS = 2  # the character set of fonts that draw signs instead of letters
_HEADING = re.compile(r"(?:heading|标题)\s*(\d)", re.I)


class Fonts:
    """The character set of every font."""

    def __init__(self) -> None:
        self._charsets: dict[int, int] = {}
        self._described = 0
        self.page = 1252  # the code page of the file

    def describe(self, word: str, value: int | None) -> None:
        if word == "f":
            self._described = value or 0
        elif word == "fcharset":
            self._charsets[self._described] = value or 0

    def decoded(self, data: bytes, font: int) -> str:
        charset = self._charsets.get(font, 1)
        if charset == _SYMBOLS:
            return data.decode("ascii", errors="ignore")
        page = _CODE_PAGES.get(charset, self.page)
        if page == 1252 and (self.page == 936 or is_gb(data)):
            page = 936
        try:
            return data.decode(_ENCODINGS.get(page, f"cp{page}"), errors="replace")
        except LookupError:
            return data.decode("cp1252", errors="replace")


class Styles:
    """Which styles are headings."""

    def __init__(self) -> None:
        self._levels: dict[int, int] = {}
        self._number, self._outline, self._name = 0, -1, ""  # of the style being described

    def describe(self, word: str, value: int | None) -> None:
        if word == "s":
            self._number, self._outline, self._name = value or 0, -1, ""
        elif word in ("cs", "ts", "ds"):
            self._number, self._outline, self._name = -1, -1, ""
        elif word == "outlinelevel":
            self._outline = value or 0

    def name(self, text: str) -> None:
        """The name, whose ";" ends the description of a style."""
        self._name += text
        if ";" not in self._name:
            return
        named = _HEADING.fullmatch(self._name.split(";")[0].strip())
        outlined = 0 <= self._outline < 9
        if self._number >= 0 and (outlined or named):
            self._levels[self._number] = self._outline + 1 if outlined else int(named[1]) if named else 0
        self._number, self._outline, self._name = 0, -1, ""

    def level(self, number: int) -> int:
        """The heading level, 1 the outermost, 0 for running text."""
        return self._levels.get(number, 0)
