"""The knowledge base as a LangChain retriever, for chains and agents that are built with LangChain.

Imports langchain_core, which takes a moment: import this module where it is used.
"""

from __future__ import annotations

from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, Field

from kb.filters import Filter
from kb.knowledge_base import KnowledgeBase, Passage


class KnowledgeBaseRetriever(BaseRetriever):
    """Passages as LangChain documents, best first.

    `page_content` is the passage as it stands in its document: `base.document(id).text[start:end]`. What is not
    known of a document is None in `metadata`, never left out. Thread safe as the base is.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid")

    base: KnowledgeBase
    filter: Filter | None = None
    limit: int = Field(default=10, ge=1)

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        del run_manager  # nothing is reported while a search runs
        passages = self.base.search(query, self.limit, self.filter)
        return [Document(id=p.chunk.id, page_content=p.chunk.text, metadata=self._metadata(p)) for p in passages]

    def _metadata(self, passage: Passage) -> dict[str, Any]:
        chunk = passage.chunk
        document = self.base.document(chunk.document_id)
        metadata = document.metadata
        return {
            "document_id": document.id,
            "source": document.source,
            "title": metadata.title,
            "document_number": metadata.document_number,
            "place": metadata.place,
            "year": metadata.year,
            "path": list(chunk.path),
            "pages": list(document.pages_of(chunk.start, chunk.end)),
            "start": chunk.start,
            "end": chunk.end,
            "score": passage.score,
        }
