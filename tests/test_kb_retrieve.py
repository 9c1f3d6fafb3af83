"""Words, both indexes, and the fusion of their scores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.embed import HashEmbedder
from kb.lexical import Entry, LexicalIndex, tokens
from kb.retrieve import Hit, Hybrid
from kb.scan import ExactScan
from kb.store import ChunkStore


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("公益性岗位的补助", {"公益性", "岗位", "补助"}),
        ("ＧＤＰ增长６．５％", {"gdp", "增长", "6.5"}),
        ("多少?", set()),
        ("", set()),
    ],
    ids=["search cut, no stop words", "half width, lower case", "only a question word", "empty"],
)
def test_tokens(text: str, expected: set[str]) -> None:
    assert expected <= set(tokens(text))
    assert bool(tokens(text)) == bool(expected)


def entries(*texts: str) -> list[Entry]:
    return [Entry(id=f"c{i}", document_id=f"d{i}", title="", path="", text=t) for i, t in enumerate(texts)]


def test_lexical_finds_the_chunk_with_the_words(tmp_path: Path) -> None:
    index = LexicalIndex(tmp_path)
    index.add(entries("养牛每头补助2500元", "养羊每只补助260元", "人居环境整治"))
    hits = index.search(tokens("养羊补助"), 10)
    assert hits[0][0] == "c1"
    assert [h for h, _ in hits] == ["c1", "c0"]
    assert index.search([], 10) == []


def test_lexical_replaces_a_document(tmp_path: Path) -> None:
    index = LexicalIndex(tmp_path)
    index.add(entries("养牛每头补助2500元"))
    index.change(removed=["d0"], added=[Entry(id="c9", document_id="d0", title="", path="", text="养蜂每箱补助150元")])
    assert index.count() == 1
    assert index.search(tokens("养牛"), 10) == []
    assert index.search(tokens("养蜂"), 10)[0][0] == "c9"


def test_a_rare_word_tells_more_than_a_common_one(tmp_path: Path) -> None:
    index = LexicalIndex(tmp_path)
    index.add(entries("补助牛", "补助羊", "补助蜂"))
    assert index.rarity("羊") > index.rarity("补助")
    assert index.rarity("没有的词") >= index.rarity("羊")


def test_chroma_and_the_exact_scan_agree(tmp_path: Path) -> None:
    embedder = HashEmbedder(64)
    texts = [f"第{i}项补助每户{i * 10}元" for i in range(50)]
    vectors = embedder.passages(texts)
    store = ChunkStore(tmp_path)
    store.add((str(i), f"d{i}", v) for i, v in enumerate(vectors))
    query = embedder.query("第7项补助")
    scan = ExactScan([str(i) for i in range(50)], vectors)
    approximate, exact = store.search(query, 5), scan.search(query, 5)
    assert [s for _, s in approximate] == pytest.approx([s for _, s in exact], abs=1e-4)
    store.remove(["d7"])
    assert store.count() == 49
    assert all(i != "7" for i, _ in store.search(query, 49))
    store.close()


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    store = ChunkStore(tmp_path)
    assert store.search(np.zeros(8, dtype=np.float32), 5) == []
    assert ExactScan([], np.zeros((0, 0), dtype=np.float32)).search(np.zeros(8, dtype=np.float32), 5) == []
    store.close()


class Given:
    """A retriever that was told what to find."""

    def __init__(self, **scores: float) -> None:
        self._hits = [Hit(chunk_id=i, score=s) for i, s in sorted(scores.items(), key=lambda x: -x[1])]

    def search(self, question: str, limit: int, within: frozenset[str] | None = None) -> list[Hit]:
        assert within is None
        return self._hits[:limit] if question else []


def test_fusion_by_hand() -> None:
    """dense: a .9 -> 1, b .8 -> 0; lexical: b 10 -> 1, c 5 -> .5; weight .6 on words."""
    hybrid = Hybrid(Given(a=0.9, b=0.8), Given(b=10, c=5), lexical_weight=0.6)
    assert [(h.chunk_id, round(h.score, 3)) for h in hybrid.search("q", 3)] == [("b", 0.6), ("a", 0.4), ("c", 0.3)]


@given(st.dictionaries(st.sampled_from("abcdefg"), st.floats(0, 1), max_size=7), st.integers(1, 7))
def test_fusion_gives_each_chunk_once_best_first(scores: dict[str, float], limit: int) -> None:
    hits = Hybrid(Given(**scores), Given(**dict(reversed(scores.items())))).search("q", limit)
    assert len({h.chunk_id for h in hits}) == len(hits) == min(limit, len(scores))
    assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)
