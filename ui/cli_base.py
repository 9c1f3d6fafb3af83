"""What the commands share: an open base, progress bars, exit codes, and the error that ends a command with one line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qa.intake import OnProgress
    from qa.service import Service

DONE, FAILED, IN_PART, USAGE = 0, 1, 2, 64


class CommandFailed(Exception):
    """Ends the command with one line."""


@contextmanager
def opened(options: argparse.Namespace, *, to_write: bool = False, repair: bool = False) -> Iterator[Service]:
    from qa.service import open_service
    from qa.settings import default_home, load_settings

    home = options.home or default_home()
    service = open_service(load_settings(home), to_write=to_write, repair=repair)
    try:
        yield service
    finally:
        service.close()


@contextmanager
def file_bar() -> Iterator[OnProgress]:
    """A bar on standard error over the files of an ingest run: how many, how fast, how long to go."""
    from tqdm import tqdm

    from qa.intake import Progress
    from ui.render import duration_label

    shape = "{desc} {n_fmt}/{total_fmt} 份 |{bar:20}|{postfix}"
    with tqdm(total=0, desc="导入", file=sys.stderr, disable=None, bar_format=shape) as bar:

        def show(progress: Progress) -> None:
            rate, left_s = progress.files_per_min, progress.seconds_left
            parts = [f"每分钟 {rate:.0f} 份" if rate else "", f"约剩 {duration_label(left_s)}" if left_s else ""]
            parts += [f"{progress.passages} 段" if progress.passages else "", Path(progress.source).name[-30:]]
            bar.total = progress.total
            bar.set_postfix_str("，".join(part for part in parts if part), refresh=False)
            bar.update(progress.done - bar.n)
            bar.refresh()

        yield show


@contextmanager
def step_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error; the function it gives takes how much is done of how much."""
    from tqdm import tqdm

    with tqdm(total=0, desc=what, file=sys.stderr, disable=None) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield show
