"""Whether a document is in force is answered by the sentence that says so, and not by what its page claims."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from documents import RULE, write

from qa.answer import Outcome
from qa.in_force import whether_in_force
from qa.question import read_question
from qa.service import Service, open_service
from qa.settings import Settings
from qa.validity import Register, Standing

OLD = """云霞县人民政府办公室关于印发公益性岗位管理办法的通知
云政办发〔2020〕8号
有效性: 有效
第一条 为管理公益性岗位,制定本办法。
第二条 本办法自2020年3月1日起施行。
云霞县人民政府办公室
2020年2月10日
"""
NEW = """云霞县人民政府办公室关于印发公益性岗位开发管理办法的通知
云政办发〔2024〕6号
第一条 为管理公益性岗位,制定本办法。
第二条 本办法自2024年5月1日起施行。《云霞县公益性岗位管理办法》(云政办发〔2020〕8号)同时废止。
云霞县人民政府办公室
2024年4月10日
"""
SILENT = """云霞县农业农村局关于做好春耕生产工作的意见
各乡镇农业服务中心:
一、抓好备耕,备足种子和化肥。
云霞县农业农村局
2024年2月10日
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("base")
    service = open_service(Settings(home=folder / "home", embedder="hash", reader="none"), to_write=True)
    service.ingest([write(folder / "docs", old=OLD, new=NEW, rule=RULE, silent=SILENT)])
    yield service
    service.close()


@pytest.mark.parametrize(
    "question", ["云政办发〔2020〕8号还有效吗?", "2020年的公益性岗位管理办法还管用不?", "云政办发〔2020〕8号废止了没有"]
)
def test_a_repealed_one_is_answered_by_what_repeals_it(service: Service, question: str) -> None:
    answer = service.ask(question, as_of=date(2025, 6, 30))
    assert answer.outcome is Outcome.ANSWERED
    assert "（云政办发〔2020〕8号）同时废止".translate(str.maketrans("（）", "()")) in answer.text
    assert answer.citations[0].document_number == "云政办发〔2024〕6号"
    assert any(w.kind == "expired" for w in answer.warnings)


def test_the_day_decides(service: Service) -> None:
    question = "《产业到户补助办法》现在还有效吗?"
    before = service.ask(question, as_of=date(2025, 6, 30))
    assert "有效期至2028年2月29日" in before.text
    assert "2025-06-30仍有效" in before.warnings[0].text
    after = service.ask(question, as_of=date(2028, 3, 1))
    assert after.text == before.text
    assert after.warnings[0].kind == "expired"


def test_what_no_document_says_is_no_answer(service: Service) -> None:
    answer = service.ask("云霞县春耕生产工作的意见还有效吗?")
    assert answer.outcome is Outcome.NO_EVIDENCE
    assert "没有写明" in answer.text


def test_a_document_that_may_not_be_read_is_not_quoted(service: Service) -> None:
    seen = [r for r in service.documents() if r.metadata.document_number == "云政办发〔2020〕8号"]
    question = read_question("云政办发〔2020〕8号还有效吗?")
    about = read_question("云政办发〔2020〕8号")
    standing = Standing(Register(service.documents()), date(2025, 6, 30))
    answer = whether_in_force(question, about, seen, lambda i: service.document(i), standing)
    assert answer is not None
    assert {c.document_id for c in answer.citations} <= {r.id for r in seen}


def test_other_questions_are_answered_as_before(service: Service) -> None:
    assert "2028年2月29日" in service.ask("产业到户补助办法有效期到什么时候?").text
    assert "80元" in service.ask("种植业每亩补多少?").text
