"""What a document does to others that it names by number or title: repeals, amends, replaces, rests on, hands on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.document import Relation, RelationKind
from ingest.document_number import cited_numbers
from ingest.placeholder import has_placeholder
from ingest.sentences import clause_spans, sentence_spans
from ingest.title import plain_title

_TITLE = re.compile(r"《(?P<title>(?:[^《》]|《[^《》]*》){2,90})》")
_NUMBER_BEHIND = re.compile(r"\s*[（(]\s?(?:以下简称[^（）()]*|[^（）()]{0,20}[，,])?$")
_NOT_DONE = re.compile(
    r"(?:废止|失效|有效)日?期|未(?:被|予|经)?(?:明令)?废止|不得?废止|尚未废止|无需废止|废止[前后]|已经?(?:被)?(?:明令)?废止|继续有效"
    r"|废止或|修订或|(?:修改|修订)(?:意见|建议|完善|稿)|(?:推动|加快|抓紧|研究|适时|启动|组织|推进|开展|及时)[^，。；《》]{0,10}(?:废止|修改|修订)|提请(?:废止|修改)|建议(?:废止|修改)"
)

# A kind -> the wording that states it in a clause, (A) behind or (B) before the documents named.
_BEHIND: tuple[tuple[RelationKind, re.Pattern[str]], ...] = (
    (RelationKind.REPEALS, re.compile(r"(?:同时|即行|相应|一并|予以|现予|均|自[^，。；]{2,20}起|之日起)?\s?(?:废止|失效)|宣布(?:废止|失效)")),
    (RelationKind.AMENDS, re.compile(r"与本\S{2,4}(?:规定)?(?:不一致|不符|相抵触|有抵触)|(?:作|做|进行)(?:出)?(?:了)?(?:如下|以下|相应|部分)?(?:的)?(?:修改|修订|修正)|(?:修改|修订|修正)为|进行(?:了)?(?:修改|修订|调整)")),
    (RelationKind.REPLACES, re.compile(r"(?:同时|即行|相应)?(?:停止执行|停止实施|停止使用|不再执行|不再适用|不再施行)|[^，。]{0,6}以本\S{2,4}为准")),
)  # fmt: skip
_BEFORE: tuple[tuple[RelationKind, re.Pattern[str]], ...] = (
    (RelationKind.REPEALS, re.compile(r"(?:废止|宣布失效)(?:下列|以下|原)?[^《》，。；]{0,16}$")),
    (RelationKind.REPLACES, re.compile(r"(?:代替|替代|取代)(?:了)?原?[^《》，。；]{0,10}$")),
    (RelationKind.AMENDS, re.compile(r"(?:关于)?(?:修改|修订|修正)(?:后的)?(?:了|〈)?[^《》，。；]{0,8}$")),
    (RelationKind.FORWARDS, re.compile(r"(?:关于|现将|现予|特此|现)(?:转发|印发|批转)(?:给你们)?[^《》，。；]{0,30}$")),
    (RelationKind.BASED_ON, re.compile(r"(?:根据|依据|依照|按照|遵照|参照|为(?:深入)?(?:贯彻|落实)(?:执行|落实)?)[^。；，]{0,60}$")),
)  # fmt: skip
_HANDED_ON = re.compile(r"(?:印发|转发|批转|发)给?你们|随文印发|予以(?:印发|转发)")
_LISTED = re.compile(r"^\s*(?:和|及|以及|、|与|，|或者?|,|等)?\s*$")
_PARTLY = re.compile(
    r"第\s?[一二三四五六七八九十百零〇\d]{1,5}\s?[条款项章节]|中(?:有关|关于|的|涉及|第)|有关(?:条款|规定|内容)|部分(?:条款|内容)"
)
_SHORT_FORM = re.compile(
    r"(?:实施|若干|暂行|管理|具体)?(?:办法|意见|措施|方案|通知|规定|细则|条例|规划|计划|决定|指南|公告|标准|要点|规则|政策)"
)
_ANNEX = re.compile(r"(?:文件?)?的?附件\s?\d{0,2}\s*[:：）)。]?")
_ANNEX_HEAD_CHARS = 120  # an annex says at its top what it belongs to
_DOCUMENT = re.compile(
    r"(?:法|条例|办法|规定|规则|细则|意见|通知|方案|决定|决议|规划|纲要|计划|公告|通告|标准|规范|规程|批复|函|要点|措施|政策|指南|章程"
    r"|解释|目录|名录|清单|令|公约|制度|协定|指引|预案|批示|讲话|报告|建议|约定|合同|责任书|分类|准则|通报|纪要|公报|手册)(?:[（(].{1,20}[）)])?$"
)
_NO_DOCUMENT = re.compile(r"(?:日报|晚报|晨报|周报|时报|杂志|画报|新闻联播|[^办]法治报)$")


@dataclass(frozen=True, slots=True)
class _Named:
    """A document named in the text, by title, number or both."""

    title: str | None
    number: str | None
    start: int
    end: int


def find_relations(text: str, own_number: str | None, own_title: str | None = None) -> tuple[Relation, ...]:
    """The relations to other documents that the text states, in its order; never to the document itself.

    The title of the document itself counts too ("关于修改《…》的决定"): it stands in the text.
    """
    found: dict[tuple[str | None, str | None], Relation] = {}
    for start, end in sentence_spans(text):
        for relation in _in_sentence(text, start, end):
            named = (relation.document_number, relation.title)
            if not _is_own(relation, own_number, own_title) and not _is_known(found, relation):
                found.setdefault(named, relation)
    return tuple(found.values())


def _in_sentence(text: str, start: int, end: int) -> Iterator[Relation]:
    for clause_start, clause_end in clause_spans(text, start, end):
        clause = text[clause_start:clause_end]
        named = list(_named(text, clause_start, clause_end))
        kinds = [_kind(text, clause_start, clause_end, n, named) for n in named]
        undone = _NOT_DONE.search(clause) is not None
        for n, kind in zip(named, kinds, strict=True):
            if kind is None or (undone and kind in _CHANGES):
                continue
            if n.number or kind in _CHANGES or _DOCUMENT.search(n.title or ""):
                yield Relation(kind=kind, document_number=n.number, title=n.title, start=n.start, end=n.end)


_CHANGES = (RelationKind.REPEALS, RelationKind.REPLACES, RelationKind.AMENDS)


def _named(text: str, start: int, end: int) -> Iterator[_Named]:
    """The documents that text[start:end] names: 《title》(number), 《title》, or a number alone."""
    numbers = list(cited_numbers(text[start:end]))
    numbers = [(start + a, start + b) for a, b in numbers if not has_placeholder(text[start + a : start + b])]
    for match in _TITLE.finditer(text, start, end):
        title = match["title"].strip()
        behind = next((n for n in numbers if _NUMBER_BEHIND.fullmatch(text[match.end() : n[0]])), None)
        if behind:
            numbers.remove(behind)
        numbers = [n for n in numbers if not match.start() <= n[0] < match.end()]
        if behind:
            known = None if has_placeholder(title) else title
            yield _Named(known, text[slice(*behind)], match.start(), behind[1])
        elif not (_SHORT_FORM.fullmatch(title) or _NO_DOCUMENT.search(title) or has_placeholder(title)):
            yield _Named(title, None, match.start(), match.end())
    for a, b in numbers:
        yield _Named(None, text[a:b], a, b)


def _kind(text: str, start: int, end: int, named: _Named, all_named: list[_Named]) -> RelationKind | None:
    """What the clause does to one of the documents it names. Of a list of documents, all share the wording."""
    first, last = _list_of(text, named, all_named)
    before, behind = text[start : first.start], text[last.end : end]
    behind = re.split(r"《", behind)[0]
    for kind, pattern in _BEHIND:
        match = pattern.search(behind)
        if match and not re.search(r"根据|依据|按照", behind[: match.start()]):
            return RelationKind.AMENDS if _PARTLY.search(behind[: match.start()]) else kind
    if _ANNEX.fullmatch(behind.strip()) and (start < _ANNEX_HEAD_CHARS or re.search(r"[是系为]$", before)):
        return RelationKind.ANNEX_OF
    if _HANDED_ON.search(behind[:60]) and "现将" in before[-30:]:
        return RelationKind.FORWARDS
    nearest: tuple[int, RelationKind] | None = None
    for kind, pattern in _BEFORE:
        match = pattern.search(before)
        if match and (nearest is None or match.start() > nearest[0]):
            nearest = (match.start(), kind)
    return nearest[1] if nearest else None


def _list_of(text: str, named: _Named, all_named: list[_Named]) -> tuple[_Named, _Named]:
    """First and last of the documents that are named one after the other around this one ("《A》《B》和《C》")."""
    ordered = sorted(all_named, key=lambda n: n.start)
    at = ordered.index(named)
    first = last = at
    while first and _LISTED.fullmatch(re.sub(r"[（()）]", "", text[ordered[first - 1].end : ordered[first].start])):
        first -= 1
    while last + 1 < len(ordered) and _LISTED.fullmatch(
        re.sub(r"[（()）]", "", text[ordered[last].end : ordered[last + 1].start])
    ):
        last += 1
    return ordered[first], ordered[last]


def _is_own(relation: Relation, own_number: str | None, own_title: str | None) -> bool:
    if relation.document_number:
        return bool(own_number) and _plain(relation.document_number) == _plain(own_number or "")
    return bool(own_title) and plain_title(relation.title or "") == plain_title(own_title or "") != ""


def _is_known(found: dict[tuple[str | None, str | None], Relation], relation: Relation) -> bool:
    """Whether the same document with the same or a stronger relation was named before."""
    return any(
        other.kind is relation.kind
        and (
            (relation.document_number and other.document_number == relation.document_number)
            or (relation.title and other.title == relation.title)
        )
        for other in found.values()
    )


def _plain(number: str) -> str:
    return re.sub(r"[\s第]", "", number).translate(
        str.maketrans("[](){}（）【】﹝﹞［］", "〔〕〔〕〔〕〔〕〔〕〔〕〔〕")
    )
