"""What the numbers were taken on, and what a process holds in memory."""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import dataclass
from pathlib import Path

_STATUS = Path("/proc/self/status")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Enough to judge a number by; nothing that names the machine or its user."""

    cores: int
    system: str
    python: str


def machine() -> Machine:
    """This machine."""
    return Machine(cores=os.cpu_count() or 1, system=platform.system(), python=platform.python_version())


def memory_bytes() -> int | None:
    """What this process holds in memory now; None where the system does not say."""
    return _status("VmRSS")


def peak_memory_bytes() -> int | None:
    """The most this process has held in memory; None where the system does not say."""
    # Not getrusage on Linux: its figure is handed down from the parent that started the process.
    if (peak := _status("VmHWM")) is not None:
        return peak
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _status(field: str) -> int | None:
    """A field of /proc/self/status in bytes; None where there is no such file."""
    if not _STATUS.is_file():
        return None
    for line in _STATUS.read_text(encoding="ascii", errors="replace").splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0]) * 1024
    return None
