"""The command line. Says what is wrong in one line on standard error; exit codes: 0 done, 1 our error, 2 done in part,
64 wrong usage."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from ui import cli_bench, cli_eval

if TYPE_CHECKING:
    from qa.intake import OnProgress
    from qa.service import Service

DONE, FAILED, IN_PART, USAGE = 0, 1, 2, 64
_LATER = {
    "standards": "补助标准台账",
    "draft": "迎检答复起草",
}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"用法不对：{message}；用 {self.prog} --help 查看用法\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    _terminate_cleanly()
    if options.command in _LATER:
        return _fail(f"{options.command}（{_LATER[options.command]}）这一版还没有做好")
    try:
        with _one_line_errors():
            return int(options.run(options))
    except _Failed as failed:
        return _fail(str(failed))
    except KeyboardInterrupt:
        print("已中断；已完成的部分都保存好了，重新运行会接着做", file=sys.stderr)
        return IN_PART
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="zhengda", description="政答：在本单位的政策文件和工作报告里找答案，每句话都有出处")
    parser.add_argument(
        "--home", type=Path, metavar="DIR", help="资料库所在文件夹（默认 $ZHENGDA_HOME,否则用户数据文件夹）"
    )
    parser.add_argument("--version", action="version", version="zhengda 0.1.0")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)

    ingest = commands.add_parser("ingest", help="导入文件和文件夹（可重复运行，只处理有变化的）")
    ingest.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    ingest.add_argument("--json", action="store_true", help="结果以 JSON 输出")
    ingest.set_defaults(run=_ingest)

    ask = commands.add_parser("ask", help="提问，回答附出处")
    ask.add_argument("question", nargs="?", metavar="QUESTION")
    ask.add_argument("--batch", type=Path, metavar="FILE.jsonl", help='一行一问:{"id": "...", "question": "..."}')
    ask.add_argument("--json", action="store_true", help="结果以 JSON 输出")
    ask.add_argument("--place", metavar="P", help="只看这个地方")
    ask.add_argument("--year", type=int, metavar="Y", help="只看这一年")
    ask.add_argument("--as-of", type=_day, metavar="DATE", help="按这一天判断文件是否有效，如 2024-12-31")
    ask.set_defaults(run=_ask)

    search = commands.add_parser("search", help="查找段落")
    search.add_argument("query", metavar="QUERY")
    search.add_argument("--place", metavar="P")
    search.add_argument("--year", type=int, metavar="Y")
    search.add_argument("--kind", metavar="K")
    search.add_argument("--topic", metavar="T")
    search.add_argument("--limit", type=int, default=20, metavar="N")
    search.add_argument("--json", action="store_true", help="结果以 JSON 输出")
    search.set_defaults(run=_search)

    documents = commands.add_parser("documents", help="列出资料库里的文件")
    documents.add_argument("--json", action="store_true", help="结果以 JSON 输出")
    documents.set_defaults(run=_documents)

    show = commands.add_parser("show", help="显示一份文件：信息、提纲、正文")
    show.add_argument("document_id", metavar="DOCUMENT_ID")
    show.add_argument("--json", action="store_true", help="结果以 JSON 输出")
    show.set_defaults(run=_show)

    texts = commands.add_parser("texts", help="把每份文件的正文写成 DIR/<编号>.txt")
    texts.add_argument("folder", type=Path, metavar="DIR")
    texts.set_defaults(run=_texts)

    remove = commands.add_parser("remove", help="从资料库删除一份文件")
    remove.add_argument("document_id", metavar="DOCUMENT_ID")
    remove.set_defaults(run=_remove)

    serve = commands.add_parser("serve", help="打开网页和 HTTP 接口")
    serve.add_argument("--host", default="127.0.0.1", metavar="H")
    serve.add_argument("--port", type=int, default=7860, metavar="N")
    serve.add_argument("--first-ingest", type=Path, metavar="DIR", help="资料库为空时先导入这个文件夹")
    serve.set_defaults(run=_serve)

    doctor = commands.add_parser("doctor", help="检查资料库是否完好")
    doctor.add_argument("--repair", action="store_true", help="从账本重建索引")
    doctor.set_defaults(run=_doctor)

    evaluate = commands.add_parser("eval", help="评测：用题集检验资料库答得准不准、该拒的拒没拒")
    cli_eval.add_options(evaluate, _day)
    evaluate.set_defaults(run=_eval)

    bench = commands.add_parser("bench", help="测速：导入、提问、内存、磁盘，在临时文件夹里进行")
    cli_bench.add_options(bench)
    bench.set_defaults(run=_bench)

    for name, what in _LATER.items():
        later = commands.add_parser(name, help=f"{what}（还没有做好）")
        later.add_argument("rest", nargs=argparse.REMAINDER)
    return parser


# --- commands ---


def _ingest(options: argparse.Namespace) -> int:
    from qa.intake import FileStatus
    from ui.render import ingest_dict

    with _service(options, to_write=True) as service, _progress_bar() as on_progress:
        report = service.ingest(options.paths, on_progress=on_progress)
    for file in report.files:
        if file.status is FileStatus.FAILED:
            print(f"失败 {file.reason}", file=sys.stderr)
    if options.json:
        _print_json(ingest_dict(report))
    else:
        counts = {s: report.count(s) for s in FileStatus}
        print(
            f"新增 {counts[FileStatus.ADDED]}，更新 {counts[FileStatus.UPDATED]}，未变 {counts[FileStatus.UNCHANGED]}，"
            f"失败 {counts[FileStatus.FAILED]}，用时 {report.seconds:.1f} 秒"
        )
    return IN_PART if report.count(FileStatus.FAILED) else DONE


def _ask(options: argparse.Namespace) -> int:
    from ui.render import answer_dict
    from ui.terminal import answer_text

    if (options.question is None) == (options.batch is None):
        raise _Failed("请给出一个问题，或用 --batch 给出问题文件，二者取一")
    if options.batch is not None:
        return _ask_batch(options)
    with _service(options) as service:
        answer = service.ask(options.question, place=options.place, year=options.year, as_of=options.as_of)
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
    with _service(options) as service, _bar("提问") as step:
        for number, (id_, question) in enumerate(questions, 1):
            try:
                answer = service.ask(question, place=options.place, year=options.year, as_of=options.as_of)
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


def _search(options: argparse.Namespace) -> int:
    from ui.render import search_dict
    from ui.terminal import search_text

    with _service(options) as service:
        page = service.search(
            options.query,
            place=options.place,
            year=options.year,
            kind=options.kind,
            topic=options.topic,
            limit=options.limit,
        )
    if options.json:
        _print_json(search_dict(page))
        return DONE
    print(search_text(page))
    return DONE


def _documents(options: argparse.Namespace) -> int:
    from ui.render import record_dict

    with _service(options) as service:
        records = service.documents()
    if options.json:
        _print_json([record_dict(r) for r in records])
        return DONE
    for record in records:
        number = f"({record.metadata.document_number})" if record.metadata.document_number else ""
        print(f"{record.id}  {record.metadata.title}{number}  {record.source}")
    print(f"共 {len(records)} 份", file=sys.stderr)
    return DONE


def _show(options: argparse.Namespace) -> int:
    from ui.render import document_dict

    with _service(options) as service:
        document = service.document(options.document_id)
    if options.json:
        _print_json(document_dict(document))
        return DONE
    metadata = document.metadata
    print(
        f"{metadata.title}\n文号：{metadata.document_number or '未注明'}  发文机关：{metadata.issuer or '未注明'}"
        f"  成文日期：{metadata.issued_on or '未注明'}\n来源：{document.source}\n"
    )
    for section in document.sections:
        if section.heading:
            print("  " * (len(section.path) - 1) + section.heading)
    print(f"\n{document.text}")
    return DONE


def _texts(options: argparse.Namespace) -> int:
    with _service(options) as service:
        options.folder.mkdir(parents=True, exist_ok=True)
        for record in service.documents():
            (options.folder / f"{record.id}.txt").write_bytes(service.document(record.id).text.encode("utf-8"))
    return DONE


def _remove(options: argparse.Namespace) -> int:
    with _service(options, to_write=True) as service:
        record = service.remove(options.document_id)
    print(f"已删除：{record.metadata.title}（{record.source}）")
    return DONE


def _serve(options: argparse.Namespace) -> int:
    from ui.web import ServeError, serve

    with _service(options, to_write=True) as service:
        if options.first_ingest is not None and not service.documents():
            print(f"首次启动，导入 {options.first_ingest}", file=sys.stderr)
            with _progress_bar() as on_progress:
                service.ingest([options.first_ingest], on_progress=on_progress)
        try:
            serve(
                service,
                host=options.host,
                port=options.port,
                on_ready=lambda url: print(f"政答已启动，请用浏览器打开 {url}（按 Ctrl-C 停止）", flush=True),
            )
        except ServeError as error:
            raise _Failed(str(error)) from error
    return DONE


def _doctor(options: argparse.Namespace) -> int:
    with _service(options, to_write=options.repair, repair=True) as service:
        if options.repair:
            with _bar("重建") as step:
                service.repair(step)
        found = service.check()
    for line in found:
        print(line)
    if found and options.repair:
        raise _Failed("索引已重建，但仍有上面的问题，请重新导入相应的文件")
    if found:
        raise _Failed("资料库有问题，运行 zhengda doctor --repair 从账本重建索引")
    print("资料库完好")
    return DONE


def _eval(options: argparse.Namespace) -> int:
    from eval.errors import EvalError

    try:
        plan = cli_eval.plan(options)
        with _service(options) as service:
            return cli_eval.evaluate(plan, service, _bar)
    except EvalError as error:
        raise _Failed(str(error)) from error


def _bench(options: argparse.Namespace) -> int:
    from eval.errors import EvalError
    from qa.settings import default_home, load_settings

    try:
        return cli_bench.bench(options, load_settings(options.home or default_home()))
    except EvalError as error:
        raise _Failed(str(error)) from error


# --- helpers ---


class _Failed(Exception):
    """Ends the command with one line."""


def _fail(message: str) -> int:
    print(" ".join(message.split()), file=sys.stderr)
    return FAILED


@contextmanager
def _one_line_errors() -> Iterator[None]:
    """Our own errors, from any package, as `_Failed`."""
    from qa.errors import USER_ERRORS

    try:
        yield
    except USER_ERRORS as error:
        raise _Failed(str(error)) from error


@contextmanager
def _service(options: argparse.Namespace, *, to_write: bool = False, repair: bool = False) -> Iterator[Service]:
    from qa.service import open_service
    from qa.settings import default_home, load_settings

    home = options.home or default_home()
    service = open_service(load_settings(home), to_write=to_write, repair=repair)
    try:
        yield service
    finally:
        service.close()


@contextmanager
def _progress_bar() -> Iterator[OnProgress]:
    """A bar on standard error over the files of an ingest run."""
    from tqdm import tqdm

    from qa.intake import Progress

    with tqdm(total=0, unit="份", desc="导入", file=sys.stderr, disable=None) as bar:

        def show(progress: Progress) -> None:
            bar.total = progress.total
            bar.set_postfix_str(Path(progress.source).name[-30:], refresh=False)
            bar.update(progress.done - bar.n)
            bar.refresh()

        yield show


@contextmanager
def _bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error; the function it gives takes how much is done of how much."""
    from tqdm import tqdm

    with tqdm(total=0, desc=what, file=sys.stderr, disable=None) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield show


def _batch_lines(path: Path) -> Iterator[tuple[str, str]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise _Failed(f"{path}：读不了（{error}），应是 UTF-8 的 JSONL 文件") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            case = json.loads(line)
            yield str(case["id"]), str(case["question"])
        except (ValueError, KeyError, TypeError) as error:
            raise _Failed(
                f'{path} 第 {number} 行:应是 {{"id": "...", "question": "..."}},实际是 {line[:60]}'
            ) from error


def _print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} 不是日期，应如 2024-12-31") from error


def _terminate_cleanly() -> None:
    """SIGTERM ends the program as Ctrl-C does, so that the base is closed."""
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))


if __name__ == "__main__":
    sys.exit(main())
