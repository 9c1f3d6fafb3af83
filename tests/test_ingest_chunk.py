"""Chunks cover the text, slice back, keep articles and table rows whole."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from ingest.chunk import split
from ingest.document import Document, Metadata, document_id
from ingest.outline import find_sections

SENTENCE = "镇里安排专人逐户核对面积，公示无异议后上报县里。"


def _document(text: str) -> Document:
    return Document(
        id=document_id(text), source="a.txt", text=text, metadata=Metadata(title="t"), sections=find_sections(text)
    )


def test_articles_keep_to_themselves_and_headings_go_with_what_follows() -> None:
    text = f"第一章 总则\n第一条 {SENTENCE * 2}\n第二条 {SENTENCE * 2}\n第三条 即日施行。"
    chunks = split(_document(text))
    assert [c.path for c in chunks] == [("第一章 总则", "第一条"), ("第一章 总则",)]
    assert chunks[0].text.startswith("第一章 总则\n第一条")
    assert chunks[1].text.endswith("第三条 即日施行。")


def test_small_siblings_share_a_chunk_under_their_parent() -> None:
    text = f"一、问题\n1.认识不够。{SENTENCE}\n2.力量不足。{SENTENCE}\n二、打算\n{SENTENCE * 3}"
    chunks = split(_document(text), max_chars=100)
    assert [c.path for c in chunks] == [("一、问题",), ("二、打算",)]


def test_a_long_section_is_cut_at_sentences_with_an_overlap() -> None:
    text = "一、情况\n" + SENTENCE * 20
    chunks = split(_document(text), max_chars=120, overlap=30)
    assert all(len(c.text) <= 120 for c in chunks)
    assert all(c.path == ("一、情况",) for c in chunks)
    assert all(c.text.endswith("。") for c in chunks)
    assert all(0 < a.end - b.start <= 30 for a, b in zip(chunks, chunks[1:], strict=False))


def test_a_table_row_is_never_cut_nor_said_twice() -> None:
    rows = [f"项目：第{n}项补助｜对象：脱贫户。监测户。｜标准：{n}0元/亩" for n in range(1, 30)]
    chunks = split(_document("\n".join(rows)), max_chars=100)
    assert [line for c in chunks for line in c.text.split("\n")] == rows


def test_a_sentence_without_end_is_cut_at_the_limit() -> None:
    chunks = split(_document("补" * 1000), max_chars=350)
    assert [len(c.text) for c in chunks] == [350, 350, 300]


TEXTS = st.lists(
    st.sampled_from(
        [
            "一、甲",
            "（一）乙",
            "第一章 丁",
            "第二条 短。",
            "第三条 " + SENTENCE * 9,
            SENTENCE * 4,
            "列：值｜列：值",
            "短行",
            "",
        ]
    )
    | st.text(max_size=40),
    max_size=20,
).map("\n".join)


@example("0" * 19 + " 0", 20, 0)  # cut at the limit, behind a blank
@given(TEXTS, st.integers(20, 400), st.integers(0, 80))
def test_chunks_slice_back_and_cover_the_text(text: str, max_chars: int, overlap: int) -> None:
    document = _document(text)
    chunks = split(document, max_chars=max_chars, overlap=overlap)
    covered: set[int] = set()
    for chunk in chunks:
        assert document.text[chunk.start : chunk.end] == chunk.text
        assert chunk.text.strip() == chunk.text != ""
        assert len(chunk.text) <= max_chars
        covered.update(range(chunk.start, chunk.end))
    assert all(i in covered or c.isspace() for i, c in enumerate(text))
    assert len({c.id for c in chunks}) == len(chunks)
    assert chunks == split(document, max_chars=max_chars, overlap=overlap)
