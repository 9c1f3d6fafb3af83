"""kill -9 in the middle of work: the short form of scripts/drill_kill.py, which docs/bench.md reports on."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from documents import RULE, write

from kb.index_seal import Seal
from qa.service import open_service
from qa.settings import Settings

ROOT = Path(__file__).parent.parent


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_nothing_acknowledged_is_lost_and_nothing_is_half_there(tmp_path: Path) -> None:
    arguments = ["--kills", "3", "--articles", "6", "--most", "12", "--others", "", "--folder", str(tmp_path)]
    command = [sys.executable, str(ROOT / "scripts/drill_kill.py"), *arguments, "--tasks", "replace,ingest,remove"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert (found["kills"], found["heals"], found["wrong"]) == (3, 3, [])
    assert found["chunks_max"] > 0


def test_a_disk_that_fills_while_the_base_is_closed_leaves_it_to_be_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Seal) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    settings = Settings(home=tmp_path / "home", embedder="hash")
    service = open_service(settings, to_write=True)
    service.ingest([write(tmp_path / "docs", rule=RULE)])
    with monkeypatch.context() as patch:
        patch.setattr(Seal, "close", full)
        service.close()
    assert (tmp_path / "home/index/dirty").exists()
    again = open_service(settings, to_write=True)
    assert again.search("种植业", limit=1).hits
    assert again.check() == []
    again.close()
