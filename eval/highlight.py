"""Whether citations lead to their very words in the original: python -m eval.highlight HOME QUESTIONS.jsonl

Every citation of every answer is located as the source viewer does it: boxed on the page of a PDF file or picture,
marked in the text of any document. By kind of original: how many are found, and of how many what is boxed or marked
is the quote, blanks and the width of characters aside. A boxed table row holds the quoted values, and nothing that
its line does not say: the names of its columns stand elsewhere.

A scan has no characters to compare with. `--printed FOLDER` holds the PDF files that were printed and scanned, under
the scans' names: what their text layer has inside the boxes is compared. `--scan-to FOLDER FILE.pdf...` makes scans.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING

from eval.cases import read_cases
from ingest.document import Box, Document
from ingest.page_match import values_of
from ingest.page_text import plain
from qa.pages import SourcePages
from qa.text_layout import laid_out_quote

if TYPE_CHECKING:
    from qa.answer import Citation
    from qa.service import Service

CLOSE = 0.9  # of the characters: a box cut within a line may be a character off


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What became of one citation. `boxed`, `equal`, `close` are None for an original without pages to show."""

    kind: str
    quote: str
    marked: bool  # in the text, exactly
    boxed: bool | None = None
    equal: bool | None = None
    close: bool | None = None
    read: str = ""


def measure(service: Service, questions: Path, printed: Path | None = None) -> Iterator[Found]:
    """Each citation of each answer, each place once."""
    from qa.service import QuestionError

    pages, seen = SourcePages(service), set()
    for case in read_cases(questions).cases:
        try:
            answer = service.ask(case.question, place=case.place, year=case.year, as_of=case.as_of)
        except QuestionError:
            continue
        for citation in answer.citations:
            place = citation.document_id, citation.start, citation.end
            if place not in seen:
                seen.add(place)
                yield _found(pages, service.document(citation.document_id), citation, printed)


def _found(pages: SourcePages, document: Document, citation: Citation, printed: Path | None) -> Found:
    marked = laid_out_quote(document.text, citation.start, citation.end) == citation.quote
    sheet = pages.sheet(document, citation.start, citation.end)
    kind = Path(citation.source).suffix.lower().removeprefix(".")
    if sheet is None:
        return Found(kind=kind, quote=citation.quote, marked=marked)
    is_scan = any(p.page in {page.number for page in sheet.pages} for p in document.boxes)
    original = printed / f"{Path(citation.source).stem}.pdf" if printed and is_scan else None
    read = "".join(page.read for page in sheet.pages)
    if original is not None:
        read = "".join(_read(original, page.number, page.boxes) for page in sheet.pages)
    has_row = any(page.row for page in sheet.pages)
    equal = _is_row(read, document, citation) if has_row else read == plain(citation.quote)
    return Found(
        kind=f"{kind}（扫描）" if is_scan else kind,
        quote=citation.quote,
        marked=marked,
        boxed=all(page.boxes for page in sheet.pages),
        equal=equal,
        close=equal or SequenceMatcher(None, read, plain(citation.quote), autojunk=False).ratio() >= CLOSE,
        read=read,
    )


def _is_row(read: str, document: Document, citation: Citation) -> bool:
    """Whether the boxes hold the quoted values and nothing that the quoted lines do not say."""
    text = document.text
    first = text.rfind("\n", 0, citation.start) + 1
    last = text.find("\n", citation.end)
    lines = plain(text[first : last if last >= 0 else len(text)])
    values = [value for line in citation.quote.split("\n") for value in values_of(line)]
    return not Counter(read) - Counter(lines) and all(any(v in read for v in value) for value in values)


def _read(path: Path, number: int, boxes: Sequence[Box]) -> str:
    """What the text layer of the page has inside the boxes."""
    from ingest.formats.pdfium import PDFIUM, opened, opened_page
    from ingest.page_text import read_page

    with PDFIUM, opened(path) as pdf, opened_page(pdf, number) as page:
        return read_page(page, number).inside(boxes)


def scanned_copy(path: Path, to: Path) -> None:
    """The PDF file as a scanner gives it: its pages as pictures, a little noise, no text."""
    from PIL import Image

    from eval.scans import Wear, worn
    from ingest.formats.pdf_layer import picture_of
    from ingest.formats.pdfium import PDFIUM, opened, opened_page

    pictures = []
    with PDFIUM, opened(path) as pdf:
        for number in range(1, len(pdf) + 1):
            with opened_page(pdf, number) as page:
                pixels = picture_of(page)[:, :, ::-1]
            pictures.append(worn(Image.fromarray(pixels.copy()), Wear(noise=6), seed=number))
    pictures[0].save(to, save_all=True, append_images=pictures[1:], resolution=200, quality=85)


def report(found: Sequence[Found]) -> str:
    """A table by kind of original."""
    rows = ["| 原件 | 引文 | 定位到 | 与引文一致 | 九成以上一致 | 文字标出 |", "|---|---|---|---|---|---|"]
    for kind in sorted({f.kind for f in found}):
        own = [f for f in found if f.kind == kind]
        paged = [f for f in own if f.boxed is not None]
        cells = [_share([bool(value) for value in column]) for column in _columns(paged)]
        rows.append(f"| {kind} | {len(own)} | {' | '.join(cells)} | {_share([f.marked for f in own])} |")
    return "\n".join(rows)


def _columns(found: Sequence[Found]) -> list[list[bool | None]]:
    return [[f.boxed for f in found], [f.equal for f in found], [f.close for f in found]]


def _share(values: Sequence[bool]) -> str:
    return f"{sum(values) / len(values):.1%}" if values else "无页面"


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the report."""
    parser = argparse.ArgumentParser(description="引文能否对到原件的那一行")
    parser.add_argument("home", type=Path, nargs="?", help="知识库文件夹")
    parser.add_argument("questions", type=Path, nargs="?", help="问题集（jsonl）")
    parser.add_argument("--printed", type=Path, help="扫描件对应的带文字 PDF 所在文件夹，按文件名对应")
    parser.add_argument("--misses", action="store_true", help="另列出没有对上的引文")
    parser.add_argument("--scan-to", type=Path, help="把后面的 PDF 做成扫描件放进这个文件夹")
    parser.add_argument("files", type=Path, nargs="*", help="与 --scan-to 同用")
    options = parser.parse_args(arguments)
    if options.scan_to:
        for path in filter(None, (options.home, options.questions, *options.files)):
            scanned_copy(path, options.scan_to / f"{path.stem}.pdf")
        return
    if options.home is None or options.questions is None:
        parser.error("请给出知识库文件夹和问题集")
    from qa.service import open_service
    from qa.settings import Settings

    service = open_service(Settings(home=options.home))
    try:
        found = list(measure(service, options.questions, options.printed))
    finally:
        service.close()
    print(report(found))
    missed = [f for f in found if not f.marked or f.boxed is False or f.equal is False]
    for each in missed if options.misses else ():
        print(json.dumps({"kind": each.kind, "quote": each.quote, "read": each.read}, ensure_ascii=False))


if __name__ == "__main__":
    main()
