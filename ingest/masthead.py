"""The head and the foot of an official document: title, 文号, issuing office, date of signature."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ingest.dates import DATE, find_date, only_date, to_date
from ingest.outline import heading_mark

TITLE_CHARS = 80
_HEAD_LINES = 25
_TITLE_LINES = 12

_NUMBER_YEAR = r"[〔\[（(【﹝]\s?(?:19|20)\d{2}\s?[〕\]）)】﹞]\s?(?:第\s?)?\d{1,5}\s?号"
NUMBER = re.compile(
    rf"[\u4e00-\u9fff]{{1,14}}{_NUMBER_YEAR}|(?:[\u4e00-\u9fff]{{2,24}}(?:令|公告|通告|决定))?(?:\s?(?:19|20)\d{{2}}年)?第\s?\d{{1,4}}\s?号(?:令|公告|通告)?"
)
_ORDER = re.compile(
    r"(?P<number>[\u4e00-\u9fff]{2,24}(?:令|公告)(?:\s?(?:19|20)\d{2}年)?\s?第\s?(?:\d{1,4}|[一二三四五六七八九十百零〇]{1,6})\s?号)(?=公布|发布|$)"
)
_ENACTED = re.compile(r"(?P<act>通过|批准|公布|发布|颁布|印发)")

_OFFICE = re.compile(
    r"[\u4e00-\u9fff（）()“”、·\s]{0,30}(?:人民政府|政府|办公[室厅]|委员会|常务委员会|党委|党组|[省市县区州镇乡旗]委|国务院|人民法院|人民检察院|代表大会"
    r"|[厅局部委署院]|总局|管委会|指挥部|领导小组|工作组|专班|联席会议|街道办事处|工作站|服务中心|中心|公司|集团|银行|协会|联合会|大学|学校|村委会|居委会|海关)(?:办公室)?"
)
_TITLE_WORD = re.compile(
    r"(?:通知|意见|办法|方案|报告|规定|条例|总结|计划|规划|公告|通告|通报|决定|决议|细则|批复|函|要点|措施|解读|预案|规则|规范|法|情况|成效|汇报|制度|标准"
    r"|纲要|指南|令|名单|目录|清单|解释|讲话|章程|公报|条款|政策|倡议书|公开信|请示|纪要|简报|办法（.{2,4}）|通知书)(?:[（(].{1,20}[)）])?(?:的通知|的公告|的函|的意见)?[》〉]?$"
)
_NOT_TITLE = re.compile(
    r"(?:来源|作者|编辑|责任编辑|记者|文章来源|发布人|签发人|审核人|关于印发)[:：]|附\s?件\s?\d{0,2}[:：]?$|.*文件$|特此|现予|此页无正文|目录$|各位|（?此件|[—-]{1,2}|[（(].*[)）]$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Masthead:
    """What the lines at the top and bottom say. `title_found` is False when the title is only the file's name."""

    title: str
    title_found: bool
    document_number: str | None
    issuer: str | None
    issued_on: date | None


def find_masthead(
    lines: Sequence[str], *, shown: str | None = None, property_title: str | None = None, stem: str
) -> Masthead:
    """The masthead of a document given its lines without information fields.

    `shown` is a title that the page states beside the text, `property_title` one from the file's properties,
    `stem` the file's name, the title of last resort.
    """
    found = _hinted_title(shown, lines) or _first_title(lines) or _hinted_title(property_title, lines)
    title = found or _shortened(stem)
    signer, signed_on = _signature(lines)
    number = _own_number(lines)
    issuer = _red_head(lines) or _issuer_in_title(title) or signer or _lawmaker(lines) or _issuer_in_number(number)
    return Masthead(
        title=title,
        title_found=found is not None,
        document_number=number,
        issuer=issuer,
        issued_on=signed_on or _enacted_on(lines),
    )


def is_issuer(text: str) -> bool:
    """Whether the text is the name of an office, or of several."""
    parts = re.split(r"[\s、，,;；]+", text.strip())
    return 2 <= len(text) <= 80 and all(_OFFICE.fullmatch(part) for part in parts if part)


# ---- title


def _hinted_title(hint: str | None, lines: Sequence[str]) -> str | None:
    """The title that a field, an HTML heading or the file's properties give, less the name of the site.

    Properties are often left over from another file: a hint without a title word must stand in the text.
    """
    if not hint:
        return None
    hint = re.sub(r"\s+", " ", hint).strip()
    hint = re.split(r"\s*(?:_|\s[-–|—]\s|[-–|](?=[^-–|]{0,20}(?:网|门户|平台|政府)[^-–|]{0,8}$))", hint)[0].strip()
    head = "".join(lines[:_TITLE_LINES]).replace(" ", "")
    known = _TITLE_WORD.search(hint) or hint.replace(" ", "") in head
    return _shortened(hint) if known and len(hint) >= 4 else None


def _first_title(lines: Sequence[str]) -> str | None:
    """The first line, or lines, near the top that end like a title; else a short first line."""
    candidates: list[str] = []
    for line in lines[:_TITLE_LINES]:
        text = line.strip()
        if len(text) > 2 * TITLE_CHARS or heading_mark(text):
            break
        if _is_skipped(text):
            if candidates:
                break
            continue
        if re.search(r"[。；：:;]$", text) or text.count("，") > 1:
            break
        candidates.append(text)
    return _joined_title(candidates)


def _joined_title(candidates: Sequence[str]) -> str | None:
    for i in range(len(candidates)):
        for start in range(i + 1):
            joined = _join(candidates[start : i + 1])
            if _TITLE_WORD.search(joined) and len(joined) <= TITLE_CHARS and _belong(candidates[start : i + 1]):
                return joined
    first = candidates[0] if candidates else ""
    return first if 4 <= len(first) <= 60 and re.search(r"[\u4e00-\u9fff]{3}", first) else None


def _belong(parts: Sequence[str]) -> bool:
    """Whether the lines before the last are unfinished, as the lines of one long title are."""
    return all(not _TITLE_WORD.search(part) for part in parts[:-1]) and not any(only_date(p) for p in parts)


def _join(parts: Sequence[str]) -> str:
    joined = parts[0]
    for part in parts[1:]:
        both_offices = _OFFICE.fullmatch(joined.split(" ")[-1]) and _OFFICE.match(part)
        joined += (" " if both_offices and not part.startswith("关于") else "") + part
    return joined


def _is_skipped(text: str) -> bool:
    return bool(NUMBER.fullmatch(text.strip("（）() ")) or only_date(text) or _NOT_TITLE.match(text) or len(text) < 3)


def _shortened(title: str) -> str:
    """The title up to its first sentence end or wide gap, at most TITLE_CHARS long."""
    title = re.split(r"[。！；]|\s{2,}|\u3000", title.strip())[0]
    return title if len(title) <= TITLE_CHARS else title[: TITLE_CHARS - 1] + "…"


# ---- number


def _own_number(lines: Sequence[str]) -> str | None:
    """The number on a line of its own near the top; else the order by which the text says it was issued."""
    for line in lines[:_HEAD_LINES]:
        text = line.strip()
        if len(text) > 60 and "。" in text:
            break
        text = re.sub(r"\s*签发人.*", "", text).strip("（）() ")
        if NUMBER.fullmatch(text) and not text.startswith("第") or re.fullmatch(r"第\s?\d{1,4}\s?号令?", text):
            return text
    for line in lines[:_HEAD_LINES]:
        order = _ORDER.search(line) if len(line) <= 300 and _ENACTED.search(line) else None
        if order:
            return re.sub(r"^.*[日会经由以中]\s*(?=[\u4e00-\u9fff]{2,}令|[\u4e00-\u9fff]{2,}公告)", "", order["number"])
    return None


# ---- issuer and date


def _red_head(lines: Sequence[str]) -> str | None:
    for line in lines[:5]:
        match = re.fullmatch(r"(.{4,40}?)\s*文\s?件", line.strip())
        if match and is_issuer(match[1]):
            return match[1]
    return None


def _issuer_in_title(title: str) -> str | None:
    """ "某县人民政府办公室关于印发…的通知": the office before 关于."""
    before, about, _ = title.partition("关于")
    before = before.strip(" ：")
    return before if about and is_issuer(before) else None


def _issuer_in_number(number: str | None) -> str | None:
    """ "某部令2026年第10号": the office in front of 令 or 公告."""
    match = re.match(r"(.{2,24}?)(?:令|公告)", number or "")
    return match[1] if match and is_issuer(match[1]) else None


def _lawmaker(lines: Sequence[str]) -> str | None:
    """The people's congress that passed a law, its term left out."""
    for line in lines[:_HEAD_LINES]:
        match = re.search(
            r"(?:^|[日（( ])(?P<place>[\u4e00-\u9fff]{2,16}?)(?:第[^届]{1,5}届)?(?P<body>人民代表大会(?:常务委员会|常委会)?)"
            r"第[^次]{1,7}次会议[^。]{0,6}通过",
            line,
        )
        if match:
            return match["place"] + match["body"].replace("常委会", "常务委员会")
    return None


def _signature(lines: Sequence[str]) -> tuple[str | None, date | None]:
    """The office and the date below the text: a line that is a date, the offices above it or on the same line.

    The first such pair counts, because annexes may carry their own; a date near the top without an office does not.
    """
    for i, line in enumerate(lines):
        text = line.strip()
        if len(text) > 100:
            continue
        day = only_date(text)
        if day is not None and i > 0:
            offices = _offices_above(lines, i)
            if offices:
                return offices, day
        match = DATE.search(text)
        if match and match.end() >= len(text) - 3 and i > 1:
            office = text[: match.start()].strip()
            signed = to_date(match)
            if signed and is_issuer(office):
                return office, signed
    return None, None


def _offices_above(lines: Sequence[str], i: int) -> str | None:
    offices: list[str] = []
    for line in reversed(lines[max(0, i - 4) : i]):
        text = line.strip()
        if len(text) > 60 or not is_issuer(text):
            break
        offices.insert(0, text)
    return " ".join(offices) or None


def _enacted_on(lines: Sequence[str]) -> date | None:
    """The day on which a law or rule was issued, else passed: "（2019年8月23日…通过 2019年9月27日…批准）"."""
    days: dict[str, date] = {}
    for line in re.sub(r"(?<=[^）)。])\n(?=第)", "", "\n".join(lines[:_HEAD_LINES])).split("\n"):
        if len(line) > 300 or not _ENACTED.search(line):
            continue
        for clause in re.split(r"(?<=通过|批准|公布|发布|颁布|印发)", line):
            act, day = _ENACTED.search(clause), find_date(clause)
            if act and day:
                days.setdefault(act["act"], day)
    return next((days[act] for act in ("公布", "发布", "颁布", "印发", "批准", "通过") if act in days), None)
