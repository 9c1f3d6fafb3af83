"""The commands about the documents in the base: listing, showing, comparing, removing, and what ingest kept of them."""

from __future__ import annotations

import argparse
import json
import sys

from ui.cli_base import DONE, CommandFailed, opened


def documents(options: argparse.Namespace) -> int:
    """Lists what is in the base."""
    from ui.render import record_dict

    with opened(options) as service:
        records = service.documents(hidden=options.all)
    if options.json:
        _print_json([record_dict(r) for r in records])
        return DONE
    for record in records:
        number = f"({record.metadata.document_number})" if record.metadata.document_number else ""
        words = {"copy": f"  [{record.current_id} 的副本]", "version": f"  [{record.current_id} 的另一版本]"}
        behind = words[record.kinship] if record.kinship else ""
        print(f"{record.id}  {record.metadata.title}{number}  {record.source}{behind}")
    print(f"共 {len(records)} 份", file=sys.stderr)
    return DONE


def show(options: argparse.Namespace) -> int:
    """Shows one document."""
    from qa.correction import LABELS
    from ui.render import document_dict

    with opened(options) as service:
        document = service.document(options.document_id)
    if options.json:
        _print_json(document_dict(document))
        return DONE
    metadata = document.metadata
    print(
        f"{metadata.title}\n文号：{metadata.document_number or '未注明'}  发文机关：{metadata.issuer or '未注明'}"
        f"  成文日期：{metadata.issued_on or '未注明'}\n来源：{document.source}"
    )
    if metadata.corrected:
        print(f"人工更正：{'、'.join(LABELS[field] for field in metadata.corrected)}（用 zhengda correct 查看）")
    print()
    for section in document.sections:
        if section.heading:
            print("  " * (len(section.path) - 1) + section.heading)
    print(f"\n{document.text}")
    return DONE


def texts(options: argparse.Namespace) -> int:
    """Writes each document's text to a folder."""
    with opened(options) as service:
        options.folder.mkdir(parents=True, exist_ok=True)
        for record in service.documents(hidden=True):
            (options.folder / f"{record.id}.txt").write_bytes(service.document(record.id).text.encode("utf-8"))
    return DONE


def diff(options: argparse.Namespace) -> int:
    """Shows what changed from one document to another, or from its own earlier version."""
    from ui.difference import difference_json, difference_lines

    with opened(options) as service:
        found = service.difference(options.document_id, options.other_id)
    if options.json:
        _print_json(difference_json(found))
    else:
        print("\n".join(difference_lines(found, colour=sys.stdout.isatty())))
    return DONE


def coverage(options: argparse.Namespace) -> int:
    """Shows what ingest kept of the files, what it cut of one document, or which files failed."""
    from ui import coverage as shown

    if options.failed and options.document_id:
        raise CommandFailed("--failed 列出没有导入成功的文件，不能同时给出文件编号，请二者取一")
    with opened(options) as service:
        if options.failed:
            failures = service.failures()
            value, lines = [shown.failure_json(f) for f in failures], shown.failure_lines(failures)
            lines = lines or ["没有导入失败的文件"]
        elif options.document_id:
            document = service.document(options.document_id)
            value, lines = [shown.cuts_json(document)], shown.cut_lines(document)
        else:
            records = service.documents(hidden=True)
            value, lines = [shown.coverage_json(r) for r in records], shown.coverage_lines(records)
    if options.json:
        _print_json(value[0] if options.document_id else value)
    else:
        print("\n".join(lines))
    return DONE


def remove(options: argparse.Namespace) -> int:
    """Removes a document."""
    with opened(options, to_write=True) as service:
        behind = [r.id for r in service.family(options.document_id) if r.id != options.document_id]
        record = service.remove(options.document_id)
        heir = service.family(behind[0])[0] if behind and record.current_id is None else None
    print(f"已删除：{record.metadata.title}（{record.source}）")
    if heir:
        print(f"它的另一版本或副本接替它用于回答：{heir.metadata.title}（{heir.source}，编号 {heir.id}）")
    return DONE


def _print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False))
