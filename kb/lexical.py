"""The lexical index: Chinese words and BM25, by tantivy over jieba's search cut."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kb.errors import StorageFull

_WORD = re.compile(r"[㐀-䶿一-鿿]+|[a-z]+|\d+(?:\.\d+)?%?")
_WRITER_HEAP_BYTES = 30_000_000
_FIELD_BOOSTS = {"title": 1.5, "path": 1.2, "text": 1.0}

# Words that say nothing of the subject. Kept short: BM25 weighs frequent words down by itself.
STOP_WORDS = frozenset(
    "的 了 和 与 及 或 在 对 由 从 向 以 于 等 其 之 所 是 有 被 把 将 为 也 都 就 而 且 但 并 着 过 吗 呢 吧 啊 么 哪 哪些 哪个 "
    "什么 怎么 怎样 如何 多少 几 谁 请问 一下 我 你 他 我们 你们 他们 这 那 这个 那个".split()
)


def tokens(text: str) -> list[str]:
    """The words of a text in order, cut fine as for a search index; half width, lower case, no stop words."""
    import rjieba

    plain = unicodedata.normalize("NFKC", text).lower()
    words = (w for w in rjieba.cut_for_search(plain) if _WORD.fullmatch(w) and w not in STOP_WORDS)
    return [w.rstrip("%") for w in words]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What the index takes of a chunk."""

    id: str
    document_id: str
    title: str
    path: str
    text: str


class LexicalIndex:
    """A tantivy index on disk. One process may write; others may read at the same time."""

    def __init__(self, folder: Path) -> None:
        import tantivy

        folder.mkdir(parents=True, exist_ok=True)
        schema = tantivy.SchemaBuilder()
        for name in ("id", "document"):
            schema.add_text_field(name, stored=name == "id", tokenizer_name="raw", index_option="basic")
        for name in _FIELD_BOOSTS:
            schema.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
        self._folder = folder
        self._index: Any = tantivy.Index(schema.build(), path=str(folder), reuse=True)
        self._schema: Any = self._index.schema

    def add(self, entries: Iterable[Entry]) -> None:
        """Takes chunks; those of a document that is there already must be removed first, in the same `change`."""
        self.change(removed=(), added=entries)

    def change(self, *, removed: Sequence[str], added: Iterable[Entry]) -> None:
        """Removes documents by id and adds chunks, in one commit."""
        import tantivy

        try:
            writer = self._index.writer(_WRITER_HEAP_BYTES, 1)
            for document_id in removed:
                writer.delete_documents_by_term("document", document_id)
            for entry in added:
                writer.add_document(_tantivy_document(tantivy, entry))
            writer.commit()
            writer.wait_merging_threads()
        except (ValueError, OSError) as error:
            raise StorageFull(
                f"{self._folder}：词语索引写入失败（{error}），腾出磁盘空间后运行 zhengda doctor --repair"
            ) from error
        self._index.reload()

    def search(self, words: Sequence[str], limit: int) -> list[tuple[str, float]]:
        """At most `limit` pairs of chunk id and BM25 score (0 and up), best first, for any of `words`."""
        from tantivy import Occur, Query

        if not words:
            return []
        clauses = [
            (Occur.Should, Query.boost_query(Query.term_query(self._schema, field, word, "freq"), boost))
            for word in dict.fromkeys(words)
            for field, boost in _FIELD_BOOSTS.items()
        ]
        searcher = self._index.searcher()
        found = searcher.search(Query.boolean_query(clauses), limit, count=False)
        return [(searcher.doc(address)["id"][0], score) for score, address in found.hits]

    def rarity(self, word: str) -> float:
        """Inverse document frequency of a word over the chunks: 0 for one in all of them, growing as it gets rarer."""
        searcher = self._index.searcher()
        total, having = searcher.num_docs, searcher.doc_freq("text", word)
        return math.log(1 + (total - having + 0.5) / (having + 0.5))

    def count(self) -> int:
        """How many chunks the index holds."""
        return int(self._index.searcher().num_docs)


def _tantivy_document(tantivy: Any, entry: Entry) -> Any:
    return tantivy.Document(
        id=entry.id,
        document=entry.document_id,
        title=" ".join(tokens(entry.title)),
        path=" ".join(tokens(entry.path)),
        text=" ".join(tokens(entry.text)),
    )
