"""What the page offers before anything is asked: example questions from the base's own headings, and how to read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from qa.answer import Outcome
from qa.errors import USER_ERRORS
from ui.render import day_label, source_label

if TYPE_CHECKING:
    from ingest.document import Document
    from qa.service import Service

EXAMPLES = 4
DOCUMENTS_READ = 40
TRIED = 12
RECENT = 8
_STANDARD = re.compile(r"(?<![\u4e00-\u9fff])([\u4e00-\u9fff]{2,10}(?:补助|补贴|奖补|救助|资助)标准)为")
_NAME = re.compile(r"《[^《》]{4,24}》")
_INCOME = re.compile(r"人均(?:可支配|纯)?收入")


class Examples:
    """Example questions made from what the documents say, each tried, so that what is offered has an answer."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._made: tuple[frozenset[str], list[str]] | None = None

    def html(self) -> str:
        """The questions as buttons; "" when the documents offer none."""
        buttons = "".join(
            f'<button type="button" class="zd-example" data-act="example" data-text="{escape(q)}">{escape(q)}</button>'
            for q in self._questions()
        )
        return f'<div class="zd-examples"><span>试着问</span>{buttons}</div>' if buttons else ""

    def _questions(self) -> list[str]:
        records = self._service.documents()
        ids = frozenset(record.id for record in records)
        if self._made is None or self._made[0] != ids:
            documents = (self._service.document(record.id) for record in records[:DOCUMENTS_READ])
            self._made = ids, self._answerable(documents)
        return self._made[1]

    def _answerable(self, documents: Iterator[Document]) -> list[str]:
        """One question a document at most. With a language model they are not tried: that costs too much."""
        kept: list[str] = []
        tried = 0
        for document in documents:
            for question in questions_of(document):
                if question in kept or tried == TRIED:
                    continue
                tried += 1
                if self._service.settings.has_llm or self._has_answer(question):
                    kept.append(question)
                    break
            if len(kept) == EXAMPLES:
                break
        return kept

    def _has_answer(self, question: str) -> bool:
        try:
            return self._service.ask(question).outcome is Outcome.ANSWERED
        except USER_ERRORS:
            return False


def questions_of(document: Document) -> list[str]:
    """Up to three questions that a document's own words suggest: its standards, when it
    takes effect, and incomes it reports."""
    place, year = document.metadata.place or "", document.metadata.year
    found = [f"{match[1]}是多少？" for match in _STANDARD.finditer(document.text)]
    if document.metadata.effective_on and (match := _NAME.search(document.metadata.title)):
        found.append(f"{match[0]}从什么时候起施行？")
    if place and year and (match := _INCOME.search(document.text)):
        found.append(f"{place}{year}年{match[0]}是多少？")
    return list(dict.fromkeys(found))[:3]


def start_html(service: Service) -> str:
    """What stands where the source will be: how much there is, and how to read an answer."""
    records = service.documents()
    if not records:
        return (
            '<section class="zd-start"><h3>资料库还是空的</h3>'
            "<p>先把政策文件、工作报告放进来，再回到这里提问。</p>"
            '<button type="button" class="zd-button is-red" data-goto="资料库">去上传文件</button></section>'
        )
    return (
        f'<section class="zd-start"><h3>原文在这里对照</h3><p>{_stock(service, len(records))}</p><ol>'
        "<li>答案每句话后面的编号，就是它的出处。</li>"
        "<li>点编号，这里打开原文并标出引文，可以复制、下载原件。</li>"
        "<li>资料里没有的，会直接说没有查到。</li></ol></section>"
    )


def recent_html(service: Service) -> str:
    """The documents that came in last; a click opens one."""
    records = sorted(service.documents(), key=lambda record: record.added_at, reverse=True)[:RECENT]
    rows = "".join(
        f'<li><button type="button" class="zd-link" data-act="view" data-id="{escape(r.id)}">'
        f"{escape(source_label(r.metadata.title, r.metadata.document_number))}</button>"
        f"<small>{day_label(r.metadata.issued_on)}</small></li>"
        for r in records
    )
    return f'<section class="zd-recent"><h3>最近入库</h3><ul>{rows}</ul></section>' if rows else ""


def _stock(service: Service, count: int) -> str:
    places, years = service.places(), service.years()
    words = [f"资料库现有 {count} 份文件"]
    words += [f"涉及 {len(places)} 个地区"] if places else []
    if years:
        first, last = min(years), max(years)
        words.append(f"{first} 年" if first == last else f"{first}—{last} 年")
    return "，".join(words) + "。"
