"""The command that corrects what was read of a document, and lists what was corrected."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from ui.cli_base import DONE, CommandFailed, opened

if TYPE_CHECKING:
    from ingest.document import Metadata
    from kb.corrections import Corrections
    from qa.correction import Given

_OPTIONS = (
    ("title", "T", "标题"),
    ("document-number", "N", "文号，如 云政办发〔2023〕5号"),
    ("issuer", "NAME", "发文机关，几个的用顿号隔开"),
    ("issued-on", "DATE", "成文日期，如 2024-12-31"),
    ("published-on", "DATE", "发布日期"),
    ("effective-on", "DATE", "施行日期"),
    ("expires-on", "DATE", "失效日期"),
    ("validity", "V", "有效性：in_force 现行有效、repealed 已废止、superseded 已被替代"),
    ("ended-by", "TEXT", "废止或替代它的文件：编号、文号、标题或说明"),
    ("ended-on", "DATE", "自哪天起废止或被替代"),
    ("place", "P", "地区，写全称，如 松溪镇"),
    ("year", "Y", "年份，如 2024 或 2021-2025"),
    ("kind", "K", "种类，如 rule、notice、work_report"),
    ("topics", "T", "主题，几个的用顿号隔开"),
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options. "" as a value says that it is not known."""
    parser.add_argument("document_id", metavar="DOCUMENT_ID")
    for name, shown, what in _OPTIONS:
        parser.add_argument(f"--{name}", metavar=shown, help=what)
    parser.add_argument(
        "--as-read",
        nargs="+",
        action="extend",
        default=[],
        metavar="FIELD",
        help="这几项恢复为文件里读到的，如 title issued_on；all 全部恢复",
    )
    parser.add_argument("--by", metavar="NAME", help="更正人，记在更正旁边")
    parser.add_argument("--json", action="store_true", help="结果以 JSON 输出")


def correct(options: argparse.Namespace) -> int:
    """Corrects a document, or lists what was corrected of it."""
    from ui.render import corrections_dict, record_dict

    names = [name.replace("-", "_") for name, _, _ in _OPTIONS]
    given: Given = {name: value for name in names if (value := getattr(options, name)) is not None}
    if not given and not options.as_read:
        return _listed(options)
    with opened(options, to_write=True) as service:
        as_read = _fields(options.as_read, service.corrections(options.document_id))
        corrected = service.correct(options.document_id, given, as_read=as_read, by=options.by)
        made = service.corrections(options.document_id)
    if options.json:
        _print_json({**record_dict(corrected.record), "notes": list(corrected.notes), **corrections_dict(made)})
    else:
        print("\n".join([*_lines(corrected.record.metadata, made), *corrected.notes]))
    return DONE


def _listed(options: argparse.Namespace) -> int:
    from ui.render import corrections_dict

    with opened(options) as service:
        metadata, made = service.document(options.document_id).metadata, service.corrections(options.document_id)
    if options.json:
        _print_json({"document_id": options.document_id, **corrections_dict(made)})
    else:
        print("\n".join(_lines(metadata, made)))
    return DONE


def _fields(as_read: list[str], made: Corrections) -> list[str]:
    """The fields to be as read again; "all" are those that were corrected."""
    if "all" not in as_read:
        return [name.replace("-", "_") for name in as_read]
    fields = [c.field for c in made.made]
    if not fields:
        raise CommandFailed("这份文件没有人工更正，没有要恢复的")
    return fields


def _lines(metadata: Metadata, made: Corrections) -> list[str]:
    """What counts, a field a line, and beside what was corrected: by whom, when, and what was read."""
    from qa.correction import LABELS, field_words, read_words

    by_field = {c.field: c for c in made.made}
    lines = []
    for field, label in LABELS.items():
        if field in ("ended_by", "ended_on"):
            continue
        line = f"{label}：{field_words(metadata, field) or '未注明'}"
        if c := by_field.get(field):
            who = f"{c.made_by}，" if c.made_by else ""
            line += f"  [人工更正，{who}{c.made_at.astimezone():%Y-%m-%d %H:%M}；{read_words(made.read, field)}]"
        lines.append(line)
    return lines


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False))
