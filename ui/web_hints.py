"""What the page offers before anything is asked: example questions from the base's own headings, and how to read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingest.document import Document
    from qa.service import Service

EXAMPLES = 4
DOCUMENTS_READ = 12
_MARKER = re.compile(r"^(第[一二三四五六七八九十百零\d]+[编章节条]|[（(]?[一二三四五六七八九十\d]+[)）]?[、.．]?)\s*")
_ASKS = (
    (re.compile(r"(标准|金额|额度|比例)$"), "{place}{heading}是多少？"),
    (re.compile(r"(条件|范围|对象|程序|流程|材料|期限|职责|要求|措施|做法|问题)$"), "{place}{heading}有哪些？"),
    (re.compile(r"(情况|成效|进展)$"), "{place}{heading}怎么样？"),
)


def example_questions(documents: Iterable[Document]) -> list[str]:
    """Up to EXAMPLES questions, one a document, made from headings that name something one would ask about."""
    questions: list[str] = []
    for document in documents:
        question = _question_of(document)
        if question and question not in questions:
            questions.append(question)
        if len(questions) == EXAMPLES:
            break
    return questions


def _question_of(document: Document) -> str | None:
    place = document.metadata.place or ""
    for pattern, question in _ASKS:
        for section in document.sections:
            heading = _MARKER.sub("", section.heading).strip("：: 。")
            if 4 <= len(heading) <= 16 and pattern.search(heading):
                shown_place = "" if heading.startswith(place) else place
                return question.format(place=shown_place, heading=heading)
    return None


def examples_html(service: Service) -> str:
    """The example questions as buttons; nothing when the headings offer none."""
    records = service.documents()[:DOCUMENTS_READ]
    questions = example_questions(service.document(record.id) for record in records)
    buttons = "".join(
        f'<button type="button" class="zd-example" data-act="example" data-text="{escape(q)}">{escape(q)}</button>'
        for q in questions
    )
    return f'<div class="zd-examples"><span>试着问</span>{buttons}</div>' if buttons else ""


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
        "<li>答案逐字取自资料，句末的编号就是出处。</li>"
        "<li>点编号，这里打开原文并标出引文，可以下载原件。</li>"
        "<li>资料里没有的，会直接说没有查到。</li></ol></section>"
    )


def _stock(service: Service, count: int) -> str:
    places, years = service.places(), service.years()
    words = [f"资料库现有 {count} 份文件"]
    words += [f"涉及 {len(places)} 个地区"] if places else []
    if years:
        first, last = min(years), max(years)
        words.append(f"{first} 年" if first == last else f"{first}—{last} 年")
    return "，".join(words) + "。"
