"""The 系统 tab as HTML: how things are, the backups, what was taken in last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape
from pathlib import Path
from urllib.parse import quote

from kb.records import Failure
from ui.background import Progress
from ui.backups import BackupFile
from ui.coverage import failure_reason
from ui.evaluations import ReportFile
from ui.health import Health

FAILURES_SHOWN = 200
_LITTLE_FREE = 2 * 2**30


def health_html(health: Health, check: Progress) -> str:
    """The state of the base as a list of facts, then whether it is whole and whether it is being rebuilt."""
    facts = "".join(f"<div><dt>{name}</dt><dd>{escape(value)}</dd></div>" for name, value in _facts(health))
    return (
        f'<section class="zd-panel" aria-labelledby="zd-state"><h2 id="zd-state">运行状况</h2>'
        f'<dl class="zd-state">{facts}</dl>{_check_html(check)}{_rebuild_html(health)}</section>'
    )


def backup_html(progress: Progress, files: Sequence[BackupFile], home: Path, name: str, confirming: str = "") -> str:
    """Making a backup, those there are, and how to take one back. The one being deleted asks once more."""
    return (
        f'<section class="zd-panel" aria-labelledby="zd-backup-head"><h2 id="zd-backup-head">备份</h2>'
        f"{_making_html(progress, name)}{_files_html(files, confirming)}{_restore_html(home, files)}</section>"
    )


def runs_html(health: Health, failures: Sequence[Failure]) -> str:
    """The last days of taking in, and the files that failed and still do."""
    days = "".join(f"<li>{day:%Y-%m-%d} 导入 {count} 份</li>" for day, count in health.imports)
    listed = f'<ul class="zd-days">{days}</ul>' if days else '<p class="zd-count">还没有导入过文件。</p>'
    return (
        f'<section class="zd-panel" aria-labelledby="zd-runs-head"><h2 id="zd-runs-head">最近导入</h2>{listed}'
        f"{_failures_html(failures)}</section>"
    )


def evaluations_html(reports: Sequence[ReportFile]) -> str:
    """The reports of question sets that were asked of the base, and how to ask one."""
    rows = "".join(
        f"<li><span>{escape(r.sets)}<small>{r.made_at:%Y-%m-%d %H:%M}</small></span>"
        f'<span><a class="zd-button" href="/api/evaluations/{quote(r.name)}" target="_blank" rel="noopener">打开</a></span></li>'
        for r in reports
    )
    listed = f'<ul class="zd-backups">{rows}</ul>' if rows else '<p class="zd-count">还没有评测过。</p>'
    return (
        f'<section class="zd-panel" aria-labelledby="zd-eval-head"><h2 id="zd-eval-head">评测报告</h2>{listed}'
        '<p class="zd-count">用本单位的题集测答得准不准：<code>zhengda eval 题集.xlsx</code>，报告会列在这里。</p></section>'
    )


def size_label(size: int) -> str:
    """Bytes for people."""
    for unit, bytes_ in (("GB", 2**30), ("MB", 2**20)):
        if size >= bytes_:
            return f"{size / bytes_:.1f} {unit}"
    return f"{size / 1024:.0f} KB"


def _facts(health: Health) -> list[tuple[str, str]]:
    hidden = f"，另有 {health.hidden} 份旧版本和副本" if health.hidden else ""
    backups = f"，备份另占 {size_label(health.backup_size)}" if health.backup_size else ""
    little = "，空间不多了，请腾出一些" if health.free < _LITTLE_FREE else ""
    embedder = "内置模型" if health.embedder == "builtin" else health.embedder
    waiting = "（设置已改，新索引建好前仍用原来的）" if health.is_outdated else ""
    answers = f"语言模型 {health.language_model} 成文，逐句核对" if health.language_model else "逐字引用原文"
    reader = {"builtin": "内置模型", "none": "已在设置里关闭，只按规则选句"}.get(health.reader, health.reader)
    ocr = {None: "已在设置里关闭", True: "可用", False: "缺少组件，请重新安装 rapidocr 和 opencv-python-headless"}
    return [
        ("文件", f"{health.documents:,} 份{hidden}"),
        ("段落", f"{health.passages:,} 段"),
        ("资料库大小", f"{size_label(health.base_size)}{backups}"),
        ("磁盘剩余", f"{size_label(health.free)}{little}"),
        ("资料库位置", str(health.home)),
        ("版本", health.version),
        ("检索模型", f"{embedder}{waiting}"),
        ("阅读模型", reader),
        ("回答方式", answers),
        ("扫描件识别", ocr[health.ocr]),
    ]


def _check_html(check: Progress) -> str:
    if check.running:
        return '<p class="zd-check" role="status" aria-busy="true">正在检查账本、索引和原件……</p>'
    again = '<button type="button" class="zd-button" data-act="check">检查资料库</button>'
    if not check.ended_at:
        return f'<p class="zd-check">{again}</p>'
    at = f"{datetime.fromtimestamp(check.ended_at):%H:%M} 检查："
    lines = "".join(f"<br>{escape(line)}" for line in check.line.splitlines()[1:])
    first = escape(check.line.partition("\n")[0])
    kind = "is-bad" if check.failed or lines else "is-good"
    return f'<p class="zd-check {kind}" role="status"><span>{at}{first}{lines}</span>{again}</p>'


def _rebuild_html(health: Health) -> str:
    progress = health.rebuilding
    if progress is None:
        return ""
    if progress.stopped:
        return f'<p class="zd-error" role="alert">按新设置重建停下了：{escape(progress.stopped)}</p>'
    told = f"正在按新设置重建索引：{progress.done:,}/{progress.total:,} 段，建好以前照原来的设置回答"
    return f'<div role="status"><p class="zd-count">{told}</p>{_bar(progress.done, progress.total, "重建索引")}</div>'


def _making_html(progress: Progress, name: str) -> str:
    if progress.running:
        verifying = progress.total and progress.done >= progress.total
        told = "正在核对备份" if verifying else f"正在备份 {size_label(progress.done)}/{size_label(progress.total)}"
        return (
            f'<div role="status" aria-busy="true"><p class="zd-count">{told}</p>'
            f"{_bar(progress.done, progress.total, '备份')}"
            '<p><button type="button" class="zd-button" data-act="cancel">取消</button></p></div>'
        )
    ended = ""
    if progress.ended_at:
        kind, role = ("zd-error", "alert") if progress.failed else ("zd-good", "status")
        ended = f'<p class="{kind}" role="{role}">{escape(progress.line)}</p>'
    return (
        f'{ended}<p class="zd-making" data-fields><label>文件名 <input name="name" maxlength="80" value="{escape(name)}">'
        '</label><button type="button" class="zd-button is-red" data-act="backup">开始备份</button></p>'
        '<p class="zd-count">备份含全部文件、原件和设置（不含密钥和登录用户），备份时照常使用。请下载后另存一份在别处。</p>'
    )


def _files_html(files: Sequence[BackupFile], confirming: str) -> str:
    if not files:
        return '<p class="zd-count">还没有在这里做过备份。</p>'
    rows = "".join(_file_row(file, file.name == confirming) for file in files)
    return f'<ul class="zd-backups">{rows}</ul>'


def _file_row(file: BackupFile, confirming: bool) -> str:
    name = escape(file.name)
    if confirming:
        acts = (
            f'<button type="button" class="zd-button is-red" data-act="delete-now" data-name="{name}">确定删除</button>'
            '<button type="button" class="zd-button" data-act="keep">取消</button>'
        )
    else:
        acts = (
            f'<a class="zd-button" href="/api/backups/{quote(file.name)}" download aria-label="下载 {name}">下载</a>'
            f'<button type="button" class="zd-link is-quiet" data-act="delete" data-name="{name}" aria-label="删除 {name}">'
            "删除</button>"
        )
    about = f"{file.made_at:%Y-%m-%d %H:%M}，{size_label(file.size)}"
    return f"<li><span>{name}<small>{about}</small></span><span>{acts}</span></li>"


def _restore_html(home: Path, files: Sequence[BackupFile]) -> str:
    file = home / "backups" / files[0].name if files else Path("备份文件.zip")
    command = f'zhengda --home "{home}" restore "{file}" --replace'
    return (
        '<details class="zd-fold"><summary>怎样恢复</summary><ol>'
        "<li>停下正在运行的政答（在它的窗口里按 Ctrl-C）。</li>"
        f'<li>运行 <code>{escape(command)}</code> <button type="button" class="zd-link" data-copy="{escape(command)}">'
        "复制</button></li>"
        "<li>重新启动政答；检索索引在第一次使用时自动重建。恢复不成功时，现有的资料库不变。</li>"
        "<li>换了电脑：先安装政答，再运行同样的命令；登录用户和密钥要重新设置。</li></ol></details>"
    )


def _failures_html(failures: Sequence[Failure]) -> str:
    if not failures:
        return '<p class="zd-count">没有导入失败的文件。</p>'
    newest = sorted(failures, key=lambda each: each.failed_at, reverse=True)
    rows = "".join(
        f"<li><small>{f.failed_at.astimezone():%Y-%m-%d %H:%M}</small> {escape(failure_reason(f))}</li>"
        for f in newest[:FAILURES_SHOWN]
    )
    cut = len(newest) - FAILURES_SHOWN
    more = f'<p class="zd-more">另有 {cut} 份，用 zhengda coverage --failed 查看全部。</p>' if cut > 0 else ""
    return f'<h3>没有导入成功（{len(failures)} 份）</h3><ul class="zd-failed">{rows}</ul>{more}'


def _bar(done: int, total: int, name: str) -> str:
    percent = round(100 * done / total) if total else 0
    return (
        f'<div class="zd-bar" role="progressbar" aria-label="{name}" aria-valuenow="{percent}" aria-valuemin="0" '
        f'aria-valuemax="100"><i style="width:{percent}%"></i></div>'
    )
