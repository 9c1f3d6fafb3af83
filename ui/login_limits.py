"""How often a password may be tried: wrong tries are counted for a name and for an address, over a sliding time.

A try counts as wrong from its beginning, so that many at once gain nothing; the right password takes its own back.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from collections.abc import Callable

WITHIN_S = 15 * 60.0
MOST_FOR_NAME = 8
MOST_FOR_ADDRESS = 30  # an office may share one
_MOST_KEYS = 20_000

Key = tuple[str, str]


class Limits:
    """The wrong tries of one server. Safe to use from several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._tries: dict[Key, list[float]] = {}

    def begin(self, name: str, address: str) -> float:
        """Counts a try and gives back 0; or the seconds to wait when there were too many, and counts nothing."""
        now = self._clock()
        with self._lock:
            keys = self._keys(name, address)
            waits = [self._wait_s(key, most, now) for key, most in keys.items()]
            if max(waits) > 0:
                return max(waits)
            for key in keys:
                self._tries.setdefault(key, []).append(now)
            self._forget(now)
        return 0.0

    def succeeded(self, name: str, address: str) -> None:
        """The try was right: the name begins anew, the address gets this one back."""
        by_name, by_address = self._keys(name, address)
        with self._lock:
            self._tries.pop(by_name, None)
            if self._tries.get(by_address):
                self._tries[by_address].pop()

    @staticmethod
    def _keys(name: str, address: str) -> dict[Key, int]:
        return {("name", name): MOST_FOR_NAME, ("address", _network(address)): MOST_FOR_ADDRESS}

    def _wait_s(self, key: Key, most: int, now: float) -> float:
        recent = [t for t in self._tries.get(key, ()) if now - t < WITHIN_S]
        return WITHIN_S - (now - recent[-most]) if len(recent) >= most else 0.0

    def _forget(self, now: float) -> None:
        """Keeps the memory bounded: what is too old goes, then what is oldest."""
        if len(self._tries) > _MOST_KEYS:
            self._tries = {k: t for k, t in self._tries.items() if t and now - t[-1] < WITHIN_S}
        while len(self._tries) > _MOST_KEYS:
            self._tries.pop(min(self._tries, key=lambda k: self._tries[k][-1]))


def _network(address: str) -> str:
    """An address, or the /64 that one machine may have of IPv6."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is None:
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
