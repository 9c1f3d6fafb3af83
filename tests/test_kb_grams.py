"""The filter of runs of characters: it never denies what a text holds, and takes in what comes later."""

from __future__ import annotations

from pathlib import Path

from documents import REPORT_A, REPORT_B, RULE, write

from kb.grams import Grams
from qa.service import open_service
from qa.settings import Settings

TEXTS = (RULE, REPORT_A, REPORT_B, "𠮷家山村：每亩80元。\n", "短", "")


def test_what_a_text_holds_is_never_denied() -> None:
    grams = Grams()
    grams.add(TEXTS)
    runs = {text[start : start + size] for text in TEXTS for size in (1, 2, 3, 7) for start in range(len(text))}
    assert all(grams.may_hold(run) for run in runs)


def test_what_no_text_holds_is_mostly_denied() -> None:
    grams = Grams()
    grams.add(TEXTS)
    others = [f"{a}{b}骆驼" for a in "甲乙丙丁戊己庚辛" for b in "子丑寅卯辰巳午未"]
    assert sum(map(grams.may_hold, others)) < len(others) / 10


def test_a_base_says_what_comes_and_no_longer_what_goes(tmp_path: Path) -> None:
    service = open_service(Settings(home=tmp_path / "home", embedder="hash", reader="none"), to_write=True)
    try:
        service.ingest([write(tmp_path / "docs", rule=RULE)])
        base = service._base
        assert base.says("每亩")
        assert not base.says("榆岭镇")
        service.ingest([write(tmp_path / "docs", b=REPORT_B)])
        assert base.says("榆岭镇")
        service.remove(next(r.id for r in service.documents() if "榆岭镇" in r.metadata.title))
        assert not base.says("榆岭镇")
    finally:
        service.close()
