"""Rows of tables as a draft quotes them: which cells tell what was done, and their words with set punctuation."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.document import Document
from ingest.sentences import CELL_MARK
from qa.text_layout import cells_of

_MAX_ROW_CHARS = 320
_PROBLEM = re.compile(r"^(?:存在|主要|具体|反馈|涉及)?(?:的)?问题(?:描述|表现|内容)?$|^(?:问题清单|反馈意见|整改事项)$")
_REPLY = re.compile(r"整改(?!时限|期限|责任|事项|要求|单位|类型)|落实情况|办理情况|完成情况|工作进展|成效|做法|措施")
_RESULTS = re.compile(r"成效|结果|效果")
_NO_FIGURE = re.compile(r"序号|编号|年份|年度|日期|时间|时限|电话|号码|账号|联系|文号|备注")
_PLANNED = re.compile(r"计划|目标|任务|预期|拟")
_DONE = re.compile(r"完成|实际|已|现|累计|进展")
_NUMBERED = re.compile(r"^(?:序号|编号)$")


def is_row(text: str) -> bool:
    """Whether the words are a row, or some cells of one."""
    return CELL_MARK in text


def stands_in_row(document: Document, start: int, end: int) -> bool:
    """Whether the span lies in a row's line."""
    return CELL_MARK in document.text[slice(*_line(document.text, start))] and end > start


def row_span(document: Document, position: int) -> tuple[int, int] | None:
    """What to quote of the row: all of it, or of a row that tells a problem only the cells that reply.

    None for a row without the names of its columns, for one that only tells a problem, and for one too long to quote.
    """
    text = document.text
    start, end = _line(text, position)
    cells = cells_of(text, start, end)
    if 2 * sum(bool(c.name) for c in cells) < len(cells) or not cells:
        return None
    if any(_PROBLEM.search(c.name) for c in cells):
        replying = _longest_run([bool(_REPLY.search(c.name)) and c.end > c.start for c in cells])
        if not replying:
            return None
        cells = cells[slice(*replying)]
        start, end = cells[0].start - len(cells[0].name) - 1, cells[-1].end
    return (start, end) if end - start <= _MAX_ROW_CHARS else None


def row_words(quote: str) -> str:
    """The cells of quoted rows, a sentence a row: "乡镇：松溪镇，户数：312。" Empty cells and the row's number are left out."""
    return "".join(map(_sentence, quote.splitlines()))


def _sentence(row: str) -> str:
    cells = [cell.strip() for cell in row.split(CELL_MARK)]
    told = [c for c in cells if c and not c.endswith("：") and not _NUMBERED.match(c.partition("：")[0])] or cells
    bare = [c.rstrip("。；;，,") for c in told]
    return ("；" if any(re.search(r"[，,；;。]", c) for c in bare) else "，").join(bare) + "。"


def gives_figure(row: str) -> bool:
    """Whether a cell gives a figure that is no number of the row, no date, no telephone."""
    return any(
        re.search(r"\d", text) and not _NO_FIGURE.search(name)
        for name, text in (_parted(c) for c in row.split(CELL_MARK))
    )


def tells_results(row: str) -> bool | None:
    """What the first cell says it tells: results, or measures; None for a cell of another kind."""
    name, _ = _parted(row)
    return bool(_RESULTS.search(name)) if _REPLY.search(name) else None


def is_planned(row: str) -> bool:
    """Whether its columns tell what is to be, and none what is."""
    names = [_parted(cell)[0] for cell in row.split(CELL_MARK)]
    return any(map(_PLANNED.search, names)) and not any(map(_DONE.search, names))


def _parted(cell: str) -> tuple[str, str]:
    name, _, text = cell.partition("：")
    return name, text


def _longest_run(fits: Sequence[bool]) -> tuple[int, int] | None:
    """The first longest run of cells that fit, as a slice."""
    runs = [m.span() for m in re.finditer("1+", "".join("1" if f else "0" for f in fits))]
    return max(runs, key=lambda r: r[1] - r[0]) if runs else None


def _line(text: str, position: int) -> tuple[int, int]:
    start = text.rfind("\n", 0, position) + 1
    end = text.find("\n", position)
    return start, len(text) if end < 0 else end
