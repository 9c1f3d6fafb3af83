"""Our types as plain JSON values, and the formal way to name a source. Every surface shows the same."""

from __future__ import annotations

import re
from datetime import date
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from qa.intake import FileStatus

if TYPE_CHECKING:
    from ingest.document import Coverage, Document, Metadata
    from kb.corrections import Corrections
    from kb.records import Record
    from qa.answer import Answer, Citation
    from qa.intake import FileReport, IngestReport
    from qa.search import SearchHit, SearchPage

Json = dict[str, Any]
CLAUSE_CHARS = 30  # a longer heading is no name of a part
_ARTICLE = re.compile(r"第[一二三四五六七八九十百零〇\d]{1,6}条(?:之[一二三四五六七八九十])?")


def source_label(title: str, document_number: str | None) -> str:
    """The formal name of a source: 《标题》（文号）. A title that brings its own 《》 is not wrapped twice."""
    inner = title.strip()
    wrapped = inner if _is_wrapped(inner) else f"《{inner.replace('《', '〈').replace('》', '〉')}》"
    return f"{wrapped}（{document_number}）" if document_number else wrapped


def quote_with_source(citation: Citation) -> str:
    """A quote ready to paste into a report: “……”——《标题》（文号）第三条，第 2 页"""
    return f"“{citation.quote.strip()}”——{source_line(citation.title, citation.document_number, citation.path, citation.pages)}"


def answer_with_sources(answer: Answer) -> str:
    """An answer ready to paste into a report: its text with [1] where it cites, below it each source in form."""
    sources = [
        f"[{c.number}] {source_line(c.title, c.document_number, c.path, c.pages)}"
        for c in answer.citations
        if not c.nearest
    ]
    return "\n".join([answer.text, *(["出处：", *sources] if sources else [])])


def source_line(title: str, document_number: str | None, path: tuple[str, ...], pages: tuple[int, ...]) -> str:
    """Where words stand: 《标题》（文号）第三条，第 2 页"""
    where = pages_label(pages)
    return source_label(title, document_number) + clause_label(path) + (f"，{where}" if where else "")


def clause_label(path: tuple[str, ...]) -> str:
    """第三条, or else the innermost heading: “二、就业帮扶”; "" when there is none fit to be named."""
    articles = [match[0] for heading in path if (match := _ARTICLE.match(heading))]
    if articles:
        return articles[-1]
    return next((f"“{heading}”" for heading in reversed(path) if len(heading) <= CLAUSE_CHARS), "")


def pages_label(pages: tuple[int, ...]) -> str:
    """第 2 页, 第 2—3 页, or "" when the format has no pages."""
    if not pages:
        return ""
    first, last = min(pages), max(pages)
    return f"第 {first} 页" if first == last else f"第 {first}—{last} 页"


def name_of(source: str) -> str:
    """The file's own name, without folders."""
    return PurePath(source.replace("\\", "/")).name


def duration_label(seconds: float) -> str:
    """A length of time for people: 40 秒, 12 分钟, 2.5 小时."""
    if seconds < 60:
        return f"{max(1, round(seconds))} 秒"
    return f"{round(seconds / 60)} 分钟" if seconds < 5400 else f"{seconds / 3600:.1f} 小时"


def day_label(day: date | None) -> str:
    """2019年9月30日, or "" when it is not known."""
    return f"{day.year}年{day.month}月{day.day}日" if day else ""


def answer_dict(answer: Answer, id: str | None = None) -> Json:
    """One answer as `ask --json` gives it; `understood_as` is there only for a follow-up."""
    shown: Json = {
        "id": id,
        "question": answer.question,
        "outcome": answer.outcome.value,
        "answer": answer.text,
        "citations": [citation_dict(c) for c in answer.citations],
        "warnings": [{"kind": w.kind, "text": w.text} for w in answer.warnings],
        "certainty": round(answer.certainty, 3),
        "seconds": round(answer.seconds, 3),
    }
    return {**shown, "understood_as": answer.understood_as} if answer.understood_as else shown


def citation_dict(citation: Citation) -> Json:
    """One citation; `nearest` is there only where it is true."""
    shown: Json = {
        "number": citation.number,
        "document_id": citation.document_id,
        "source": citation.source,
        "title": citation.title,
        "document_number": citation.document_number,
        "issuer": citation.issuer,
        "issued_on": _day(citation.issued_on),
        "status": citation.status.value,
        "pages": list(citation.pages),
        "path": list(citation.path),
        "start": citation.start,
        "end": citation.end,
        "quote": citation.quote,
    }
    return {**shown, "nearest": True} if citation.nearest else shown


def ingest_dict(report: IngestReport) -> Json:
    """An ingest run as `ingest --json` gives it."""
    return {
        "files": [file_dict(f) for f in report.files],
        **{status.value: report.count(status) for status in FileStatus},
        "seconds": round(report.seconds, 3),
    }


def file_dict(report: FileReport) -> Json:
    """What became of one file."""
    return {
        "source": report.source,
        "status": report.status.value,
        "documents": list(report.documents),
        "reason": report.reason,
        "coverage": coverage_dict(report.coverage) if report.coverage else None,
        "notes": list(report.notes),
    }


def document_dict(document: Document) -> Json:
    """A whole document as `show --json` gives it; every start and end points into "text"."""
    return {
        "document_id": document.id,
        "source": document.source,
        "part": document.part,
        **metadata_dict(document.metadata),
        "pages": [{"number": p.number, "start": p.start, "end": p.end} for p in document.pages],
        "outline": [
            {"level": s.level, "heading": s.heading, "path": list(s.path), "start": s.start, "end": s.end}
            for s in document.sections
        ],
        "cuts": [{"reason": c.reason, "text": c.text, "page": c.page} for c in document.cuts],
        "coverage": coverage_dict(document.coverage),
        "text": document.text,
    }


def record_dict(record: Record) -> Json:
    """One line of `documents --json`."""
    return {
        "document_id": record.id,
        "source": record.source,
        "part": record.part,
        **metadata_dict(record.metadata),
        "chunks": record.chunks,
        "characters": record.characters,
        "added_at": record.added_at.isoformat(),
        "current_id": record.current_id,
        "kinship": record.kinship.value if record.kinship else None,
        "versions": list(record.versions),
        "copies": list(record.copies),
        "coverage": coverage_dict(record.coverage),
    }


def corrections_dict(corrections: Corrections) -> Json:
    """What people say of a document, and what was read of it."""
    return {
        "corrected": [{"field": c.field, "by": c.made_by, "at": c.made_at.isoformat()} for c in corrections.made],
        "read": metadata_dict(corrections.read),
    }


def search_dict(page: SearchPage) -> Json:
    """A page of hits as `search --json` gives it, best first."""
    return {
        "query": page.query,
        "total": page.total,
        "hits": [_hit_dict(hit) for hit in page.hits],
        "facets": {name: dict(counts) for name, counts in page.facets.items()},
        "notes": list(page.notes),
    }


def metadata_dict(metadata: Metadata) -> Json:
    """What a document says of itself; unknown is None."""
    return {
        "title": metadata.title,
        "document_number": metadata.document_number,
        "issuer": metadata.issuer,
        "issuers": list(metadata.issuers),
        "issued_on": _day(metadata.issued_on),
        "published_on": _day(metadata.published_on),
        "effective_on": _day(metadata.effective_on),
        "expires_on": _day(metadata.expires_on),
        "index_number": metadata.index_number,
        "subject": metadata.subject,
        "openness": metadata.openness,
        "place": metadata.place,
        "year": metadata.year,
        "period": list(metadata.period) if metadata.period else None,
        "kind": metadata.kind,
        "topics": list(metadata.topics),
        **_said_dict(metadata),
    }


def _said_dict(metadata: Metadata) -> Json:
    """What people say of a document: which fields they set, and its validity, each only where there is something."""
    shown: Json = {"corrected": list(metadata.corrected)} if metadata.corrected else {}
    if ruling := metadata.ruling:
        ended = {"validity": ruling.state.value, "ended_by": ruling.by, "ended_by_document": ruling.document_id}
        shown |= {**ended, "ended_on": _day(ruling.from_day)}
    return shown


def coverage_dict(coverage: Coverage) -> Json:
    """What ingest kept of a file."""
    return {
        "pages": coverage.pages,
        "pages_empty": coverage.pages_empty,
        "pages_ocr": coverage.pages_ocr,
        "tables": coverage.tables,
        "table_rows": coverage.table_rows,
        "ocr_confidence": coverage.ocr_confidence,
        "characters": coverage.characters,
        "characters_cut": coverage.characters_cut,
        "warnings": list(coverage.warnings),
    }


def _hit_dict(hit: SearchHit) -> Json:
    metadata = hit.document.metadata
    return {
        "document_id": hit.document.id,
        "source": hit.document.source,
        "title": metadata.title,
        "issuer": metadata.issuer,
        "issued_on": _day(metadata.issued_on),
        "place": metadata.place,
        "year": metadata.year,
        "kind": metadata.kind,
        "topics": list(hit.topics),
        "path": list(hit.path),
        "pages": list(hit.pages),
        "start": hit.start,
        "end": hit.end,
        "quote": hit.quote,
        "score": hit.score,
        "document_number": metadata.document_number,
        "status": hit.status.value,
        "matched": [[hit.start + a, hit.start + b] for a, b in hit.matched],
        "cite": source_line(metadata.title, metadata.document_number, hit.path, hit.pages),
    }


def _is_wrapped(title: str) -> bool:
    """True for a title that is one 《…》 from end to end."""
    return title.startswith("《") and title.endswith("》") and title.count("《") == 1


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
