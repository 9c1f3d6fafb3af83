"""How well and how fast scanned pages are read: python -m eval.bench_ocr [--pages N] [--json]

The pages are made up, drawn at 200 dpi, worn as scans are, saved as JPEG in a PDF and read by `ingest.load`.
Accuracy is 1 - edit distance / length over all characters but blanks.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from eval.scans import Wear, paragraphs, text_page, worn

SEAL = "云霞县农业农村局"
KINDS: dict[str, Wear] = {
    "干净": Wear(),
    "倾斜 1.5°": Wear(skew_degrees=1.5),
    "倾斜 -1.5° 有噪点": Wear(skew_degrees=-1.5, noise=18),
    "红章压字": Wear(seal=SEAL),
    "红章压字 倾斜 有噪点": Wear(skew_degrees=0.8, noise=12, seal=SEAL),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The pages of one kind: characters, those wrong, seconds by the clock and of the processor."""

    kind: str
    pages: int
    characters: int
    wrong: int
    seconds: float
    cpu_seconds: float

    @property
    def accuracy(self) -> float:
        return 1 - self.wrong / self.characters


def run(pages: int) -> list[Result]:
    """Reads so many pages of every kind; the engine is loaded before."""
    from ingest import ocr

    ocr.check()
    with tempfile.TemporaryDirectory() as folder:
        _read(_scanned(Path(folder), "warm", Wear(), 1)[0])
        return [_result(Path(folder), kind, wear, pages) for kind, wear in KINDS.items()]


def _result(folder: Path, kind: str, wear: Wear, pages: int) -> Result:
    path, expected = _scanned(folder, kind, wear, pages)
    wall, cpu = time.perf_counter(), time.process_time()
    text = _read(path)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    wrong = edit_distance(_plain("".join(expected)), _plain(text))
    return Result(
        kind=kind,
        pages=pages,
        characters=len(_plain("".join(expected))),
        wrong=wrong,
        seconds=wall,
        cpu_seconds=cpu,
    )


def _scanned(folder: Path, kind: str, wear: Wear, pages: int) -> tuple[Path, list[str]]:
    """A PDF of scanned pages, and the lines drawn on them."""
    drawn = [text_page(paragraphs(9, seed=n), head="云霞县人民政府办公室文件" if n == 0 else "") for n in range(pages)]
    images = [worn(page, wear, seed=n) for n, (page, _) in enumerate(drawn)]
    path = folder / f"{kind}.pdf"
    images[0].save(path, save_all=True, append_images=images[1:], resolution=200, quality=80)
    return path, [line for _, lines in drawn for line in lines]


def _read(path: Path) -> str:
    from ingest.load import load

    return "\n".join(document.text for document in load(path))


def _plain(text: str) -> str:
    return re.sub(r"\s", "", text)


def edit_distance(expected: str, got: str) -> int:
    """The least number of characters to insert, delete or replace (Levenshtein)."""
    import numpy as np

    codes = np.array([ord(c) for c in got], dtype=np.int64)
    steps = np.arange(len(got) + 1)
    row = steps.copy()
    for i, character in enumerate(expected, start=1):
        above = np.minimum(row[1:] + 1, row[:-1] + (codes != ord(character)))
        row = np.minimum.accumulate(np.concatenate([[i], above]) - steps) + steps
    return int(row[-1])


def report(results: Sequence[Result]) -> str:
    """A table in Markdown with the load of the machine."""
    rows = ["| 页面 | 页数 | 字数 | 字符准确率 | 秒/页 | 处理器秒/页 |", "| --- | --- | --- | --- | --- | --- |"]
    for r in results:
        each = f"{r.seconds / r.pages:.2f} | {r.cpu_seconds / r.pages:.2f}"
        rows.append(f"| {r.kind} | {r.pages} | {r.characters} | {r.accuracy:.4f} | {each} |")
    pages, seconds = sum(r.pages for r in results), sum(r.seconds for r in results)
    total = 1 - sum(r.wrong for r in results) / sum(r.characters for r in results)
    load = " / ".join(f"{n:.1f}" for n in os.getloadavg()) if hasattr(os, "getloadavg") else "?"
    rows += ["", f"合计：准确率 {total:.4f}，{pages / seconds:.2f} 页/秒；处理器 {os.cpu_count()} 核，负载 {load}"]
    return "\n".join(rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the report."""
    parser = argparse.ArgumentParser(description="扫描件识别的准确率与速度")
    parser.add_argument("--pages", type=int, default=4, help="每种页面的页数（默认 4）")
    parser.add_argument("--json", action="store_true", help="结果以 JSON 输出")
    options = parser.parse_args(arguments)
    results = run(options.pages)
    as_json = [{**asdict(r), "accuracy": r.accuracy} for r in results]
    print(json.dumps(as_json, ensure_ascii=False) if options.json else report(results))


if __name__ == "__main__":
    main()
