"""The commands that say who may use the page from other machines."""

from __future__ import annotations

import argparse
import getpass
import sys
from typing import TYPE_CHECKING

from ui.cli_base import DONE, CommandFailed

if TYPE_CHECKING:
    from ui.accounts import Accounts


def add(options: argparse.Namespace) -> int:
    """Adds a user."""
    made = _accounts(options).add(options.name, _password(options))
    print(f"已添加用户 {made.name}")
    return DONE


def password(options: argparse.Namespace) -> int:
    """Gives a user another password."""
    accounts = _accounts(options)
    if accounts.find(options.name) is None:
        raise CommandFailed(f"没有用户 {options.name}；用 zhengda users list 查看有哪些")
    made = accounts.set_password(options.name, _password(options))
    print(f"已修改 {made.name} 的密码；用原来的密码登录着的，要重新登录")
    return DONE


def remove(options: argparse.Namespace) -> int:
    """Takes a user away."""
    gone = _accounts(options).remove(options.name)
    print(f"已删除用户 {gone.name}；正登录着的立即退出")
    return DONE


def list_all(options: argparse.Namespace) -> int:
    """Lists the users."""
    accounts = _accounts(options).all()
    for account in accounts:
        print(f"{account.name}\t{account.since} 起")
    if not accounts:
        print("还没有用户；用 zhengda users add 名字 添加", file=sys.stderr)
    return DONE


def _accounts(options: argparse.Namespace) -> Accounts:
    from qa.settings import default_home
    from ui.accounts import Accounts

    return Accounts(options.home or default_home())


def _password(options: argparse.Namespace) -> str:
    """The new password: the first line of standard input when told so, else asked for twice."""
    if options.password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise CommandFailed("这里不是终端，没法输入密码；请在终端里运行，或加 --password-stdin 从标准输入读")
    first = getpass.getpass("新密码：")
    if getpass.getpass("再输一遍：") != first:
        raise CommandFailed("两遍密码不一样，没有改动，请重新运行")
    return first
