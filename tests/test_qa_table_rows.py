"""A question for what stands above a table gets its rows, a question for one of them gets that one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from qa.answer import Outcome
from qa.service import Service, open_service
from qa.settings import Settings

RULE = """云霞县产业到户补助办法
第一条 对脱贫户发展种植业的，按照下表给予补助。
附表1 种植业补助标准
| 品种 | 单位 | 标准（元） |
|---|---|---|
| 水稻 | 亩 | 90 |
| 油菜 | 亩 | 110 |
| 茶叶 | 亩 | 420 |

第二条 对脱贫户发展养殖业的，按照下表给予补助。
附表2 养殖业补助标准
| 品种 | 单位 | 标准（元） |
|---|---|---|
| 能繁母猪 | 头 | 350 |
| 山羊 | 只 | 240 |
| 育肥猪 | 头 | 180 |

云霞县人民政府
2023年3月1日
"""
VILLAGES = [f"{name}村" for name in ("白石", "桥头", "双柏", "长林", "金竹", "高岩", "平川", "河湾", "石桥", "沙坪")]
LEDGER = "\n".join(
    [
        "云霞县2023年公益性岗位安置台账",
        "| 村名 | 公益性岗位（个） | 月补贴（元） | 资金来源 |",
        "|---|---|---|---|",
        *(
            f"| {name} | {20 + n} | 360 | 县级衔接推进乡村振兴补助资金和就业补助资金统筹安排 |"
            for n, name in enumerate(VILLAGES)
        ),
        "| 合计 | 245 | 360 | 县级衔接推进乡村振兴补助资金和就业补助资金统筹安排 |",
        "",
        "云霞县人力资源和社会保障局",
        "2024年1月5日",
        "",
    ]
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("rows")
    (folder / "docs").mkdir()
    (folder / "docs" / "rule.md").write_text(RULE, encoding="utf-8")
    (folder / "docs" / "ledger.md").write_text(LEDGER, encoding="utf-8")
    service = open_service(Settings(home=folder / "home", embedder="hash", reader="none"), to_write=True)
    service.ingest([folder / "docs"])
    yield service
    service.close()


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("种植业每亩补助多少元?", ("水稻", "油菜", "茶叶")),
        ("茶叶每亩补助多少元?", ("茶叶",)),
        ("养羊每只补助多少元?", ("山羊",)),
    ],
)
def test_the_rows_asked_for_are_all_quoted(service: Service, question: str, rows: tuple[str, ...]) -> None:
    answer = service.ask(question)
    (citation,) = answer.citations
    assert tuple(line.split("｜")[0].removeprefix("品种：") for line in citation.quote.splitlines()) == rows
    assert all(line.endswith("[1]") for line in answer.text.splitlines())
    assert service.document(citation.document_id).text[citation.start : citation.end] == citation.quote
    assert not answer.warnings


def test_rows_that_do_not_stand_together_are_cited_one_by_one(service: Service) -> None:
    answer = service.ask("养猪每头补助多少元?")
    assert [c.quote.split("｜")[0] for c in answer.citations] == ["品种：能繁母猪", "品种：育肥猪"]
    assert answer.outcome is Outcome.ANSWERED
    assert not answer.warnings


def test_a_number_of_things_is_that_of_the_row_of_totals(service: Service) -> None:
    for question in ("2023年云霞县公益性岗位有多少个?", "云霞县公益性岗位一共多少个?"):
        assert "合计" in service.ask(question).text
    alone = service.ask("长林村公益性岗位多少个?")
    assert "23" in alone.text
    assert not alone.warnings


def test_what_is_left_out_of_a_long_table_is_told(service: Service) -> None:
    answer = service.ask("公益性岗位月补贴多少元?")
    assert "360" in answer.text
    assert any(f"还有{len(VILLAGES) - 1}行" in w.text for w in answer.warnings)


@pytest.mark.parametrize(
    ("question", "village"),
    [("哪个村公益性岗位最多?", "沙坪村"), ("哪个村公益性岗位最少?", "白石村")],
)
def test_the_most_and_the_least_are_compared(service: Service, question: str, village: str) -> None:
    answer = service.ask(question)
    assert village in answer.text
    assert "比较得出" in answer.warnings[0].text


def test_rows_that_are_equal_are_not_called_the_most_alone(service: Service) -> None:
    answer = service.ask("哪个村公益性岗位月补贴最高?")
    assert any("数值相同的共有10行" in w.text for w in answer.warnings)
