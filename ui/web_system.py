"""The 系统 tab: how the base is, backups, the last imports. Imports gradio: import it late."""

from __future__ import annotations

import time
from typing import Any

import gradio as gr

from qa.service import Service
from ui.background import Background, Tell
from ui.backups import backups_in, delete_backup, make_backup, new_name
from ui.evaluations import reports_in
from ui.health import health_of
from ui.system_page import backup_html, evaluations_html, health_html, runs_html
from ui.web_viewer import clickable

TICK_S = 1.0
CHECK_HOLDS_S = 600.0


class SystemDesk:
    """What the 系统 tab does with a service. One for all sessions: there is one base."""

    def __init__(self, service: Service) -> None:
        self._service, self._home = service, service.settings.home
        self._check, self._backup = Background("check"), Background("backup")

    def stop(self) -> None:
        """Gives up on a backup that is being made, and waits for a check."""
        for work in (self._backup, self._check):
            work.stop()

    def open(self) -> tuple[Any, ...]:
        """Updates for (health, backups, imports) when the tab is opened; checks the base anew after a while."""
        if time.time() - self._check.progress.ended_at > CHECK_HOLDS_S:
            self._check.start(self._whole)
        return self._health(), self._backups(), self._runs()

    def watch(self) -> Any:
        """The timer, going while something goes on."""
        rebuilding = self._service.rebuilding()
        busy = self._check.progress.running or self._backup.progress.running
        return gr.Timer(active=busy or (rebuilding is not None and not rebuilding.stopped))

    def tick(self) -> tuple[Any, ...]:
        """Updates for (health, backups, timer) while something goes on. The form is left alone while it is filled in."""
        backup = self._backup.progress
        told = backup.running or time.time() - backup.ended_at < 3 * TICK_S
        return self._health(), self._backups() if told else gr.skip(), self.watch()

    def act(self, event: gr.EventData) -> tuple[Any, ...]:
        """What a click leads to: updates for (health, backups, timer). Comes from the browser: checked."""
        action, name = str(getattr(event, "act", "")), str(getattr(event, "name", ""))
        if action == "check":
            self._check.start(self._whole)
        if action == "backup":
            self._backup.start(lambda tell: make_backup(self._home, name, tell))
        if action == "cancel":
            self._backup.cancel()
        if action == "delete-now":
            delete_backup(self._home, name)
        return self._health(), self._backups(name if action == "delete" else ""), self.watch()

    def _whole(self, _tell: Tell) -> str:
        """Whether the base is whole; what is wrong with it, a line each."""
        found = self._service.check()
        advice = "发现问题，请停下政答后运行 zhengda doctor --repair"
        return "\n".join((advice, *found)) if found else "账本、索引和原件完好"

    def _health(self) -> str:
        return health_html(health_of(self._service), self._check.progress)

    def _backups(self, confirming: str = "") -> str:
        return backup_html(self._backup.progress, backups_in(self._home), self._home, new_name(), confirming)

    def _runs(self) -> str:
        runs = runs_html(health_of(self._service), self._service.failures())
        return runs + evaluations_html(reports_in(self._home))


def system_tab(desk: SystemDesk, tab: gr.Tab, timer: gr.Timer) -> None:
    """Lays out the tab. The timer lies outside, and is told after the rest: Gradio makes the parts of a tab when it is
    first opened, and a timer that is told at that moment does not go."""
    health, backup, runs = (clickable(id=f"zd-system-{name}") for name in ("health", "backup", "runs"))
    quiet: dict[str, Any] = {"show_progress": "hidden", "queue": False, "api_visibility": "private"}
    changing = [health, backup, timer]
    for part in (health, backup):
        part.click(desk.act, None, changing, **quiet)
    timer.tick(desk.tick, None, changing, **quiet)
    tab.select(desk.open, None, [health, backup, runs], **quiet).then(desk.tick, None, changing, **quiet)
