"""`zhengda eval`: asks question sets of the base and prints what the answers are worth."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eval.cases import QuestionSet
    from eval.saved import Baseline
    from qa.service import Service

DONE, IN_PART = 0, 2
_NAMED = 5  # how many missing documents are named
Bar = Callable[[str], AbstractContextManager[Callable[[int, int], None]]]


def add_options(parser: argparse.ArgumentParser, day: Callable[[str], date]) -> None:
    """The options of the command; `day` reads a date."""
    parser.add_argument("sets", nargs="+", type=Path, metavar="SET", help="题集：.jsonl，或本单位自己编的 .xlsx")
    parser.add_argument("--json", action="store_true", help="结果以 JSON 输出")
    parser.add_argument("--html", type=Path, metavar="FILE", help="写一份网页报告：图和每一道没做对的题")
    parser.add_argument("--save", type=Path, metavar="FILE", help="保存逐题结果，供以后作基线")
    parser.add_argument("--baseline", type=Path, metavar="FILE", help="与以前保存的结果逐题比较")
    parser.add_argument("--limit", type=_count, metavar="N", help="每个题集最多问 N 题（均匀抽取）")
    parser.add_argument(
        "--as-of", type=day, metavar="DATE", help="按这一天判断文件是否有效（默认今天；题里写明日期的按题里的）"
    )
    parser.add_argument(
        "--all-refuse", action="store_true", help="资料库里只有不含答案的文件，每道题都应拒答（如 RGB 的拒答测试）"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be done, read and found possible before the base is opened."""

    sets: tuple[QuestionSet, ...]
    baseline: Baseline | None
    html: Path | None
    save: Path | None
    as_json: bool
    as_of: date | None
    all_refuse: bool


def plan(options: argparse.Namespace) -> Plan:
    """Raises EvalError for a set or baseline that cannot be read, or a file that could not be written at the end."""
    from eval.cases import read_cases
    from eval.run import expecting_refusal, sample
    from eval.saved import load_baseline

    for path in (options.html, options.save):
        if path is not None:
            _check_writable(path)
    sets = [sample(read_cases(path), options.limit) for path in options.sets]
    return Plan(
        sets=tuple(expecting_refusal(s) if options.all_refuse else s for s in sets),
        baseline=load_baseline(options.baseline) if options.baseline else None,
        html=options.html,
        save=options.save,
        as_json=options.json,
        as_of=options.as_of,
        all_refuse=options.all_refuse,
    )


def evaluate(plan: Plan, service: Service, bar: Bar) -> int:
    """Runs the plan; returns the exit code: in part when a question could not be asked."""
    from eval.compare import compare
    from eval.report import report_html
    from eval.run import run
    from eval.saved import comparison_dict, numbers, save
    from eval.table import comparison_text, run_text

    _say_what_is_missing(plan, service)
    with bar("评测") as step:
        done = run(service, plan.sets, as_of=plan.as_of, on_done=step)
    comparison = compare(plan.baseline, done) if plan.baseline else None
    if plan.save:
        save(done, plan.save)
    report = report_html(done, comparison, datetime.now())
    if plan.html:
        plan.html.write_text(report, encoding="utf-8")
    _keep(service.settings.home, plan, report)
    failed = [s for s in done.scored if s.error]
    for scored in failed:
        print(f"{scored.case.id} 没有问成，按没有答对计：{scored.error}", file=sys.stderr)
    if plan.as_json:
        moved = {"comparison": comparison_dict(comparison)} if comparison else {}
        print(json.dumps({**numbers(done), **moved}, ensure_ascii=False))
    else:
        print(run_text(done))
        if comparison:
            print(f"\n{comparison_text(comparison)}")
    return IN_PART if failed else DONE


def _keep(home: Path, plan: Plan, report: str) -> None:
    """Leaves the report for the page, where the folder of the base can be written."""
    from eval.run import names_of
    from ui.evaluations import keep_report

    try:
        keep_report(home, names_of(plan.sets), report)
    except OSError as error:
        print(f"{home}：评测报告没有留给网页（{error.strerror}），其余照常", file=sys.stderr)


def _say_what_is_missing(plan: Plan, service: Service) -> None:
    """On standard error, before the run: gold documents that the base lacks, or has where it should not."""
    from eval.run import at_hand, names_of

    for name, questions in zip(names_of(plan.sets), plan.sets, strict=True):
        found = at_hand(service, questions)
        total = len(found.present) + len(found.missing)
        if plan.all_refuse and found.present:
            say = f"{name}：按“都应拒答”评测，但题目所据的 {total} 份文件中有 {len(found.present)} 份在资料库里"
            print(f"{say}：{_some(found.present)}", file=sys.stderr)
        elif found.missing and not plan.all_refuse:
            say = f"{name}：题目所据的 {total} 份文件中有 {len(found.missing)} 份不在资料库里：{_some(found.missing)}"
            print(f"{say}；{found.stranded} 题的依据一份都没有。照常评测", file=sys.stderr)


def _some(names: Sequence[str]) -> str:
    return "、".join(names[:_NAMED]) + (" 等" if len(names) > _NAMED else "")


def _check_writable(path: Path) -> None:
    from eval.errors import EvalError

    if path.is_dir() or not path.resolve().parent.is_dir():
        raise EvalError(f"{path}：写不了，它是文件夹，或所在的文件夹不存在")


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} 应是不小于 1 的整数")
    return int(text)
