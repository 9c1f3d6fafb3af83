"""The library as HTML: the table of documents, ingest progress and results."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from qa.correction import LABELS
from qa.intake import FileReport, FileStatus
from ui.coverage import kept_words
from ui.render import day_label, duration_label, name_of, source_label

if TYPE_CHECKING:
    from kb.records import Record
    from ui.undo import Removed

ROWS_SHOWN = 200
EMPTY_BASE = (
    '<div class="zd-blank"><b>资料库还是空的</b>'
    "<p>把政策文件、工作报告拖到上面的方框里，或点方框选择文件。入库后到“问答”提问，答案会逐字引用这些文件。</p>"
    "<p>一次可以放多份；同一份文件重复上传不会重复入库。</p></div>"
)
STATUS_LABELS = {
    FileStatus.ADDED: "已入库",
    FileStatus.UPDATED: "已更新",
    FileStatus.UNCHANGED: "未变化",
    FileStatus.FAILED: "失败",
}


def matching(records: Sequence[Record], wanted: str) -> list[Record]:
    """The records that hold every word of `wanted` in title, 文号, issuer, place, year or file name."""
    words = wanted.casefold().split()
    return [r for r in records if all(word in _searched(r) for word in words)]


def table_html(records: Sequence[Record], wanted: str, confirming: str | None = None) -> str:
    """The documents that match; the row being removed asks once more."""
    if not records:
        return EMPTY_BASE
    found = matching(records, wanted)
    count = f"共 {len(records)} 份文件" if not wanted.strip() else f"共 {len(records)} 份，符合 {len(found)} 份"
    if not found:
        return f'<p class="zd-count">{count}</p><div class="zd-blank"><p>没有符合“{escape(wanted)}”的文件。</p></div>'
    names = ("文件", "文号", "发文机关", "成文日期", "地区", "年份", "页数", "")
    head = "".join(f"<th>{name}</th>" for name in names)
    rows = "".join(_row(r, r.id == confirming) for r in found[:ROWS_SHOWN])
    cut = len(found) - ROWS_SHOWN
    more = f'<p class="zd-more">另有 {cut} 份未列出，请用筛选缩小范围。</p>' if cut > 0 else ""
    return (
        f'<p class="zd-count">{count}</p><table class="zd-table"><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table>{more}"
    )


def undo_html(removed: Removed | None) -> str:
    """The last removal, and the way to take it back; nothing when there is none."""
    if removed is None:
        return ""
    name = escape(source_label(removed.record.metadata.title, None))
    return (
        f'<p class="zd-undo" role="status">已移除{name}，不再用来回答问题。'
        '<button type="button" class="zd-button" data-act="undo">撤销</button><small>10 分钟内有效</small></p>'
    )


def progress_html(
    done: Sequence[FileReport], total: int, current: str, seconds: float, left_s: float | None = None
) -> str:
    """How far an ingest run is: bar, rate, time left, the file in hand, and the files already through."""
    rate = f"，每分钟约 {len(done) / seconds * 60:.0f} 份" if done and seconds > 1 else ""
    rate += f"，约剩 {duration_label(left_s)}" if left_s is not None and len(done) < total else ""
    width = round(100 * len(done) / total) if total else 0
    now = f"，正在读：{escape(name_of(current))}" if current else ""
    return (
        f'<section class="zd-ingest" aria-busy="true"><p>正在入库 {len(done)}/{total}{rate}{now}</p>'
        f'<div class="zd-bar"><i style="width:{width}%"></i></div>{lines_html(done)}</section>'
    )


def notice_html(done: int, total: int) -> str:
    """One line for every tab while files are taken in."""
    count = f" {done}/{total} 份" if total else ""
    return f'<p class="zd-intake" role="status">正在导入资料{count}，已导入的现在就可以提问</p>'


def report_html(files: Sequence[FileReport], seconds: float) -> str:
    """The end of an ingest run: totals, and a line for each file, failures first."""
    counts = [(STATUS_LABELS[s], sum(f.status is s for f in files)) for s in FileStatus]
    summary = "，".join(f"{label} {count} 份" for label, count in counts if count) or "没有文件"
    ordered = sorted(files, key=lambda f: f.status is not FileStatus.FAILED)
    return (
        f'<section class="zd-ingest"><p>入库完成：{summary}，用时 {seconds:.1f} 秒</p>{lines_html(ordered)}</section>'
    )


def lines_html(files: Sequence[FileReport]) -> str:
    """One clear line for each file."""
    return f"<ul>{''.join(_line(f) for f in files)}</ul>" if files else ""


def message_html(text: str) -> str:
    """One line in place of a report."""
    return f'<section class="zd-ingest"><p class="zd-error" role="alert">{escape(text)}</p></section>'


def _line(report: FileReport) -> str:
    detail = escape(report.reason or "") or (escape(kept_words(report.coverage)) if report.coverage else "")
    detail = f"已用新内容替换原有的同名文件，{detail}" if report.status is FileStatus.UPDATED else detail
    label = STATUS_LABELS[report.status]
    return (
        f'<li class="is-{report.status.value}"><b>{label}</b><span>{escape(name_of(report.source))}</span>'
        f"<small>{detail}{_cautions(report)}</small></li>"
    )


def _cautions(report: FileReport) -> str:
    """What was lost or is uncertain, and what other documents these are copies or versions of."""
    lines = (*(report.coverage.warnings if report.coverage else ()), *report.notes)
    return "".join(f"<br>{escape(line)}" for line in lines)


def _heir_words(record: Record) -> str:
    """What answers once the document is removed."""
    return "由它的另一版本或副本接替" if record.versions or record.copies else "不再用来回答问题"


def _behind(record: Record) -> str:
    """How many other versions and copies the document stands for."""
    words = [f"另有 {len(record.versions)} 个版本" if record.versions else ""]
    words += [f"{len(record.copies)} 份副本" if record.copies else ""]
    return "".join(f"，{word}" for word in words if word)


def _by_hand(record: Record) -> str:
    """What people set against what was read."""
    corrected = "、".join(LABELS[field] for field in record.metadata.corrected)
    return f"，人工更正：{corrected}" if corrected else ""


def _row(record: Record, confirming: bool) -> str:
    metadata = record.metadata
    cells = [
        ("文号", metadata.document_number or ""),
        ("发文机关", metadata.issuer or ""),
        ("成文日期", day_label(metadata.issued_on)),
        ("地区", metadata.place or ""),
        ("年份", str(metadata.year or "")),
        ("页数", str(record.coverage.pages)),
    ]
    listed = "".join(f'<td data-label="{name}">{escape(value)}</td>' for name, value in cells)
    id = escape(record.id)
    title = (
        f'<td class="is-title"><button type="button" class="zd-link" data-act="view" data-id="{id}">'
        f"{escape(metadata.title)}</button><small>{escape(name_of(record.source))}{_behind(record)}"
        f"{_by_hand(record)}</small></td>"
    )
    if not confirming:
        acts = "".join(
            f'<button type="button" class="zd-link is-quiet" data-act="{act}" data-id="{id}">{label}</button> '
            for act, label in (("correct", "更正"), ("remove", "移除"))
        )
        return f'<tr>{title}{listed}<td class="is-act">{acts.strip()}</td></tr>'
    ask = (
        f"<p>确定移除{escape(source_label(metadata.title, None))}？移除后{_heir_words(record)}。</p>"
        f'<button type="button" class="zd-button is-red" data-act="remove-now" data-id="{id}">确定移除</button>'
        '<button type="button" class="zd-button" data-act="keep">取消</button>'
    )
    return (
        f'<tr class="is-confirming">{title}{listed}<td></td></tr><tr class="is-asking"><td colspan="8">{ask}</td></tr>'
    )


def _searched(record: Record) -> str:
    m = record.metadata
    parts = (m.title, m.document_number, m.issuer, m.place, str(m.year or ""), m.kind, record.source)
    return " ".join(part for part in parts if part).casefold()
