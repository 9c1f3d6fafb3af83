"""The commands that put a base into one file and take it out again."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from ui.backups import holds
from ui.cli_base import DONE, LateBar

_MIB = 2**20


def backup(options: argparse.Namespace) -> int:
    """Writes the base to a file, whoever serves it meanwhile."""
    from kb.backup import backup
    from qa.settings import default_home

    made = backup(options.home or default_home(), options.file, LateBar("备份"))
    size = f"{made.size / _MIB:.1f} MB"
    print(f"已备份 {holds(made)}，{size}，已逐个核对：{options.file}")
    if made.missing:
        print(f"有 {len(made.missing)} 个原件在资料库里已经缺失，不在备份里；用 zhengda doctor 查看是哪些")
    _say_left_out(made.keys_left_out)
    return DONE


def restore(options: argparse.Namespace) -> int:
    """Makes a base from a backup."""
    from kb.backup import restore
    from qa.settings import default_home

    home = options.home or default_home()
    found = restore(options.file, home, replace=options.replace, on_done=LateBar("恢复"))
    print(f"已恢复 {holds(found)}到 {home}；索引在第一次使用时重建")
    _say_left_out(found.keys_left_out)
    return DONE


def _say_left_out(keys: Sequence[str]) -> None:
    if keys:
        print(f"密钥不进备份，恢复后请重新填写：{'、'.join(keys)}")
