"""The commands, each a function from its options to its exit code."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ui import cli_bench, cli_eval
from ui.cli_base import DONE, IN_PART, CommandFailed, file_bar, opened, opened_here, rebuilding, step_bar


def ingest(options: argparse.Namespace) -> int:
    """Takes in files and folders."""
    from qa.intake import FileStatus
    from ui.coverage import report_lines
    from ui.render import ingest_dict

    with opened(options, to_write=True) as service, file_bar() as on_progress:
        report = service.ingest(options.paths, on_progress=on_progress)
    for file in report.files:
        if file.status is FileStatus.FAILED:
            print(f"失败 {file.reason}", file=sys.stderr)
    if options.json:
        _print_json(ingest_dict(report))
    else:
        print("\n".join(report_lines(report)))
    return IN_PART if report.count(FileStatus.FAILED) else DONE


def ask(options: argparse.Namespace) -> int:
    """Answers one question, or a batch of them."""
    from ui.render import answer_dict
    from ui.terminal import answer_text

    if (options.question is None) == (options.batch is None):
        raise CommandFailed("请给出一个问题，或用 --batch 给出问题文件，二者取一")
    if options.batch is not None:
        return _ask_batch(options)
    with opened(options) as service:
        answer = service.ask(options.question, **_scope(options), history=options.after)
    if options.json:
        _print_json(answer_dict(answer))
    else:
        print(answer_text(answer))
    return DONE


def _ask_batch(options: argparse.Namespace) -> int:
    from qa.question import QuestionError
    from ui.render import answer_dict

    questions = list(_batch_lines(options.batch))
    failed = False
    with opened(options) as service, step_bar("提问") as step:
        for number, (id_, question, history) in enumerate(questions, 1):
            try:
                answer = service.ask(question, **_scope(options), history=history)
            except QuestionError as error:
                print(f"{options.batch} 第 {number} 行：{error}", file=sys.stderr)
                failed = True
                line = {
                    "id": id_,
                    "question": question,
                    "outcome": "no_evidence",
                    "answer": str(error),
                    "citations": [],
                    "warnings": [],
                    "seconds": 0.0,
                }
            else:
                line = answer_dict(answer, id_)
            print(json.dumps(line, ensure_ascii=False), flush=True)
            step(number, len(questions))
    return IN_PART if failed else DONE


def serve(options: argparse.Namespace) -> int:
    """Serves the page and the API until stopped."""
    from ui.web import ServeError, serve

    with opened_here(options, to_write=True) as service:
        first = None if service.documents() else options.first_ingest
        if first is not None and not first.exists():
            raise CommandFailed(f"{first}：没有这个文件或文件夹，请核对 --first-ingest 后面的路径")
        if first is not None:
            print(f"首次启动，打开网页后在后台导入 {first}", file=sys.stderr)
        if service.is_outdated:
            print("后台正在按新设置重建，建好后自动换上；进度用 zhengda doctor 查看", file=sys.stderr)
            service.rebuild_in_background(lambda why: print(f"后台重建停下了：{why}", file=sys.stderr))
        try:
            serve(
                service,
                host=options.host,
                port=options.port,
                login=options.login,
                names=options.name,
                first=first,
                on_ready=lambda url: print(f"政答已启动，请用浏览器打开 {url}（按 Ctrl-C 停止）", flush=True),
            )
        except ServeError as error:
            raise CommandFailed(str(error)) from error
    return DONE


def doctor(options: argparse.Namespace) -> int:
    """Says what is wrong with the base; mends it with --repair."""
    with opened(options, to_write=options.repair, repair=True) as service:
        if options.repair:
            with step_bar("重建") as step:
                service.repair(step)
        found = service.check()
    for line in found:
        print(line)
    if found and options.repair:
        raise CommandFailed("索引已重建，但仍有上面的问题，请重新导入相应的文件")
    if found:
        raise CommandFailed("资料库有问题，运行 zhengda doctor --repair 从账本重建索引")
    if progress := rebuilding(options):
        print(f"正在重建：{progress.done:,}/{progress.total:,} 段，建好以前照原来的设置回答")
    print("资料库完好")
    return DONE


def evaluate(options: argparse.Namespace) -> int:
    """Runs question sets."""
    from eval.errors import EvalError

    try:
        plan = cli_eval.plan(options)
        with opened_here(options) as service:
            return cli_eval.evaluate(plan, service, step_bar)
    except EvalError as error:
        raise CommandFailed(str(error)) from error


def bench(options: argparse.Namespace) -> int:
    """Measures speed and memory."""
    from eval.errors import EvalError
    from qa.settings import default_home, load_settings

    try:
        return cli_bench.bench(options, load_settings(options.home or default_home()))
    except EvalError as error:
        raise CommandFailed(str(error)) from error


def _scope(options: argparse.Namespace) -> dict[str, Any]:
    return {"place": options.place, "year": options.year, "as_of": options.as_of}


def _batch_lines(path: Path) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Id, question, and the questions before it, of each line."""
    from qa.history import questions_before
    from qa.question import QuestionError

    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandFailed(f"{path}：读不了（{error}），应是 UTF-8 的 JSONL 文件") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            case = json.loads(line)
            yield str(case["id"]), str(case["question"]), questions_before(case.get("history") or [])
        except QuestionError as error:
            raise CommandFailed(f"{path} 第 {number} 行：{error}") from error
        except (ValueError, KeyError, TypeError) as error:
            raise CommandFailed(
                f'{path} 第 {number} 行:应是 {{"id": "...", "question": "..."}},实际是 {line[:60]}'
            ) from error


def _print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False))
