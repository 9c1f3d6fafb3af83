"""Numbers and dates of a sheet as the sheet shows them, by their number format."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from ingest.formats.sheet_dates import LITERAL, bare_of, date_text, is_date

_BUILT_IN = {
    0: "General",
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    49: "@",
    5: "¥#,##0",
    6: "¥#,##0",
    7: "¥#,##0.00",
    8: "¥#,##0.00",
    37: "#,##0",
    38: "#,##0",
    39: "#,##0.00",
    40: "#,##0.00",
    41: "#,##0",
    42: "¥#,##0",
    43: "#,##0.00",
    44: "¥#,##0.00",
    12: "General",
    13: "General",
    14: "yyyy/m/d",
    15: "yyyy/m/d",
    16: "m/d",
    17: "yyyy/m",
    18: "h:mm",
    19: "h:mm:ss",
    20: "h:mm",
    21: "h:mm:ss",
    22: "yyyy/m/d h:mm",
    45: "h:mm:ss",
    46: "h:mm:ss",
    47: "h:mm:ss",
    48: "General",
    # those that Chinese editions use
    27: "yyyy年m月",
    28: "m月d日",
    29: "m月d日",
    30: "m/d/yyyy",
    31: "yyyy年m月d日",
    32: "h时mm分",
    33: "h时mm分ss秒",
    34: "h时mm分",
    35: "h时mm分ss秒",
    36: "yyyy年m月",
    50: "yyyy年m月",
    51: "m月d日",
    52: "yyyy年m月",
    53: "m月d日",
    54: "m月d日",
    55: "h时mm分",
    56: "h时mm分ss秒",
    57: "yyyy年m月",
    58: "m月d日",
}
_HIDDEN = re.compile(r"_.|\*.")  # room for a character, a character that fills the cell
_COLOUR = re.compile(r"\[(?:black|blue|cyan|green|magenta|red|white|yellow|color\s?\d+|dbnum\d|<=?|>=?|[<>=]+[^\]]*|黑色|红色|蓝色|绿色)\]", re.I)  # fmt: skip
_CURRENCY = re.compile(r"\[\$([^\]-]*)(?:-[^\]]*)?\]")
_QUOTED = re.compile(r'"([^"]*)"|\\(.)')
_DIGITS = re.compile(r"(?:[#0?,]*[#0?](?:\.[#0?]*)?|\.[#0?]+),*")

Shown = Callable[[float], str]


def built_in(number: int) -> str:
    """The format that a file names only by its number; General for an unknown one."""
    return _BUILT_IN.get(number, "General")


@lru_cache(maxsize=4096)
def number_format(code: str, from_1904: bool = False) -> Shown:
    """The function that writes a number as the format does; what the format says in a way not known here gives
    the plain number."""
    sections = [_marked(section) for section in _sections(code)]
    first = sections[0] if sections else "General"
    if is_date(first):
        return lambda value: date_text(value, first, from_1904)
    positive, *others = [_number(section) for section in (first, *sections[1:3])]
    if not others:
        return positive

    def shown(value: float) -> str:
        if value < 0:
            return others[0](-value)
        return others[1](value) if value == 0 and len(others) > 1 else positive(value)

    return shown


def plain(value: float) -> str:
    """The number without what binary fractions add: 0.3, 1234567, 12.5."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    text = f"{value:.15g}"
    return text if "e" not in text else f"{value:.15f}".rstrip("0").rstrip(".") if abs(value) < 1 else text


def _sections(code: str) -> list[str]:
    return re.findall(r'(?:"[^"]*"|\\.|\[[^\]]*\]|[^;])+|(?<=;)(?=;|$)', code)


def _marked(section: str) -> str:
    """The section less colours and padding, with its literals marked character by character."""
    section = _QUOTED.sub(lambda m: "".join(LITERAL + c for c in (m[1] if m[1] is not None else m[2])), section)
    section = _CURRENCY.sub(lambda m: "".join(LITERAL + c for c in m[1]), section)
    return _HIDDEN.sub("", _COLOUR.sub("", section))


@dataclass(frozen=True, slots=True)
class _Digits:
    """What a section of a format makes of a number."""

    before: str
    after: str
    factor: float
    decimals: int
    optional: int  # of the decimals: left out when they are zeros
    least: int  # digits before the point
    grouped: bool

    def __call__(self, value: float) -> str:
        rounded = _rounded(value * self.factor, self.decimals) or 0.0  # no "-0"
        if not (rounded or self.least or self.decimals):
            return f"{self.before}{self.after}"  # a zero without a place for it
        text = f"{rounded:,.{self.decimals}f}" if self.grouped else f"{rounded:.{self.decimals}f}"
        if self.optional:
            keep = len(text) - self.optional
            text = (text[:keep] + text[keep:].rstrip("0")).rstrip(".")
        if self.least > 1 and not self.grouped:
            text = text.zfill(self.least + len(text) - len(text.partition(".")[0]))
        return f"{self.before}{text}{self.after}"


def _number(section: str) -> Shown:
    """The function that writes a number as this section of a format does."""
    bare = bare_of(section)
    digits = _DIGITS.search(re.sub(f"{LITERAL}.", "\x00\x00", section, flags=re.S))  # literals blanked, places kept
    if "general" in bare.lower() or "@" in bare or re.search(r"[eE][+-]|/", bare):
        return plain
    if digits is None:
        literals = section.replace(LITERAL, "").strip()
        return lambda value: literals or plain(value)
    pattern = digits[0].rstrip(",")
    whole, _, fraction = pattern.partition(".")
    return _Digits(
        before=section[: digits.start()].replace(LITERAL, "").lstrip(),
        after=section[digits.end() :].replace(LITERAL, "").rstrip(),
        factor=100.0 ** bare.count("%") / 1000.0 ** (len(digits[0]) - len(pattern)),  # a comma at the end: thousands
        decimals=len(fraction),
        optional=len(fraction) - len(fraction.rstrip("#?")),
        least=whole.count("0"),
        grouped="," in whole,
    )


def _rounded(value: float, decimals: int) -> float:
    """Half away from zero, as sheets round; Python rounds half to even and sees 1.005 as 1.00499…"""
    near = float(f"{value:.15g}")
    scaled = near * 10**decimals
    return near if abs(scaled) > 1e14 else math.copysign(math.floor(abs(scaled) + 0.5 + 1e-9) / 10**decimals, near)
