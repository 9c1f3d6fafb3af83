"""The commands that find and compare: search and topic."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ui.cli_base import DONE, CommandFailed, opened

if TYPE_CHECKING:
    from qa.search import SearchPage

SORTS = ("relevance", "date", "date-asc")  # of qa.search.Sort, which is not imported for --help


def search(options: argparse.Namespace) -> int:
    """Finds passages, for a query or like a given one."""
    from qa.search import Sort
    from ui.render import search_dict
    from ui.terminal import search_text

    if (options.query is None) == (options.like is None):
        raise CommandFailed("请给出要查的内容，或用 --like 给出一段，二者取一")
    files = [path for path in (options.xlsx, options.docx) if path is not None]
    for path, suffix in ((options.xlsx, ".xlsx"), (options.docx, ".docx")):
        _check_out(path, suffix)
    with opened(options) as service:
        page = service.search(
            options.query or "",
            place=options.place,
            year=options.year,
            kind=options.kind,
            topic=options.topic,
            issuer=options.issuer,
            document=options.document,
            as_of=options.as_of,
            limit=options.limit,
            sort=Sort(options.sort),
            like=options.like,
        )
    for path in files:
        _write(path, page)
        print(f"已写 {path}：{len(page.hits)} 段", file=sys.stderr)
    if options.json:
        print(json.dumps(search_dict(page), ensure_ascii=False))
    elif not files:
        print(search_text(page))
    return DONE


def topic(options: argparse.Namespace) -> int:
    """What reports said of a topic over the years."""
    from ui.topic_render import topic_dict, topic_text

    with opened(options) as service:
        page = service.topic_page(options.topic, place=options.place, year=options.year, kind=options.kind)
    print(json.dumps(topic_dict(page), ensure_ascii=False) if options.json else topic_text(page))
    return DONE


def _check_out(out: Path | None, suffix: str) -> None:
    if out is None:
        return
    if out.suffix.lower() != suffix:
        raise CommandFailed(f"{out}：文件名请以 {suffix} 结尾")
    if not out.parent.is_dir():
        raise CommandFailed(f"{out}：没有文件夹 {out.parent}，请先建立")


def _write(path: Path, page: SearchPage) -> None:
    from ui.search_export import write

    try:
        write(path, page)
    except OSError as error:
        raise CommandFailed(f"{path}：写不了（{error.strerror or error}），请换一个位置或关掉正打开它的程序") from error
