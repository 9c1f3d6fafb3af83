"""The documents and questions that systems are compared on, from files."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from eval.peers.peer import GoldQuestion, SourceDocument


def read_documents(path: Path) -> list[SourceDocument]:
    """Lines of {"doc_id", "text"} (.jsonl or .jsonl.gz), or a folder whose files are read and named by their stems."""
    if not path.is_dir():
        return [SourceDocument(doc_id=str(row["doc_id"]), text=row["text"]) for row in _rows(path)]
    from ingest.files import find_files
    from ingest.load import load

    return [
        SourceDocument(doc_id=file.path.stem, text="\n".join(d.text for d in load(file.path)))
        for file in find_files([path])
    ]


def add_distractors(
    documents: Sequence[SourceDocument], others: Sequence[SourceDocument], count: int, seed: int
) -> list[SourceDocument]:
    """`documents` and `count` of `others` drawn by `seed`; ids that are there already are left out."""
    known = {d.doc_id for d in documents}
    return [*documents, *(d for d in random.Random(seed).sample(others, count) if d.doc_id not in known)]


def read_questions(path: Path) -> list[GoldQuestion]:
    """Lines of {"question", "doc_id", "alt_doc_ids"?, "answers"}."""
    return [
        GoldQuestion(
            question=row["question"],
            doc_ids=frozenset((str(row["doc_id"]), *map(str, row.get("alt_doc_ids", ())))),
            answers=tuple(row["answers"]),
        )
        for row in _rows(path)
    ]


def write_documents(path: Path, documents: Sequence[SourceDocument]) -> None:
    """The inverse of `read_documents` for a .jsonl file."""
    with path.open("w", encoding="utf-8") as stream:
        for d in documents:
            stream.write(json.dumps({"doc_id": d.doc_id, "text": d.text}, ensure_ascii=False) + "\n")


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    for line in content.decode("utf-8").split("\n"):
        if line.strip():
            yield json.loads(line)
