"""What ingest kept of the files and what it cut, as lines for a terminal and as JSON. The page says the same."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from qa.intake import FileReport, FileStatus, IngestReport
from ui.render import Json, coverage_dict

if TYPE_CHECKING:
    from ingest.document import Coverage, Cut, Document
    from kb.records import Failure, Record

CUT_REASONS = {
    "article-site": "文章网站的套话",
    "breadcrumb": "网页的位置导航",
    "counter": "浏览次数",
    "disclaimer": "网站的版权声明",
    "editor": "网站编辑署名",
    "empty-field": "没有填写的栏目",
    "font-size": "字号按钮",
    "member-offer": "会员下载提示",
    "neighbour-link": "上一篇、下一篇",
    "origin": "转载来源",
    "page-action": "打印、关闭等按钮",
    "page-number": "页码",
    "print-mark": "打印时加上的网址和时间",
    "related-links": "相关链接",
    "running-head": "页眉页脚",
    "scan-code": "扫码提示",
    "site-footer": "网站底部信息",
}
STATUS_WORDS = {
    FileStatus.ADDED: "新增",
    FileStatus.UPDATED: "更新",
    FileStatus.UNCHANGED: "未变",
    FileStatus.FAILED: "失败",
}


def kept_words(coverage: Coverage) -> str:
    """What was kept of a file, and what was not, in one line: 6 页，1,204 字，2 张表 14 行，去掉 35 字."""
    ocr = f"{coverage.pages_ocr} 页由扫描识别" if coverage.pages_ocr else ""
    if ocr and coverage.ocr_confidence is not None:
        ocr += f"（把握 {coverage.ocr_confidence:.0%}）"
    words = [
        f"{coverage.pages} 页" if coverage.pages > 1 or ocr else "",  # a text without pages counts as one
        f"{coverage.characters:,} 字" if coverage.characters else "",
        f"{coverage.tables} 张表 {coverage.table_rows} 行" if coverage.tables else "",
        ocr,
        f"{coverage.pages_empty} 页没有文字" if coverage.pages_empty else "",
        f"去掉 {coverage.characters_cut:,} 字" if coverage.characters_cut else "",
    ]
    return "，".join(word for word in words if word)


def report_lines(report: IngestReport) -> list[str]:
    """A line for each file that is new or changed, with its warnings and notes below; then the totals."""
    lines = [line for file in report.files for line in _file_lines(file)]
    counts = "，".join(f"{word} {report.count(status)}" for status, word in STATUS_WORDS.items())
    return [*lines, f"{counts}，用时 {report.seconds:.1f} 秒"]


def coverage_lines(records: tuple[Record, ...]) -> list[str]:
    """A line for each document, with its warnings below."""
    lines: list[str] = []
    for record in records:
        lines.append(f"{record.id}  {record.source}：{kept_words(record.coverage)}")
        lines += [f"  注意：{warning}" for warning in record.coverage.warnings]
    return lines


def cut_lines(document: Document) -> list[str]:
    """What was kept of one document, then what cleaning took out of it: why, on which page, which words."""
    lines = [f"{document.metadata.title}（{document.source}）", kept_words(document.coverage)]
    lines += [f"注意：{warning}" for warning in document.coverage.warnings]
    if not document.cuts:
        return [*lines, "没有去掉任何内容"]
    counts = Counter(cut_reason(cut) for cut in document.cuts)
    lines.append("去掉的内容：" + "，".join(f"{reason} {count} 处" for reason, count in counts.most_common()))
    return [*lines, *(f"  [{cut_reason(cut)}]{_page(cut)} {cut.text}" for cut in document.cuts)]


def failure_lines(failures: tuple[Failure, ...]) -> list[str]:
    """A line for each file that could not be taken in; the reason names it."""
    return [f"{f.failed_at.astimezone():%Y-%m-%d %H:%M}  {failure_reason(f)}" for f in failures]


def failure_reason(failure: Failure) -> str:
    """The reason, with the file's name before it where it does not say it itself."""
    return failure.reason if failure.source in failure.reason else f"{failure.source}：{failure.reason}"


def cut_reason(cut: Cut) -> str:
    """Why something was cut, in Chinese; a reason that has no words yet as it is."""
    return CUT_REASONS.get(cut.reason, cut.reason)


def coverage_json(record: Record) -> Json:
    """One entry of `coverage --json`."""
    return {
        "document_id": record.id,
        "source": record.source,
        "title": record.metadata.title,
        "coverage": coverage_dict(record.coverage),
    }


def cuts_json(document: Document) -> Json:
    """`coverage DOCUMENT_ID --json`: what was kept, and every cut with its reason in both languages."""
    return {
        "document_id": document.id,
        "source": document.source,
        "title": document.metadata.title,
        "coverage": coverage_dict(document.coverage),
        "cuts": [
            {"reason": c.reason, "reason_text": cut_reason(c), "text": c.text, "page": c.page} for c in document.cuts
        ],
    }


def failure_json(failure: Failure) -> Json:
    """One entry of `coverage --failed --json`."""
    return {
        "source": failure.source,
        "path": failure.path,
        "reason": failure.reason,
        "failed_at": failure.failed_at.isoformat(),
    }


def _file_lines(file: FileReport) -> list[str]:
    if file.status is FileStatus.UNCHANGED or file.coverage is None:
        return []
    parts = f"，分成 {len(file.documents)} 份文件" if len(file.documents) > 1 else ""
    lines = [f"{STATUS_WORDS[file.status]} {file.source}：{kept_words(file.coverage)}{parts}"]
    return [*lines, *(f"  注意：{line}" for line in (*file.coverage.warnings, *file.notes))]


def _page(cut: Cut) -> str:
    return f" 第 {cut.page} 页" if cut.page else ""
