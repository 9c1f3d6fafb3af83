"""Who is logged in: random tokens in memory, so that a restart of the server logs everyone out.

A session ends after `IDLE_S` without a request, after `MOST_S` in any case, when it is logged out, and when its user is
removed or gets another password. Only hashes of the tokens are kept.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from ui.accounts import Account, Accounts

IDLE_S = 8 * 3600.0
MOST_S = 12 * 3600.0
_MOST_SESSIONS = 2000


@dataclass(slots=True, kw_only=True)
class _Session:
    account: Account
    begun: float
    used: float


class Sessions:
    """The sessions of one server. Safe to use from several threads."""

    def __init__(self, accounts: Accounts, clock: Callable[[], float] = time.monotonic) -> None:
        self._accounts, self._clock = accounts, clock
        self._lock = threading.Lock()
        self._sessions: dict[str, _Session] = {}

    def begin(self, account: Account) -> str:
        """The token of a new session."""
        token, now = secrets.token_urlsafe(32), self._clock()
        with self._lock:
            self._sessions = {k: s for k, s in self._sessions.items() if not _is_over(s, now)}
            while len(self._sessions) >= _MOST_SESSIONS:
                self._sessions.pop(next(iter(self._sessions)))
            self._sessions[_key(token)] = _Session(account=account, begun=now, used=now)
        return token

    def user(self, token: str) -> str | None:
        """The name of who holds the token, and a sign of life; None when no session goes on. Raises AccountError."""
        key, now = _key(token), self._clock()
        with self._lock:
            session = self._sessions.get(key)
            if session is None:
                return None
            if _is_over(session, now) or self._accounts.find(session.account.name) != session.account:
                del self._sessions[key]
                return None
            session.used = now
            return session.account.name

    def end(self, token: str) -> None:
        """Ends the session of a token."""
        with self._lock:
            self._sessions.pop(_key(token), None)


def _key(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _is_over(session: _Session, now: float) -> bool:
    return now - session.used > IDLE_S or now - session.begun > MOST_S
