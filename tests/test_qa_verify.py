"""The last check: an answer that says what its quotes do not carry is never shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.answer import Answer, Citation, Outcome, Validity
from qa.verify import MARK, UnsupportedAnswer, check, marked, sentences, unsupported

TEXT = "第二条 种植业每亩补助80元。第三条 养牛每头补助2500元,共46户。依据云政办发〔2023〕5号文件,自2023年3月1日起施行。"


def cited(start: int, end: int, number: int = 1, *, nearest: bool = False) -> Citation:
    return Citation(
        number=number,
        document_id="d",
        source="a.txt",
        title="t",
        document_number=None,
        issuer=None,
        issued_on=None,
        status=Validity.UNKNOWN,
        pages=(),
        path=(),
        start=start,
        end=end,
        quote=TEXT[start:end],
        nearest=nearest,
    )


def answer(text: str, *citations: Citation) -> Answer:
    return Answer(question="q", outcome=Outcome.ANSWERED, text=text, citations=citations)


@pytest.mark.parametrize(
    "text",
    ["每亩补助80元。[1]", "种植业每亩补助80元[1]。", "补助标准见原文。", "每亩补助８０元。[1]"],
    ids=["as it stands", "mark before the stop", "no figure", "full width"],
)
def test_what_the_quote_carries_passes(text: str) -> None:
    assert check(answer(text, cited(0, 15)), lambda _: TEXT).text == text


@pytest.mark.parametrize(
    ("text", "citations", "names"),
    [
        ("每亩补助85元。[1]", [cited(0, 15)], "85"),
        ("每亩补助8元。[1]", [cited(0, 15)], "8"),
        ("每亩补助80元。[2]", [cited(0, 15)], r"\[2\]"),
        ("每亩补助80元。", [cited(0, 15)], "80"),
        ("每头补助2500元。[1]", [cited(0, 15), cited(15, 40, 2)], "2500"),
        ("依据云政办发〔2022〕5号。[1]", [cited(0, len(TEXT))], "2022"),
        ("每亩补助80元。[1]", [cited(0, 15, nearest=True)], r"\[1\]"),
    ],
    ids=["altered", "cut short", "unknown mark", "no mark", "stands in another quote", "文号", "only near"],
)
def test_what_it_does_not_carry_is_named(text: str, citations: list[Citation], names: str) -> None:
    with pytest.raises(UnsupportedAnswer, match=names):
        check(answer(text, *citations), lambda _: TEXT)


def test_a_quote_that_does_not_stand_in_its_document() -> None:
    with pytest.raises(UnsupportedAnswer, match="does not stand"):
        check(answer("每亩补助80元。[1]", cited(0, 15)), lambda _: TEXT.replace("80", "85"))


def test_chinese_figures_count() -> None:
    assert unsupported("共二十六万元。[1]", [cited(0, 15)]) == ["二十六万"]


def test_every_sentence_gets_its_mark() -> None:
    assert marked("每亩80元。每头2500元;\n共46户", 1) == "每亩80元。[1]每头2500元;[1]\n共46户[1]"
    assert sentences("每亩80元。[1][2]每头2500元。[1]") == ["每亩80元。[1][2]", "每头2500元。[1]"]


@given(st.text(alphabet="补助每亩元。！？\n”）1 9", max_size=60))
def test_marking_adds_only_marks(text: str) -> None:
    assert MARK.sub("", marked(text, 1)) == text
    assert all(MARK.search(s) for s in sentences(marked(text, 1)))
