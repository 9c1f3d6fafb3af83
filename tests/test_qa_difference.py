"""What changed between two documents: figures first, then clauses, told apart from mere renumbering and moving."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from documents import RULE, loaded
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.document import Document, Metadata, document_id
from qa.difference import ClauseChange, Difference, difference
from qa.word_changes import FigureChange, figure_changes, pieces_of

INSERTED = (
    RULE.replace("第三条 ", "第三条 种草每亩补助50元。\n第四条 ")
    .replace("第四条 公", "第五条 公")
    .replace("第五条 本", "第六条 本")
)
MOVED = RULE.replace("各乡镇人民政府:\n", "").replace("2023年2月10日\n", "2023年2月10日\n各乡镇人民政府:\n")


def plain_document(text: str) -> Document:
    return Document(id=document_id(text), source="a.txt", text=text, metadata=Metadata(title="办法"))


def compared(folder: Path, before: str, after: str) -> Difference:
    return difference(loaded(folder, before, "before")[0], loaded(folder, after, "after")[0])


@pytest.mark.parametrize(
    ("before", "after", "figures"),
    [
        ("每亩补助75元。", "每亩补助80元。", [("每亩补助75元", "每亩补助80元")]),
        ("安置46人，务工523人。", "安置48人，务工530人。", [("安置46人", "安置48人"), ("务工523人", "务工530人")]),
        ("比例不低于百分之三十。", "比例不低于百分之四十。", [("比例不低于百分之三十", "比例不低于百分之四十")]),
        ("增长3.5%。", "增长35%。", [("增长3.5%", "增长35%")]),
        ("2023年2月10日", "2023年3月11日", [("2023年2月10日", "2023年3月11日")]),
        ("按月发放600元。", "按季发放600元。", []),
        ("村集体｜12.5｜万元", "村集体｜13.5｜万元", [("12.5", "13.5")]),
        ("补助600元。", "补助600元，另加100元。", []),
    ],
)
def test_figures_that_changed(before: str, after: str, figures: list[tuple[str, str]]) -> None:
    assert figure_changes(pieces_of(before, after)) == [FigureChange(*f) for f in figures]


def test_a_changed_clause_shows_its_figures_and_words(tmp_path: Path) -> None:
    found = compared(tmp_path, RULE, RULE.replace("80元", "85元").replace("按月发放", "按季度发放"))
    assert found.figures == (("第二条", FigureChange("种植业每亩补助80元", "种植业每亩补助85元")),)
    assert [(c.kind, c.label) for c in found.changes] == [
        (ClauseChange.CHANGED, "第二条"),
        (ClauseChange.CHANGED, "第四条"),
    ]
    words = [(p.kind, p.text) for p in found.changes[1].pieces if p.kind != "same"]
    assert words == [("deleted", "月"), ("added", "季度")]


def test_a_new_clause_renumbers_the_rest_and_changes_nothing_else(tmp_path: Path) -> None:
    found = compared(tmp_path, RULE, INSERTED)
    assert [(c.kind, c.label) for c in found.changes] == [
        (ClauseChange.ADDED, "第三条"),
        (ClauseChange.RENUMBERED, "第三条 → 第四条"),
        (ClauseChange.RENUMBERED, "第四条 → 第五条"),
        (ClauseChange.RENUMBERED, "第五条 → 第六条"),
    ]
    assert found.figures == ()
    back = compared(tmp_path, INSERTED, RULE)
    assert [c.kind for c in back.changes][0] is ClauseChange.REMOVED
    assert back.count(ClauseChange.RENUMBERED) == 3


def test_a_moved_clause_is_neither_removed_nor_added(tmp_path: Path) -> None:
    found = compared(tmp_path, RULE, MOVED)
    assert [c.kind for c in found.changes] == [ClauseChange.MOVED]


def test_a_document_and_itself_do_not_differ(tmp_path: Path) -> None:
    found = compared(tmp_path, RULE, RULE)
    assert (found.changes, found.figures) == ((), ())
    assert found.count(ClauseChange.SAME) == len([line for line in RULE.splitlines() if line])


def test_a_long_rewritten_text_takes_no_longer_than_it_should() -> None:
    before = "\n".join(f"第{i}项 补助{i * 7 % 1000}元，由{i}号村负责落实到户。" for i in range(1500))
    after = "\n".join(f"第{i}项 补贴{i * 7 % 1000 + 1}元，交{i}号村负责落实到户。" for i in range(1500))
    found = difference(plain_document(before), plain_document(after))
    assert found.count(ClauseChange.CHANGED) == 1500


LINES = st.lists(
    st.text(alphabet="第一二三条、。，补助80元5户村\u3000 ", min_size=0, max_size=14)
    | st.sampled_from(RULE.splitlines()),
    max_size=12,
).map("\n".join)


@settings(max_examples=150, deadline=None)
@given(before=LINES, after=LINES)
def test_every_line_of_both_is_told_of_once_and_pieces_make_up_both(before: str, after: str) -> None:
    old, new = plain_document(before), plain_document(after)
    found = difference(old, new)
    for side, document in (("before", old), ("after", new)):
        clauses = [getattr(c, side) for c in found.clauses if getattr(c, side) is not None]
        assert all(document.text[c.start : c.end] == c.text for c in clauses)
        lines = Counter(line.strip() for line in document.text.split("\n") if line.strip())
        assert Counter(c.text for c in clauses) == lines
    for change in found.clauses:
        if change.pieces:
            assert change.before is not None
            assert change.after is not None
            assert "".join(p.text for p in change.pieces if p.kind != "added") == change.before.text
            assert "".join(p.text for p in change.pieces if p.kind != "deleted") == change.after.text
    if before == after:
        assert found.changes == ()
