"""What a click opens beside it: a citation in its source, or a whole document. Imports gradio: import it late."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import gradio as gr

from ingest.document import IngestError
from kb.errors import UnknownDocument
from qa.answer import Citation
from qa.pages import SourcePages
from qa.service import Service
from ui.web_source import citation_view, document_view, missing_view

GONE = "这份文件已从资料库移除，无法再对照原文。"
PAGE_TROUBLE = "原件的页面显示不了，下面是文字："
_CLICK = (Path(__file__).parent / "static" / "click.js").read_text(encoding="utf-8")


def clickable(html: str = "", *, id: str) -> gr.HTML:
    """A piece of the page that sends the clicks within it."""
    return gr.HTML(html, elem_id=id, js_on_load=_CLICK, apply_default_css=False)


class Viewer:
    """Opens the sources of a service as HTML. One for all sessions of a tab."""

    def __init__(self, service: Service) -> None:
        self._service, self._pages = service, SourcePages(service)

    def citation(self, turn: int, citations: Sequence[Citation], number: int, *, full: bool) -> str:
        """The source of the citation of that number, its quote boxed on the page or marked in the text."""
        citation = next((c for c in citations if c.number == number), None)
        if citation is None:
            return missing_view(GONE)
        try:
            document = self._service.document(citation.document_id)
            original = self._service.original(citation.document_id) is not None
        except UnknownDocument:
            return missing_view(GONE)
        sheet, trouble = None, ""
        try:
            sheet = self._pages.sheet(document, citation.start, citation.end)
        except IngestError as error:
            trouble = f"{PAGE_TROUBLE}{error}"
        return citation_view(
            turn, citations, number, document, original=original, full=full, sheet=sheet, trouble=trouble
        )

    def document(self, id: str) -> str:
        """A whole document."""
        try:
            document, original = self._service.document(id), self._service.original(id) is not None
        except UnknownDocument:
            return missing_view(GONE)
        return document_view(document, original=original, back=False)
