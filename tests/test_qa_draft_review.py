"""What a person decides on a draft: kept, carried out, checked again; and drafts made in the background."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from documents import REPORT_A, REPORT_B, RULE, write

from qa import draft_book, draft_jobs
from qa.draft import DraftKind, Options, PartKind, Reply
from qa.draft_book import Head, State, id_of
from qa.draft_items import DraftError, Item, items_in
from qa.draft_jobs import Drafts
from qa.draft_review import Decision, Line, Verdict
from qa.service import Service, open_service
from qa.settings import Settings

LEDGER = """云霞县2023年公益性岗位台账
一、公益性岗位安置情况
乡镇：松溪镇｜公益性岗位安置人数（人）：46｜公益性岗位补助金额（万元）：33.12
乡镇：榆岭镇｜公益性岗位安置人数（人）：71｜公益性岗位补助金额（万元）：51.12
云霞县人力资源和社会保障局
2023年12月30日
"""
LIST = "公益性岗位安置就业\n养猪补助标准\n公益性岗位补助发放不及时"
WANTED = Options(kind=DraftKind.REPORT, place="松溪镇", year=2023)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("base")
    service = open_service(Settings(home=folder / "home", embedder="hash"), to_write=True)
    service.ingest([write(folder / "docs", rule=RULE, a=REPORT_A, b=REPORT_B, ledger=LEDGER)])
    yield service
    service.close()


@pytest.fixture
def drafts(service: Service, tmp_path: Path) -> Iterator[Drafts]:
    drafts = Drafts(service, tmp_path)
    yield drafts
    drafts.stop()


def done(drafts: Drafts, id: str) -> Head:
    """The head, once nothing more comes."""
    for _ in range(600):
        if (head := drafts.progress(id)).state.is_over:
            return head
        time.sleep(0.02)
    raise AssertionError("the draft does not end")


def made(drafts: Drafts, text: str = LIST, options: Options = WANTED) -> str:
    id = drafts.start(items_in(text), options)
    assert done(drafts, id).state is State.DONE
    return id


def line_of(drafts: Drafts, id: str, words: str) -> Line:
    return next(line for line in drafts.lines(id) if words in (line.sentence.text if line.sentence else line.gap))


def said(replies: list[Reply]) -> str:
    return "".join(
        t for r in replies for p in r.parts for t in (*(s.label + s.text for s in p.sentences), *p.gaps, *p.filled)
    )


def test_decisions_are_carried_out_and_kept_when_the_list_is_drafted_again(drafts: Drafts, service: Service) -> None:
    id = made(drafts)
    struck, fill = line_of(drafts, id, "46人"), line_of(drafts, id, "养猪补助标准”的完成情况")
    drafts.decide(id, struck.key, Decision(verdict=Verdict.STRIKE))
    drafts.decide(id, fill.key, Decision(verdict=Verdict.FILL, text=" 本镇没有\n养猪户。 "))
    basis = next(n for n in drafts.lines(id) if n.kind is PartKind.BASIS and n.item == 2 and n.sentence)
    _, offered = drafts.others(id, basis.key)
    drafts.decide(id, basis.key, Decision(verdict=Verdict.REPLACE, citation=offered[0]))
    for again in (False, True):
        if again:
            drafts.again(id)
            assert done(drafts, id).state is State.DONE
            drafts = Drafts(service, Path(drafts._book._folder).parent)
        _, replies, _ = drafts.reviewed(id)
        text = said(replies)
        assert "安置46人就业" not in text
        assert "本镇没有 养猪户。" in text
        assert fill.gap not in text
        assert basis.sentence is not None
        assert basis.sentence.text not in text
        for reply in replies:
            assert all(service.document(c.document_id).text[c.start : c.end] == c.quote for c in reply.citations)
        assert offered[0].quote in [c.quote for c in replies[2].citations]
    drafts.decide(id, struck.key, None)
    assert "安置46人就业" in said(drafts.reviewed(id)[1])


def test_a_table_row_is_quoted_by_its_cells(drafts: Drafts) -> None:
    id = made(drafts, "公益性岗位补助金额")
    row = line_of(drafts, id, "33.12")
    assert row.sentence is not None
    assert row.sentence.text == "乡镇：松溪镇，公益性岗位安置人数（人）：46，公益性岗位补助金额（万元）：33.12。"
    assert row.kind is PartKind.RESULTS
    assert "51.12" not in said(list(drafts.load(id).replies)), "another town's row"


def test_the_same_item_twice_is_decided_twice(drafts: Drafts) -> None:
    id = made(drafts, "公益性岗位安置就业\n公益性岗位安置就业")
    first, second = (n for n in drafts.lines(id) if n.sentence and "46人" in n.sentence.text)
    drafts.decide(id, first.key, Decision(verdict=Verdict.STRIKE))
    assert first.key != second.key
    one, other = drafts.reviewed(id)[1]
    assert "46人" not in said([one])
    assert "46人" in said([other])


def test_a_part_with_all_struck_says_so(drafts: Drafts) -> None:
    id = made(drafts, "公益性岗位安置就业")
    for line in drafts.lines(id):
        if line.kind is PartKind.RESULTS:
            drafts.decide(id, line.key, Decision(verdict=Verdict.STRIKE))
    (results,) = [p for p in drafts.reviewed(id)[1][0].parts if p.kind is PartKind.RESULTS]
    assert not results.sentences
    assert "引用的内容已删去" in results.gaps[0]


def test_what_no_longer_stands_in_the_base_is_a_gap(drafts: Drafts, service: Service, tmp_path: Path) -> None:
    other = write(tmp_path / "more", c=REPORT_A.replace("46人", "59人").replace("松溪镇", "青石镇"))
    service.ingest([other])
    id = made(drafts, "公益性岗位安置就业", Options(kind=DraftKind.REPORT, place="青石镇"))
    assert "59人" in said(drafts.reviewed(id)[1])
    service.remove(next(r.id for r in service.documents() if "青石镇" in r.metadata.title))
    text = said(drafts.reviewed(id)[1])
    assert "59人" not in text
    assert "已更新或移除" in text


@pytest.mark.parametrize(
    ("decision", "words", "why"),
    [
        (Decision(verdict=Verdict.FILL, text="  "), "【待补充", "请先写"),
        (Decision(verdict=Verdict.FILL, text="字" * 2001), "【待补充", "最多 2000 字"),
        (Decision(verdict=Verdict.FILL, text="甲"), "46人", "只有待补充"),
        (Decision(verdict=Verdict.REPLACE), "46人", "先选一段"),
        (Decision(verdict=Verdict.ACCEPT), "【待补充", "请填写"),
    ],
    ids=["empty", "long", "no gap", "no passage", "gap accepted"],
)
def test_a_decision_that_does_not_fit_is_refused(drafts: Drafts, decision: Decision, words: str, why: str) -> None:
    id = made(drafts)
    with pytest.raises(DraftError, match=why):
        drafts.decide(id, line_of(drafts, id, words).key, decision)
    with pytest.raises(DraftError, match="已经不在"):
        drafts.decide(id, "0" * 16, Decision(verdict=Verdict.STRIKE))


def test_lists_are_bounded(drafts: Drafts) -> None:
    with pytest.raises(DraftError, match="没有读到问题"):
        drafts.start(items_in(" \n"), WANTED)
    many = tuple(Item(number=n, title="甲", text="甲") for n in range(1, 1002))
    with pytest.raises(DraftError, match="1001 条，一次最多 1000 条"):
        drafts.start(many, WANTED)


def test_a_cancelled_draft_keeps_what_is_done(
    drafts: Drafts, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(items: tuple[Item, ...], source: Service, options: Options) -> Iterator[Reply]:
        for reply in real(items, source, options):
            time.sleep(0.1)
            yield reply

    real = draft_jobs.draft
    monkeypatch.setattr(draft_jobs, "draft", slow)
    id = drafts.start(items_in("\n".join(f"第{n}村公益性岗位" for n in range(1, 200))), WANTED)
    while not drafts.progress(id).done:
        time.sleep(0.02)
    assert drafts.start(items_in("另一份"), WANTED) != id
    with pytest.raises(DraftError, match="先取消"):
        drafts.remove(id)
    drafts.cancel(id)
    head = done(drafts, id)
    assert head.state is State.CANCELLED
    assert 0 < head.done < 199
    assert len(Drafts(service, drafts._book._folder.parent).load(id).replies) == head.done


def test_an_error_keeps_what_is_done_and_is_told(
    drafts: Drafts, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(items: tuple[Item, ...], source: Service, options: Options) -> Iterator[Reply]:
        yield from real(items[:1], source, options)
        raise ZeroDivisionError("nought")

    real = draft_jobs.draft
    monkeypatch.setattr(draft_jobs, "draft", broken)
    head = done(drafts, id := drafts.start(items_in(LIST), WANTED))
    assert (head.state, head.done) == (State.FAILED, 1)
    assert "nought" in head.trouble
    assert caplog.records
    assert len(drafts.load(id).replies) == 1


def test_a_draft_that_was_cut_off_is_told_as_such(drafts: Drafts) -> None:
    items = items_in(LIST)
    head = Head(id=id_of(items, WANTED), name="甲", made="", options=WANTED, state=State.RUNNING, total=3)
    drafts._book.save(head, items, ())
    assert drafts.progress(head.id).state is State.INTERRUPTED
    assert [h.state for h in drafts.recent()] == [State.INTERRUPTED]


def test_a_broken_file_is_one_line(drafts: Drafts) -> None:
    id = made(drafts)
    drafts.decide(id, drafts.lines(id)[0].key, Decision(verdict=Verdict.STRIKE))
    folder = drafts._book._folder
    (folder / f"{id}.review.json").write_text('{"decisions": ', encoding="utf-8")
    with pytest.raises(DraftError, match=rf"{id}\.review\.json 已损坏") as error:
        drafts.reviewed(id)
    assert "\n" not in str(error.value)
    (folder / f"{id}.jsonl").write_bytes(b"\x00nothing")
    drafts._last = None
    with pytest.raises(DraftError, match=rf"{id}\.jsonl 已损坏"):
        drafts.load(id)
    assert "已损坏" in drafts.recent()[0].trouble
    for wrong in ("../../etc/passwd", "", "f" * 16):
        with pytest.raises(DraftError, match="没有这份起草"):
            drafts.load(wrong)
    drafts.remove(id)
    assert not list(folder.iterdir())


def test_files_are_bounded(drafts: Drafts, monkeypatch: pytest.MonkeyPatch) -> None:
    made(drafts)
    monkeypatch.setattr(draft_book, "MAX_KEPT", 1)
    with pytest.raises(DraftError, match="先在“最近的起草”里删去"):
        drafts.start(items_in("另一份清单"), WANTED)
