"""The guide's pictures are there and small; and, where axe-core is at hand, no tab keeps anyone out."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image
from web_site import needs_browser

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs" / "images"
AXE = os.environ.get("ZHENGDA_AXE", "")  # axe.min.js of the npm package axe-core


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("screenshots", ROOT / "scripts" / "screenshots.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_journey_has_its_pictures_and_they_are_small() -> None:
    screenshots = script()
    names = ("login", *(name for name, _, _ in screenshots.JOURNEYS))
    wanted = {f"guide-{name}-{width}.png": width for name in names for width, _ in screenshots.SIZES}
    assert {path.name for path in IMAGES.glob("guide-*.png")} == set(wanted)
    assert sum(path.stat().st_size for path in IMAGES.glob("guide-*.png")) < screenshots.MOST_BYTES
    for name, width in wanted.items():
        with Image.open(IMAGES / name) as picture:
            assert (picture.width, picture.mode) == (width, "P")


def test_the_guide_shows_every_tab() -> None:
    guide = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
    for name, tab, _ in script().JOURNEYS:
        assert f"images/guide-{name}-1440.png" in guide
        assert re.search(rf"^## {tab}$", guide, re.M)


@needs_browser
@pytest.mark.timeout(900)
@pytest.mark.skipif(not AXE, reason="ZHENGDA_AXE does not name an axe.min.js")
def test_nothing_on_any_tab_keeps_people_out() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "screenshots.py"), "--axe", AXE]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    found = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900)
    assert found.stdout.strip() == "0 serious or critical elements", found.stdout + found.stderr
