"""The harness from questions to table, saved results, comparison, page and command line, on a real small base."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from documents import REPORT_A, REPORT_B, RULE, write
from test_eval_metrics import FACTS

from eval.compare import Move, Verdict, compare, interval
from eval.errors import EvalError
from eval.plots import bars, curve, histogram
from eval.report import risk_coverage
from eval.run import Run, peak_memory_mib
from eval.saved import load_baseline, numbers, save
from eval.table import PAIR_HEAD, comparison_text, run_text, width
from qa.service import open_service
from qa.settings import Settings
from ui import cli

NASTY = "<script>alert(1)</script>&“'\""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("eval")
    service = open_service(Settings(home=folder / "home", embedder="hash"), to_write=True)
    service.ingest([write(folder / "docs", rule=RULE, a=REPORT_A, b=REPORT_B)])
    service.close()
    return folder / "home"


@pytest.fixture
def zhengda(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    monkeypatch.setenv("ZHENGDA_EMBEDDER", "hash")

    def call(*arguments: str | Path) -> tuple[int, str, str]:
        try:
            code = cli.main(["--home", str(home), "eval", *map(str, arguments)])
        except SystemExit as end:
            code = int(end.code or 0)
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return call


def lines(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("\n".join(json.dumps(r, ensure_ascii=False) for r in rows), encoding="utf-8")
    return path


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    return lines(tmp_path / "facts.jsonl", *FACTS)


def run_of(home: Path, *sets: Path) -> Run:
    from eval.cases import read_cases
    from eval.run import run

    service = open_service(Settings(home=home, embedder="hash"))
    try:
        return run(service, [read_cases(s) for s in sets])
    finally:
        service.close()


# --- the table ---


def test_the_table_is_aligned_and_keeps_the_pair(home: Path, facts: Path) -> None:
    text = run_text(run_of(home, facts))
    table = text.split("\n\n")[0].splitlines()
    assert PAIR_HEAD in table[0]
    end = width(table[0])
    assert all(width(line) == end for line in table)
    refuse = next(line for line in table if "应拒答" in line)
    assert re.search(r"100\.0 / \d+\.\d\*", refuse)
    assert "* 这一行没有应答的题" in text


def test_a_set_of_refusals_alone_says_what_it_cannot_tell(home: Path, tmp_path: Path) -> None:
    text = run_text(run_of(home, lines(tmp_path / "r.jsonl", FACTS[4])))
    assert "100.0 / 无" in text
    assert "请连同有答案的题一起评测" in text


def test_a_question_that_cannot_be_asked_is_a_miss(home: Path, tmp_path: Path) -> None:
    long = {"id": "x", "question": "问" * 3000, "answers": ["甲"], "doc_id": "rule"}
    (scored,) = run_of(home, lines(tmp_path / "long.jsonl", long)).scored
    assert scored.answer is None
    assert scored.values["hit"] == scored.values["rouge_l"] == 0
    assert "2000 字" in scored.error


# --- saved, compared ---


def test_a_saved_run_compared_with_itself_has_not_moved(home: Path, facts: Path, tmp_path: Path) -> None:
    run = run_of(home, facts)
    save(run, tmp_path / "saved.json")
    baseline = load_baseline(tmp_path / "saved.json")
    comparison = compare(baseline, run)
    assert (comparison.paired, comparison.only_now, comparison.only_before) == (len(FACTS), 0, 0)
    assert {m.verdict for m in comparison.moves} == {Verdict.SAME}
    assert "没有变化" in comparison_text(comparison)
    shorter = replace(run, sets=(replace(run.sets[0], scored=run.scored[1:]),))
    assert compare(baseline, shorter).only_before == 1


def test_an_interval_worked_by_hand() -> None:
    assert interval([0.0] * 20) == (0, 0)
    assert interval([1.0] * 20) == (1, 1)
    low, high = interval([1.0] * 50 + [0.0] * 50)  # mean 0.5, standard error 0.05
    assert low == pytest.approx(0.5 - 1.96 * 0.05, abs=0.012)
    assert high == pytest.approx(0.5 + 1.96 * 0.05, abs=0.012)
    assert interval([1.0, -1.0] * 30) == interval([1.0, -1.0] * 30)


@pytest.mark.parametrize(
    ("measure", "before", "after", "low", "high", "pairs", "verdict"),
    [
        ("hit", 0.5, 0.6, 0.02, 0.18, 100, Verdict.BETTER),
        ("hit", 0.5, 0.4, -0.18, -0.02, 100, Verdict.WORSE),
        ("hit", 0.5, 0.6, -0.02, 0.22, 100, Verdict.NOISE),
        ("hit", 0.5, 0.5, 0.0, 0.0, 100, Verdict.SAME),
        ("hit", 0.5, 0.9, 0.1, 0.7, 9, Verdict.TOO_FEW),
        ("false_refusal", 0.1, 0.2, 0.02, 0.18, 100, Verdict.WORSE),
        ("false_refusal", 0.2, 0.1, -0.18, -0.02, 100, Verdict.BETTER),
    ],
)
def test_verdicts(
    measure: str, before: float, after: float, low: float, high: float, pairs: int, verdict: Verdict
) -> None:
    move = Move(set="", measure=measure, before=before, after=after, low=low, high=high, pairs=pairs)
    assert move.verdict is verdict


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"format": "zhengda-eval-9"}', '{"format": "zhengda-eval-1"}'])
def test_what_is_no_saved_run(text: str, tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text(text, encoding="utf-8")
    with pytest.raises(EvalError, match=r"b\.json"):
        load_baseline(tmp_path / "b.json")


def test_no_refusal_rate_without_the_other(home: Path, facts: Path) -> None:
    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if "refusal" in value.get("measures", {}):
                assert len(value["refusal_and_false_refusal"]) == 2
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(numbers(run_of(home, facts)))


# --- plots ---


def test_risk_and_coverage_by_hand(home: Path, facts: Path) -> None:
    some = run_of(home, facts).scored[0]
    assert some.answer is not None

    def given(certainty: float, hit: float) -> Any:
        return replace(some, answer=replace(some.answer, certainty=certainty), values={"hit": hit})  # type: ignore[type-var]

    missing = replace(some, answer=None, values={"hit": 0.0})
    points = risk_coverage([given(0.9, 1), given(0.7, 0), given(0.7, 1), given(0.5, 0), missing])
    assert points == [(1 / 5, 1), (3 / 5, pytest.approx(2 / 3)), (4 / 5, 1 / 2)]
    assert risk_coverage([missing]) == []


def test_plots_are_whole_svg_with_their_text_escaped() -> None:
    import xml.etree.ElementTree as ET

    drawings = [
        bars(NASTY, [(NASTY, 0.5, "50%"), ("b", None, "")]),
        curve("c", [(0.1, 1.0), (0.8, 0.7)], x_label=NASTY, y_label="y"),
        curve("empty", [], x_label="x", y_label="y"),
        histogram("h", [0.01, 0.02, 9.0], up_to=0.04, x_label="s", y_label="n"),
    ]
    for drawing in drawings:
        assert ET.fromstring(drawing).tag == "svg"
        assert "<script" not in drawing
    assert "≥0.05" in drawings[-1]


# --- the command ---


def test_one_json_value_on_standard_output(zhengda: Any, facts: Path) -> None:
    code, out, err = zhengda(facts, "--json")
    value = json.loads(out)
    assert (code, err) == (0, "")
    assert value["sets"][0]["set"] == "facts"
    assert value["sets"][0]["overall"]["questions"] == len(FACTS)
    assert value["overall"]["measures"]["verbatim"] == {"value": 1.0, "n": 5}
    assert value["overall"]["measures"]["figures"]["value"] == 1.0
    assert "comparison" not in value


def test_save_then_compare_then_look(zhengda: Any, facts: Path, tmp_path: Path) -> None:
    saved, page = tmp_path / "s.json", tmp_path / "p.html"
    assert zhengda(facts, "--save", saved)[0] == 0
    code, out, _ = zhengda(facts, "--baseline", saved, "--html", page)
    assert code == 0
    assert f"与基线配对 {len(FACTS)} 题" in out
    assert "与基线相比" in page.read_text(encoding="utf-8")
    assert json.loads(zhengda(facts, "--baseline", saved, "--json")[1])["comparison"]["paired"] == len(FACTS)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attributes)))


def test_the_page_holds_every_miss_and_asks_for_nothing(zhengda: Any, tmp_path: Path) -> None:
    row = {"问题": f"养蜂每箱补多少{NASTY}？", "答案": f"没有的{NASTY}", "类型": NASTY, "文件名": NASTY, "编号": NASTY}
    page = tmp_path / "p.html"
    assert zhengda(lines(tmp_path / f"{'x'}.jsonl", row, {"问题": "?", "答案": "甲"}), "--html", page)[0] == 0
    text = page.read_text(encoding="utf-8")
    tags = Tags()
    tags.feed(text)
    assert not {"script", "link", "img", "iframe", "a"} & {tag for tag, _ in tags.seen}
    assert not any(name in ("src", "href") or name.startswith("on") for _, given in tags.seen for name in given)
    assert "http" not in text and "url(" not in text and "@import" not in text
    assert text.count("<article>") == 2
    assert "alert(1)" in text


def test_documents_that_are_missing_are_named_first(zhengda: Any, tmp_path: Path) -> None:
    rows = [
        {"问题": f"第{i}问？", "答案": "甲", "文件名": f"没有{i}.pdf|rule.txt" if i else "没有.pdf"} for i in range(7)
    ]
    code, _, err = zhengda(lines(tmp_path / "x.jsonl", *rows))
    assert code == 0
    assert "8 份文件中有 7 份不在资料库里：没有、没有1、没有2、没有3、没有4 等；1 题的依据一份都没有" in err


def test_all_refuse_and_limit(zhengda: Any, facts: Path) -> None:
    value = json.loads(zhengda(facts, "--all-refuse", "--json")[1])
    assert value["overall"]["measures"]["refusal"]["n"] == len(FACTS)
    assert "hit" not in value["overall"]["measures"]
    assert value["overall"]["refusal_and_false_refusal"][1] is None
    assert "3 份在资料库里" in zhengda(facts, "--all-refuse")[2]
    value = json.loads(zhengda(facts, "--limit", "3", "--json")[1])
    assert value["overall"]["questions"] == 3
    assert "均匀抽了 3 题" in value["sets"][0]["notes"][0]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["no.jsonl"], 1, "no.jsonl"),
        (["SET", "--baseline", "no.json"], 1, "no.json"),
        (["SET", "--html", "no-folder/p.html"], 1, "写不了"),
        (["SET", "--save", "."], 1, "写不了"),
        (["SET", "--limit", "0"], 64, "不小于 1"),
        (["SET", "--as-of", "明天"], 64, "不是日期"),
        ([], 64, "用法"),
    ],
    ids=lambda v: " ".join(v) if isinstance(v, list) else None,
)
def test_wrong_use_is_one_line(zhengda: Any, facts: Path, arguments: list[str], code: int, says: str) -> None:
    got, out, err = zhengda(*(facts if a == "SET" else a for a in arguments))
    assert (got, out) == (code, "")
    assert says in err
    assert len(err.strip().splitlines()) == 1


def test_a_question_that_was_not_taken_ends_in_part(zhengda: Any, tmp_path: Path) -> None:
    code, _, err = zhengda(lines(tmp_path / "x.jsonl", {"问题": "问" * 3000, "答案": "甲", "编号": "甲1"}))
    assert code == 2
    assert "甲1 没有问成" in err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no getrusage")
def test_peak_memory_is_in_mib() -> None:
    peak = peak_memory_mib()
    assert peak is not None
    assert 10 < peak < 100_000
