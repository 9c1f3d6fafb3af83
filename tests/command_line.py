"""The command line as the tests use it: called within this process, or as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest

from ui import cli

Ran = tuple[int, str, str]  # exit code, output, errors


class Zhengda:
    """Runs `zhengda` on one base, with the small embedder."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.own = {"ZHENGDA_EMBEDDER": "hash"}  # variables of its environment

    def __call__(self, *arguments: str | Path, said: str | None = None) -> Ran:
        """Within this process, with nothing on its standard input but `said`: quick, and all but a real process."""
        out, err = (TextIOWrapper(BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
        typed = TextIOWrapper(BytesIO((said or "").encode()), encoding="utf-8", newline="")
        before = signal.getsignal(signal.SIGTERM)
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.setattr(sys, "stdin", typed)
            for name, value in self.own.items():
                patch.setenv(name, value)
            try:
                code = cli.main(["--home", str(self.home), *map(str, arguments)])
            except SystemExit as over:
                code = over.code if isinstance(over.code, int) else 1
            finally:
                signal.signal(signal.SIGTERM, before)
        return code, *(text.buffer.getvalue().decode() for text in (out, err))  # type: ignore[attr-defined]

    def process(self, *arguments: str | Path) -> Ran:
        """As a process of its own, to its end."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err

    def start(self, *arguments: str | Path, **options: Any) -> subprocess.Popen[str]:
        """As a process of its own that goes on."""
        command = [sys.executable, "-m", "ui.cli", "--home", str(self.home), *map(str, arguments)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, env={**os.environ, **self.own}, **pipes, **options)


@contextmanager
def serving(zhengda: Zhengda) -> Iterator[subprocess.Popen[str]]:
    """A running server, ended as by Ctrl-C."""
    server = zhengda.start("serve", "--port", "0")
    try:
        assert server.stdout is not None
        assert "http://127.0.0.1:" in server.stdout.readline()
        yield server
    finally:
        if server.poll() is None:
            server.send_signal(signal.SIGTERM)
            assert server.wait(timeout=60) == 0
        server.communicate()


def note_of(zhengda: Zhengda) -> dict[str, Any]:
    """What a running server leaves for the command line."""
    note: dict[str, Any] = json.loads((zhengda.home / "server.json").read_text(encoding="utf-8"))
    return note


def one_line(text: str) -> str:
    """The only line of the text."""
    lines = text.strip().splitlines()
    assert len(lines) == 1, text
    assert "Traceback" not in text
    return lines[0]
