"""The command that drafts a reply to a list of questions."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ui.cli_base import DONE, IN_PART, CommandFailed, opened_here, step_bar

if TYPE_CHECKING:
    from qa.draft import Options, Reply
    from qa.draft_items import Item
    from qa.service import Service

KINDS = ("问答口径", "整改情况答复", "情况说明", "汇报材料")


def draft(options: argparse.Namespace) -> int:
    """Writes the draft; what is done by Ctrl-C is written too."""
    from qa.draft_items import DraftError, read_items
    from ui.draft_docx import Frame, write
    from ui.draft_words import TITLES

    out: Path = options.out
    _check_out(out)
    try:
        items = read_items(options.questions)
    except DraftError as error:
        raise CommandFailed(str(error)) from error
    with opened_here(options) as service:
        wanted = _wanted(options, service)
        replies, stopped = _replies(items, service, wanted)
    title = options.title or f"{options.place or ''}{TITLES[wanted.kind]}"
    try:
        write(out, replies, Frame(kind=wanted.kind, title=title, issuer=options.issuer, day=options.date))
    except OSError as error:
        raise CommandFailed(
            f"{out}：写不了（{error.strerror or error}），请检查文件夹是否可写、文件是否正被打开"
        ) from error
    if options.json:
        print(json.dumps(draft_dict(replies, title, total=len(items)), ensure_ascii=False))
    _tell(out, replies, len(items))
    return IN_PART if stopped else DONE


def draft_dict(replies: list[Reply], title: str, *, total: int) -> dict[str, Any]:
    """A draft as `draft --json` gives it; citation numbers count within an item."""
    from ui.render import citation_dict

    return {
        "title": title,
        "total": total,
        "items": [
            {
                "number": reply.item.number,
                "title": reply.item.title,
                "text": reply.item.text,
                "requirement": reply.item.requirement,
                "parts": [
                    {
                        "kind": part.kind.value,
                        "sentences": [
                            {"text": s.text, "citations": list(s.citations), "label": s.label} for s in part.sentences
                        ],
                        "gaps": list(part.gaps),
                        "notes": list(part.notes),
                    }
                    for part in reply.parts
                ],
                "citations": [citation_dict(c) for c in reply.citations],
                "gaps": list(reply.gaps),
            }
            for reply in replies
        ],
    }


def _replies(items: tuple[Item, ...], service: Service, wanted: Options) -> tuple[list[Reply], bool]:
    """The replies, and whether Ctrl-C ended them early."""
    from qa.draft import draft

    replies: list[Reply] = []
    try:
        with step_bar("起草") as step:
            step(0, len(items))
            for reply in draft(items, service, wanted):
                replies.append(reply)
                step(len(replies), len(items))
    except KeyboardInterrupt:
        if not replies:
            raise
        return replies, True
    return replies, False


def _wanted(options: argparse.Namespace, service: Service) -> Options:
    """The options, checked against the base."""
    from qa.draft import DraftKind, Options

    if not service.documents():
        raise CommandFailed("资料库还是空的，请先用 zhengda ingest 导入文件")
    if options.place and (why := service.unknown_place(options.place)):
        raise CommandFailed(f"--place：{why}")
    known = {r.id for r in service.documents(hidden=True)}
    for document_id in options.only or ():
        if document_id not in known:
            raise CommandFailed(f"--only：资料库里没有编号为 {document_id} 的文件，用 zhengda documents 查看编号")
    return Options(
        kind=DraftKind(options.kind),
        place=options.place,
        year=options.year,
        as_of=options.as_of,
        only=frozenset(options.only) if options.only else None,
    )


def _check_out(out: Path) -> None:
    if out.suffix.lower() != ".docx":
        raise CommandFailed(f"{out}：写出的是 Word 文件，文件名请以 .docx 结尾")
    if not out.parent.is_dir():
        raise CommandFailed(f"{out}：没有文件夹 {out.parent}，请先建立")


def _tell(out: Path, replies: list[Reply], total: int) -> None:
    gaps = sum(len(reply.gaps) for reply in replies)
    cited = sum(len(reply.citations) for reply in replies)
    done = f"{len(replies)} 项" if len(replies) == total else f"{total} 项中的 {len(replies)} 项（中途停止）"
    print(f"已写 {out}：{done}，引用 {cited} 处，待补充 {gaps} 处", file=sys.stderr)
