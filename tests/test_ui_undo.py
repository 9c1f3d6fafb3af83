"""A removal taken back: everything as before, for a while, and nothing left lying about."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from documents import REPORT_A, RULE, write

from qa.answer import Outcome
from qa.service import Service, open_service
from qa.settings import Settings
from ui.undo import HOLDS_S, Removals
from ui.web_library import Library

QUESTION = "养蜂每箱补多少钱?"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    return write(tmp_path / "docs", rule=RULE, a=REPORT_A)


@pytest.fixture
def service(docs: Path) -> Iterator[Service]:
    service = open_service(Settings(home=docs.parent / "home", embedder="hash", reader="none"), to_write=True)
    service.ingest([docs])
    yield service
    service.close()


def id_of(service: Service, name: str) -> str:
    return next(r.id for r in service.documents(hidden=True) if r.source.endswith(f"{name}.txt"))


def test_what_was_removed_comes_back_as_it_was(service: Service, docs: Path) -> None:
    removals, id = Removals(service), id_of(service, "rule")
    service.keep_to([id], frozenset(["财政专班"]))
    before, answer = service.documents(), service.ask(QUESTION).text
    removals.remove(id)
    assert service.ask(QUESTION).outcome is Outcome.NO_EVIDENCE
    assert removals.last is not None
    removals.take_back()
    after = service.documents()
    assert [(r.id, r.source, r.metadata, r.groups) for r in after] == [
        (r.id, r.source, r.metadata, r.groups) for r in before
    ]
    assert service.ask(QUESTION).text == answer
    original = service.original(id)
    assert original is not None
    assert original.read_bytes() == (docs / "rule.txt").read_bytes()
    assert removals.last is None
    assert not (service.settings.home / "removed").exists()
    assert service.check() == []
    assert service.ingest([docs]).files[0].status.value == "unchanged"


def test_a_newer_version_that_is_taken_back_stands_for_the_older_again(service: Service, docs: Path) -> None:
    write(docs, rule=RULE.replace("80元", "85元").replace("2023年2月10日", "2023年3月10日"))
    service.ingest([docs])
    removals = Removals(service)
    before = [(r.id, r.versions) for r in service.documents()]
    current = next(r for r in service.documents() if r.versions)
    removals.remove(current.id)
    assert "80元" in service.ask("种植业每亩补多少?").text
    removals.take_back()
    assert [(r.id, r.versions) for r in service.documents()] == before
    assert "85元" in service.ask("种植业每亩补多少?").text


def test_it_can_be_taken_back_for_a_while_only(service: Service) -> None:
    clock = Clock()
    removals = Removals(service, clock)
    removals.remove(id_of(service, "rule"))
    clock.now += HOLDS_S + 1
    assert removals.last is None
    assert removals.take_back() is None


def test_the_next_removal_and_a_new_start_forget_it(service: Service) -> None:
    removals, kept = Removals(service), service.settings.home / "removed"
    removals.remove(id_of(service, "rule"))
    removals.remove(id_of(service, "a"))
    assert removals.last is not None
    assert removals.last.record.source.endswith("a.txt")
    assert len(list(kept.iterdir())) == 1
    assert Removals(service).last is None
    assert not kept.exists()


def test_a_file_that_was_taken_in_again_meanwhile_is_left_alone(service: Service, docs: Path) -> None:
    removals = Removals(service)
    removals.remove(id_of(service, "rule"))
    service.ingest([docs])
    assert removals.last is None
    assert removals.take_back() is None


def test_of_several_reports_in_a_file_only_the_last_one_left_comes_back_and_alone(service: Service, docs: Path) -> None:
    names = ("篇一：柳湾镇2021年工作总结", "篇二：榆岭镇2022年工作总结", "篇三：石桥镇2023年工作总结")
    body = "各村要按照镇里的统一安排，逐户核对种植面积，张榜公示后再上报，补助资金及时到位，群众满意。" * 3
    pieces = [f"{name}\n{body}\n一、基本情况\n{body}\n二、主要做法\n{body}\n" for name in names]
    write(docs, many="乡镇工作总结（精选3篇）\n" + "".join(pieces))
    service.ingest([docs])
    first, second, third = [r.id for r in service.documents() if r.source.endswith("many.txt")]
    removals = Removals(service)
    for id in (first, second):
        removals.remove(id)
        assert removals.last is None
    removals.remove(third)
    assert removals.last is not None
    removals.take_back()
    assert [r.id for r in service.documents() if r.source.endswith("many.txt")] == [third]


def test_the_page_offers_it_and_shows_the_file_coming_back(service: Service) -> None:
    library, id = Library(service), id_of(service, "rule")

    def clicked(act: str) -> Any:
        return SimpleNamespace(act=act, id=id)

    assert "zd-undo" in library.act("", clicked("remove-now"))
    (unchanged,) = library.undo("", clicked("view"))  # one that changes nothing: yielding none would empty both
    assert all("value" not in update for update in unchanged)
    *_, (report, _), (_, table) = library.undo("", clicked("undo"))
    assert "已入库" in str(report)
    assert "zd-undo" not in str(table)
    assert "产业到户补助办法" in str(table)
    *_, (report, _), _ = library.undo("", clicked("undo"))
    assert "不能撤销" in str(report)
    library.stop()


def test_the_kept_file_goes_by_itself(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.undo.HOLDS_S", 0.05)
    removals = Removals(service)
    removals.remove(id_of(service, "rule"))
    end = time.monotonic() + 10
    while (service.settings.home / "removed").exists() and time.monotonic() < end:
        time.sleep(0.02)
    assert not (service.settings.home / "removed").exists()
