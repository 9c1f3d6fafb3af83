"""From documents to a checked, cited answer: asked this, it says that, and cites there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from documents import REPORT_A, REPORT_B, RULE, write

from ingest.document import IngestError
from kb.errors import UnknownDocument
from qa.answer import Answer, Outcome, Validity
from qa.intake import FileStatus, Progress
from qa.question import QuestionError
from qa.service import Service, open_service
from qa.settings import Settings


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("base")
    service = open_service(Settings(home=folder / "home", embedder="hash"), to_write=True)
    service.ingest([write(folder / "docs", rule=RULE, a=REPORT_A, b=REPORT_B)])
    yield service
    service.close()


def sources(answer: Answer) -> list[str]:
    return [Path(c.source).stem for c in answer.citations]


@pytest.mark.parametrize(
    ("question", "says", "source", "path_end"),
    [
        ("种植业每亩补多少?", "80元", "rule", "第二条"),
        ("养一头牛能补多少钱?", "2500元", "rule", "第三条"),
        ("办法从什么时候开始施行?", "2023年3月1日", "rule", "第五条"),
        ("松溪镇公益性岗位安置了多少人?", "46人", "a", "二、就业帮扶"),
        ("榆岭镇公益性岗位安置了多少人?", "71人", "b", "二、就业帮扶"),
        ("榆岭镇有多少户脱贫户?", "405户", "b", "一、基本情况"),
    ],
)
def test_asked_this_it_cites_there(service: Service, question: str, says: str, source: str, path_end: str) -> None:
    answer = service.ask(question)
    assert answer.outcome is Outcome.ANSWERED
    assert says in answer.text
    assert answer.text.endswith("[1]")
    assert sources(answer) == [source]
    (citation,) = answer.citations
    assert service.document(citation.document_id).text[citation.start : citation.end] == citation.quote
    assert citation.path[-1].startswith(path_end)


def test_a_citation_says_all_that_is_known_of_its_document(service: Service) -> None:
    (citation,) = service.ask("养蜂每箱补多少钱?").citations
    assert citation.title == "云霞县人民政府办公室关于印发产业到户补助办法的通知"
    assert citation.document_number == "云政办发〔2023〕5号"
    assert citation.issuer == "云霞县人民政府办公室"
    assert citation.issued_on == date(2023, 2, 10)
    assert citation.pages == ()


def test_no_place_named_and_the_towns_differ(service: Service) -> None:
    answer = service.ask("公益性岗位安置了多少人就业?")
    assert answer.outcome is Outcome.SEVERAL
    assert sorted(sources(answer)) == ["a", "b"]
    assert "46人" in answer.text
    assert "71人" in answer.text
    assert "松溪镇" in answer.text
    assert "榆岭镇" in answer.text


@pytest.mark.parametrize(
    "question",
    [
        "养猪每头补多少钱?",
        "河湾镇公益性岗位安置了多少人?",
        "松溪镇2019年有多少户脱贫户?",
        "松溪镇镇长是谁?",
        "最低工资标准是多少?",
        "帮我写一首关于春天的诗",
    ],
)
def test_what_the_documents_do_not_say_is_refused(service: Service, question: str) -> None:
    answer = service.ask(question)
    assert answer.outcome is Outcome.NO_EVIDENCE
    assert answer.text
    assert all(c.nearest for c in answer.citations)


def test_an_unknown_place_is_said_with_the_known_ones(service: Service) -> None:
    text = service.ask("河湾镇有多少户脱贫户?").text
    assert "没有河湾镇的资料" in text
    assert "松溪镇" in text or "榆岭镇" in text


def test_the_picked_place_and_year_count_as_if_named(service: Service) -> None:
    assert sources(service.ask("公益性岗位安置了多少人?", place="榆岭镇")) == ["b"]
    assert service.ask("公益性岗位安置了多少人?", place="榆岭镇", year=2018).outcome is Outcome.NO_EVIDENCE


@pytest.mark.parametrize(
    ("day", "status", "warned"),
    [
        (date(2024, 1, 1), Validity.IN_FORCE, False),
        (date(2023, 2, 20), Validity.NOT_YET, True),
        (date(2028, 3, 1), Validity.EXPIRED, True),
    ],
)
def test_validity_on_a_day(service: Service, day: date, status: Validity, warned: bool) -> None:
    answer = service.ask("养一头牛补多少钱?", as_of=day)
    assert answer.citations[0].status is status
    assert bool(answer.warnings) is warned


@pytest.mark.parametrize("question", ["", "问" * 10_000])
def test_a_question_that_cannot_be_taken(service: Service, question: str) -> None:
    with pytest.raises(QuestionError):
        service.ask(question)


def test_search_filters_and_counts(service: Service) -> None:
    page = service.search("公益性岗位 就业")
    assert page.total >= 3
    assert set(page.facets["place"]) >= {"松溪镇", "榆岭镇"}
    only = service.search("公益性岗位 就业", place="榆岭镇", limit=2)
    assert {Path(h.document.source).stem for h in only.hits} == {"b"}
    hit = only.hits[0]
    assert service.document(hit.document.id).text[hit.start : hit.end] == hit.quote
    assert service.search("公益性岗位", year=1999).total == 0


def test_ingest_reports_every_file_and_goes_on(tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", good=RULE, empty="")
    (folder / "photo.xyz").write_bytes(b"\x00\x01")
    (folder / "broken.docx").write_bytes(b"")
    seen: list[Progress] = []
    service = open_service(Settings(home=tmp_path / "home", embedder="hash"), to_write=True)
    report = service.ingest([folder], on_progress=seen.append)
    by_name = {Path(f.source).name: f for f in report.files}
    assert by_name["good.txt"].status is FileStatus.ADDED
    for name in ("empty.txt", "photo.xyz", "broken.docx"):
        assert by_name[name].status is FileStatus.FAILED
        assert name in (by_name[name].reason or "")
        assert "\n" not in (by_name[name].reason or "")
    assert [p.done for p in seen if p.report] == [1, 2, 3, 4]
    again = service.ingest([folder])
    assert {Path(f.source).name: f.status for f in again.files}["good.txt"] is FileStatus.UNCHANGED
    write(folder, good=RULE.replace("80元", "85元"))
    changed = service.ingest([folder])
    assert changed.count(FileStatus.UPDATED) == 1
    assert "85元" in service.ask("种植业每亩补多少?").text
    service.close()


def test_a_missing_path_changes_nothing(tmp_path: Path) -> None:
    service = open_service(Settings(home=tmp_path / "home", embedder="hash"), to_write=True)
    with pytest.raises(IngestError, match="没有"):
        service.ingest([tmp_path / "没有这个文件夹"])
    assert service.documents() == ()
    assert service.ask("种植业每亩补多少?").outcome is Outcome.NO_EVIDENCE
    service.close()


def test_an_interrupted_ingest_keeps_what_was_done(tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", a=REPORT_A, b=REPORT_B, rule=RULE)

    def stop(progress: Progress) -> None:
        if progress.done == 2:
            raise KeyboardInterrupt

    service = open_service(Settings(home=tmp_path / "home", embedder="hash"), to_write=True)
    with pytest.raises(KeyboardInterrupt):
        service.ingest([folder], on_progress=stop)
    assert len(service.documents()) == 2
    assert "46人" in service.ask("松溪镇公益性岗位安置了多少人?").text
    assert [f.status.value for f in service.ingest([folder]).files] == ["unchanged", "unchanged", "added"]
    service.close()


def test_removing(tmp_path: Path) -> None:
    service = open_service(Settings(home=tmp_path / "home", embedder="hash"), to_write=True)
    service.ingest([write(tmp_path / "docs", a=REPORT_A)])
    (record,) = service.documents()
    service.remove(record.id)
    assert service.documents() == ()
    with pytest.raises(UnknownDocument):
        service.remove(record.id)
    service.close()
