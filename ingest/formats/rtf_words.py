"""The control words of RTF that matter for the text, and what they set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from ingest.formats.rtf_story import CellShape

SKIPPED = frozenset(
    "colortbl listtable listoverridetable revtbl rsidtbl generator pict object nonshppict shprslt fldinst header headerl "
    "headerr headerf footer footerl footerr footerf ftnsep ftnsepc ftncn aftnsep aftnsepc aftncn upr nonesttables "
    "annotation atnid atnauthor atntime atnref xe tc tcn rxe txe bkmkstart bkmkend filetbl template author operator "
    "company subject keywords comment doccomm manager category themedata colorschememapping datastore latentstyles".split()
)
SHOWN = frozenset(
    {"ud", "result", "shptxt", "shpinst", "nesttableprops", "flymaincontent", "do", "dptxbxtext", "footnote"}
)
LAYOUT = frozenset({"shp", "shpinst", "do", "flymaincontent"})  # their own text is none, only that of the box inside
CHARACTERS = {
    "tab": "  ",
    "line": "\n",
    "page": "\n",
    "column": "",
    "\\_": "-",
    "\\~": "\xa0",
    "\\-": "",
    "lquote": "‘",
    "rquote": "’",
    "ldblquote": "“",
    "rdblquote": "”",
    "emdash": "—",
    "endash": "–",
    "bullet": "•",
    "emspace": "\u3000",
    "enspace": " ",
    "qmspace": " ",
    "\\{": "{",
    "\\}": "}",
    "\\\\": "\\",
}
_MAX_CELLS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What holds until the group ends."""

    destination: str = ""
    skipped: bool = False
    starred: bool = False
    font: int = 0
    fallback_chars: int = 1  # so many characters after \\u repeat it for old programs
    deleted: bool = False
    style: int = 0
    level: int | None = None
    in_table: bool = False
    depth: int | None = None
    numbered: bool = False
    left: int = 0
    shape: CellShape = field(default_factory=lambda: CellShape(right=0))
    shapes: tuple[CellShape, ...] = ()


def shaped(state: State, word: str, value: int) -> State:
    """The state after a word that describes a table row and its cells."""
    if word == "trowd":
        return replace(state, left=0, shapes=(), shape=CellShape(right=0))
    if word == "trleft":
        return replace(state, left=value)
    if word == "clmrg":
        return replace(state, shape=replace(state.shape, continues=True))
    if word == "clvmrg":
        return replace(state, shape=replace(state.shape, below=True))
    if word == "cellx" and len(state.shapes) < _MAX_CELLS:
        return replace(state, shapes=(*state.shapes, replace(state.shape, right=value)), shape=CellShape(right=0))
    return state


_PLAIN = {"deleted": False}
SETTERS: dict[str, Callable[[int, int | None], dict[str, Any]]] = {
    "pard": lambda _n, _v: {"style": 0, "level": None, "in_table": False, "depth": None, "numbered": False},
    "plain": lambda _n, _v: _PLAIN,
    "f": lambda n, _v: {"font": n},
    "uc": lambda n, _v: {"fallback_chars": min(max(n, 0), 8)},
    "deleted": lambda _n, v: {"deleted": v != 0},
    "s": lambda n, _v: {"style": n},
    "outlinelevel": lambda n, _v: {"level": n},
    "intbl": lambda _n, _v: {"in_table": True},
    "itap": lambda n, _v: {"depth": n},
    "ls": lambda n, _v: {"numbered": n > 0},
}
