"""Drafts: what a list of questions is read as, which sentences reply to it, and what is said to be missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import docx
import openpyxl
import pytest
from documents import REPORT_A, REPORT_B, RULE, write

from ingest.document import Document
from qa.draft import DraftKind, Options, PartKind, Reply, Sentence, draft
from qa.draft_items import DraftError, Item, read_items
from qa.draft_rows import row_words
from qa.draft_topic import topic_of
from qa.question import Question
from qa.service import Service, open_service
from qa.settings import Settings

RECTIFICATION = """松溪镇2023年考核反馈问题整改情况报告
云霞县松溪镇对照反馈问题逐项整改。
一、工作落实不够扎实
1.公益性岗位管理不够规范。检查发现某村护林员4人没有续签合同。
整改情况：一是续签公益性岗位合同46份；二是镇人社所每月到村核查公益性岗位履职情况。
2.产业帮扶力度有待加强。抽查120户，有31户没有产业。
整改情况：镇农技站进村开展养蜂技术指导。
二、资金使用不够及时
3.补助资金拨付滞后。某镇补助资金拖延90天。
整改情况：补助资金已全部拨付到户，涉及310户86万元，尚有2户因账号有误未拨付。
松溪镇人民政府
2024年1月15日
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("base")
    service = open_service(Settings(home=folder / "home", embedder="hash"), to_write=True)
    service.ingest([write(folder / "docs", rule=RULE, a=REPORT_A, b=REPORT_B, rectification=RECTIFICATION)])
    yield service
    service.close()


def item(text: str, title: str = "") -> Item:
    return Item(number=1, title=title or text, text=text)


def reply(service: Service, text: str, title: str = "", **options: object) -> Reply:
    (got,) = draft([item(text, title)], service, Options(**options))  # type: ignore[arg-type]
    return got


def said(reply: Reply, kind: PartKind) -> str:
    return "".join(s.text for part in reply.parts if part.kind is kind for s in part.sentences)


def missing(reply: Reply, kind: PartKind) -> str:
    return "".join(g for part in reply.parts if part.kind is kind for g in part.gaps)


# --- items ---


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("1.甲村有多少户?\n\n2、乙村有多少人？\n（三）丙村有多少亩?\n四、二、三产业产值是多少?", ["甲村有多少户?", "乙村有多少人？", "丙村有多少亩?", "二、三产业产值是多少?"]),
        ("迎检问题清单\n公益性岗位\n2023年安置多少人?", ["公益性岗位", "2023年安置多少人?"]),
        ("一、就业\n1.岗位多少个?\n2.务工多少人?\n二、产业\n1.养牛补多少?", ["岗位多少个?", "务工多少人?", "养牛补多少?"]),
        ("问题一：产业单一\n问题二：管护不到位", ["产业单一", "管护不到位"]),
    ],
    ids=["mixed numbers", "no numbers", "chapters", "问题一"],
)  # fmt: skip
def test_a_list_gives_its_lines(tmp_path: Path, text: str, titles: list[str]) -> None:
    path = tmp_path / "问题.txt"
    path.write_text(text, encoding="utf-8")
    assert [i.title for i in read_items(path)] == titles


def test_a_feedback_document_gives_its_problems_without_the_replies(tmp_path: Path) -> None:
    path = tmp_path / "反馈.txt"
    path.write_text(RECTIFICATION + "整改要求：限期整改\n", encoding="utf-8")
    items = read_items(path)
    assert [i.title for i in items] == ["公益性岗位管理不够规范", "产业帮扶力度有待加强", "补助资金拨付滞后"]
    assert "护林员4人" in items[0].text
    assert "续签" not in items[0].text.replace("没有续签", "")


def test_a_requirement_goes_with_its_problem(tmp_path: Path) -> None:
    document = docx.Document()
    for line in (
        "（一）关于产业发展不足的问题",
        "产业规模小。",
        "整改要求：6月底前完成。",
        "（二）关于岗位管理的问题",
        "管理松散。",
    ):
        document.add_paragraph(line)
    document.save(str(tmp_path / "反馈.docx"))
    first, second = read_items(tmp_path / "反馈.docx")
    assert (first.title, first.requirement) == ("关于产业发展不足的问题", "6月底前完成。")
    assert second.text == "关于岗位管理的问题。管理松散。"


def test_word_numbers_its_items_itself(tmp_path: Path) -> None:
    document = docx.Document()
    for line in ("养牛每头补多少钱?", "养蜂每箱补多少钱?"):
        document.add_paragraph(line, style="List Number")
    document.save(str(tmp_path / "问题.docx"))
    assert [i.text for i in read_items(tmp_path / "问题.docx")] == ["养牛每头补多少钱?", "养蜂每箱补多少钱?"]


@pytest.mark.parametrize(
    ("header", "row", "text"),
    [
        (["序号", "问题", "责任单位", "整改要求"], [1, "岗位管理不规范", "镇人力资源和社会保障所", "限期"], "岗位管理不规范"),
        (["序号", "说明", "人"], [1, "补助资金拨付滞后，涉及多户", "甲"], "补助资金拨付滞后，涉及多户"),
    ],
    ids=["by header", "the longest"],
)  # fmt: skip
def test_a_table_gives_the_column_with_the_questions(
    tmp_path: Path, header: list[str], row: list[object], text: str
) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(header)
    sheet.append(row)
    book.save(tmp_path / "问题.xlsx")
    (only,) = read_items(tmp_path / "问题.xlsx")
    assert only.text == text
    assert only.requirement == ("限期" if "整改要求" in header else "")


@pytest.mark.parametrize(("name", "content"), [("空.txt", b"\n \n"), ("图.png", b"\x89PNG\r\n\x1a\n"), ("坏.docx", b"PK\x03\x04 broken"), ("无.txt", None)])  # fmt: skip
def test_what_cannot_be_read_is_one_line(tmp_path: Path, name: str, content: bytes | None) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DraftError) as error:
        read_items(path)
    assert name in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("title", "topic"),
    [
        ("个别地方就业政策落实不够精准", "就业政策落实"),
        ("少数地方公益性岗位管理不够规范", "公益性岗位管理"),
        ("资金支出进度较为滞后", "资金支出进度"),
        ("不够扎实", "不够扎实"),
    ],
)
def test_the_topic_is_what_is_left_without_the_blame(title: str, topic: str) -> None:
    assert topic_of(item(title)) == topic


# --- replies ---


def test_every_sentence_stands_in_its_quote_and_every_quote_in_its_document(service: Service) -> None:
    questions = ["公益性岗位管理不够规范", "补助资金拨付滞后", "养蜂每箱补多少钱?", "松溪镇公益性岗位安置了多少人?"]
    for kind in DraftKind:
        for got in draft(map(item, questions), service, Options(kind=kind, place="松溪镇")):
            quotes = {c.number: c.quote for c in got.citations}
            for c in got.citations:
                assert service.document(c.document_id).text[c.start : c.end] == c.quote
            for part in got.parts:
                assert part.sentences or part.gaps
                for s in part.sentences:
                    assert s.text.rstrip("。") in "".join(quotes[n] for n in s.citations)


def test_answers_alone(service: Service) -> None:
    got = reply(service, "养一头牛能补多少钱?")
    assert "2500元" in said(got, PartKind.ANSWER)
    assert [p.kind for p in got.parts] == [PartKind.ANSWER]
    assert not got.gaps


def test_a_rectification_reply_has_measures_and_figures_of_the_town_alone(service: Service) -> None:
    got = reply(
        service, "公益性岗位管理不够规范。检查发现某村护林员4人没有续签合同。", "公益性岗位管理不够规范",
        kind=DraftKind.RECTIFICATION, place="松溪镇",
    )  # fmt: skip
    assert said(got, PartKind.WORK) == "镇人社所每月到村核查公益性岗位履职情况。"
    assert "续签公益性岗位合同46份" in said(got, PartKind.RESULTS)
    assert "护林员4人" not in "".join(said(got, k) for k in PartKind)
    assert "71人" not in "".join(said(got, k) for k in PartKind), "another town's figure"
    assert missing(got, PartKind.OPEN).startswith("【待补充：松溪镇“公益性岗位管理不够规范”")


def test_the_basis_names_rule_number_and_article(service: Service) -> None:
    got = reply(service, "公益性岗位补助发放不及时", kind=DraftKind.RECTIFICATION, place="松溪镇")
    (rule, *_) = got.parts[0].sentences
    assert rule.label == "《云霞县人民政府办公室关于印发产业到户补助办法的通知》（云政办发〔2023〕5号）第四条："
    assert "每人每月补助600元" in rule.text


def test_what_is_still_open_is_told_as_such(service: Service) -> None:
    got = reply(service, "补助资金拨付滞后", kind=DraftKind.RECTIFICATION, place="松溪镇")
    assert "尚有2户" in said(got, PartKind.OPEN)
    assert "2024年1月15日" not in said(got, PartKind.WORK), "the date below the text tells nothing"
    assert "90天" not in "".join(said(got, k) for k in PartKind)


def test_several_towns_and_none_named_is_a_gap(service: Service) -> None:
    got = reply(service, "公益性岗位安置就业", kind=DraftKind.REPORT)
    assert not said(got, PartKind.RESULTS)
    assert "松溪镇" in missing(got, PartKind.WORK)
    assert "榆岭镇" in missing(got, PartKind.WORK)


def test_an_item_that_asks_of_several_towns_gets_each_its_own(service: Service) -> None:
    got = reply(service, "松溪镇和榆岭镇公益性岗位分别安置了多少人?", kind=DraftKind.REPORT)
    (results,) = [p for p in got.parts if p.kind is PartKind.RESULTS]
    of_town = {s.label: s.text for s in results.sentences}
    assert "46人" in of_town["松溪镇："]
    assert "71人" in of_town["榆岭镇："]
    assert len(results.sentences) == 2


def test_a_rule_that_is_out_of_force_is_no_basis(service: Service) -> None:
    for day, there in ((date(2024, 1, 1), True), (date(2029, 1, 1), False)):
        got = reply(service, "公益性岗位补助发放不及时", kind=DraftKind.STATEMENT, place="松溪镇", as_of=day)
        assert bool(said(got, PartKind.BASIS)) is there
    assert "不在有效期内" in missing(got, PartKind.BASIS)


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("松溪镇镇长是谁?", "人员姓名"),
        ("松溪镇2019年有多少户脱贫户?", "数量"),
        ("河湾镇有多少户脱贫户?", "没有河湾镇的资料"),
        ("养猪每头补多少钱?", "金额"),
        ("问" * 3000, "待补充"),
    ],
    ids=["person", "year", "place", "item", "no question"],
)
def test_what_is_not_there_is_a_gap_that_says_what(service: Service, question: str, says: str) -> None:
    got = reply(service, question)
    assert not got.citations
    assert says in missing(got, PartKind.ANSWER)


def test_each_question_of_an_item_is_asked(service: Service) -> None:
    got = reply(service, "养一头牛能补多少钱?养猪每头补多少钱?")
    assert "2500元" in said(got, PartKind.ANSWER)
    assert "养猪" in missing(got, PartKind.ANSWER)


def test_only_the_documents_that_may_be_used(service: Service) -> None:
    ids = {Path(r.source).stem: r.id for r in service.documents()}
    assert "46人" in said(reply(service, "公益性岗位安置了多少人?", only=frozenset([ids["a"]])), PartKind.ANSWER)
    assert not reply(service, "公益性岗位安置了多少人?", only=frozenset([ids["rule"]])).citations


def test_words_that_the_citations_do_not_carry_are_put_back(service: Service) -> None:
    def wording(item: Item, kind: PartKind, sentences: Sequence[Sentence]) -> Sequence[Sentence]:  # noqa: ARG001
        return [replace(s, text="每头补助9999元。") for s in sentences]

    (got,) = draft([item("养一头牛能补多少钱?")], service, Options(), wording=wording)
    assert "9999" not in said(got, PartKind.ANSWER)
    assert "2500元" in said(got, PartKind.ANSWER)


PROBLEMS = """松溪镇2023年巡察反馈问题整改台账
一、整改情况
序号：1｜反馈问题：产业路养护不到位｜整改措施：落实养护员12名，每月巡查产业路｜完成情况：已养护产业路36公里｜责任人：张三
序号：2｜反馈问题：产业路标识缺失｜责任人：李四
松溪镇人民政府
2024年1月20日
"""


def test_of_a_ledger_the_cells_that_reply_are_quoted(service: Service, tmp_path: Path) -> None:
    service.ingest([write(tmp_path, problems=PROBLEMS)])
    got = reply(service, "产业路养护不到位", kind=DraftKind.RECTIFICATION, place="松溪镇")
    everything = "".join(said(got, k) for k in PartKind)
    assert "整改措施：落实养护员12名，每月巡查产业路；完成情况：已养护产业路36公里。" in everything
    assert "张三" not in everything
    assert "标识缺失" not in everything
    service.remove(next(r.id for r in service.documents() if "巡察" in r.metadata.title))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("序号：3｜乡镇：松溪镇｜户数：312｜备注：", "乡镇：松溪镇，户数：312。"),
        ("措施：公示、核查，按月发放。｜人数：46", "措施：公示、核查，按月发放；人数：46。"),
    ],
    ids=["figures", "sentences"],
)
def test_a_row_in_set_punctuation(row: str, words: str) -> None:
    assert row_words(row) == words


class _Unsound:
    """A service whose documents have changed since they were cited."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def __getattr__(self, name: str) -> object:
        return getattr(self._service, name)

    def question(self, text: str, *, place: str | None = None, year: int | None = None) -> Question:
        return self._service.question(text, place=place, year=year)

    def document(self, document_id: str) -> Document:
        document = self._service.document(document_id)
        return replace(document, text="　" + document.text[:-1])


def test_a_quote_that_does_not_stand_in_its_document_is_left_out(service: Service) -> None:
    (got,) = draft([item("养一头牛能补多少钱?")], _Unsound(service), Options())  # type: ignore[arg-type]
    assert not got.citations
    assert got.gaps
