"""Searching passages and comparing reports: asked this way, it finds that, and every quote stands in its document."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from documents import REPORT_A, REPORT_B, RULE, write
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.errors import UnknownDocument
from qa.figures import counted, figures_of
from qa.phrasing import PhraseKind
from qa.query import matched_spans, read_query
from qa.question import QuestionError
from qa.search import ONLY_EXCLUDED, SearchPage, Sort
from qa.service import Service, open_service
from qa.settings import Settings
from qa.topic_page import NO_REPORTS, NO_TOPIC, NOTHING_SAID

REPORT_A_2022 = """松溪镇2022年乡村振兴工作总结
一、基本情况
松溪镇辖9个行政村，其中脱贫户320户1066人。
二、就业帮扶
松溪镇把稳就业作为头等大事，多渠道拓宽就业门路。
开发公益性岗位40个，外出务工脱贫劳动力498人，其中省外201人、省内297人。
三、存在问题
本地就业岗位不足，稳岗就业压力较大。
四、下一步打算
下一步，开发公益性岗位45个，加强务工就业跟踪服务。
松溪镇人民政府
2022年12月18日
"""
REPORT_A_2024 = """松溪镇2024年乡村振兴工作总结
一、基本情况
松溪镇辖9个行政村，其中脱贫户309户1031人。
二、就业帮扶
落实稳岗补贴政策，建立就业服务台账，走访务工家庭。
开发公益性岗位52个，外出务工脱贫劳动力560人，其中省外230人、省内330人。
松溪镇人民政府
2024年12月19日
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("base")
    service = open_service(Settings(home=folder / "home", embedder="hash"), to_write=True)
    texts = {"rule": RULE, "a22": REPORT_A_2022, "a23": REPORT_A, "a24": REPORT_A_2024, "b23": REPORT_B}
    service.ingest([write(folder / "docs", **texts)])
    yield service
    service.close()


def names(page: SearchPage) -> list[str]:
    return [Path(hit.document.source).stem for hit in page.hits]


@pytest.mark.parametrize(
    ("text", "words", "phrases", "excluded"),
    [
        ("就业 补助", "就业 补助", (), ()),
        ("就业 -培训", "就业", (), ("培训",)),
        ("就业 －培训 -外出务工", "就业", (), ("培训", "外出务工")),
        ("“按月发放” 补助", "按月发放 补助", ("按月发放",), ()),
        ('"按月发放"「公益性岗位」', "按月发放 公益性岗位", ("按月发放", "公益性岗位"), ()),
        ("就业 -“省外 务工”", "就业", (), ("省外 务工",)),
        ("2020-2023年", "2020-2023年", (), ()),
        ("下降 -5%", "下降 -5%", (), ()),
        ("种养-加工", "种养-加工", (), ()),
        ("没有另一半的“引号", "没有另一半的“引号", (), ()),
        ("-培训", "", (), ("培训",)),
        ("“”", "“”", (), ()),
    ],
)
def test_a_query_is_taken_apart(text: str, words: str, phrases: tuple[str, ...], excluded: tuple[str, ...]) -> None:
    query = read_query(text)
    assert (query.words, query.phrases, query.excluded) == (words, phrases, excluded)


@settings(deadline=None)
@given(st.text('就业“”"「」-－ 培训a1\n', max_size=30), st.text("就业培训a1-２ ", max_size=30))
def test_any_query_is_taken_and_its_marks_lie_in_the_text_in_order(typed: str, text: str) -> None:
    query = read_query(typed)
    ends = [0]
    for start, end in matched_spans(query, text):
        assert ends[-1] <= start < end <= len(text)
        ends.append(end)
    assert all(p in typed for p in (*query.phrases, *query.excluded))


def test_marks_take_wide_digits_and_leave_longer_numbers() -> None:
    text = "公益性岗位补助２０元，共2020元"
    assert [text[a:b] for a, b in matched_spans(read_query("补助20元"), text)] == ["补助２０"]


def test_a_phrase_must_stand_in_every_passage(service: Service) -> None:
    page = service.search("“公益性岗位,安置”")
    assert sorted(names(page)) == ["a23", "b23"] and page.total == 2
    assert all("公益性岗位,安置" in hit.quote for hit in page.hits)
    nothing = service.search("“岗位公益性”")
    assert nothing.total == 0 and "逐字" in nothing.notes[0]


def test_words_kept_out_are_in_no_passage_and_in_no_count(service: Service) -> None:
    everything, page = service.search("公益性岗位"), service.search("公益性岗位 -省外")
    assert any("省外" in hit.quote for hit in everything.hits)
    assert page.hits and not any("省外" in hit.quote for hit in page.hits)
    assert page.total == everything.total - 2 == sum(page.facets["kind"].values())
    only = service.search("-省外")
    assert only.total == 0 and only.notes == (ONLY_EXCLUDED,)


def test_hits_stand_in_their_documents_and_their_marks_are_words_of_the_query(service: Service) -> None:
    page = service.search("公益性岗位 务工", limit=10)
    for hit in page.hits:
        assert service.document(hit.document.id).text[hit.start : hit.end] == hit.quote
        assert {hit.quote[a:b] for a, b in hit.matched} <= {"公益性岗位", "岗位", "务工", "公益性"}
    assert [h for g in page.groups for h in g.hits if g.document.id != h.document.id] == []
    assert sum(len(g.hits) for g in page.groups) == len(page.hits)
    assert len({g.document.id for g in page.groups}) == len(page.groups)


def test_hits_come_by_date_when_asked(service: Service) -> None:
    days = [h.document.metadata.issued_on for h in service.search("公益性岗位", sort=Sort.NEWEST).hits]
    assert days == sorted((d for d in days if d), reverse=True)
    oldest = service.search("公益性岗位", sort=Sort.OLDEST, limit=1)
    assert oldest.hits[0].document.metadata.issued_on == date(2022, 12, 18)


def test_more_like_a_passage_finds_the_same_subject_elsewhere(service: Service) -> None:
    (hit,) = service.search("“安置46人就业”").hits
    like = f"{hit.document.id}:{hit.start}-{hit.end}"
    page = service.search("", like=like)
    assert any("安置71人就业" in hit.quote for hit in page.hits[:4])
    assert all(h.document.id != hit.document.id or h.end <= hit.start or h.start >= hit.end for h in page.hits)
    by_line = service.search("", like=f"{hit.document.id}:{hit.start}", year=2024)
    assert set(names(by_line)) == {"a24"}


@pytest.mark.parametrize("spot", ["", "x:1", "0123456789abcdef:9-3", "0123456789abcdef"])
def test_a_spot_that_is_none_is_refused_in_a_line(service: Service, spot: str) -> None:
    with pytest.raises((QuestionError, UnknownDocument)) as refused:
        service.search("", like=spot)
    assert "\n" not in str(refused.value)


def test_a_spot_outside_the_text_is_refused(service: Service) -> None:
    id = service.documents()[0].id
    with pytest.raises(QuestionError, match="没有"):
        service.search("", like=f"{id}:0-99999999")


def test_a_place_that_no_document_knows_brings_the_names_like_it(service: Service) -> None:
    page = service.search("松浦镇 就业")
    assert any("松浦镇" in note and "松溪镇" in note for note in page.notes)


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("开发公益性岗位46个。", [("公益性岗位", 46, "个")]),
        ("脱贫户312户1042人。", [("脱贫户", 312, "户"), ("脱贫户", 1042, "人")]),
        ("外出务工560人，其中省外230人、省内330人。", [("外出务工", 560, "人"), ("外出务工：省外", 230, "人"), ("外出务工：省内", 330, "人")]),
        ("发放补助16.4万元。", [("发放补助", 164000, "元")]),
        ("辖9个行政村。", [("辖…行政村", 9, "个")]),
        ("云政办发〔2023〕5号，2023年3月1日起施行。", []),
        ("公益性岗位40个，每人每月600元。", [("公益性岗位", 40, "个"), ("公益性岗位：每人每月", 600, "元")]),
    ],
)  # fmt: skip
def test_figures_say_what_they_count(text: str, figures: list[tuple[str, float, str]]) -> None:
    found = [(f.label.removeprefix("开发"), f.value, f.unit) for f in figures_of(text)]
    assert found == figures


def test_figures_of_one_thing_are_brought_together() -> None:
    groups = counted([figures_of("开发公益性岗位46个。"), figures_of("公益性岗位52个，种树3亩。")])
    assert (groups[0].label, [f.value for _, f in groups[0].figures]) == ("公益性岗位", [46, 52])


def test_a_topic_page_puts_the_years_side_by_side(service: Service) -> None:
    page = service.topic_page("就业", place="松溪镇")
    assert [c.year for c in page.columns] == [2024, 2023, 2022]
    said = [s for c in page.columns for p in c.reports for s in p.said]
    assert {s.document.metadata.place for s in said} == {"松溪镇"}
    for one in said:
        assert service.document(one.document.id).text[one.start : one.end] == one.quote
        assert all(f.unit in one.quote[f.start : f.end] for f in one.figures)
    posts = next(i for i in page.indicators if "公益性岗位" in i.label)
    assert [(p.year, p.value) for p in posts.points] == [(2022, 40), (2024, 52)]
    outside = next(i for i in page.indicators if i.label.endswith("：省外"))
    assert [(p.year, p.value) for p in outside.points] == [(2022, 201), (2024, 230)]


def test_a_topic_page_lists_how_it_was_put(service: Service) -> None:
    put = service.topic_page("就业", place="松溪镇").phrases
    assert any("头等大事" in s.quote for s in put[PhraseKind.OPENING])
    assert any("稳岗就业压力" in s.quote for s in put[PhraseKind.PROBLEM])
    assert any("开发公益性岗位45个" in s.quote for s in put[PhraseKind.NEXT])
    assert any("52个" in s.quote for s in put[PhraseKind.RESULT])


def test_a_topic_page_says_what_is_missing(service: Service) -> None:
    assert service.topic_page(" ").notes == (NO_TOPIC,)
    assert service.topic_page("潜水艇").notes == (NOTHING_SAID.format("潜水艇"),)
    assert service.topic_page("种植业").notes == (NO_REPORTS.format("种植业"),)
