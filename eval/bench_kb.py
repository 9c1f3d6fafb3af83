"""How long a search takes on a large base, with and without each filter: `make bench-kb`, or python -m eval.bench_kb.

The texts are sentences of samples/ in random order and the vectors of the passages are random, so what is found means
nothing; the questions are real and each is embedded. The base is filled in one process and measured in another.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from eval.bench_embedder import MadeUpVectors
from eval.bench_machine import memory_bytes, peak_memory_bytes
from ingest.chunk import RECIPE
from ingest.document import Chunk, Document, Metadata, PlaceName, chunk_id, document_id
from ingest.load import load
from ingest.sentences import sentence_spans
from kb.embed import open_embedder
from kb.knowledge_base import KnowledgeBase
from kb.records import FileRecord
from qa.service import Service
from qa.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
_CHUNKS_A_DOCUMENT = 20
_CHUNK_CHARS = 300
_DOCUMENTS_A_FILE = 5
_REFRESH_CHUNKS = 20_000
_COUNTIES = 10
_TOWNS = 20  # in each county
_KINDS = ("rule", "notice", "plan", "work_report", "summary", "ledger")
_TOPICS = ("产业", "就业", "住房", "医疗", "教育", "饮水", "金融", "基础设施")
_OFFICES = ("人民政府", "人民政府办公室", "农业农村局", "乡村振兴局", "财政局")
_SYLLABLES = "云霞松溪榆岭青禾河湾白沙石桥双柏长林金竹高岩平川"
_SEARCHES: dict[str, dict[str, Any]] = {
    "none": {},
    "place (town)": {"place": "town"},
    "place (county)": {"place": "county"},
    "year": {"year": 2021},
    "kind": {"kind": "rule"},
    "topic": {"topic": "就业"},
    "issuer": {"issuer": "财政局"},
    "document": {"document": "one"},
    "as of": {"as_of": date(2020, 6, 30)},
}


def main() -> None:
    """Fills a base unless `--home` holds one, measures it in a fresh process, prints one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m eval.bench_kb", description=__doc__)
    parser.add_argument("--chunks", type=int, default=100_000)
    parser.add_argument("--home", type=Path, help="a base to measure; made and kept when it is not there")
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--measure", action="store_true", help="measure only, in this process")
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.home, options.questions), ensure_ascii=False))
        return
    home = options.home or Path(tempfile.mkdtemp(prefix="bench-kb-"))
    try:
        filled = None if (home / "ledger.sqlite").exists() else fill(home, options.chunks)
        command = [sys.executable, "-m", "eval.bench_kb", "--measure", "--home", str(home)]
        command += ["--questions", str(options.questions)]
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        print(json.dumps({"filled_s": filled, **json.loads(done.stdout)}, ensure_ascii=False, indent=1))
    finally:
        if options.home is None:
            shutil.rmtree(home, ignore_errors=True)


def fill(home: Path, chunks: int) -> float:
    """Fills a new base with at least `chunks` chunks; returns the seconds that took."""
    started, pending = time.perf_counter(), 0
    base = KnowledgeBase(home, MadeUpVectors(open_embedder("builtin")), RECIPE, to_write=True)
    documents = _documents()
    try:
        for done in range(0, chunks, _CHUNKS_A_DOCUMENT * _DOCUMENTS_A_FILE):
            of_file = [next(documents) for _ in range(_DOCUMENTS_A_FILE)]
            ids = tuple(d.id for d, _ in of_file)
            record = FileRecord(
                path=f"/{ids[0]}", source=f"{ids[0]}.txt", sha256=ids[0], original=None, documents=ids,
                coverage=of_file[0][0].coverage,
            )  # fmt: skip
            base.put_file(record, of_file)
            pending += sum(len(c) for _, c in of_file)
            if pending >= _REFRESH_CHUNKS:
                base.refresh()
                pending = 0
                print(f"{done} chunks, {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
        base.refresh()
    finally:
        base.close()
    return round(time.perf_counter() - started, 1)


def measure(home: Path, questions: int) -> dict[str, Any]:
    """Opens the base in `home` and searches it, with no filter and with each."""
    lines = (ROOT / "eval/sets/samples.jsonl").read_text("utf-8").splitlines()
    asked = [json.loads(line)["question"] for line in lines][:questions]
    started = time.perf_counter()
    base = KnowledgeBase(home, open_embedder("builtin"), RECIPE, to_write=False)
    opened = time.perf_counter()
    base.search(asked[0], 20)
    searched = time.perf_counter()
    service = Service(Settings(home=home), base)
    service.search(asked[0])
    read = time.perf_counter()
    try:
        times = {name: _times(_search(service, wanted), asked) for name, wanted in _SEARCHES.items()}
        times["knowledge base alone, none"] = _times(lambda q: base.search(q, 24), asked)
        return {
            "chunks": sum(r.chunks for r in service.documents()),
            "documents": len(service.documents()),
            "open_s": round(opened - started, 3),
            "first_search_s": round(searched - opened, 3),  # opens the indexes and the model
            "records_s": round(read - searched, 3),  # places, repeals and facets of all documents
            "ms": times,
            "memory_mb": round((memory_bytes() or 0) / 1e6),
            "peak_memory_mb": round((peak_memory_bytes() or 0) / 1e6),
        }
    finally:
        service.close()


def _search(service: Service, wanted: dict[str, Any]) -> Callable[[str], object]:
    documents = service.documents()
    picked = dict(wanted)
    if picked.get("place"):
        picked["place"] = next(p.name for r in documents for p in r.places if p.level == wanted["place"])
    if picked.get("document"):
        picked["document"] = documents[len(documents) // 2].id
    return lambda question: service.search(question, **picked)


def _times(query: Callable[[str], object], questions: list[str]) -> dict[str, float]:
    """Milliseconds: the first search, which works the filter out, then the median and the 95th percentile."""
    taken = []
    for question in questions:
        started = time.perf_counter()
        query(question)
        taken.append((time.perf_counter() - started) * 1000)
    p50, p95 = np.percentile(taken[1:], (50, 95))
    return {"first": round(taken[0], 1), "p50": round(float(p50), 1), "p95": round(float(p95), 1)}


def _documents() -> Iterator[tuple[Document, list[Chunk]]]:
    """Made-up documents without end, each of one town, year, kind and topic."""
    sentences = _sentences()
    shuffled = random.Random(7)
    names = shuffled.sample([a + b for a in _SYLLABLES for b in _SYLLABLES if a != b], _COUNTIES * (_TOWNS + 1))
    number = 0
    while True:
        number += 1
        county = names[shuffled.randrange(_COUNTIES)] + "县"
        town = names[_COUNTIES + shuffled.randrange(_COUNTIES * _TOWNS)] + "镇"
        yield _document(number, county, town, sentences, shuffled)


def _document(
    number: int, county: str, town: str, sentences: list[str], shuffled: random.Random
) -> tuple[Document, list[Chunk]]:
    texts = []
    for _ in range(_CHUNKS_A_DOCUMENT):
        text = f"{town}第{number}号："
        while len(text) < _CHUNK_CHARS:
            text += shuffled.choice(sentences)
        texts.append(text[:_CHUNK_CHARS])
    id, year = document_id("\n".join(texts)), shuffled.randrange(2012, 2026)
    metadata = Metadata(
        title=f"{town}{year}年第{number}号文件",
        document_number=f"云{town[:2]}发〔{year}〕{number}号",
        issuer=(office := county + shuffled.choice(_OFFICES)),
        issuers=(office,),
        issued_on=date(year, 1 + number % 12, 1),
        place=town,
        year=year,
        kind=shuffled.choice(_KINDS),
        topics=tuple(shuffled.sample(_TOPICS, 2)),
    )
    places = (
        PlaceName(name=town, level="town", count=_CHUNKS_A_DOCUMENT, within=county),
        PlaceName(name=county, level="county", count=2),
    )
    step = _CHUNK_CHARS + 1
    chunks = [
        Chunk(id=chunk_id(id, i * step, i * step + _CHUNK_CHARS), document_id=id, start=i * step, end=i * step + _CHUNK_CHARS, text=t)
        for i, t in enumerate(texts)
    ]  # fmt: skip
    return Document(id=id, source=f"{number}.txt", text="\n".join(texts), metadata=metadata, places=places), chunks


def _sentences() -> list[str]:
    texts = [d.text for p in sorted((ROOT / "samples").rglob("*.txt")) for d in load(p)]
    texts += [d.text for p in sorted((ROOT / "samples").rglob("*.docx")) for d in load(p)]
    return [text[a:b].strip() for text in texts for a, b in sentence_spans(text, 0, len(text)) if b - a >= 10]


if __name__ == "__main__":
    main()
