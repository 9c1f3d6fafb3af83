"""What the commands share: an open base, progress bars, exit codes, and the error that ends a command with one line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kb.generations import Rebuilding
    from qa.intake import OnProgress
    from qa.service import Service
    from qa.settings import Settings
    from ui.remote import RemoteService

DONE, FAILED, IN_PART, USAGE = 0, 1, 2, 64


class CommandFailed(Exception):
    """Ends the command with one line."""


@contextmanager
def opened(
    options: argparse.Namespace, *, to_write: bool = False, repair: bool = False
) -> Iterator[Service | RemoteService]:
    """The service of the base: that of a running server which holds it, else one of our own."""
    from ui.remote import NoServer, server_of

    settings, why = _settings(options), ""
    try:
        service: Service | RemoteService = server_of(settings)
    except NoServer as error:
        why = str(error)
        service = _own(settings, to_write=to_write, repair=repair, why=why)
    try:
        yield service
    finally:
        service.close()


@contextmanager
def opened_here(options: argparse.Namespace, *, to_write: bool = False) -> Iterator[Service]:
    """A service in this process, whoever else serves the base."""
    from ui.remote import NoServer, server_of

    settings, why = _settings(options), ""
    if to_write:
        try:
            server = server_of(settings)
            server.close()
            why = f"网页在 {server.address}"
        except NoServer as error:
            why = str(error)
    service = _own(settings, to_write=to_write, repair=False, why=why)
    try:
        yield service
    finally:
        service.close()


def _settings(options: argparse.Namespace) -> Settings:
    from qa.settings import default_home, load_settings

    return load_settings(options.home or default_home())


def _own(settings: Settings, *, to_write: bool, repair: bool, why: str) -> Service:
    """Opens the base; when another process holds it, `why` says why that one could not do it."""
    from kb.errors import BaseInUse
    from qa.service import open_service
    from ui.server_note import remove_note

    try:
        service = open_service(settings, to_write=to_write, repair=repair, on_rebuild=LateBar("索引不完整，重建"))
    except BaseInUse as error:
        raise CommandFailed(f"{error}{f'（{why}）' if why else ''}") from error
    if to_write:
        remove_note(settings.home)  # of a server that was killed: we hold the base now
    if service.is_outdated and not repair:
        print(
            "设置已改，资料库仍照原来的设置使用；zhengda serve 会在后台重建，zhengda doctor --repair 立即重建",
            file=sys.stderr,
        )
    return service


def rebuilding(options: argparse.Namespace) -> Rebuilding | None:
    """How far the base is brought to other settings, whichever process does it."""
    from kb.generations import rebuilding_in

    return rebuilding_in(_settings(options).home / "ledger.sqlite")


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


class LateBar:
    """A bar on standard error that is there from the first step that is told to the last."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._bar: Any = None

    def __call__(self, done: int, total: int) -> None:
        from tqdm import tqdm

        if self._bar is None:
            self._bar = tqdm(total=total, desc=self._what, file=sys.stderr, disable=None)
        self._bar.update(done - self._bar.n)
        if done >= total:
            self._bar.close()
            self._bar = None


@contextmanager
def step_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error; the function it gives takes how much is done of how much."""
    from tqdm import tqdm

    with tqdm(total=0, desc=what, file=sys.stderr, disable=None) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield show
