"""Old Office files share one container (OLE); the streams at its top tell them apart."""

from __future__ import annotations

import struct
from pathlib import Path

from ingest.document import UnreadableFile

_KINDS = (("WordDocument", ".doc"), ("Workbook", ".xls"), ("Book", ".xls"), ("PowerPoint Document", ".ppt"))
_ENCRYPTED = ("EncryptedPackage", "\tDRMContent")
_OLD = (".doc", ".xls", ".ppt", ".wps")


def ole_suffix(path: Path, named: str) -> str:
    """The suffix that fits the content, `named` when nothing speaks against it. Raises for an encrypted file."""
    streams = _top_streams(path)
    if any(name.lower() in streams for name in _ENCRYPTED):
        raise UnreadableFile(f"{path}：文件已加密，请去掉密码后重新导入")
    known = next((suffix for name, suffix in _KINDS if name.lower() in streams), None)
    return known or (named if named in _OLD else ".bin")


def _top_streams(path: Path) -> set[str]:
    """The names in small letters; those found in the bytes when the directory is damaged."""
    import olefile

    try:
        with olefile.OleFileIO(path) as file:
            return {entry[0].lower() for entry in file.listdir() if len(entry) == 1}
    except (OSError, ValueError, IndexError, KeyError, TypeError, AttributeError, struct.error, RecursionError):
        data = path.read_bytes()
        names = [*_ENCRYPTED, *(name for name, _ in _KINDS)]
        return {name.lower() for name in names if name.encode("utf-16-le") in data}
