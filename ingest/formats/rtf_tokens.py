"""The control words, groups and bytes of an RTF file, one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    rb"\\(?P<word>[A-Za-z]{1,32})(?P<value>-?\d{1,10})? ?|\\'(?P<hex>[0-9A-Fa-f]{2})|\\(?P<symbol>[^A-Za-z])"
    rb"|(?P<brace>[{}])|[\r\n]+|(?P<text>[^\\{}\r\n]+)|\\",
    re.DOTALL,
)


class Token(NamedTuple):
    """`word` is a control word, a control symbol with its backslash, "*", "{", "}" or "" for text (`data`)."""

    word: str
    value: int | None = None
    data: bytes = b""


def tokens(data: bytes) -> Iterator[Token]:
    """Every token in order; the raw bytes of pictures (\\bin) are skipped."""
    at = 0
    while match := _TOKEN.match(data, at):
        at = match.end()
        if match["text"]:
            yield Token("", data=match["text"])
        elif match["hex"]:
            yield Token("", data=bytes.fromhex(match["hex"].decode()))
        elif match["word"]:
            word, value = match["word"].decode(), int(match["value"]) if match["value"] else None
            if word == "bin":
                at += max(0, value or 0)
            else:
                yield Token(word, value)
        elif match["brace"]:
            yield Token(match["brace"].decode())
        elif match["symbol"]:
            symbol = match["symbol"].decode("latin-1")
            yield Token("par" if symbol in "\r\n" else "*" if symbol == "*" else f"\\{symbol}")
