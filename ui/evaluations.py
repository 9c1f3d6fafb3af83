"""The reports of question sets, as `zhengda eval` leaves them for the page: in home/evaluations, the newest few."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

KEPT = 10
_NAME = re.compile(r"\d{8}-\d{6} [\w（）().、-]{1,80}\.html")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFile:
    """A report as it lies there."""

    name: str
    sets: str  # the names of its question sets
    made_at: datetime  # local


def folder_of(home: Path) -> Path:
    """Where the reports of the base in `home` are."""
    return home / "evaluations"


def reports_in(home: Path) -> list[ReportFile]:
    """The reports, the newest first."""
    found = [path.name for path in folder_of(home).glob("*.html") if _NAME.fullmatch(path.name) and path.is_file()]
    return [
        ReportFile(name=name, sets=name[16:-5], made_at=datetime.strptime(name[:15], "%Y%m%d-%H%M%S"))
        for name in sorted(found, reverse=True)
    ]


def report_path(home: Path, name: str) -> Path | None:
    """The report of that name; None when there is none. `name` may come from anyone."""
    return folder_of(home) / name if name in {each.name for each in reports_in(home)} else None


def keep_report(home: Path, sets: Iterable[str], html: str) -> Path:
    """Keeps a report made now and lets go of the oldest. Raises OSError."""
    folder = folder_of(home)
    folder.mkdir(exist_ok=True)
    named = re.sub(r"[^\w（）().、-]+", "-", "、".join(sets))[:80] or "题集"
    path = folder / f"{datetime.now():%Y%m%d-%H%M%S} {named}.html"
    path.write_text(html, encoding="utf-8")
    for old in reports_in(home)[KEPT:]:
        (folder / old.name).unlink(missing_ok=True)
    return path
