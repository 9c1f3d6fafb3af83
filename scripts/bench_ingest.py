"""How fast and how heavy ingest is: parsing alone, the whole against the embedding model alone, again, and large files.

    python scripts/bench_ingest.py [--files 40] [--pages 5] [--again 1000] [--large] [--json]

All files are made up in a temporary folder. Needs reportlab and openpyxl (the extra `dev`).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from eval.bench_machine import machine, memory_bytes, peak_memory_bytes
from eval.bench_texts import made_up
from ingest.files import find_files
from ingest.workers import Pool, worker_count
from kb.embed import Embedder, open_embedder
from kb.knowledge_base import passage_text
from qa import ingest_run
from qa.service import open_service
from qa.settings import Settings

LINE_CHARS, PAGE_LINES = 36, 30
LARGE_PAGES, LARGE_ROWS = 500, 100_000
MB = 1e6


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="zhengda-bench-") as name:
        folder = Path(name)
        pdfs = make_pdfs(folder / "pdf", options.files, options.pages)
        result: dict[str, Any] = {"machine": f"{machine().cores} cores, Python {machine().python}"}
        result["parsing"] = parsing(pdfs)
        result["whole"] = whole(folder, pdfs)
        result["again"] = again(folder, options.again)
        if options.large:
            make_pdf(folder / "large.pdf", LARGE_PAGES, 7)
            make_sheet(folder / "large.xlsx")
            result["large"] = [large(folder, folder / file) for file in ("large.pdf", "large.xlsx")]
    print(json.dumps(result, ensure_ascii=False, indent=None if options.json else 1))


# --- what is measured ---


def parsing(pdfs: Sequence[Path]) -> dict[str, Any]:
    """Pages a second from files to chunks on all cores, the start of the processes included."""
    started, cpu, pages, pool = time.perf_counter(), cpu_s(), 0, Pool()
    try:
        for key, path in enumerate(pdfs):
            pool.submit(key, path, path.name, size=path.stat().st_size)
        for _ in pdfs:
            taken = None
            while taken is None:
                taken = pool.take(1.0)
            if taken[1].reason:
                sys.exit(taken[1].reason)
            pages += taken[1].documents[0][0].coverage.pages
    finally:
        pool.close()
    seconds = time.perf_counter() - started
    return {
        "cpu_s_per_page": round((cpu_s() - cpu) / pages, 3),
        "files": len(pdfs),
        "pages": pages,
        "processes": worker_count(),
        "seconds": round(seconds, 2),
        "pages_per_s": round(pages / seconds, 1),
        "peak_process_mb": round(pool.peak_bytes() / MB),
    }


def whole(folder: Path, pdfs: Sequence[Path]) -> dict[str, Any]:
    """A whole ingest over what the embedding model alone takes for the same chunks, before and after."""
    embedder = open_embedder("builtin")
    embedder.query("补助")
    service = open_service(Settings(home=folder / "whole"), to_write=True)
    service._base._embedder.query("补助")  # both with the model loaded
    texts = _texts(pdfs)
    before, cpu_before = alone(embedder, texts)
    cpu = cpu_s()
    with watched_pools() as peaks:
        report = service.ingest([pdfs[0].parent])
    cpu = cpu_s() - cpu
    after, cpu_after = alone(embedder, texts)
    chunks = sum(r.chunks for r in service.documents())
    service.close()
    raw = (before + after) / 2
    return {
        "chunks": chunks,
        "seconds": round(report.seconds, 1),
        "embedding_alone_s": [round(before, 1), round(after, 1)],
        "times_embedding_alone": round(report.seconds / raw, 2),
        "times_embedding_alone_cpu": round(cpu / ((cpu_before + cpu_after) / 2), 2),
        "peak_mb": round((peak_memory_bytes() or 0) / MB),
        "peak_process_mb": round(max(peaks, default=0) / MB),
    }


def again(folder: Path, count: int) -> dict[str, Any]:
    """Files that have not changed, ingested once more."""
    texts = folder / "again"
    texts.mkdir()
    for number in range(count):
        (texts / f"{number:05}.txt").write_text(made_up(number), encoding="utf-8")
    service = open_service(Settings(home=folder / "again-base", embedder="hash"), to_write=True)
    first = service.ingest([texts])
    second = service.ingest([texts])
    service.close()
    unchanged = sum(f.status.value == "unchanged" for f in second.files)
    return {
        "files": count,
        "first_s": round(first.seconds, 1),
        "unchanged": unchanged,
        "seconds": round(second.seconds, 2),
    }


def large(folder: Path, path: Path) -> dict[str, Any]:
    """One large file with instant vectors: time and memory of all but the embedding."""
    service = open_service(Settings(home=folder / f"base-{path.name}", embedder="hash"), to_write=True)
    with watched_pools() as peaks, watched_memory() as held:
        report = service.ingest([path])
    chunks = sum(r.chunks for r in service.documents())
    service.close()
    (file,) = report.files
    return {
        "file": path.name,
        "file_mb": round(path.stat().st_size / MB, 1),
        "status": file.status.value,
        "reason": file.reason,
        "pages": file.coverage.pages if file.coverage else None,
        "table_rows": file.coverage.table_rows if file.coverage else None,
        "chunks": chunks,
        "seconds": round(report.seconds, 1),
        "peak_mb": round(max(held) / MB),
        "peak_process_mb": round(max(peaks, default=0) / MB),
    }


def alone(embedder: Embedder, texts: Sequence[str]) -> tuple[float, float]:
    """Seconds by the clock and of the processor."""
    started, cpu = time.perf_counter(), cpu_s()
    embedder.passages(texts)
    return time.perf_counter() - started, cpu_s() - cpu


def cpu_s() -> float:
    """Seconds of the processor so far, of this process and of those that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


@contextmanager
def watched_pools() -> Iterator[list[int]]:
    """The peak memory of every process pool that is closed meanwhile."""
    peaks: list[int] = []

    class Watched(Pool):
        def close(self) -> None:
            peaks.append(self.peak_bytes())
            super().close()

    ingest_run.Pool = Watched  # type: ignore[misc]
    try:
        yield peaks
    finally:
        ingest_run.Pool = Pool  # type: ignore[misc]


@contextmanager
def watched_memory() -> Iterator[list[int]]:
    """What this process held, looked at ten times a second."""
    held, over = [memory_bytes() or 0], threading.Event()

    def watch() -> None:
        while not over.wait(0.1):
            held.append(memory_bytes() or 0)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield held
    finally:
        over.set()
        thread.join()


def _texts(pdfs: Sequence[Path]) -> list[str]:
    from ingest.parsing import parse

    return [passage_text(d.metadata.title, c) for p in pdfs for d, chunks in parse(p, p.name) for c in chunks]


# --- the files ---


def make_pdfs(folder: Path, count: int, pages: int) -> list[Path]:
    """Made-up documents with a text layer."""
    folder.mkdir()
    paths = [folder / f"{number:04}.pdf" for number in range(count)]
    for number, path in enumerate(paths):
        make_pdf(path, pages, number)
    return [f.path for f in find_files([folder])]


def make_pdf(path: Path, pages: int, seed: int) -> None:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    canvas, lines = Canvas(str(path)), _lines(seed)
    for _ in range(pages):
        canvas.setFont("STSong-Light", 12)
        for row in range(PAGE_LINES):
            canvas.drawString(80, 780 - 24 * row, next(lines))
        canvas.showPage()
    canvas.save()


def _lines(seed: int) -> Iterator[str]:
    """The lines of one document without end: the first one's title, then paragraphs of others."""
    number = seed * 1000
    while True:
        paragraphs = made_up(number).splitlines()
        for paragraph in paragraphs if number == seed * 1000 else paragraphs[2:-2]:
            for start in range(0, len(paragraph), LINE_CHARS):
                yield paragraph[start : start + LINE_CHARS]
        number += 1


def make_sheet(path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("补助发放台账")
    sheet.append(["序号", "乡镇", "村", "户主", "补助项目", "数量", "金额（元）"])
    for row in range(LARGE_ROWS):
        sheet.append(
            [row + 1, f"松溪镇{row % 9}", f"第{row % 97}村", f"户{row}", "种植业补助", row % 12, row % 12 * 80]
        )
    book.save(path)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=40)
    parser.add_argument("--pages", type=int, default=5)
    parser.add_argument("--again", type=int, default=1000)
    parser.add_argument("--large", action="store_true", help=f"also {LARGE_PAGES} pages and {LARGE_ROWS} rows")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
