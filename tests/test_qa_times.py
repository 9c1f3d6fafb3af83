"""Years said by the day a question is asked: in figures, one or several, and the same in a follow-up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from documents import REPORT_A, REPORT_B, RULE, write

from qa.answer import Outcome
from qa.service import Service, open_service
from qa.settings import Settings
from qa.times import dated

TODAY = date(2024, 12, 31)
REPORT_A_2024 = REPORT_A.replace("2023年", "2024年").replace("312户1042人", "309户1031人")


@pytest.mark.parametrize(
    ("said", "in_figures"),
    [
        ("松溪镇去年有多少脱贫户?", "松溪镇2023年有多少脱贫户?"),
        ("松溪镇今年有多少脱贫户?", "松溪镇2024年有多少脱贫户?"),
        ("前年底有多少脱贫户?", "2022年底有多少脱贫户?"),
        ("松溪镇近三年的脱贫户各有多少?", "松溪镇2022年、2023年和2024年的脱贫户各有多少?"),
        ("近两年来培训了几次?", "2023年和2024年培训了几次?"),
        ("去年和今年各有多少?", "2023年和2024年各有多少?"),
        ("松溪镇上半年兑付多少?", "松溪镇2024年上半年兑付多少?"),
        ("今年上半年兑付多少?", "2024年上半年兑付多少?"),
        ("今年比去年增加多少?", "2024年比去年增加多少?"),
        ("2023年上半年兑付多少?", "2023年上半年兑付多少?"),
        ("比去年增加多少户?", "比去年增加多少户?"),
        ("以前年度的结余怎么用?", "以前年度的结余怎么用?"),
        ("《办法》上半年怎么报?", "《办法》上半年怎么报?"),
        ("近几年培训了几次?", "近几年培训了几次?"),
        ("每年上半年检查几次?", "每年上半年检查几次?"),
    ],
)
def test_years_in_figures(said: str, in_figures: str) -> None:
    assert dated(said, TODAY).text == in_figures


def test_this_year_stays_as_said_in_a_base_that_has_nothing_of_it() -> None:
    found = dated("松溪镇今年有多少脱贫户?", TODAY, years={2019, 2020})
    assert found.text == "松溪镇今年有多少脱贫户?" and "2024年" in found.note
    assert dated("松溪镇去年有多少脱贫户?", TODAY, years={2019}).text == "松溪镇2023年有多少脱贫户?"
    assert dated("松溪镇今年有多少脱贫户?", TODAY, years={2024}).note == ""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("base")
    service = open_service(Settings(home=folder / "home"), to_write=True)
    service.ingest([write(folder / "docs", rule=RULE, a=REPORT_A, b=REPORT_B, a2024=REPORT_A_2024)])
    yield service
    service.close()


@pytest.mark.parametrize(
    ("question", "day", "figures"),
    [
        ("松溪镇去年有多少脱贫户?", date(2024, 12, 31), ["312户"]),
        ("松溪镇去年有多少脱贫户?", date(2025, 6, 1), ["309户"]),
        ("松溪镇今年有多少脱贫户?", date(2023, 12, 31), ["312户"]),
        ("松溪镇近两年各有多少脱贫户?", date(2024, 12, 31), ["312户", "309户"]),
    ],
)
def test_answer_is_of_the_year_meant(service: Service, question: str, day: date, figures: list[str]) -> None:
    answer = service.ask(question, as_of=day)
    assert [f for f in ("312户", "309户") if f in answer.text] == figures
    assert answer.understood_as is not None and "年" in answer.understood_as


def test_year_without_a_report_is_refused(service: Service) -> None:
    answer = service.ask("松溪镇前年有多少脱贫户?", as_of=TODAY)
    assert answer.outcome is Outcome.NO_EVIDENCE and answer.understood_as == "松溪镇2022年有多少脱贫户?"


def test_follow_up_counts_from_the_same_day(service: Service) -> None:
    for history in ("松溪镇2024年有多少脱贫户?", "松溪镇今年有多少脱贫户?"):
        answer = service.ask("去年呢?", history=[history], as_of=TODAY)
        assert "312户" in answer.text and answer.understood_as == "松溪镇2023年有多少脱贫户?"
