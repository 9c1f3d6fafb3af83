"""Versions, differences and coverage as people see them: in a terminal and on the page."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from documents import RULE, loaded, write

from ingest.document import Coverage, Cut, Document
from kb.records import Failure, Record
from kb.versions import Kinship
from qa.difference import difference
from qa.intake import FileReport, FileStatus, IngestReport
from qa.service import open_service
from qa.settings import Settings
from ui.coverage import CUT_REASONS, cut_lines, failure_lines, kept_words, report_lines
from ui.difference import difference_json, difference_lines
from ui.web_library import Library
from ui.web_shelf import lines_html, table_html
from ui.web_versions import about_html, difference_view, failures_html

EVIL = "<script>alert(1)</script>"
NEWER = (
    RULE.replace("80元", "85元")
    .replace("第四条 公", "第四条 草场每亩补助9元。\n第五条 公")
    .replace("第五条 本", "第六条 本")
)


@pytest.fixture
def old(tmp_path: Path) -> Document:
    return loaded(tmp_path, RULE, "old")[0]


@pytest.fixture
def new(tmp_path: Path) -> Document:
    return loaded(tmp_path, NEWER, "new")[0]


def record(document: Document, **fields: object) -> Record:
    plain = Record(
        id=document.id, source=document.source, metadata=document.metadata, places=(), relations=(), part=0,
        coverage=document.coverage, chunks=1, characters=len(document.text), added_at=datetime(2026, 1, 2, tzinfo=UTC),
    )  # fmt: skip
    return replace(plain, **fields)  # type: ignore[arg-type]


def test_a_difference_in_a_terminal(old: Document, new: Document) -> None:
    lines = difference_lines(difference(old, new), colour=False)
    assert lines.index("  第二条 种植业每亩补助80元 → 种植业每亩补助85元") < lines.index("条款变动：")
    text = "\n".join(lines)
    assert "[-80-]{+85+}元" in text
    assert "  新增 第四条\n    {+第四条 草场每亩补助9元。+}" in text
    assert "只改序号 第四条 → 第五条" in text
    assert lines[-1] == "修改 1 处，新增 1 处，只改序号 2 处，未变 7 处"
    coloured = "\n".join(difference_lines(difference(old, new), colour=True))
    assert "\033[31;9m80\033[0m\033[32m85\033[0m" in coloured
    assert difference_lines(difference(old, old), colour=False)[-1] == "两份文件的内容相同"


def test_a_difference_as_json_points_into_both_texts(old: Document, new: Document) -> None:
    shown = difference_json(difference(old, new))
    for change in shown["clauses"]:
        for side, document in (("before", old), ("after", new)):
            clause = change[side]
            assert clause is None or document.text[clause["start"] : clause["end"]] == clause["text"]
    assert shown["counts"]["same"] == 7


@pytest.mark.parametrize(
    ("coverage", "words"),
    [
        (Coverage(pages=1, characters=1204), "1,204 字"),
        (Coverage(pages=6, tables=2, table_rows=14, characters_cut=35), "6 页，2 张表 14 行，去掉 35 字"),
        (Coverage(pages=3, pages_ocr=2, ocr_confidence=0.968), "3 页，2 页由扫描识别（把握 97%）"),
        (Coverage(pages=3, pages_empty=1), "3 页，1 页没有文字"),
    ],
)
def test_what_was_kept(coverage: Coverage, words: str) -> None:
    assert kept_words(coverage) == words


def test_an_ingest_report_is_short() -> None:
    kept = Coverage(pages=2, characters=90, warnings=("第 2 页的印章看不清",))
    files = (
        FileReport(
            source="a.pdf", status=FileStatus.ADDED, documents=("1",), coverage=kept, notes=("与《乙》内容相同",)
        ),
        FileReport(source="b.pdf", status=FileStatus.UPDATED, documents=("2", "3"), coverage=Coverage(pages=9)),
        FileReport(source="c.pdf", status=FileStatus.UNCHANGED, documents=("4",), coverage=kept),
        FileReport(source="d.pdf", status=FileStatus.FAILED, reason="d.pdf：打不开"),
    )
    assert report_lines(IngestReport(files=files, seconds=2)) == [
        "新增 a.pdf：2 页，90 字",
        "  注意：第 2 页的印章看不清",
        "  注意：与《乙》内容相同",
        "更新 b.pdf：9 页，分成 2 份文件",
        "新增 1，更新 1，未变 1，失败 1，用时 2.0 秒",
    ]
    html = lines_html(files)
    assert "第 2 页的印章看不清" in html
    assert "与《乙》内容相同" in html


def test_cuts_say_why_and_where(old: Document) -> None:
    cuts = (Cut(reason="running-head", text="内部资料", page=2), Cut(reason="new-reason", text="其他"))
    lines = cut_lines(replace(old, cuts=cuts))
    assert lines[-3:] == [
        "去掉的内容：页眉页脚 1 处，new-reason 1 处",
        "  [页眉页脚] 第 2 页 内部资料",
        "  [new-reason] 其他",
    ]
    assert cut_lines(replace(old, cuts=()))[-1] == "没有去掉任何内容"


def test_every_reason_to_cut_has_words() -> None:
    """Reasons are words in ingest's code; one that is new there needs words here."""

    code = "".join(p.read_text("utf-8") for p in (Path(__file__).parent.parent / "ingest").glob("*.py"))
    furniture = re.search(r"_FURNITURE: .*?\n\)\n", code, re.DOTALL)
    assert furniture is not None
    used = set(re.findall(r'Cut\(reason="([a-z-]+)"', code)) | set(re.findall(r'\(\s*"([a-z-]+)",', furniture[0]))
    assert used >= {"running-head", "counter"}
    assert used <= set(CUT_REASONS)


def test_failures_are_named_once() -> None:
    failed_at = datetime(2026, 5, 4, 3, 2, tzinfo=UTC)
    failures = (
        Failure(path="/a.pdf", source="a.pdf", reason="a.pdf：已加密", failed_at=failed_at),
        Failure(path="/b.pdf", source="b.pdf", reason=EVIL, failed_at=failed_at),
    )
    assert [line.split("  ", 1)[1] for line in failure_lines(failures)] == ["a.pdf：已加密", f"b.pdf：{EVIL}"]
    html = failures_html(failures)
    assert "2 份文件没有导入成功" in html
    assert "<script>" not in html
    assert failures_html(()) == ""


def test_the_page_shows_versions_and_what_was_cut(old: Document, new: Document) -> None:
    old = replace(old, cuts=(Cut(reason="counter", text=EVIL, page=1),), coverage=Coverage(pages=1, warnings=(EVIL,)))
    current = record(new, versions=(old.id,), source=f"{EVIL}.txt")
    html = about_html(old, (current, record(old, current_id=new.id, kinship=Kinship.VERSION)))
    assert "现行，用于回答" in html
    assert f'data-act="diff" data-id="{old.id}" data-other="{new.id}"' in html
    assert "浏览次数，第 1 页" in html
    assert "<script>" not in html
    assert "版本" not in about_html(new, (record(new),))
    assert "另有 1 个版本" in table_html([current], "")


def test_the_page_shows_a_difference(old: Document, new: Document) -> None:
    html = difference_view(difference(old, replace(new, source=EVIL)))
    assert "<del>种植业每亩补助80元</del> → <ins>种植业每亩补助85元</ins>" in html
    assert "每亩补助<del>80</del><ins>85</ins>元" in html
    assert "<ins>第四条 草场每亩补助9元。</ins>" in html
    assert "<script>" not in html


def test_a_click_opens_a_version_and_the_difference(tmp_path: Path) -> None:
    service = open_service(Settings(home=tmp_path / "home", embedder="hash"), to_write=True)
    service.ingest([write(tmp_path / "docs", rule=RULE, empty="")])
    service.ingest([write(tmp_path / "docs", rule=NEWER)])
    (current,) = service.documents()
    library = Library(service)

    def click(act: str, id: str, other: str = "") -> str:
        return library.act("", SimpleNamespace(act=act, id=id, other=other))  # type: ignore[arg-type]

    (earlier,) = current.versions
    assert "1 份文件没有导入成功" in library.table("")
    assert f'data-other="{earlier}"' in click("view", current.id)
    assert "80元" in click("view", earlier)
    figure = "<del>种植业每亩补助80元</del> → <ins>种植业每亩补助85元</ins>"
    assert figure in click("diff", current.id, earlier)
    assert figure in click("diff", earlier, current.id)
    assert "由它的另一版本或副本接替" in click("remove", current.id)
    click("remove-now", current.id)
    assert [r.id for r in service.documents()] == [earlier]
    assert "80元" in service.ask("种植业每亩补助多少元?").text
    service.close()
