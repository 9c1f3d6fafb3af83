"""The measures, against numbers worked by hand; and against the shared scorer where it is at hand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from documents import REPORT_A, REPORT_B, RULE, write
from hypothesis import given
from hypothesis import strategies as st

from eval.cases import Case, read_cases
from eval.metrics import (
    carries,
    citation_recall,
    figures_supported,
    holds,
    is_hit,
    measure,
    names_place,
    numbers_quoted,
    quotes_verbatim,
    rouge_l,
)
from eval.summary import percentile, refusal_pair, summarise
from qa.answer import Answer, Citation, Outcome, Validity
from qa.service import open_service
from qa.settings import Settings
from ui.render import answer_dict

SHARED = Path(os.environ.get("ZHENGDA_SHARED") or Path(__file__).resolve().parents[2] / "shared")
SCORER = SHARED / "eval" / "score.py"


def cited(quote: str, source: str = "docs/rule.pdf", *, number: int = 1, nearest: bool = False) -> Citation:
    return Citation(
        number=number, document_id="d", source=source, title="t", document_number=None, issuer=None, issued_on=None,
        status=Validity.UNKNOWN, pages=(), path=(), start=0, end=len(quote), quote=quote, nearest=nearest,
    )  # fmt: skip


def answered(text: str, *citations: Citation, outcome: Outcome = Outcome.ANSWERED, seconds: float = 0.1) -> Answer:
    return Answer(question="q", outcome=outcome, text=text, citations=citations, seconds=seconds)


def refused(*nearest: Citation) -> Answer:
    return answered("没有找到。", *nearest, outcome=Outcome.NO_EVIDENCE)


BEE = Case(
    id="1",
    kind="standard",
    question="松溪镇养蜂每箱补多少？",
    documents=("rule",),
    ways=((("150元", "一百五十元"),),),
    evidence=("养蜂每箱补助150元",),
)
REFUSE = Case(id="2", kind="refuse", question="养猪每头补多少？", should_refuse=True)


def measured(case: Case, answer: Answer | None, *, verbatim: bool = True, is_placed: bool = False) -> dict[str, float]:
    return measure(case, answer, verbatim=verbatim, is_placed=is_placed)


def test_a_right_answer_is_right_in_everything() -> None:
    values = measured(BEE, answered("养蜂每箱补助150元。[1]", cited("养蜂每箱补助150元。")), is_placed=True)
    assert values.pop("seconds") == 0.1
    assert values.pop("false_refusal") == values.pop("wrong_place") == 0
    assert set(values.values()) == {1.0}


def test_a_missing_answer_is_a_miss_and_no_refusal() -> None:
    values = measured(BEE, None, is_placed=True)
    assert (values["hit"], values["first_document"], values["evidence"], values["citation_recall"]) == (0, 0, 0, 0)
    assert (values["false_refusal"], values["wrong_place"]) == (0, 0)
    assert measured(REFUSE, None) == {"refusal": 0}


def test_refusals() -> None:
    near = cited("养蜂每箱补助150元。", nearest=True)
    assert measured(REFUSE, refused(near))["refusal"] == 1
    assert measured(REFUSE, answered("150元。[1]", cited("150元。")))["refusal"] == 0
    values = measured(BEE, refused(near))
    assert (values["false_refusal"], values["hit"]) == (1, 0)
    assert "figures" not in values
    assert values["citation_recall"] == 0  # what is only near is no citation
    assert "citation_precision" not in values


@pytest.mark.parametrize(
    ("text", "hit"),
    [
        ("每箱 １５０ 元。[1]", True),  # width and spaces do not count
        ("每箱一百五十元。", True),
        ("每箱160元。", False),
        ("150元" + "很" * 396, True),
        ("150元" + "很" * 397, False),
    ],
    ids=["width", "other wording", "wrong", "400 characters", "401 characters"],
)
def test_hit(text: str, hit: bool) -> None:
    assert is_hit(BEE, answered(text)) is hit


def test_all_pieces_of_one_way_must_be_said() -> None:
    case = replace(BEE, ways=((("1042人",), ("312户", "三百一十二户")), (("全部",),)))
    assert is_hit(case, answered("三百一十二户1042人"))
    assert not is_hit(case, answered("312户"))
    assert is_hit(case, answered("全部"))


def test_an_ambiguous_question_wants_two_documents() -> None:
    case = replace(BEE, kind="ambiguous", documents=("a", "b"))
    one, two = cited("150元", "a.txt"), cited("150元", "x/b.txt", number=2)
    assert not is_hit(case, answered("150元", one, one))
    assert is_hit(case, answered("150元", one, two))


def test_rouge_l_by_hand() -> None:
    assert rouge_l("abcd", "axcyd") == pytest.approx(2 * (3 / 4) * (3 / 5) / (3 / 4 + 3 / 5))  # acd
    assert rouge_l("每亩补助80元", "每亩补助80元") == 1
    assert rouge_l("甲", "乙") == rouge_l("", "乙") == rouge_l("甲", "") == 0


@given(st.text("甲乙丙1", max_size=12), st.text("甲乙丙1", max_size=12))
def test_rouge_l_is_the_plain_recursion(a: str, b: str) -> None:
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            table[i + 1][j + 1] = table[i][j] + 1 if x == y else max(table[i][j + 1], table[i + 1][j])
    common = table[-1][-1]
    assert rouge_l(a, b) == pytest.approx(2 * common / (len(a) + len(b)) if common else 0)


def test_figures_must_stand_in_the_quote_that_the_sentence_cites() -> None:
    one, two = cited("种植业每亩补助80元。"), cited("养羊每只补助260元。", number=2)
    assert figures_supported(answered("每亩80元。[1]每只260元。[2]", one, two))
    swapped = answered("每亩80元。[2]每只260元。[1]", one, two)
    assert not figures_supported(swapped)
    assert numbers_quoted(swapped)  # the looser check takes any quote
    assert not figures_supported(answered("每亩80元。", one))  # no mark
    assert not numbers_quoted(answered("每亩90元。[1]", one))


def test_a_document_number_and_a_day_must_be_quoted_whole() -> None:
    quote = cited("云政办发〔2023〕5号，云农发〔2022〕7号，2023年3月1日至2028年2月29日。")
    assert figures_supported(answered("依据云政办发〔2023〕5号，自2023年3月1日起。[1]", quote))
    assert not figures_supported(answered("依据云政办发〔2022〕5号。[1]", quote))
    assert not figures_supported(answered("自2028年3月1日起。[1]", quote))


def test_quotes_verbatim() -> None:
    assert quotes_verbatim(answered("x", cited("每亩")), lambda _: "每亩80元")
    assert not quotes_verbatim(answered("x", cited("每户")), lambda _: "每亩80元")
    assert measured(BEE, answered("没有引文。"))["verbatim"] == 0


@pytest.mark.parametrize(
    ("quote", "source", "does"),
    [
        ("其中养蜂每箱补助150元。", "copy.pdf", True),  # the evidence, wherever it stands
        ("每箱150元。", "rule.pdf", True),
        ("每箱150元。", "copy.pdf", False),  # the figure alone, elsewhere
        ("养羊每只补助260元。", "rule.pdf", False),
        ("补助1500元。", "rule.pdf", False),  # 150 is not in 1500
    ],
)
def test_a_quote_carries_the_answer(quote: str, source: str, does: bool) -> None:
    assert carries(BEE, cited(quote, source)) is does


def test_citation_precision_and_recall_by_hand() -> None:
    case = replace(BEE, ways=((("312户",), ("1042人",)),), evidence=("脱贫户312户1042人",))
    right, half, wrong = cited("其中脱贫户312户1042人。"), cited("共312户。", number=2), cited("辖9个村。", number=3)
    values = measured(case, answered("312户1042人。[1]辖9个村。[3]", right, wrong))
    assert values["citation_precision"] == 1 / 2
    assert values["citation_recall"] == 1
    assert citation_recall(case, [half, wrong]) == pytest.approx(1 / 3)  # 312户; not 1042人, not the evidence


def test_a_long_gold_answer_is_looked_for_sentence_by_sentence() -> None:
    long = "对受疫情影响的中小企业给予场租费用补助；补助金额不超过五十万元。每户企业每年只能申请一次，由街道受理。"
    case = replace(BEE, ways=(((long,),),), evidence=())
    assert citation_recall(case, [cited("补助金额不超过五十万元")]) == pytest.approx(1 / 3)


def test_a_part_of_a_figure_is_not_the_figure() -> None:
    assert holds("共10亩", "10")
    assert not holds("共1005亩", "10")
    assert not holds("共2.10亩", "10")
    assert not holds("每亩10.5元", "10")


def test_wrong_place() -> None:
    there, elsewhere = cited("150元", "rule.pdf"), cited("150元", "other.pdf")
    assert measured(BEE, answered("150元[1]", elsewhere), is_placed=True)["wrong_place"] == 1
    assert measured(BEE, answered("150元[1]", there, elsewhere), is_placed=True)["wrong_place"] == 0
    assert measured(REFUSE, answered("150元[1]", elsewhere), is_placed=True)["wrong_place"] == 1
    assert "wrong_place" not in measured(BEE, answered("150元[1]", elsewhere), is_placed=False)
    assert names_place(BEE, ("松溪镇",))
    assert names_place(replace(BEE, question="松溪养蜂补多少？"), ("松溪镇",))
    assert not names_place(BEE, ("榆岭镇",))
    assert names_place(replace(BEE, kind="scope"), ())


def test_a_planted_false_answer() -> None:
    case = replace(BEE, false_answers=("170元",))
    assert measured(case, answered("170元。[1]", cited("170元。")))["false_answer"] == 1
    assert measured(case, answered("150元，也有说170元。[1]", cited("170元。")))["false_answer"] == 0


def test_means_and_percentiles_by_hand() -> None:
    summary = summarise([{"hit": 1.0, "seconds": 0.3}, {"hit": 0.0, "seconds": 0.1}, {"refusal": 1.0, "seconds": 0.2}])
    assert (summary.questions, summary.value("hit"), summary.means["hit"].n, summary.value("refusal")) == (3, 0.5, 2, 1)
    assert (summary.p50, summary.p95) == (0.2, 0.3)
    assert percentile([], 0.5) is None


def test_a_refusal_rate_brings_the_false_refusal_rate() -> None:
    only_refuse, both = summarise([{"refusal": 1.0}]), summarise([{"refusal": 1.0}, {"false_refusal": 0.0}])
    pair = refusal_pair(only_refuse, ("set", only_refuse), ("all", both))
    assert (pair.refusal, pair.false_refusal, pair.false_refusal_from) == (1, 0, "all")


# --- the shared scorer ---

FACTS: list[dict[str, Any]] = [
    {"id": "a", "kind": "standard", "question": "养蜂每箱补多少钱?", "docs": ["rule"], "answer_all_of_any": [["150"]], "evidence_any": ["养蜂每箱补助150元"]},
    {"id": "b", "kind": "fact", "question": "松溪镇有多少脱贫户、多少人?", "docs": ["a"], "answer_all_of_any": [["312户"], ["1042"]], "evidence_any": []},
    {"id": "c", "kind": "scope", "question": "榆岭镇公益性岗位安置了多少人?", "docs": ["b"], "answer_all_of_any": [["71人"]], "evidence_any": ["71人"]},
    {"id": "d", "kind": "ambiguous", "question": "公益性岗位安置了多少人?", "docs": ["a", "b"], "answer_all_of_any": [["46"], ["71"]], "evidence_any": []},
    {"id": "e", "kind": "refuse", "question": "养猪每头补多少钱?", "docs": [], "answer_all_of_any": [], "evidence_any": []},
    {"id": "f", "kind": "fact", "question": "公益性岗位每月补多少?", "docs": ["rule"], "answer_all_of_any": [["600"]], "evidence_any": ["600元"]},
    {"id": "g", "kind": "fact", "question": "没有答案的一题", "docs": ["rule"], "answer_all_of_any": [["1"]], "evidence_any": ["1"]},
    {"id": "h", "kind": "refuse", "question": "没有答案的又一题", "docs": [], "answer_all_of_any": [], "evidence_any": []},
]  # fmt: skip
SPANS: list[dict[str, Any]] = [
    {"qid": "a", "question": "养蜂每箱补多少钱?", "answers": ["养蜂每箱补助150元。"], "doc_id": "rule", "alt_doc_ids": []},
    {"qid": "b", "question": "松溪镇有多少脱贫户?", "answers": ["脱贫户312户1042人"], "doc_id": "x", "alt_doc_ids": ["a"]},
    {"qid": "f", "question": "养猪每头补多少钱?", "answers": ["养猪每头补助300元", "300元"], "doc_id": "rule"},
    {"qid": "g", "question": "没有答案的一题", "answers": ["1"], "doc_id": "rule", "alt_doc_ids": []},
]  # fmt: skip
COMMON = {  # the scorer's name for a measure of ours
    "hit": "hit", "rouge_l": "rouge_l", "first_document": "first_document", "evidence": "evidence", "no_other_document": "no_other_document",
    "numbers_supported": "numbers", "quotes_verbatim": "verbatim", "refused": "refusal", "false_refusal": "false_refusal",
}  # fmt: skip


@pytest.mark.skipif(not SCORER.is_file(), reason="the shared scorer is not at hand (ZHENGDA_SHARED or ../shared)")
@pytest.mark.parametrize(("questions", "numbers"), [(FACTS, 12), (SPANS, 7)], ids=["facts", "spans"])
def test_the_shared_scorer_gives_the_same_numbers(
    questions: list[dict[str, Any]], numbers: int, tmp_path: Path
) -> None:
    def lines(name: str, rows: list[dict[str, Any]]) -> Path:
        path = tmp_path / name
        path.write_text("\n".join(json.dumps(r, ensure_ascii=False) for r in rows), encoding="utf-8")
        return path

    cases = read_cases(lines("set.jsonl", questions)).cases
    service = open_service(Settings(home=tmp_path / "home", embedder="hash"), to_write=True)
    try:
        service.ingest([write(tmp_path / "docs", rule=RULE, a=REPORT_A, b=REPORT_B)])
        texts = {r.id: service.document(r.id).text for r in service.documents()}
        answers = {c.id: service.ask(c.question, as_of=date(2024, 1, 1)) for c in cases if c.id not in "gh"}
    finally:
        service.close()
    answers = {i: replace(a, seconds=round(a.seconds, 3)) for i, a in answers.items()}
    # faults, so that no number is 1 or 0 all through
    answers["a"] = replace(answers["a"], citations=(replace(answers["a"].citations[0], start=0),))
    answers["b"] = replace(answers["b"], text=answers["b"].text + "另有99999户。")
    if "f" in answers:
        answers["f"] = replace(answers["f"], text=answers["f"].text + "很" * 400)
    (tmp_path / "texts").mkdir()
    for id_, text in texts.items():
        (tmp_path / "texts" / f"{id_}.txt").write_bytes(text.encode())
    given = lines("answers.jsonl", [answer_dict(a, i) for i, a in answers.items()])
    command = [sys.executable, SCORER, tmp_path / "set.jsonl", given, "--texts", tmp_path / "texts", "--json"]
    theirs = json.loads(subprocess.run(command, capture_output=True, check=True, encoding="utf-8").stdout)

    def values(case: Case) -> dict[str, float]:
        answer = answers.get(case.id)
        verbatim = answer is not None and quotes_verbatim(answer, texts.__getitem__)
        return measure(case, answer, verbatim=verbatim, is_placed=False)

    compared = 0
    for name, number in theirs.items():
        if name in ("questions", "answers"):
            continue
        group, _, measure_name = name.removesuffix(".n").rpartition(".")
        kinds = {group} if group in {c.kind for c in cases} else {c.kind for c in cases}
        ours = summarise([values(c) for c in cases if c.kind in kinds])
        if group == "seconds":
            assert number == {"p50": ours.p50, "p95": ours.p95}[measure_name]
            continue
        mean = ours.means[COMMON[measure_name]]
        assert number == (mean.n if name.endswith(".n") else round(mean.value, 4)), name
        compared += not name.endswith(".n")
    assert compared == numbers, compared
