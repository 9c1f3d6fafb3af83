"""Whether a document that the question names is in force: answered by the sentence that says so, its own or a later one's."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from datetime import date

from ingest.document import Document, RelationKind
from ingest.sentences import sentence_spans
from ingest.title import plain_title
from kb.records import Record
from qa.answer import ENDED, Answer, Citation, Outcome, Validity, Warning
from qa.citing import cite_span
from qa.evidence import paragraph_of
from qa.question import Question
from qa.scope import same_number
from qa.validity import Standing
from qa.verify import marked

_STATE = r"(?:有效|管用|作数|算数|能用|可以用|适用|执行|在用|生效|过期|到期|失效|作废|废止|废除|取消)"
_ASKED = re.compile(
    rf"(?:现在|目前|如今|当前)?(?:(?:还|仍然?|是不是还?|是否还?|还是|已经?)(?:现行|继续|在|能)?{_STATE}了?(?:吗|嘛|没有|没|不|着)?|"
    rf"(?:现行)?{_STATE}了?(?:吗|嘛|没有|没|不))[?？。]*$"
)
_DOCUMENT = re.compile(r"办法|规定|细则|方案|预案|文件|通知|意见|条例|措施|政策|公告|决定|制度|规划")
_SAYS_FROM_WHEN = re.compile(r"有效期|施行|起执行|起实施|试行|生效|废止|失效")
_FIELD = re.compile(r"^[^,，。]{0,8}(?:有效性|效力|状态|时效)[^,，。]{0,4}[:：]")  # of a web page: nobody keeps it up
_GENERIC = frozenset("办法 规定 细则 方案 文件 通知 意见 条例 措施 政策 公告 决定 那个 这个 县 镇 市 省 区 乡".split())
_NEVER = date.min
_MOST = 3
_SURE = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """The sentence that says how a document stands, and what is to be added to it."""

    document: Document
    span: tuple[int, int]
    note: Warning


def asks_whether_in_force(question: Question) -> str | None:
    """What the question says of the document ("县里2022年的补助办法"); None when it does not ask whether one is in force."""
    match = _ASKED.search(question.text)
    if match is None:
        return None
    rest = question.text[: match.start()]
    return rest if question.titles or question.numbers or _DOCUMENT.search(rest) else None


def whether_in_force(
    question: Question,
    about: Question,
    records: Sequence[Record],
    document_of: Callable[[str], Document],
    standing: Standing,
) -> Answer | None:
    """The sentences that say how the documents named stand; None where none is named.

    `about` is the question without what it asks. A document that says nothing of it, and that no other ends, is a refusal.
    """
    named = _named(about, records)[:_MOST]
    if not named:
        return None
    seen = {r.id for r in records}
    told = [t for record in named if (t := _told(record, seen, document_of, standing)) is not None]
    if not told:
        titles = "、".join(f"《{plain_title(r.metadata.title)}》" for r in named)
        text = f"{titles}没有写明施行日期或有效期，资料库里也没有废止、替代它的文件。是否有效，请向印发机关核实。"
        return Answer(question=question.text, outcome=Outcome.NO_EVIDENCE, text=text)
    cited: list[Citation] = []
    for one in told:
        cited.append(cite_span(one.document, len(cited) + 1, one.span, standing=standing))
    return Answer(
        question=question.text,
        outcome=Outcome.SEVERAL if len(told) > 1 else Outcome.ANSWERED,
        text="\n".join(marked(c.quote, c.number) for c in cited),
        citations=tuple(cited),
        warnings=tuple(dict.fromkeys(t.note for t in told)),
        certainty=_SURE,
    )


def _named(about: Question, records: Sequence[Record]) -> list[Record]:
    """The documents that the question names: by number, by title, or by words that all stand in one title, newest first."""
    numbers = {same_number(n) for n in about.numbers}
    found = [r for r in records if same_number(r.metadata.document_number or "") in numbers] if numbers else []
    if not found and about.titles:
        found = [r for r in records if any(t in r.metadata.title for t in about.titles)]
    if not found and not numbers and not about.titles:
        found = [r for r in records if _DOCUMENT.search(r.metadata.title) and _is_meant(about, r)]
    return sorted(found, key=lambda r: r.metadata.issued_on or r.metadata.effective_on or _NEVER, reverse=True)


def _is_meant(about: Question, record: Record) -> bool:
    metadata = record.metadata
    head = f"{metadata.title} {metadata.issuer or ''} {metadata.place or ''}"
    words = [w for w in about.words if w not in _GENERIC and not w.isdigit()]
    if (
        not words
        or not all(w in head for w in words)
        or not all(p.rstrip("省市县区镇乡") in head for p in about.places)
    ):
        return False
    issued = metadata.issued_on or metadata.effective_on
    years = {
        metadata.year,
        issued.year if issued else None,
        *(int(y) for y in re.findall(r"(?:19|20)\d{2}", metadata.title)),
    }
    return not about.years or bool(years & set(about.years))


def _told(record: Record, seen: Set[str], document_of: Callable[[str], Document], standing: Standing) -> _Told | None:
    """`seen`: ids of the documents that may be quoted from."""
    metadata = record.metadata
    status = standing.status(metadata)
    why = standing.explain(metadata)
    repeal = standing.register.repeal_of(metadata)
    if status in (Validity.REPEALED, Validity.SUPERSEDED) and repeal is not None and repeal.by and repeal.by.id in seen:
        by = document_of(repeal.by.id)
        if (span := _ending(by, record)) is not None:
            return _Told(document=by, span=span, note=Warning(kind="expired", text=why))
    document = document_of(record.id)
    span = _own_words(document)
    if span is None:
        return None
    if status in ENDED:
        return _Told(document=document, span=span, note=Warning(kind="expired", text=why))
    told = f"按文件所载日期，{standing.day:%Y-%m-%d}仍有效；资料库里没有废止或替代它的文件。"
    if status is not Validity.IN_FORCE:
        told = why or "文件没有写明失效日期，资料库里没有废止或替代它的文件，请向印发机关核实。"
    return _Told(
        document=document, span=span, note=Warning(kind="other", text=f"《{plain_title(metadata.title)}》：{told}")
    )


def _ending(by: Document, ended: Record) -> tuple[int, int] | None:
    """The sentence of the other document that ends this one."""
    number, title = same_number(ended.metadata.document_number or ""), plain_title(ended.metadata.title)
    for relation in by.relations:
        if relation.kind not in (RelationKind.REPEALS, RelationKind.REPLACES):
            continue
        same_title = relation.title is not None and plain_title(relation.title) in title
        if same_title or (relation.document_number and same_number(relation.document_number) == number):
            first, last = paragraph_of(by.text, relation.start)
            return next((s for s in sentence_spans(by.text, first, last) if s[0] <= relation.start < s[1]), None)
    return None


def _own_words(document: Document) -> tuple[int, int] | None:
    """The last sentence in which the document says from when, or until when, it holds."""
    spans = [
        (start, end)
        for start, end in sentence_spans(document.text)
        if _SAYS_FROM_WHEN.search(text := document.text[start:end])
        and re.search(r"\d|之日", text)
        and not _FIELD.search(text)
    ]
    own = [
        s
        for s in spans
        if re.search(
            r"本(?:办法|规定|细则|方案|预案|制度|规划|通知|意见|条例|措施|政策|公告|决定)|有效期",
            document.text[slice(*s)],
        )
    ]
    return own[-1] if own else spans[-1] if spans else None
