"""A document's title: the one stated beside it, the first lines that read like one, the file's properties."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.dates import only_date
from ingest.document_number import NUMBER
from ingest.offices import OFFICE, is_issuer, office_before_about
from ingest.outline import heading_mark

TITLE_CHARS = 80
_TITLE_LINES = 12
_AROUND = 12  # characters on either side of a line's end

_TITLE_WORD = re.compile(
    r"(?:通知|意见|办法|方案|报告|规定|条例|总结|计划|规划|公告|通告|通报|决定|决议|细则|批复|函|要点|措施|解读|预案|规则|规范|法|情况|成效|汇报|制度|标准"
    r"|纲要|指南|令|名单|目录|清单|解释|讲话|章程|公报|条款|政策|台账|花名册|一览表|汇报材料|经验材料|问答|倡议书|公开信|请示|纪要|简报|办法（.{2,4}）|通知书)(?:[（(].{1,20}[)）])?(?:的通知|的公告|的函|的意见)?[》〉]?$"
)
_OFFICIAL = re.compile(r"关于|印发|《|通知|[公通]告|办法|方案|条例|规定|细则|意见|报告|总结|计划|规划|决定|批复")
_NOT_TITLE = re.compile(
    r"(?:来源|作者|编辑|责任编辑|记者|文章来源|发布人|签发人|审核人|关于印发)[:：]|附\s?件\s?\d{0,2}[:：]?$|.*文件$|特此|现予|此页无正文|目录$|各位|同志们|（?此件|[—-]{1,2}|[（(].*[)）]$"
)

_WRAPPER = re.compile(r".{0,40}?关于(?:印发|转发|批转|发布|公布|颁发|下发|修订印发)")


def shown_title(shown: str | None) -> str | None:
    """The title that a field or an HTML heading gives, less the name of the site."""
    if not shown:
        return None
    title = re.sub(r"\s+", " ", shown).strip()
    site = r"\s*(?:_|\s[-–|—]\s|[-–|](?=[^-–|]{0,20}(?:网|门户|平台|政府)[^-–|]{0,8}$))"
    title = re.split(site, title)[0].strip()
    return shortened(title) if len(re.findall(r"[\u4e00-\u9fff]", title)) >= 4 else None


def title_in_properties(title: str | None, lines: Sequence[str]) -> str | None:
    """The title in the file's properties when it reads like one, or stands in the text too."""
    title = shown_title(title)
    if title is None:
        return None
    head = "".join(lines[:_TITLE_LINES]).replace(" ", "")
    return title if _TITLE_WORD.search(title) or title.replace(" ", "") in head else None


def first_title(lines: Sequence[str]) -> str | None:
    """The first line, or lines, near the top that end like a title; else a short first line."""
    candidates: list[str] = []
    for line in lines[:_TITLE_LINES]:
        text = line.strip()
        if len(text) > 2 * TITLE_CHARS or heading_mark(text):
            break
        if text.endswith(("：", ":")) or _is_skipped(text):
            if not all(is_issuer(c) for c in candidates):
                break
            continue
        if re.search(r"[。；;]$", text) or text.count("，") > 1:
            break
        candidates.append(text)
    return _joined_title(candidates)


def reads_as_title(line: str) -> bool:
    """Whether a line between paragraphs reads like the title of an official document."""
    text = line.strip()
    if not 6 <= len(text) <= TITLE_CHARS or re.search(r"[。；;：:，,！？｜]", text) or _is_skipped(text):
        return False
    return _TITLE_WORD.search(text) is not None and heading_mark(text) is None


def _joined_title(candidates: Sequence[str]) -> str | None:
    for i, line in enumerate(candidates):
        if not _TITLE_WORD.search(line) or (i > 0 and not _OFFICIAL.search(line)):
            continue
        start = i
        while start > 0 and _goes_before(candidates[start - 1], candidates[start : i + 1]):
            start -= 1
        return shortened(_join(candidates[start : i + 1]))
    first = candidates[0] if candidates else ""
    return first if 4 <= len(first) <= 60 and re.search(r"[\u4e00-\u9fff]{3}", first) else None


def _goes_before(line: str, title: Sequence[str]) -> bool:
    """Whether the line is the beginning of a title that the next lines end."""
    joined = _join([line, *title])
    if _TITLE_WORD.search(line) or only_date(line) or len(joined) > TITLE_CHARS:
        return False
    opened = any(line.count(a) > line.count(b) for a, b in ("《》", "“”", "（）", "〈〉"))
    unfinished = opened or re.search(r"(?:关于|[的和与及、，])$", line) is not None
    about = "关于" in line and "关于" not in "".join(title)
    follows = title[0].startswith(("印发", "转发", "《", "＋")) and "关于" in line
    signed = is_issuer(line) and not title[0].startswith(line) and _by_office(title[0])
    return unfinished or about or follows or signed or _cuts_a_word(line, title[0])


def _cuts_a_word(line: str, following: str) -> bool:
    """Whether the line ends within a word that the next line ends ("……反馈问 / 题整改……")."""
    import rjieba

    at = 0
    for word in rjieba.cut(line[-_AROUND:] + following[:_AROUND], hmm=False):
        if at < len(line[-_AROUND:]) < at + len(word):
            return re.fullmatch(r"[\u4e00-\u9fff]+", word) is not None
        at += len(word)
    return False


def _by_office(title: str) -> bool:
    """Whether the title begins where its offices end: "关于…", or with another office."""
    return title.startswith(("关于", "印发", "转发")) or office_before_about(title) is not None


def _join(parts: Sequence[str]) -> str:
    joined = parts[0]
    for part in parts[1:]:
        both_offices = OFFICE.fullmatch(joined.split(" ")[-1]) and OFFICE.match(part)
        joined += (" " if both_offices and not part.startswith("关于") else "") + part
    return joined


def _is_skipped(text: str) -> bool:
    return bool(NUMBER.fullmatch(text.strip("（）() ")) or only_date(text) or _NOT_TITLE.match(text) or len(text) < 3)


def shortened(title: str) -> str:
    """The title up to its first sentence end or wide gap, at most TITLE_CHARS long."""
    title = re.split(r"[。！；]|\s{2,}|\u3000", title.strip())[0].strip(" |｜")
    return title if len(title) <= TITLE_CHARS else title[: TITLE_CHARS - 1] + "…"


def plain_title(title: str) -> str:
    """The title for comparing: without 《》, blanks and "关于印发…的通知" round it."""
    bare = re.sub(r"\s", "", title)
    wrapped = _WRAPPER.match(bare)
    if wrapped:
        bare = re.sub(r"的(?:通知|公告|函|通告)$", "", bare[wrapped.end() :])
    return re.sub(r"[《》〈〉“”]", "", bare)
