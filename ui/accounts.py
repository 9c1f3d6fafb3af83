"""Who may use the page from other machines: names and scrypt hashes of their passwords, in home/users.json.

Only the owner of the base's folder may read the file. No password is set beforehand, and none can be read back.

Error:
    AccountError   a name or password can't be taken, or the file can't be read; one line for the user, in Chinese
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from kb.errors import KnowledgeBaseError

LEAST_PASSWORD_CHARS, MOST_PASSWORD_CHARS = 10, 200
MOST_NAME_CHARS = 32
_N, _R, _P = 2**14, 8, 5  # 16 MiB and about 0.2 s a try; OWASP Password Storage Cheat Sheet, scrypt
_HASH_BYTES = 32
_NAME_MARKS = frozenset("-_.")


class AccountError(KnowledgeBaseError):
    """An account can't be made, changed or read. The message is one line for the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A user: the name, and what a password is checked against."""

    name: str
    salt: str  # hex
    hash: str  # hex, of scrypt(password, salt) with these costs
    n: int
    r: int
    p: int
    since: str  # local time of the last change, to the second

    def fits(self, password: str) -> bool:
        """Whether it is the password. Takes as long for a wrong one."""
        made = _scrypt(password, bytes.fromhex(self.salt), self.n, self.r, self.p)
        return hmac.compare_digest(made, bytes.fromhex(self.hash))


class Accounts:
    """The users of the base in `home`. Reads anew what another process has changed."""

    def __init__(self, home: Path) -> None:
        self.path = home / "users.json"
        self._read: tuple[tuple[int, ...], dict[str, Account]] = ((), {})
        self._no_one = _account("", secrets.token_hex())

    def all(self) -> tuple[Account, ...]:
        """The users by name. Raises AccountError."""
        return tuple(sorted(self._accounts().values(), key=lambda account: account.name))

    def find(self, name: str) -> Account | None:
        """The user of that name. Raises AccountError."""
        return self._accounts().get(plain(name))

    def check(self, name: str, password: str) -> Account | None:
        """The user whose name and password these are; as slow for a name that is not there. Raises AccountError."""
        account = self.find(name)
        fits = (account or self._no_one).fits(password)
        return account if fits else None

    def add(self, name: str, password: str) -> Account:
        """A new user. Raises AccountError."""
        with self._changing() as accounts:
            made = _account(_name(name), _password(name, password))
            if made.name in accounts:
                raise AccountError(f"已有用户 {made.name}；要改密码请用 zhengda users password {made.name}")
            accounts[made.name] = made
        return made

    def set_password(self, name: str, password: str) -> Account:
        """A user with another password; whoever is logged in with the old one is no longer. Raises AccountError."""
        with self._changing() as accounts:
            made = _account(self._known(name, accounts).name, _password(name, password))
            accounts[made.name] = made
        return made

    def remove(self, name: str) -> Account:
        """Takes a user away; returns what it was. Raises AccountError."""
        with self._changing() as accounts:
            return accounts.pop(self._known(name, accounts).name)

    # --- the file ---

    def _known(self, name: str, accounts: Mapping[str, Account]) -> Account:
        if (account := accounts.get(plain(name))) is None:
            raise AccountError(f"没有用户 {name}；用 zhengda users list 查看有哪些")
        return account

    def _accounts(self) -> dict[str, Account]:
        """The users by name; read again when the file is another one."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise self._unreadable(error) from error
        stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
        if self._read[0] != stamp:
            self._read = (stamp, self._load())
        return self._read[1]

    def _load(self) -> dict[str, Account]:
        try:
            users = json.loads(self.path.read_text(encoding="utf-8"))["users"]
            return {user["name"]: Account(**user) for user in users}
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: Exception) -> AccountError:
        return AccountError(f"{self.path}：用户名单读不了（{error}），请检查权限；损坏时删掉它重新添加用户")

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Account]]:
        """The users, written back in one step when the change went well. One process at a time."""
        from filelock import FileLock

        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(self.path.with_name(".users.lock"), timeout=10):
                accounts = dict(self._accounts())
                yield accounts
                self._write(accounts)
        except OSError as error:
            raise AccountError(
                f"{self.path}：用户名单写不了（{error.strerror or error}），请检查权限和磁盘空间"
            ) from error

    def _write(self, accounts: Mapping[str, Account]) -> None:
        partial = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        with suppress(FileNotFoundError):
            partial.unlink()
        try:
            with os.fdopen(
                os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
            ) as file:
                json.dump({"users": [asdict(account) for account in accounts.values()]}, file, ensure_ascii=False)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self.path)
        finally:
            partial.unlink(missing_ok=True)


def plain(text: str) -> str:
    """A name or password in the one form that full-width letters and composed accents come down to."""
    return unicodedata.normalize("NFKC", text)


def _account(name: str, password: str) -> Account:
    salt = secrets.token_bytes(16)
    since = datetime.now().isoformat(sep=" ", timespec="seconds")
    made = _scrypt(password, salt, _N, _R, _P)
    return Account(name=name, salt=salt.hex(), hash=made.hex(), n=_N, r=_R, p=_P, since=since)


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    secret = plain(password).encode("utf-8", "surrogatepass")
    return hashlib.scrypt(secret, salt=salt, n=n, r=r, p=p, maxmem=2 * 128 * n * r * p, dklen=_HASH_BYTES)


def _name(name: str) -> str:
    name = plain(name)
    if not 1 <= len(name) <= MOST_NAME_CHARS or not all(c.isalnum() or c in _NAME_MARKS for c in name):
        raise AccountError(f"用户名 {name!r} 不能用：应是 1 到 {MOST_NAME_CHARS} 个汉字、字母、数字或 - _ .")
    return name


def _password(name: str, password: str) -> str:
    secret = plain(password)
    if not LEAST_PASSWORD_CHARS <= len(secret) <= MOST_PASSWORD_CHARS:
        raise AccountError(f"密码应有 {LEAST_PASSWORD_CHARS} 到 {MOST_PASSWORD_CHARS} 个字符，请换一个")
    if len(set(secret)) < 4 or plain(name).casefold() in secret.casefold():
        raise AccountError("密码太容易猜：不能含有用户名，也不能只用两三个不同的字符，请换一个")
    return secret
