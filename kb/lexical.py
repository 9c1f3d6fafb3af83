"""The lexical index: Chinese words and BM25, by tantivy over jieba's search cut."""

from __future__ import annotations

import math
import re
import shutil
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kb.errors import StorageFull
from kb.ports import Scored, Within

_WORD = re.compile(r"[㐀-䶿一-鿿]+|[a-z]+|\d+(?:\.\d+)?%?")
_WRITER_HEAP_BYTES = 30_000_000
_FIELD_BOOSTS = {
    "title": 0.3,
    "path": 0.3,
    "text": 1.0,
}  # a title's words stand over every passage alike: they choose the document, not the passage
_BROAD = 0.25  # the share of the chunks from which it is quicker to look further and drop than to look up the filter
_OVERFETCH = 1.5  # how much more is fetched then than a filter should need
_EVERY_BUCKET = 2**31 - 1

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
    """A WordIndex by tantivy, on disk. One process may write; others may read at the same time."""

    def __init__(self, folder: Path | None) -> None:
        """Opens the index in `folder`, or makes one in memory; one laid out by an earlier program is begun anew, empty."""
        import tantivy

        schema = tantivy.SchemaBuilder()
        schema.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
        schema.add_text_field("document", stored=True, fast=True, tokenizer_name="raw", index_option="basic")
        for name in _FIELD_BOOSTS:
            schema.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
        self._folder = folder
        self._schema: Any = schema.build()
        self._index: Any = self._open()
        self._documents: int | None = None  # how many there are, about; counted when first asked for

    def add(self, entries: Iterable[Entry]) -> None:
        """Takes chunks; those of a document that is there already must be removed first, in the same `change`."""
        self.change(removed=(), added=entries)

    def change(self, *, removed: Sequence[str], added: Iterable[Entry]) -> None:
        """Removes documents by id and adds chunks, in one commit."""
        import tantivy

        with self._writer() as writer:
            for document_id in removed:
                writer.delete_documents_by_term("document", document_id)
            for entry in added:
                writer.add_document(_tantivy_document(tantivy, entry))

    def clear(self) -> None:
        """See WordIndex."""
        with self._writer() as writer:
            writer.delete_all_documents()

    def search(self, words: Sequence[str], limit: int, within: Within = None) -> list[Scored]:
        """See WordIndex. Exact within any filter."""
        if not words or limit <= 0:
            return []
        searcher, query = self._index.searcher(), self._any_of(words)
        if within is None:
            return [(chunk, score) for chunk, _, score in _best(searcher, query, limit)]
        share = self._share(searcher, within)
        if share >= _BROAD:
            fetched = int(limit / share * _OVERFETCH) + limit
            found = _best(searcher, query, fetched)
            passing = [(chunk, score) for chunk, document, score in found if document in within]
            if len(passing) >= limit or len(found) < fetched:
                return passing[:limit]
        return [(chunk, score) for chunk, _, score in _best(searcher, self._narrowed(query, within), limit)]

    def matches(self, words: Sequence[str], within: Within = None) -> dict[str, int]:
        """See WordIndex."""
        if not words:
            return {}
        query = self._any_of(words)
        if within is not None and self._share(self._index.searcher(), within) < _BROAD:
            query = self._narrowed(query, within)
        terms = {"field": "document", "size": _EVERY_BUCKET, "segment_size": _EVERY_BUCKET}
        buckets = self._index.searcher().aggregate(query, {"documents": {"terms": terms}})["documents"]["buckets"]
        return {b["key"]: int(b["doc_count"]) for b in buckets if within is None or b["key"] in within}

    def rarity(self, word: str) -> float:
        """Inverse document frequency of a word over the chunks: 0 for one in all of them, growing as it gets rarer."""
        searcher = self._index.searcher()
        total, having = searcher.num_docs, searcher.doc_freq("text", word)
        return math.log(1 + (total - having + 0.5) / (having + 0.5))

    def vocabulary(self) -> dict[str, int]:
        """See WordIndex."""
        found: dict[str, int] = {}
        for field in _FIELD_BOOSTS:
            for word, chunks in self._index.searcher().terms_with_prefix(field, ""):
                found[word] = max(chunks, found.get(word, 0))
        return found

    def count(self) -> int:
        """How many chunks the index holds."""
        return int(self._index.searcher().num_docs)

    def _open(self) -> Any:
        import tantivy

        if self._folder is None:
            return tantivy.Index(self._schema)
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            return tantivy.Index(self._schema, path=str(self._folder), reuse=True)
        except ValueError as error:
            if "schema" not in str(error).lower():
                raise
            shutil.rmtree(self._folder)
            self._folder.mkdir()
            return tantivy.Index(self._schema, path=str(self._folder))

    def _any_of(self, words: Sequence[str]) -> Any:
        from tantivy import Occur, Query

        return Query.boolean_query(
            [
                (Occur.Should, Query.boost_query(Query.term_query(self._schema, field, word, "freq"), boost))
                for word in dict.fromkeys(words)
                for field, boost in _FIELD_BOOSTS.items()
            ]
        )

    def _narrowed(self, query: Any, within: frozenset[str]) -> Any:
        """`query` for the documents alone; scores stay as they are."""
        from tantivy import Occur, Query

        documents = Query.term_set_query(self._schema, "document", list(within))
        return Query.boolean_query([(Occur.Must, query), (Occur.Must, Query.const_score_query(documents, 0.0))])

    def _share(self, searcher: Any, within: frozenset[str]) -> float:
        """About which share of the chunks the documents hold."""
        if self._documents is None:
            from tantivy import Query

            self._documents = int(searcher.cardinality(Query.all_query(), "document"))
        return min(1.0, len(within) / max(1, self._documents))

    @contextmanager
    def _writer(self) -> Iterator[Any]:
        """A writer whose work is committed at the end; a full disk as our error."""
        try:
            writer = self._index.writer(_WRITER_HEAP_BYTES, 1)
            yield writer
            writer.commit()
            writer.wait_merging_threads()
        except (ValueError, OSError) as error:
            raise StorageFull(
                f"{self._folder}：词语索引写入失败（{error}），腾出磁盘空间后运行 zhengda doctor --repair"
            ) from error
        self._index.reload()
        self._documents = None


def _best(searcher: Any, query: Any, limit: int) -> list[tuple[str, str, float]]:
    """Chunk id, document id and score of the best `limit` matches."""
    found = searcher.search(query, limit, count=False)
    stored = ((searcher.doc(address), score) for score, address in found.hits)
    return [(doc["id"][0], doc["document"][0], score) for doc, score in stored]


def _tantivy_document(tantivy: Any, entry: Entry) -> Any:
    return tantivy.Document(
        id=entry.id,
        document=entry.document_id,
        title=" ".join(tokens(entry.title)),
        path=" ".join(tokens(entry.path)),
        text=" ".join(tokens(entry.text)),
    )
