"""Copies and versions: told from documents that only look alike, one of each family answers, the others are kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from documents import REPORT_A, REPORT_B, RULE, loaded
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.chunk import split
from ingest.document import Document, Metadata, document_id
from kb.embed import HashEmbedder
from kb.identity import Member, amendments, title_core
from kb.knowledge_base import KnowledgeBase
from kb.records import FileRecord, Record
from kb.signature import bands_of, likeness, plain, signature_of
from kb.versions import Kinship, kinship, standing

BODY = """第一条 为发展到户产业，促进脱贫户和监测户稳定增收，根据上级有关规定，结合本地实际，制定本办法。
第二条 种植业每亩补助80元，每户最多补助10亩，由村级核实后报乡镇审核。
第三条 养牛每头补助2500元；养羊每只补助260元；养蜂每箱补助150元。
第四条 公益性岗位每人每月补助600元，按月发放，不得跨年度累计。
第五条 各乡镇人民政府对申报材料的真实性负责，县农业农村局组织抽查。
第六条 本办法自印发之日起施行。"""
SUMMARY = """一、基本情况
全镇辖9个行政村，户籍人口5210户18340人，其中脱贫户312户1042人，监测户41户150人。
二、主要做法
坚持党建引领，压实帮扶责任，逐户落实产业、就业、教育、医疗、住房和饮水保障措施。
三、工作成效
开发公益性岗位安置46人就业，外出务工脱贫劳动力523人，小额信贷发放86万元。
四、存在问题
产业规模偏小，销路不稳，部分群众内生动力不足。"""
NOTICE = """各村民委员会：
经研究，定于本周五上午九时在镇政府三楼会议室召开专题会议，请村支书和帮扶队员准时参加，带好台账。
会议要求关闭手机，不得迟到早退，确需请假的，须经镇主要领导同意。"""
HOUSEHOLD = "姓名：王小满\n家庭人口：4人\n" + SUMMARY

Fields = dict[str, Any]
_ORDER = count(1)


def member(text: str, title: str = "关于印发产业到户补助办法的通知", **fields: Any) -> Member:
    own = {k: fields.pop(k) for k in ("scanned", "paths", "past_paths", "edition", "order") if k in fields}
    whole = f"{title}\n{text}"
    return Member(
        id=document_id(whole),
        metadata=Metadata(title=title, **fields),
        text=whole,
        signature=signature_of(whole),
        **{"paths": frozenset({str(next(_ORDER))}), "edition": next(_ORDER), "order": next(_ORDER), **own},
    )


def report(text: str = SUMMARY, title: str = "松溪镇2023年工作总结", **fields: Any) -> Member:
    known: Fields = {"place": "松溪镇", "year": 2023, "kind": "summary", "issuer": "松溪镇人民政府"}
    return member(text, title, **{**known, **fields})


def notice(text: str = NOTICE, **fields: Any) -> Member:
    known: Fields = {"place": "松溪镇", "year": 2023, "kind": "notice", "issued_on": date(2023, 5, 4)}
    return member(text, "关于召开专题会议的通知", **{**known, **fields})


RULE_FIELDS: Fields = {"document_number": "云政办发〔2023〕5号", "kind": "rule", "place": "云霞县", "year": 2023}
NEXT_FIELDS: Fields = {"document_number": "云政办发〔2024〕9号", "kind": "rule", "place": "云霞县", "year": 2024}
SITE = "来源：云霞县人民政府网站 发布时间：2023-02-12 浏览次数：33\n"

SAME = {
    "another format: spaces, width and line ends": (
        member(BODY),
        member(BODY.replace("，", ",").replace("\n", "\n　　")),
        Kinship.COPY,
    ),
    "a repost with the site's lines": (member(BODY), member(SITE + BODY + "\n上一篇：春耕备耕"), Kinship.COPY),
    "two reposts": (member(SITE + BODY), member("作者：王晓 编辑：李明\n" + BODY), Kinship.COPY),
    "signature and date missing in one": (
        member(BODY + "\n云霞县人民政府办公室\n2023年2月10日", **RULE_FIELDS),
        member(BODY),
        Kinship.COPY,
    ),
    "a longer title around the same one": (
        member(BODY),
        member(BODY, "云霞县人民政府办公室关于印发产业到户补助办法的通知（全文）"),
        Kinship.COPY,
    ),
    "a scan with misread characters": (
        member(BODY),
        member(BODY.replace("制定本办法", "制定木办法").replace("真实性", "真买性"), scanned=True),
        Kinship.COPY,
    ),
    "a rule with a figure changed": (
        member(BODY, **RULE_FIELDS),
        member(BODY.replace("80元", "85元"), **RULE_FIELDS),
        Kinship.VERSION,
    ),
    "文号 in other brackets": (
        member(BODY, **RULE_FIELDS),
        member(BODY.replace("80元", "85元"), **{**RULE_FIELDS, "document_number": "云政办发[2023] 5号"}),
        Kinship.VERSION,
    ),
    "a rule with a clause more": (
        member(BODY, **RULE_FIELDS),
        member(BODY + "\n第七条 本办法由县农业农村局负责解释。", **RULE_FIELDS),
        Kinship.VERSION,
    ),
    "a word changed": (
        member(BODY, **RULE_FIELDS),
        member(BODY.replace("不得跨年度", "可以跨年度"), **RULE_FIELDS),
        Kinship.VERSION,
    ),
    "a report restated": (report(), report(SUMMARY.replace("46人", "48人")), Kinship.VERSION),
    "a report restated days later": (
        report(issued_on=date(2023, 12, 20)),
        report(SUMMARY.replace("46人", "48人"), issued_on=date(2023, 12, 28)),
        Kinship.VERSION,
    ),
    "a draft and the final of one report": (
        report(),
        report(SUMMARY.replace("46人", "48人"), "松溪镇2023年工作总结（定稿）"),
        Kinship.VERSION,
    ),
    "what the same file held before": (
        member(BODY, paths=frozenset(), past_paths=frozenset({"/a.txt"})),
        member(BODY.replace("80元", "85元"), paths=frozenset({"/a.txt"})),
        Kinship.VERSION,
    ),
}

OTHERS = {
    "the same report of another town": (
        report(),
        report(title="榆岭镇2023年工作总结", place="榆岭镇", issuer="榆岭镇人民政府"),
    ),
    "another town's, title without a name": (
        report(title="2023年工作总结"),
        report(title="2023年工作总结", place="榆岭镇"),
    ),
    "the same report of another year": (report(), report(title="松溪镇2024年工作总结", year=2024)),
    "of several years and of one": (
        report(period=(2020, 2023)),
        report(SUMMARY.replace("46", "48"), period=(2021, 2023)),
    ),
    "the same text, another year in the title only": (
        member(SUMMARY, "2022年工作总结"),
        member(SUMMARY, "2023年工作总结"),
    ),
    "a successor with another 文号": (member(BODY, **RULE_FIELDS), member(BODY.replace("80元", "85元"), **NEXT_FIELDS)),
    "the same text under another 文号": (member(BODY, **RULE_FIELDS), member(BODY, **NEXT_FIELDS)),
    "a rule with a figure changed, no 文号 known": (member(BODY), member(BODY.replace("80元", "85元"))),
    "a rule with a clause more, no 文号 known": (member(BODY), member(BODY + "\n第七条 由县农业农村局解释。")),
    "notices from one template": (
        notice(),
        notice(NOTICE.replace("周五上午九时", "周一下午三时"), issued_on=date(2023, 6, 1)),
    ),
    "notices from one template, dates unknown": (
        notice(issued_on=None),
        notice(NOTICE.replace("周五上午九时", "周一下午三时"), issued_on=None),
    ),
    "notices of two towns": (
        member(NOTICE + "\n松溪镇人民政府", "会议通知"),
        member(NOTICE + "\n榆岭镇人民政府", "会议通知"),
    ),
    "two batches": (
        report(title="松溪镇2023年第一批补助发放情况"),
        report(SUMMARY.replace("46人", "48人"), title="松溪镇2023年第二批补助发放情况"),
    ),
    "two quarters with one text": (
        member(SUMMARY, "松溪镇一季度工作情况汇报"),
        member(SUMMARY, "松溪镇二季度工作情况汇报"),
    ),
    "the report of a half year and a later one": (
        report(issued_on=date(2023, 6, 30)),
        report(SUMMARY.replace("46人", "48人"), issued_on=date(2023, 12, 20)),
    ),
    "a later report of the same title, undated": (
        report(),
        report(re.sub(r"\d+", lambda n: str(int(n[0]) * 2 + 1), SUMMARY).replace("销路不稳", "缺少龙头企业带动")),
    ),
    "a list of names more": (
        member(BODY),
        member(
            BODY
            + "\n名单\n"
            + "\n".join(f"{name}家庭农场" for name in ("北岭", "清水", "石桥", "大坪", "双河", "松林"))
        ),
    ),
    "two guides that ask for other papers": (
        member(BODY + "\n申请材料：申请表、户口簿"),
        member(BODY + "\n申请材料：申请表、户口簿、照片"),
    ),
    "a guide that asks for papers at all": (member(BODY), member(BODY + "\n申请材料：申请表")),
    "a line with a figure more": (member(BODY), member(BODY + "\n养猪每头补助300元")),
    "two households on one form": (
        member(HOUSEHOLD, "结对帮扶情况表"),
        member(HOUSEHOLD.replace("王小满", "赵大有"), "结对帮扶情况表"),
    ),
    "a decimal point": (member(BODY.replace("2500元", "7.55万元")), member(BODY.replace("2500元", "75.5万元"))),
    "an explanation of the rule": (
        member(BODY, **RULE_FIELDS),
        member(
            "问：补多少？答：种植业每亩80元。\n" + BODY.replace("第", "答"), **{**RULE_FIELDS, "kind": "interpretation"}
        ),
    ),
    "numbers that every office gives": (
        member(BODY, document_number="第1号"),
        member(BODY.replace("80元", "85元"), document_number="第1号"),
    ),
    "a scan with another figure": (member(BODY), member(BODY.replace("80元", "85元"), scanned=True)),
    "two parts of one file": (
        report(paths=frozenset({"/a.docx"})),
        report(SUMMARY.replace("46人", "48人"), paths=frozenset({"/a.docx"})),
    ),
    "a notice that forwards the whole rule": (
        member(BODY, **RULE_FIELDS),
        member("现转发给你们，请认真贯彻执行，并将落实情况于月底前报县办公室。\n" + BODY, "转发产业到户补助办法的通知"),
    ),
    "a file replaced by something else": (
        member(NOTICE, "会议通知", paths=frozenset(), past_paths=frozenset({"/a.txt"})),
        member(BODY, "会议通知", paths=frozenset({"/a.txt"})),
    ),
}


@pytest.mark.parametrize(("a", "b", "expected"), SAME.values(), ids=SAME)
def test_the_same_document(a: Member, b: Member, expected: Kinship) -> None:
    assert kinship(a, b) == kinship(b, a) == expected


@pytest.mark.parametrize(("a", "b"), OTHERS.values(), ids=OTHERS)
def test_documents_that_only_look_alike(a: Member, b: Member) -> None:
    assert kinship(a, b) is kinship(b, a) is None


@pytest.mark.parametrize(
    ("title", "core"),
    [
        ("云霞县人民政府办公室关于印发《补助办法》的通知", "关于印发补助办法的通知"),
        ("松溪镇2023年工作总结（定稿）", "松溪镇2023年工作总结"),
        ("补助办法（征求意见稿）", "补助办法征求意见稿"),
        ("补助办法（全文）", "补助办法"),
    ],
)
def test_the_core_of_a_title(title: str, core: str) -> None:
    assert title_core(title) == core


def test_of_copies_the_one_that_says_most_stands_and_of_versions_the_newest() -> None:
    bare = member(BODY, edition=1, order=1)
    full = member(BODY + "\n", edition=1, order=2, issued_on=date(2023, 2, 10), **RULE_FIELDS)
    newer = member(BODY + "。", edition=2, order=3, issued_on=date(2023, 3, 1))
    assert standing([bare, full]) == full
    assert standing([bare, full, newer]) == newer
    unheld = member(BODY + "！", edition=4, order=4, issued_on=date(2023, 9, 1), paths=frozenset())
    assert standing([bare, full, newer, unheld]) == newer


def test_an_amended_rule_stands_before_the_first_one_whichever_came_first() -> None:
    first = member("（2019年8月29日通过）\n" + BODY, edition=9, issued_on=date(2019, 9, 27))
    amended = member(
        "（2019年8月29日通过 根据2022年8月25日第四十次会议《决定》修正）\n" + BODY, issued_on=date(2019, 9, 27)
    )
    assert standing([first, amended]) == standing([amended, first]) == amended
    assert amendments("根据2022年13月45日决定修正") == [date.min]


def test_signatures_tell_how_alike_texts_are() -> None:
    a, b, c = (signature_of(t) for t in (BODY, BODY.replace("80元", "85元"), SUMMARY))
    assert likeness(a, signature_of(BODY.replace("，", ", "))) == 1
    assert likeness(a, b) > 0.9
    assert likeness(a, c) < 0.1
    assert set(bands_of(a)) & set(bands_of(b))
    assert not set(bands_of(a)) & set(bands_of(c))
    assert plain("１,０００ 元；3.5％。") == "1000元3.5%"
    assert likeness(signature_of(""), signature_of("")) == 1


# --- in a base ---


@pytest.fixture
def base(tmp_path: Path) -> Iterator[KnowledgeBase]:
    base = open_base(tmp_path / "home")
    yield base
    base.close()


def open_base(home: Path) -> KnowledgeBase:
    return KnowledgeBase(home, HashEmbedder(64), "recipe-1", to_write=True)


def put(base: KnowledgeBase, folder: Path, text: str, name: str = "a") -> str:
    document_id = put_document(base, loaded(folder, text, name)[0], folder / f"{name}.txt")
    base.refresh()
    return document_id


def put_document(base: KnowledgeBase, document: Document, path: Path) -> str:
    record = FileRecord(
        path=str(path.resolve()),
        source=str(path),
        sha256=document.id,
        original=base.keep_original(path, document.id) if path.exists() else None,
        documents=(document.id,),
        coverage=document.coverage,
    )
    base.put_file(record, [(document, split(document))])
    return document.id


def ids(records: tuple[Record, ...]) -> set[str]:
    return {r.id for r in records}


def found(base: KnowledgeBase, question: str) -> str:
    return " ".join(p.chunk.text for p in base.search(question, 50))


COPY = SITE + RULE
NEWER = RULE.replace("80元", "85元").replace("2023年2月10日", "2023年3月10日")
NEWEST = RULE.replace("80元", "90元").replace("2023年2月10日", "2023年4月10日")


def test_one_of_two_copies_answers(base: KnowledgeBase, tmp_path: Path) -> None:
    first, second = put(base, tmp_path, RULE), put(base, tmp_path, RULE + "\n转载：王晓", "b")
    assert first != second
    (record,) = base.documents()
    assert (record.id, record.copies, record.versions) == (first, (second,), ())
    hidden = base.record(second)
    assert (hidden.current_id, hidden.kinship) == (first, Kinship.COPY)
    assert {p.chunk.document_id for p in base.search("养牛每头补助多少", 50)} == {first}
    assert base.document(second).id == second
    assert base.check() == []


def test_removing_the_current_one_lets_the_next_take_its_place(base: KnowledgeBase, tmp_path: Path) -> None:
    old, new = put(base, tmp_path, RULE), put(base, tmp_path, NEWER, "b")
    newest = put(base, tmp_path, NEWEST, "c")
    assert base.documents()[0].versions == (new, old)
    for current, price in ((newest, "90元"), (new, "85元"), (old, "80元")):
        (record,) = base.documents()
        assert record.id == current
        assert price in found(base, "种植业每亩补助多少")
        assert {p.chunk.document_id for p in base.search("种植业", 50)} == {current}
        assert base.check() == []
        base.remove(current)
    assert base.documents(hidden=True) == ()


def test_a_version_put_in_later_but_issued_earlier_stays_behind(base: KnowledgeBase, tmp_path: Path) -> None:
    new, old = put(base, tmp_path, NEWER), put(base, tmp_path, RULE, "b")
    assert ids(base.documents()) == {new}
    assert base.record(old).kinship is Kinship.VERSION


def test_a_changed_file_keeps_what_it_held_as_an_earlier_version(base: KnowledgeBase, tmp_path: Path) -> None:
    old, new = put(base, tmp_path, RULE), put(base, tmp_path, NEWER)
    assert ids(base.documents()) == {new}
    assert base.record(old).current_id == new
    original = base.original(old)
    assert original is not None
    assert "80元" in original.read_text("utf-8")
    assert put(base, tmp_path, RULE) == old
    assert ids(base.documents()) == {old}
    assert base.record(new).current_id == old
    base.remove(old)
    assert ids(base.documents(hidden=True)) == {new}
    assert "85元" in found(base, "种植业每亩补助多少")


def test_undated_versions_stand_in_the_order_they_came(base: KnowledgeBase, tmp_path: Path) -> None:
    text = RULE.replace("2023年2月10日\n", "")
    old, new = put(base, tmp_path, text), put(base, tmp_path, text.replace("80元", "85元"))
    assert ids(base.documents()) == {new}
    assert put(base, tmp_path, text) == old
    assert ids(base.documents()) == {old}


def test_a_file_changed_to_something_else_drops_what_it_held(base: KnowledgeBase, tmp_path: Path) -> None:
    put(base, tmp_path, RULE)
    other = put(base, tmp_path, REPORT_A)
    assert ids(base.documents(hidden=True)) == {other}


def test_a_new_copy_of_an_old_version_does_not_come_forward(base: KnowledgeBase, tmp_path: Path) -> None:
    text = RULE.replace("2023年2月10日\n", "")
    put(base, tmp_path, text, "a")
    new = put(base, tmp_path, text.replace("80元", "85元"), "b")
    put(base, tmp_path, text + "转载：王晓", "c")
    assert ids(base.documents()) == {new}


def test_reports_of_two_towns_both_answer(base: KnowledgeBase, tmp_path: Path) -> None:
    assert len({put(base, tmp_path, REPORT_A), put(base, tmp_path, REPORT_B, "b")}) == 2
    assert len(base.documents()) == 2


def test_a_rebuilt_index_holds_what_stands_for_itself(tmp_path: Path) -> None:
    base = open_base(tmp_path / "home")
    put(base, tmp_path, RULE)
    put(base, tmp_path, NEWER, "b")
    base.repair(lambda *_: None)
    assert base.check() == []
    assert "80元" not in found(base, "种植业每亩补助多少")
    base.close()
    (tmp_path / "home/index/applied.json").unlink()
    again = open_base(tmp_path / "home")
    assert "85元" in found(again, "种植业每亩补助多少")
    assert again.check() == []
    again.close()


def test_a_reader_beside_the_owner_sees_only_what_stands(base: KnowledgeBase, tmp_path: Path) -> None:
    put(base, tmp_path, RULE)
    put(base, tmp_path, NEWER, "b")
    reader = KnowledgeBase(tmp_path / "home", HashEmbedder(64), "recipe-1", to_write=False)
    assert "80元" not in found(reader, "种植业每亩补助多少")
    reader.close()


@settings(max_examples=12, deadline=None)
@given(order=st.permutations([RULE, NEWER, NEWEST, SITE + NEWEST, REPORT_A, REPORT_B]))
def test_who_stands_does_not_depend_on_the_order_of_ingest(
    tmp_path_factory: pytest.TempPathFactory, order: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("order")
    base = open_base(folder / "home")
    for i, text in enumerate(order):
        put_document(base, loaded(folder, text, f"f{i}")[0], folder / f"f{i}.txt")
    standing_texts = sorted(base.document(r.id).text for r in base.documents())
    base.close()
    assert len(standing_texts) == 3
    assert sum("90元" in text for text in standing_texts) == 1
