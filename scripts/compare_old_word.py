"""How much of the text of .doc files each tool reads, against LibreOffice's own text export.

    python scripts/compare_old_word.py FOLDER

Needs soffice; antiword, catdoc and kreuzberg are compared where they are installed.
"""

from __future__ import annotations

import difflib
import re
import shutil
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Callable
from pathlib import Path

from ingest.formats import doc


def main(folder: Path) -> None:
    files = [path for path in sorted(folder.iterdir()) if path.read_bytes()[:4] == b"\xd0\xcf\x11\xe0"]
    references = {path: _squeezed(_exported(path)) for path in files}
    for name, read in _tools().items():
        shares = [_share(references[path], read, path) for path in files]
        print(f"{name}: {len(files)} files, mean {sum(shares) / len(shares):.4f}, lowest {min(shares):.4f}")


def _tools() -> dict[str, Callable[[Path], str]]:
    tools: dict[str, Callable[[Path], str]] = {"zhengda": _zhengda, "kreuzberg": _kreuzberg}
    if shutil.which("antiword"):
        tools["antiword"] = lambda path: _output(["antiword", "-m", "UTF-8.txt", "-w", "0", str(path)])
    if shutil.which("catdoc"):
        tools["catdoc"] = lambda path: _output(["catdoc", "-d", "utf-8", "-w", str(path)])
    return tools


def _zhengda(path: Path) -> str:
    return "\n".join(line.text for line in doc.read(path).lines)


def _kreuzberg(path: Path) -> str:
    from kreuzberg import extract_file_sync

    return str(extract_file_sync(str(path)).content)


def _exported(path: Path) -> str:
    with tempfile.TemporaryDirectory() as folder:
        target = ["--convert-to", "txt:Text (encoded):UTF8", "--outdir", folder]
        subprocess.run(["soffice", "--headless", *target, str(path)], check=True, capture_output=True, timeout=300)
        return (Path(folder) / f"{path.stem}.txt").read_text(encoding="utf-8-sig")


def _output(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, timeout=60).stdout.decode("utf-8", "replace")


def _share(reference: str, read: Callable[[Path], str], path: Path) -> float:
    """The share of the reference's characters found in order (0..1), 0 when the tool fails."""
    try:
        text = _squeezed(read(path))
    except Exception as error:  # whatever another tool raises
        print(f"  {path.name}: {type(error).__name__}")
        return 0.0
    blocks = difflib.SequenceMatcher(None, reference, text, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) / len(reference)


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
