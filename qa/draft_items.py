"""The questions or problems that a draft replies to, read from a list, a table, or an inspection's feedback document."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.document import IngestError
from ingest.formats.raw import Line, RawDocument
from ingest.numerals import to_int
from ingest.sentences import CELL_MARK, sentence_spans

_SUFFIXES = frozenset(
    ".txt .text .md .docx .docm .doc .wps .rtf .pdf .ofd .xlsx .xlsm .xls .csv .tsv "
    ".png .jpg .jpeg .tif .tiff .bmp .webp".split()
)
_TITLE_CHARS = 60

_N = r"[一二三四五六七八九十百]{1,5}"
_LEVELS = (  # outermost first; the number of a level is its place here
    re.compile(rf"(?P<n>{_N})[、．.]\s*"),
    re.compile(rf"[（(]\s?(?P<n>{_N})\s?[）)]\s*"),
    re.compile(rf"(?:问题|第)\s?(?:{_N}|\d{{1,4}})(?:个问题|[题问])?\s*[:：、.．]\s*|问题\s?(?:{_N}|\d{{1,4}})\s*"),
    re.compile(r"\d{1,4}(?:[.．](?!\d)|[、）)](?!\d))\s*"),
    re.compile(r"[（(]\s?\d{1,4}\s?[）)]\s*"),
    re.compile(r"[①-⑳]\s*"),
)
_NAMED = 2  # "问题一": always an item
_LABEL = re.compile(
    r"(?P<requirement>整改要求|整改意见|整改建议|工作要求|要求)|"
    r"(?P<reply>整改(?:落实)?(?:情况|措施|进展|结果|成效)|落实情况|办理情况|答复|回复)|"
    r"(?P<problem>(?:存在|主要|具体|反馈)?问题(?:描述|表现|内容)?|具体表现|内容)"
)
_LABELLED = re.compile(rf"(?:{_LABEL.pattern})\s*[:：]\s*")
_LIKE_A_PROBLEM = re.compile(
    r"[?？]$|问题$|不(?:够|到位|及时|规范|精准|准确|扎实|合理|明显|完善|健全|充分|严|实|足|高|强|力|平衡|清|全)|未|没有|"
    r"滞后|缓慢|薄弱|较大|较高|较差|突出|有待|欠缺|缺乏|缺失|盲点|短板|差距|隐患|违规|擅自|流于形式"
)
_HEADER = re.compile(r"问题|题目|内容|整改|事项|反馈")
_HEADER_OF_REQUIREMENT = re.compile(r"整改要求|整改意见|要求")
_HEADER_OF_OTHER = re.compile(r"序号|编号|类别|类型|单位|责任|时限|日期|时间|备注|要求|措施|进展|情况|来源|答复|回复")
_LIST_TITLE = re.compile(r"[^?？。；;]{0,40}(?:清单|一览表|汇总表?|目录|提纲|问题表|题库|如下)[:：]?")


class DraftError(Exception):
    """No draft can be made of this. The message is one line for the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One question or problem. `title` is its first sentence, `text` all of it, `requirement` what it is told to do."""

    number: int
    title: str
    text: str
    requirement: str = ""


def read_items(path: Path) -> tuple[Item, ...]:
    """The items of the file, in order. Raises DraftError or IngestError."""
    from ingest.formats import read
    from ingest.formats.sniff import true_suffix

    try:
        if path.is_file() and (suffix := true_suffix(path)) not in _SUFFIXES:
            raise DraftError(
                f"{path}：问题清单应是 txt、docx、xlsx 等文字、表格文件或图片，"
                f"{f'这是“{suffix or path.suffix}”' if suffix or path.suffix else '认不出这是什么文件'}，请另存后再试"
            )
        raw = read(path)
    except IngestError as error:
        raise DraftError(str(error).replace("重新导入", "再试")) from error
    items = items_of(raw, is_plain=path.suffix.lower() in (".txt", ".text", ".md"))
    if not items:
        raise DraftError(f"{path}：没有读到问题，请每行（或每个单元格行）写一个问题")
    return items


def items_in(text: str) -> tuple[Item, ...]:
    """The items of a list that was typed."""
    lines = tuple(Line(text=line) for line in text.splitlines() if line.strip())
    return items_of(RawDocument(lines=lines), is_plain=True)


def items_of(raw: RawDocument, *, is_plain: bool = False) -> tuple[Item, ...]:
    """The items of what a reader gave: table rows, else a numbered document, else a line each."""
    rows = [line.text for line in raw.lines if line.kind == "table_row" and CELL_MARK in line.text]
    lines = _lines(raw)
    if rows and len(rows) * 2 > len(lines) - len(rows):
        found = list(_of_rows(rows))
    elif _is_document(lines, is_plain=is_plain):
        found = list(_of_document(lines))
    else:
        found = [(text, "") for line in _without_title(lines) if (text := _bare(line))]
    return tuple(_item(n, text, requirement) for n, (text, requirement) in enumerate(found, 1))


def _lines(raw: RawDocument) -> list[str]:
    from ingest.clean import clean

    lines: Sequence[Line] = clean(raw).lines if raw.hard_wrapped and raw.pages else raw.lines
    return [text for line in lines if (text := line.text.strip("\ufeff \t\u3000"))]


def _item(number: int, text: str, requirement: str) -> Item:
    spans = sentence_spans(text)
    first = text[slice(*spans[0])] if spans else text
    title = first.rstrip("。；;：: ")
    if len(title) > _TITLE_CHARS:
        title = re.split(r"[，,；;：:]", title, maxsplit=1)[0][:_TITLE_CHARS]
    return Item(number=number, title=title, text=text, requirement=requirement)


# --- a line each ---


def _mark(line: str) -> tuple[int, int] | None:
    """The level of the number the line begins with, and where the words behind it begin."""
    for level, pattern in enumerate(_LEVELS):
        match = pattern.match(line)
        if match and not _counts_on(line, match):
            return level, match.end()
    return None


def _counts_on(line: str, match: re.Match[str]) -> bool:
    """Whether "二、三产业" is meant: a list of numbers, no mark."""
    following = re.match(r"[一二三四五六七八九十]", line[match.end() :])
    number = match.groupdict().get("n")
    return bool(following and number and to_int(following[0]) == (to_int(number) or 0) + 1)


def _bare(line: str) -> str:
    """The line without its number."""
    mark = _mark(line)
    return line[mark[1] :].strip() if mark else line


def _without_title(lines: Sequence[str]) -> Sequence[str]:
    """The lines less a heading over the list."""
    return lines[1:] if len(lines) > 1 and _mark(lines[0]) is None and _LIST_TITLE.fullmatch(lines[0]) else lines


# --- a document with numbered problems ---


def _is_document(lines: Sequence[str], *, is_plain: bool) -> bool:
    """Whether the numbered lines have text of their own below them, or lie in each other; else it is a list."""
    lines = _without_title(lines)
    marks = Counter(mark[0] for line in lines if (mark := _mark(line)))
    if sum(marks.values()) < 2:
        return False
    if any(_LABELLED.match(line) for line in lines):
        return True
    is_nested = len(marks) > 1 and all(_first_number(level, lines) == 1 for level in marks)
    has_text = any(_mark(line) is None for line in lines)
    return is_nested or (has_text and len(marks) == 1 and not is_plain)


def _first_number(level: int, lines: Sequence[str]) -> int | None:
    """The number that the first line of the level bears: 1 where levels lie in each other, any where they are mixed."""
    first = next(line[: mark[1]] for line in lines if (mark := _mark(line)) and mark[0] == level)
    number = re.search(rf"{_N}|\d+|[①-⑳]", first)
    if number is None:
        return None
    return ord(number[0]) - ord("①") + 1 if "①" <= number[0] <= "⑳" else to_int(number[0])


def _of_document(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each problem with what stands below it, less the reply that may stand there already."""
    level = _item_level(lines)
    text: list[str] = []
    requirement: list[str] = []
    into: list[str] | None = None
    for line in lines:
        mark = _mark(line)
        if mark and mark[0] <= level:
            if text:
                yield _joined(text), _joined(requirement)
            text, requirement = ([line[mark[1] :].strip()] if mark[0] == level else []), []
            into = text if text else None
            continue
        label = _LABELLED.match(line)
        if label and text:
            into = requirement if label["requirement"] else None if label["reply"] else text
        if into is not None:
            into.append(line[label.end() :] if label else line)
    if text:
        yield _joined(text), _joined(requirement)


def _joined(lines: Sequence[str]) -> str:
    """The lines as one text, a heading among them closed with a full stop."""
    return "".join(
        line if line.endswith(tuple("。！？!?；;：:")) or n == len(lines) else f"{line}。"
        for n, line in enumerate(lines, 1)
    )


def _item_level(lines: Sequence[str]) -> int:
    """The level of numbers that the problems have: 问题一, else the one with most lines that read like a problem."""
    marked = [(mark[0], line[mark[1] :]) for line in lines if (mark := _mark(line))]
    levels = Counter(level for level, _ in marked)
    if levels[_NAMED] > 1:
        return _NAMED
    alike = Counter(level for level, text in marked if _LIKE_A_PROBLEM.search(_item(0, text, "").title))
    return max(levels, key=lambda level: (alike[level], levels[level]))


# --- a table ---


def _of_rows(rows: Sequence[str]) -> Iterator[tuple[str, str]]:
    cells = [_cells(row) for row in rows]
    headers = list(dict.fromkeys(h for row in cells for h in row))
    column = _column(headers, cells)
    asked_for = next((h for h in headers if _HEADER_OF_REQUIREMENT.search(h) and h != column), None)
    for row in cells:
        if text := _bare(row.get(column, "").strip()):
            yield text, row.get(asked_for or "", "").strip()


def _cells(row: str) -> dict[str, str]:
    """Header to value, of a row written "序号：1｜问题：…"; a cell without a header goes by its place."""
    cells: dict[str, str] = {}
    for place, cell in enumerate(row.split(CELL_MARK)):
        header, mark, value = cell.partition("：")
        if mark and len(header) <= 20:
            cells[header.strip()] = value
        else:
            cells[f"#{place}"] = cell
    return cells


def _column(headers: Sequence[str], cells: Sequence[dict[str, str]]) -> str:
    """The column that holds the questions: by its header, else the one with the longest text."""
    sizes = {h: sum(len(row.get(h, "")) for row in cells) for h in headers}
    named = [h for h in headers if _HEADER.search(h) and not _HEADER_OF_OTHER.search(h)]
    return max(named or headers, key=lambda h: sizes[h])
