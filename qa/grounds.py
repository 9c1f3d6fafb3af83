"""Which document an answer rests on, where the question asks that ("依据是什么文件")."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from ingest.document import Document
from qa.answer import Answer, Citation, Outcome

_DOCUMENT = r"(?:文件|办法|通知|政策|规定|条款|文)"
_WHICH = r"(?:什么|哪里|哪些|哪一?[个份条])"
_GROUNDS = re.compile(  # "依据是什么文件", "是哪个文件规定的", "出自哪个文件"; not "有什么政策", which asks for the policy itself
    rf"[,，;；]?\s*的?(?:(?:政策|文件|法律|制定)?(?:依据|根据|出处)(?:是|为|有|在)?{_WHICH}{_DOCUMENT}?|"
    rf"(?:是|由|在){_WHICH}{_DOCUMENT}(?:里|中|上)?(?:规定|明确|说|写|定)(?:的|了)?|"
    rf"(?:是|都)?(?:出自|来自|根据|依据|按照?)(?:的是)?{_WHICH}{_DOCUMENT}(?:来|规定|定|执行)?的?)[?？。]*$"
)
_MOST = 2


def without_grounds(text: str) -> str | None:
    """The question without "what document says so"; None when it does not ask that, or nothing else is left."""
    match = _GROUNDS.search(text)
    if match is None:
        return None
    rest = text[: match.start()].strip(" ,，的是由")
    return rest if len(rest) >= 3 else None


def with_grounds(answer: Answer, document_of: Callable[[str], Document]) -> Answer:
    """The answer with a line for each document that it cites: its title and number, quoted from its own text."""
    if answer.outcome is Outcome.NO_EVIDENCE:
        return answer
    citations, lines = list(answer.citations), [answer.text]
    for cited in list({c.document_id: c for c in reversed(answer.citations)}.values())[::-1][:_MOST]:
        document = document_of(cited.document_id)
        spans = [_span(cited.title, document.text), _span(cited.document_number or "", document.text)]
        if spans[0] is None:
            continue
        marks = ""
        for span in filter(None, spans):
            citations.append(_of_span(cited, span, document, len(citations) + 1))
            marks += f"[{len(citations)}]"
        number = f"（{cited.document_number}）" if cited.document_number and spans[1] else ""
        title = cited.title if cited.title.startswith("《") else f"《{cited.title}》"
        lines.append(f"依据：{title}{number}{marks}")
    return replace(answer, text="\n".join(lines), citations=tuple(citations))


def _span(words: str, text: str) -> tuple[int, int] | None:
    """Where the words stand in the text, broken over lines or not."""
    letters = [re.escape(c) for c in words if not c.isspace()]
    match = re.search(r"\s*".join(letters), text) if letters else None
    return match.span() if match else None


def _of_span(cited: Citation, span: tuple[int, int], document: Document, number: int) -> Citation:
    start, end = span
    pages = tuple(p.number for p in document.pages if p.start < end and start < p.end)
    return replace(cited, number=number, start=start, end=end, quote=document.text[start:end], pages=pages, path=())
