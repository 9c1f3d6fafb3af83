"""PDFium, one call at a time: it is not thread-safe, not even for two files."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.document import UnreadableFile

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage

PDFIUM = threading.Lock()  # held by whoever has a file open


@contextmanager
def opened(path: Path) -> Iterator[PdfDocument]:
    """The file, with PDFIUM held by the caller. Raises UnreadableFile when it is encrypted or damaged."""
    from pypdfium2 import PdfDocument, PdfiumError

    try:
        with PdfDocument(path) as pdf:
            yield pdf
    except PdfiumError as error:
        if "assword" in str(error):
            raise UnreadableFile(f"{path}：文件已加密，请去掉密码后重新导入") from None
        raise UnreadableFile(f"{path}：PDF 已损坏，无法打开，请重新下载或另存后再导入") from None


@contextmanager
def opened_page(pdf: PdfDocument, number: int) -> Iterator[PdfPage]:
    """Page `number`, from 1; closed afterwards."""
    page = pdf[number - 1]
    try:
        yield page
    finally:
        page.close()
