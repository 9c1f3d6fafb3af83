"""The title in the properties of an old Office file (MS-OLEPS 2.21 "PropertySetStream")."""

from __future__ import annotations

import struct

_CODE_PAGE, _TITLE = 1, 2
_BYTES, _WIDE = 0x1E, 0x1F  # kinds of text
_MAX_PROPERTIES = 100
_ENCODINGS = {1200: "utf-16-le", 65001: "utf-8", 1252: "cp1252"}


def property_title(stream: bytes) -> str | None:
    """The title, None when there is none or its characters are broken."""
    try:
        values = _values(stream)
        page = struct.unpack_from("<H", values[_CODE_PAGE], 4)[0] if _CODE_PAGE in values else 936
        kind, size = struct.unpack_from("<II", values[_TITLE])
    except (KeyError, struct.error):
        return None
    wide = kind == _WIDE
    if not wide and kind != _BYTES:
        return None
    text = values[_TITLE][8 : 8 + (2 * size if wide else size)]
    try:
        decoded = text.decode("utf-16-le" if wide else _ENCODINGS.get(page, "gb18030"))
    except UnicodeDecodeError:
        return None
    return decoded.split("\x00")[0].strip() or None


def _values(stream: bytes) -> dict[int, bytes]:
    """Number of the property -> its kind and value, and what follows."""
    begin = struct.unpack_from("<I", stream, 44)[0]
    count = struct.unpack_from("<I", stream, begin + 4)[0]
    pairs = [struct.unpack_from("<II", stream, begin + 8 + 8 * i) for i in range(min(count, _MAX_PROPERTIES))]
    return {number: stream[begin + at :] for number, at in pairs}
