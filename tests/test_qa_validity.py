"""Which rule is in force on a day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
from documents import RULE, write

from ingest.document import Coverage, Metadata, Relation, RelationKind
from ingest.relations import find_relations
from kb.records import Record
from qa.answer import Validity
from qa.service import Service, open_service
from qa.settings import Settings
from qa.validity import Register, Standing

NEW_RULE = """云霞县人民政府办公室关于印发产业到户补助办法(修订)的通知
云政办发〔2025〕3号
各乡镇人民政府:
第一条 为发展到户产业,制定本办法。
第二条 种植业每亩补助95元,每户最多补助12亩。
第三条 养牛每头补助2800元;养羊每只补助300元。
第四条 本办法自2025年4月1日起施行。云政办发〔2023〕5号文件同时废止。
云霞县人民政府办公室
2025年3月5日
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("base")
    service = open_service(Settings(home=folder / "home", embedder="hash"), to_write=True)
    service.ingest([write(folder / "docs", old=RULE, new=NEW_RULE)])
    yield service
    service.close()


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("云政办发〔2023〕5号文件同时废止。", ("云政办发〔2023〕5号",)),
        ("本办法自印发之日起施行,《原办法》(云政发[2019]12号)停止执行。", ("云政发[2019]12号",)),
        ("根据云政办发〔2023〕5号文件,制定本办法。", ()),
        ("废止日期: 2029-09-30", ()),
        ("云政办发〔2023〕5号文件有效期至2028年,未废止。", ()),
    ],
)
def test_what_a_text_repeals(text: str, numbers: tuple[str, ...]) -> None:
    ends = (RelationKind.REPEALS, RelationKind.REPLACES)
    assert tuple(r.document_number for r in find_relations(text, None) if r.kind in ends) == numbers


def test_the_rule_in_force_answers(service: Service) -> None:
    answer = service.ask("种植业每亩补多少钱?", as_of=date(2026, 1, 1))
    assert "95元" in answer.text
    assert answer.citations[0].status is Validity.IN_FORCE
    assert [w.kind for w in answer.warnings] == []


def test_before_the_change_the_old_rule_answers(service: Service) -> None:
    answer = service.ask("种植业每亩补多少钱?", as_of=date(2024, 6, 1))
    assert "80元" in answer.text
    assert answer.citations[0].status is Validity.IN_FORCE


def test_a_year_in_the_question_asks_for_the_rule_of_that_year(service: Service) -> None:
    answer = service.ask("2024年种植业每亩补多少钱?", as_of=date(2026, 1, 1))
    assert "80元" in answer.text
    assert answer.citations[0].status is Validity.SUPERSEDED
    (warning,) = answer.warnings
    assert warning.kind == "expired"
    assert "云政办发〔2025〕3号" in warning.text
    assert "2025-04-01" in warning.text


def test_what_only_the_old_rule_says_is_given_with_a_warning(service: Service) -> None:
    answer = service.ask("养蜂每箱补多少钱?", as_of=date(2026, 1, 1))
    assert Path(answer.citations[0].source).stem == "old"
    assert [w.kind for w in answer.warnings] == ["expired"]


def _record(document_id: str, metadata: Metadata, *relations: Relation) -> Record:
    return Record(
        id=document_id,
        source=f"{document_id}.txt",
        metadata=metadata,
        places=(),
        relations=relations,
        part=0,
        coverage=Coverage(),
        chunks=1,
        characters=1,
        added_at=datetime(2026, 1, 1),
    )


OLD = Metadata(
    title="云霞县人民政府办公室关于印发《云霞县养牛补助办法（试行）》的通知", issued_on=date(2020, 5, 6), kind="rule"
)
NEW = Metadata(title="云霞县养殖补助办法", effective_on=date(2024, 1, 1), kind="rule")


def _ends(kind: RelationKind, title: str | None, number: str | None = None) -> Relation:
    return Relation(kind=kind, title=title, document_number=number, start=0, end=1)


@pytest.mark.parametrize(
    ("relation", "status"),
    [
        (_ends(RelationKind.REPEALS, "云霞县养牛补助办法（试行）"), Validity.SUPERSEDED),
        (_ends(RelationKind.REPEALS, "关于印发云霞县养牛补助办法（试行）的通知"), Validity.SUPERSEDED),
        (_ends(RelationKind.REPEALS, "云霞县养牛补助办法（试行）", "云政发〔2020〕7号"), Validity.SUPERSEDED),
        (_ends(RelationKind.REPLACES, "云霞县养牛补助办法（试行）"), Validity.SUPERSEDED),
        (_ends(RelationKind.AMENDS, "云霞县养牛补助办法（试行）"), Validity.UNKNOWN),
        (_ends(RelationKind.BASED_ON, "云霞县养牛补助办法（试行）"), Validity.UNKNOWN),
        (_ends(RelationKind.REPEALS, "云霞县养羊补助办法"), Validity.UNKNOWN),
    ],
)
def test_a_document_without_a_number_is_known_by_its_title(relation: Relation, status: Validity) -> None:
    register = Register([_record("new", NEW, relation), _record("old", OLD)])
    assert Standing(register, date(2025, 1, 1)).status(OLD) is status


def test_a_repeal_by_title_never_ends_a_later_document() -> None:
    later = replace(OLD, issued_on=date(2025, 3, 1))
    register = Register([_record("new", NEW, _ends(RelationKind.REPEALS, "云霞县养牛补助办法（试行）"))])
    assert register.repeal_of(later) is None


def test_what_replaces_a_document_is_said_so() -> None:
    register = Register([_record("new", NEW, _ends(RelationKind.REPLACES, "云霞县养牛补助办法（试行）"))])
    assert "替代" in Standing(register, date(2025, 1, 1)).explain(OLD)


def test_a_number_is_the_same_with_other_brackets_and_blanks() -> None:
    old = replace(OLD, document_number="云政发 ( 2020 ) 7 号")
    register = Register([_record("new", NEW, _ends(RelationKind.REPEALS, None, "云政发〔2020〕第7号"))])
    assert register.repeal_of(old) is not None
