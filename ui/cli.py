"""The command line. Says what is wrong in one line on standard error; exit codes: 0 done, 1 our error, 2 done in part,
64 wrong usage."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import NoReturn, TypeAlias

from ui import (
    cli_bench,
    cli_eval,
    commands,
    commands_backup,
    commands_correct,
    commands_documents,
    commands_draft,
    commands_feedback,
    commands_search,
    commands_users,
)
from ui.cli_base import FAILED, IN_PART, USAGE, CommandFailed

_MOST_HITS = 10_000
_LATER = {
    "standards": "补助标准台账",
}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"用法不对：{message}；用 {self.prog} --help 查看用法\n")


_Subparsers: TypeAlias = "argparse._SubParsersAction[_Parser]"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    _terminate_cleanly()
    if options.command in _LATER:
        return _fail(f"{options.command}（{_LATER[options.command]}）这一版还没有做好")
    try:
        with _one_line_errors():
            return int(options.run(options))
    except CommandFailed as failed:
        return _fail(str(failed))
    except KeyboardInterrupt:
        print("已中断；已完成的部分都保存好了，重新运行会接着做", file=sys.stderr)
        exec("")  # one that fell into an import counts as unhandled until code is run anew: the exit code would be lost
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
    commands_of = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    _add_asking(commands_of)
    _add_search(commands_of)
    _add_draft(commands_of)
    _add_documents(commands_of)
    _add_running(commands_of)
    return parser


def _add_asking(subparsers: _Subparsers) -> None:
    ask = subparsers.add_parser("ask", help="提问，回答附出处")
    ask.add_argument("question", nargs="?", metavar="QUESTION")
    ask.add_argument(
        "--batch",
        type=Path,
        metavar="FILE.jsonl",
        help='一行一问:{"id": "...", "question": "..."}，可带 "history": ["前面的问题"]',
    )
    _add_json(ask)
    ask.add_argument("--place", metavar="P", help="只看这个地方")
    ask.add_argument("--year", type=int, metavar="Y", help="只看这一年")
    ask.add_argument("--as-of", type=_day, metavar="DATE", help="按这一天判断文件是否有效，如 2024-12-31")
    ask.add_argument(
        "--after",
        action="append",
        default=[],
        metavar="QUESTION",
        help="前面问过的问题，先问的在前，可重复；用来理解“那羊呢”“去年呢”",
    )
    ask.set_defaults(run=commands.ask)


def _add_search(subparsers: _Subparsers) -> None:
    search = subparsers.add_parser("search", help="查找段落")
    search.add_argument(
        "query", nargs="?", metavar="QUERY", help="要查的内容；“…”里的话要逐字写有，-词 表示不要含这个词的段落"
    )
    search.add_argument("--place", metavar="P", help="只看这个地方，含其下辖的乡镇、村")
    search.add_argument("--year", type=int, metavar="Y", help="只看这一年")
    search.add_argument("--kind", metavar="K", help="只看这一种文件，如 rule、notice、work_report")
    search.add_argument("--topic", metavar="T", help="只看这个主题")
    search.add_argument("--issuer", metavar="I", help="只看这个机关发的文件，可只写名称的一部分")
    search.add_argument("--document", metavar="DOCUMENT_ID", help="只在这一份文件里找")
    search.add_argument("--as-of", type=_day, metavar="DATE", help="只看这一天已发布且未失效的文件，如 2024-12-31")
    search.add_argument(
        "--sort",
        choices=commands_search.SORTS,
        default=commands_search.SORTS[0],
        help="排序：relevance 最相关的在前（默认）；date、date-asc 在最相关的段落里按日期由新到旧、由旧到新",
    )
    search.add_argument(
        "--like", metavar="DOC:START", help="找与这一段相似的段落：文件编号:起点，或 文件编号:起点-终点"
    )
    search.add_argument("--limit", type=_count, default=20, metavar="N", help="最多列出几段（默认 20）")
    search.add_argument("--xlsx", type=Path, metavar="FILE", help="把结果连同出处写成 Excel 文件")
    search.add_argument("--docx", type=Path, metavar="FILE", help="把结果连同出处写成 Word 文件")
    _add_json(search)
    search.set_defaults(run=commands_search.search)

    topic = subparsers.add_parser("topic", help="专题：历年报告怎么说一件事，数字并排，附以前的写法")
    topic.add_argument("topic", metavar="TOPIC", help="主题（如 就业、饮水）或任何事项（如 公益性岗位）")
    topic.add_argument("--place", metavar="P", help="哪个地方的报告")
    topic.add_argument("--year", type=int, metavar="Y", help="只看这一年")
    topic.add_argument("--kind", metavar="K", help="只看这一种文件，如 work_report、summary")
    _add_json(topic)
    topic.set_defaults(run=commands_search.topic)


def _add_draft(subparsers: _Subparsers) -> None:
    draft = subparsers.add_parser("draft", help="起草迎检答复：按问题清单从资料里摘取原文，附出处，写成 Word 文件")
    draft.add_argument("questions", type=Path, metavar="QUESTIONS", help="问题清单或整改反馈（txt、docx、xlsx）")
    draft.add_argument("--out", type=Path, required=True, metavar="FILE.docx", help="写成的 Word 文件")
    draft.add_argument(
        "--kind", choices=commands_draft.KINDS, default=commands_draft.KINDS[0], help="文种（默认问答口径）"
    )
    draft.add_argument("--place", metavar="P", help="替哪个地方答复；别处的情况不写进去")
    draft.add_argument("--year", type=int, metavar="Y", help="答复哪一年的情况")
    draft.add_argument("--only", nargs="+", metavar="DOCUMENT_ID", help="只许用这几份文件")
    draft.add_argument("--issuer", metavar="NAME", help="落款的机关")
    draft.add_argument("--date", type=_day, metavar="DATE", help="成文日期，如 2024-12-31")
    draft.add_argument("--title", metavar="T", help="标题（默认按文种）")
    draft.add_argument("--as-of", type=_day, metavar="DATE", help="按这一天判断文件是否有效，如 2024-12-31")
    _add_json(draft)
    draft.set_defaults(run=commands_draft.draft)


def _add_documents(subparsers: _Subparsers) -> None:
    ingest = subparsers.add_parser("ingest", help="导入文件和文件夹（可重复运行，只处理有变化的）")
    ingest.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    _add_json(ingest)
    ingest.set_defaults(run=commands.ingest)

    documents = subparsers.add_parser("documents", help="列出资料库里的文件")
    documents.add_argument("--all", action="store_true", help="副本和不是现行的版本也列出")
    _add_json(documents)
    documents.set_defaults(run=commands_documents.documents)

    show = subparsers.add_parser("show", help="显示一份文件：信息、提纲、正文")
    show.add_argument("document_id", metavar="DOCUMENT_ID")
    _add_json(show)
    show.set_defaults(run=commands_documents.show)

    correct = subparsers.add_parser(
        "correct", help="更正一份文件的标题、文号、日期、地区、有效性等；不写更正什么时列出"
    )
    commands_correct.add_options(correct)
    correct.set_defaults(run=commands_correct.correct)

    diff = subparsers.add_parser("diff", help="逐条比较两份文件，数字变动列在最前")
    diff.add_argument("document_id", metavar="DOCUMENT_ID", help="原来的文件；只给一个时与它的上一版比较")
    diff.add_argument("other_id", nargs="?", metavar="OTHER_ID", help="新的文件")
    _add_json(diff)
    diff.set_defaults(run=commands_documents.diff)

    coverage = subparsers.add_parser("coverage", help="导入时留下了什么、去掉了什么、哪些文件失败")
    coverage.add_argument("document_id", nargs="?", metavar="DOCUMENT_ID", help="列出从这份文件里去掉的内容")
    coverage.add_argument("--failed", action="store_true", help="列出没有导入成功的文件和原因")
    _add_json(coverage)
    coverage.set_defaults(run=commands_documents.coverage)

    texts = subparsers.add_parser("texts", help="把每份文件的正文写成 DIR/<编号>.txt")
    texts.add_argument("folder", type=Path, metavar="DIR")
    texts.set_defaults(run=commands_documents.texts)

    remove = subparsers.add_parser("remove", help="从资料库删除一份文件")
    remove.add_argument("document_id", metavar="DOCUMENT_ID")
    remove.set_defaults(run=commands_documents.remove)


def _add_running(subparsers: _Subparsers) -> None:
    serve = subparsers.add_parser("serve", help="打开网页和 HTTP 接口")
    serve.add_argument(
        "--host", default="127.0.0.1", metavar="H", help="监听的地址（默认只有本机）；0.0.0.0 让别的电脑也能用，要登录"
    )
    serve.add_argument("--port", type=int, default=7860, metavar="N")
    serve.add_argument("--first-ingest", type=Path, metavar="DIR", help="资料库为空时先导入这个文件夹，边导入边可以用")
    serve.add_argument("--login", action="store_true", help="在本机用也要登录（前面有 HTTPS 代理时用）")
    serve.add_argument(
        "--name",
        action="append",
        default=[],
        metavar="NAME",
        help="别的电脑用来打开网页的主机名，可重复；IP 地址不用写",
    )
    serve.set_defaults(run=commands.serve)
    _add_users(subparsers)

    doctor = subparsers.add_parser("doctor", help="检查资料库是否完好")
    doctor.add_argument("--repair", action="store_true", help="从账本重建索引；设置改过时按新设置重新分段、生成向量")
    doctor.set_defaults(run=commands.doctor)

    backup = subparsers.add_parser("backup", help="把资料库备份成一个文件（使用中也可以）；密钥不进备份")
    backup.add_argument("file", type=Path, metavar="FILE", help="备份文件，如 资料库.zip")
    backup.set_defaults(run=commands_backup.backup)

    restore = subparsers.add_parser("restore", help="从备份恢复资料库")
    restore.add_argument("file", type=Path, metavar="FILE")
    restore.add_argument("--replace", action="store_true", help="替换现有的资料库；不成功时现有的不变")
    restore.set_defaults(run=commands_backup.restore)

    feedback = subparsers.add_parser("feedback", help="列出网页上读者对回答的评价（有用、有问题及原因）")
    _add_json(feedback)
    feedback.set_defaults(run=commands_feedback.feedback)

    evaluate = subparsers.add_parser("eval", help="评测：用题集检验资料库答得准不准、该拒的拒没拒")
    cli_eval.add_options(evaluate, _day)
    evaluate.set_defaults(run=commands.evaluate)

    bench = subparsers.add_parser("bench", help="测速：导入、提问、内存、磁盘，在临时文件夹里进行")
    cli_bench.add_options(bench)
    bench.set_defaults(run=commands.bench)

    for name, what in _LATER.items():
        later = subparsers.add_parser(name, help=f"{what}（还没有做好）")
        later.add_argument("rest", nargs=argparse.REMAINDER)


def _add_users(subparsers: _Subparsers) -> None:
    users = subparsers.add_parser("users", help="管理可以登录网页的用户")
    actions = users.add_subparsers(dest="action", required=True, metavar="ACTION", parser_class=_Parser)
    for name, run, what in (
        ("add", commands_users.add, "添加用户，输入两遍密码"),
        ("password", commands_users.password, "改密码"),
        ("remove", commands_users.remove, "删除用户"),
    ):
        action = actions.add_parser(name, help=what)
        action.add_argument("name", metavar="NAME")
        if name != "remove":
            action.add_argument("--password-stdin", action="store_true", help="从标准输入读密码，不在屏幕上问")
        action.set_defaults(run=run)
    actions.add_parser("list", help="列出用户").set_defaults(run=commands_users.list_all)


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="结果以 JSON 输出")


def _fail(message: str) -> int:
    print(" ".join(message.split()), file=sys.stderr)
    return FAILED


@contextmanager
def _one_line_errors() -> Iterator[None]:
    """Our own errors, from any package, as `CommandFailed`."""
    from qa.errors import USER_ERRORS

    try:
        yield
    except USER_ERRORS as error:
        raise CommandFailed(str(error)) from error


def _count(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= _MOST_HITS:
        raise argparse.ArgumentTypeError(f"{text} 应是 1 到 {_MOST_HITS} 的整数")
    return int(text)


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
