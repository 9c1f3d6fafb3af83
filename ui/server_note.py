"""The note that a running `zhengda serve` leaves in the base's folder, so that the command line finds it.

home/server.json holds the address, the process, since when, and a random token; only its owner may read it. A server
proves that it knows the token before anyone sends it: a note may outlive its server, and its port go to another.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from qa.settings import Settings

_NAME = "server.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerNote:
    """Where a server answers, and the secret that lets a caller change the base through it."""

    address: str
    pid: int
    since: str  # local time, to the second
    token: str

    def write(self, home: Path) -> None:
        """Puts the note into `home` in one step, readable by this user alone."""
        partial = home / f".{_NAME}.{os.getpid()}"
        partial.unlink(missing_ok=True)
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(asdict(self), file)
        partial.replace(home / _NAME)


def new_token() -> str:
    """A secret that no one guesses."""
    return secrets.token_urlsafe(32)


def note_of_this_process(address: str, token: str) -> ServerNote:
    """The note of a server in this process."""
    since = datetime.now().isoformat(sep=" ", timespec="seconds")
    return ServerNote(address=address, pid=os.getpid(), since=since, token=token)


def read_note(home: Path) -> ServerNote | None:
    """The note in `home`; None where there is none, or none that this user may read."""
    try:
        return ServerNote(**json.loads((home / _NAME).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def remove_note(home: Path) -> None:
    """Takes the note away. Only for the process that holds the base."""
    with suppress(OSError):
        (home / _NAME).unlink(missing_ok=True)


def proof(token: str, nonce: str, home: Path) -> str:
    """What only a server of the base in `home` that knows the token can answer to `nonce`."""
    return _signed(token, "home", nonce, str(home.resolve()))


def settings_proof(token: str, nonce: str, settings: Settings) -> str:
    """The same for being set as the caller is: a command must do the same here and there."""
    values = {name: value for name, value in asdict(settings).items() if name != "home"}
    return _signed(token, "settings", nonce, json.dumps(values, sort_keys=True))


def _signed(token: str, *parts: str) -> str:
    return hmac.new(token.encode(), "\n".join(parts).encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()
