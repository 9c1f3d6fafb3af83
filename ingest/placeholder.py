"""Placeholders: signs that a source puts where a value was taken out: **, ××, 20xx年, X县, 〔20XX〕, ____."""

from __future__ import annotations

import re

_CROSS = "xX×"
PLACEHOLDER = re.compile(
    rf"〔[^〕]{{0,2}}[{_CROSS}*]+[^〕]{{0,2}}〕"
    rf"|(?<![A-Za-z0-9])(?:19|20)[{_CROSS}*]{{2}}|(?<![0-9])20[0-9][{_CROSS}*](?=年|-|—|\.|/)"
    rf"|\*{{2,}}|(?<![A-Za-z])[{_CROSS}]{{2,}}(?![A-Za-z])|(?<![A-Za-z])[{_CROSS}](?=[省市州盟县旗区乡镇村某年月日])"
    r"|(?<![A-Za-z0-9])[A-Z](?=[省市县区乡镇村](?!区|级))"
    r"|_{3,}|□+|[○〇]{2,}(?=[省市县区乡镇村年])"
)


def placeholder_spans(text: str, start: int = 0, end: int | None = None) -> tuple[tuple[int, int], ...]:
    """The spans of the placeholders in text[start:end], in order."""
    end = len(text) if end is None else end
    return tuple(match.span() for match in PLACEHOLDER.finditer(text, start, end))


def has_placeholder(text: str) -> bool:
    """Whether the text holds a sign in place of a value."""
    return PLACEHOLDER.search(text) is not None


def placeholder_years(text: str) -> int:
    """How many times the text writes a year without its last digits: "20xx年"."""
    return len(re.findall(rf"(?:(?:19|20)[{_CROSS}*]{{2}}|20\d[{_CROSS}*]|[{_CROSS}*]{{2,4}})\s*年", text))
