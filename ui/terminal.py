"""Answers and search results as plain text for a terminal."""

from __future__ import annotations

from qa.answer import Answer, Citation, Outcome
from qa.search import SearchPage


def answer_text(answer: Answer) -> str:
    """The answer, its warnings, and a line for each citation."""
    lines = [understood_line(answer.understood_as)] if answer.understood_as else []
    lines.append(answer.text)
    lines += [f"注意：{w.text}" for w in answer.warnings]
    if answer.citations:
        lines.append("\n最接近的段落（不是答案）：" if answer.outcome is Outcome.NO_EVIDENCE else "\n出处：")
        lines += [_citation_text(c) for c in answer.citations]
    return "\n".join(lines)


def understood_line(text: str) -> str:
    """How a follow-up was taken."""
    return f"按“{text}”理解"


def search_text(page: SearchPage) -> str:
    """The hits, best first, each with where it stands."""
    lines = [f"共 {page.total} 段", *(f"注意：{note}" for note in page.notes)]
    for hit in page.hits:
        where = " > ".join((hit.document.metadata.title, *hit.path))
        lines.append(f"\n{where}\n  {' '.join(hit.quote.split())}\n  ({hit.document.source})")
    return "\n".join(lines)


def _citation_text(c: Citation) -> str:
    number = f"({c.document_number})" if c.document_number else ""
    facts = [
        c.issuer or "",
        str(c.issued_on) if c.issued_on else "",
        f"第 {'、'.join(map(str, c.pages))} 页" if c.pages else "",
        " > ".join(c.path),
        c.source,
    ]
    line = f"[{c.number}]《{c.title}》{number} {' | '.join(filter(None, facts))}"
    return f"{line}\n    {c.quote}" if c.nearest else line
