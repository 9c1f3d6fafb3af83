"""The documents say what is true: commands, targets, settings and files named in them exist."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from qa.settings import Settings
from ui.cli import main

ROOT = Path(__file__).parent.parent
DOCS = [ROOT / "README.md", ROOT / "README.en.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "eval/RESULTS.md"]
COMMANDS = sorted(
    {m for d in DOCS for m in re.findall(r"^zhengda (?:--home \S+ )?([a-z]+)", d.read_text("utf-8"), re.M)}
)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_exists(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert command in capsys.readouterr().out


@pytest.mark.parametrize("document", DOCS, ids=lambda d: d.name)
def test_links_lead_somewhere(document: Path) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text("utf-8")):
        assert (document.parent / link).exists(), link


def test_make_targets_and_settings_exist() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in set(re.findall(r"^make ([a-z]+)", readme, re.M)):
        assert re.search(rf"^{target}:", makefile, re.M), target
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+)*)`", "".join(re.findall(r"^\| `.*", readme, re.M))))
    assert {f.name for f in fields(Settings)} - {"home"} <= named
