"""What is shown and sent: the contract's fields, formal source names, and nothing unescaped."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest

from ingest.document import Coverage, Document, Metadata, Page, Section
from qa.answer import Answer, Citation, Outcome, Validity, Warning
from qa.intake import FileReport, FileStatus, IngestReport
from ui.render import answer_dict, document_dict, ingest_dict, pages_label, quote_with_source, source_label
from ui.web_answer import earlier_html, error_html, partial_html, turn_html
from ui.web_guard import OTHER_HOST, OTHER_ORIGIN, refusal_of
from ui.web_shelf import progress_html, report_html
from ui.web_source import MOVED, citation_view, document_view

EVIL = '<script>alert(1)</script>"><img src=x onerror=alert(2)>${alert(3)}{{4}}'
TEXT = "云霞县补助办法\n第一条 为发展产业，制定本办法。\n第二条 种植业每亩补助80元。\n养牛每头补助2500元。\n"
QUOTE = "第二条 种植业每亩补助80元。\n养牛每头补助2500元。"
START = TEXT.index(QUOTE)

DOCUMENT = Document(
    id="d1",
    source="docs/办法.pdf",
    text=TEXT,
    metadata=Metadata(title="云霞县补助办法", document_number="云政发〔2023〕5号", issued_on=date(2023, 2, 10)),
    pages=(Page(number=1, start=0, end=START + 4), Page(number=2, start=START + 4, end=len(TEXT))),
    sections=(Section(level=1, heading="第二条", path=("第二条",), start=START, end=len(TEXT)),),
    coverage=Coverage(pages=2, characters=len(TEXT)),
)
CITATION = Citation(
    number=1,
    document_id="d1",
    source="docs/办法.pdf",
    title="云霞县补助办法",
    document_number="云政发〔2023〕5号",
    issuer=None,
    issued_on=date(2023, 2, 10),
    status=Validity.IN_FORCE,
    pages=(1, 2),
    path=("第二条",),
    start=START,
    end=START + len(QUOTE),
    quote=QUOTE,
)
ANSWER = Answer(
    question="每亩补多少？",
    outcome=Outcome.ANSWERED,
    text="种植业每亩补助80元。[1]",
    citations=(CITATION,),
    seconds=0.0812,
)


class Page_(HTMLParser):
    """The tags and attributes of a piece of HTML, and the text inside `<mark>`."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.marked, self._in_mark = "", False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        self._in_mark |= tag == "mark"

    def handle_endtag(self, tag: str) -> None:
        self._in_mark &= tag != "mark"

    def handle_data(self, data: str) -> None:
        self.marked += data if self._in_mark else ""


@pytest.mark.parametrize(
    ("title", "number", "label"),
    [
        ("某办法", "某政发〔2023〕5号", "《某办法》（某政发〔2023〕5号）"),
        ("某办法", None, "《某办法》"),
        ("《某办法》", None, "《某办法》"),
        ("关于印发《某办法》的通知", None, "《关于印发〈某办法〉的通知》"),
        ("《甲》和《乙》", None, "《〈甲〉和〈乙〉》"),
    ],
)
def test_a_source_is_named_formally(title: str, number: str | None, label: str) -> None:
    assert source_label(title, number) == label


@pytest.mark.parametrize(("pages", "label"), [((), ""), ((2,), "第 2 页"), ((2, 3, 4), "第 2—4 页")])
def test_pages(pages: tuple[int, ...], label: str) -> None:
    assert pages_label(pages) == label


def test_a_quote_is_copied_with_its_source() -> None:
    assert quote_with_source(CITATION) == f"“{QUOTE}”——《云霞县补助办法》（云政发〔2023〕5号）第二条，第 1—2 页"


def test_an_answer_has_the_fields_of_the_contract() -> None:
    warned = replace(ANSWER, warnings=(Warning(kind="expired", text="已失效"),))
    shown = answer_dict(warned, id="q1")
    assert list(shown) == ["id", "question", "outcome", "answer", "citations", "warnings", "certainty", "seconds"]
    assert (shown["id"], shown["outcome"], shown["seconds"]) == ("q1", "answered", 0.081)
    assert shown["warnings"] == [{"kind": "expired", "text": "已失效"}]
    (citation,) = shown["citations"]
    assert citation == {
        "number": 1,
        "document_id": "d1",
        "source": "docs/办法.pdf",
        "title": "云霞县补助办法",
        "document_number": "云政发〔2023〕5号",
        "issuer": None,
        "issued_on": "2023-02-10",
        "status": "in_force",
        "pages": [1, 2],
        "path": ["第二条"],
        "start": START,
        "end": START + len(QUOTE),
        "quote": QUOTE,
    }


def test_a_passage_that_is_only_near_says_so() -> None:
    near = replace(ANSWER, outcome=Outcome.NO_EVIDENCE, citations=(replace(CITATION, nearest=True),))
    assert answer_dict(near)["citations"][0]["nearest"] is True
    assert "不是答案" in turn_html(0, near, {})


def test_an_ingest_report_and_a_document_have_the_fields_of_the_contract() -> None:
    files = (
        FileReport(source="a.pdf", status=FileStatus.ADDED, documents=("d1",), coverage=Coverage(pages=6)),
        FileReport(source="b.pdf", status=FileStatus.FAILED, reason="打不开"),
    )
    shown = ingest_dict(IngestReport(files=files, seconds=1.94))
    assert (shown["added"], shown["unchanged"], shown["updated"], shown["failed"]) == (1, 0, 0, 1)
    assert shown["files"][0]["coverage"]["pages"] == 6
    assert shown["files"][1]["coverage"] is None
    document = document_dict(DOCUMENT)
    assert document["text"][START:].startswith(QUOTE)
    assert document["outline"] == [
        {"level": 1, "heading": "第二条", "path": ["第二条"], "start": START, "end": len(TEXT)}
    ]


def test_the_mark_holds_the_quote_and_nothing_else() -> None:
    html = citation_view(0, ANSWER.citations, 1, DOCUMENT, original=True, full=False)
    assert Page_(html).marked == QUOTE
    assert "现行有效" in html
    assert 'href="/api/documents/d1/original"' in html


def test_a_quote_that_is_no_longer_there_is_not_marked() -> None:
    changed = replace(DOCUMENT, text=TEXT.replace("80", "75"))
    html = citation_view(0, ANSWER.citations, 1, changed, original=False, full=False)
    assert "<mark" not in html
    assert MOVED in html


def test_only_numbers_that_have_a_citation_become_buttons() -> None:
    html = turn_html(3, replace(ANSWER, text="一[1]二[2]三[x]"), {})
    assert re.findall(r'class="zd-chip"[^>]* data-turn="(\d+)" data-n="(\d+)"', html) == [("3", "1")]
    assert "二[2]三[x]" in html


def test_several_answers_make_a_table_by_place_and_document() -> None:
    other = replace(CITATION, number=2, document_id="d2", title="榆岭镇方案", document_number=None, quote="每亩60元。")
    text = f"各地不同，分别列出。\n云霞县:{QUOTE}[1]\n每亩60元。[2]"
    several = replace(ANSWER, outcome=Outcome.SEVERAL, text=text, citations=(CITATION, other))
    html = turn_html(0, several, {"d2": "榆岭镇"})
    table = html[html.index("<table") : html.index("</table>")]
    assert re.findall(r'data-label="地区">([^<]*)<', table) == ["云霞县", "榆岭镇"]
    assert "各地不同" in html[: html.index("<table")]
    assert table.count("zd-chip") == 2
    assert "养牛每头补助2500元" in table


ROWS = ("品种：水稻｜单位：亩｜标准（元）：80", "品种：玉米｜标准（元）：70｜说明：见附件")


def test_rows_of_a_table_are_shown_as_one_and_copied_as_they_are() -> None:
    citation = replace(CITATION, quote="\n".join(ROWS))
    text = f"按下表执行。[1]\n{ROWS[0]}[1]\n{ROWS[1]}[1][9]\n每户限报一次。[1]"
    html = turn_html(0, replace(ANSWER, text=text, citations=(citation,)), {})
    table = html[html.index('<div class="zd-rows"') : html.index("</table>")]
    assert re.findall(r"<th[^>]*>([^<]*)</th>", table) == ["品种", "单位", "标准（元）", "说明", ""]
    assert re.findall(r'data-label="([^"]*)"[^>]*>([^<]*)<', table) == [
        ("品种", "水稻"), ("单位", "亩"), ("标准（元）", "80"),
        ("品种", "玉米"), ("标准（元）", "70"), ("说明", "见附件"),
    ]  # fmt: skip
    assert re.findall(r'<td class="is-mark">(.*?)</td>', table)[1].endswith("</button>[9]")
    assert table.count("zd-chip") == 2
    assert html.index("按下表执行") < html.index("zd-rows") < html.index("每户限报一次")
    assert f"{ROWS[0]}[1]\n{ROWS[1]}" in html[html.index("data-copy") :]


def test_rows_cited_together_are_one_of_several_answers() -> None:
    other = replace(CITATION, number=2, document_id="d2", quote="每亩60元。")
    rows = replace(CITATION, quote="\n".join(ROWS))
    text = f"云霞县：{ROWS[0]}[1]\n{ROWS[1]}[1]\n榆岭镇：每亩60元。[2]"
    html = turn_html(0, replace(ANSWER, outcome=Outcome.SEVERAL, text=text, citations=(rows, other)), {})
    assert re.findall(r'<td data-label="地区">([^<]*)</td>', html) == ["云霞县", "榆岭镇"]
    assert re.findall(r'data-label="品种">([^<]*)<', html) == ["水稻", "玉米"]
    assert html.count('class="zd-rows"') == 1


def test_rows_never_hold_markup() -> None:
    html = turn_html(0, replace(ANSWER, text=f"{EVIL}：{EVIL}｜单位：{EVIL}[1]"), {})
    assert 'class="zd-rows"' in html
    page = Page_(html)
    assert not {"script", "img"} & set(page.tags)
    assert "onerror" not in page.attributes


def test_what_documents_files_and_people_write_is_never_markup() -> None:
    document = replace(
        DOCUMENT,
        id="d1",
        source=EVIL,
        text=EVIL,
        metadata=Metadata(title=EVIL, document_number=EVIL, issuer=EVIL, place=EVIL),
        sections=(Section(level=1, heading=EVIL[:8], path=(EVIL,), start=0, end=len(EVIL)),),
    )
    citation = replace(
        CITATION, source=EVIL, title=EVIL, document_number=EVIL, path=(EVIL,), start=0, end=len(EVIL), quote=EVIL
    )
    warnings = (Warning(kind="other", text=EVIL),)
    answer = replace(ANSWER, question=EVIL, text=EVIL + "[1]", citations=(citation,), warnings=warnings)
    several = replace(answer, outcome=Outcome.SEVERAL)
    failed = FileReport(source=EVIL, status=FileStatus.FAILED, reason=EVIL)
    shown = [
        turn_html(0, answer, {}),
        turn_html(0, several, {"d1": EVIL}),
        partial_html(0, answer),
        earlier_html([(0, answer)], {}),
        error_html(EVIL, EVIL),
        citation_view(0, answer.citations, 1, document, original=True, full=True),
        document_view(document, original=True, back=True),
        progress_html([failed], 2, EVIL, 3.0),
        report_html([failed], 1.0),
    ]
    for html in shown:
        page = Page_(html)
        assert not {"script", "img"} & set(page.tags)
        assert not [name for name in page.attributes if name.startswith("on")]
    assert Page_(shown[5]).marked == EVIL


@pytest.mark.parametrize(
    ("headers", "refusal"),
    [
        ({"host": "127.0.0.1:7860"}, None),
        ({"host": "localhost:7860", "origin": "http://localhost:7860"}, None),
        ({"host": "[::1]:7860"}, None),
        ({"host": "evil.example:7860"}, OTHER_HOST),
        ({"host": "127.0.0.1.evil.example"}, OTHER_HOST),
        ({}, OTHER_HOST),
        ({"host": "127.0.0.1:7860", "origin": "http://evil.example"}, OTHER_ORIGIN),
        ({"host": "127.0.0.1:7860", "origin": "null"}, OTHER_ORIGIN),
        ({"host": "127.0.0.1:7860", "origin": "http://127.0.0.1:9999"}, OTHER_ORIGIN),
        ({"host": "127.0.0.1:7860", "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, OTHER_ORIGIN),
        ({"host": "127.0.0.1:7860", "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, None),
    ],
)
def test_only_this_machine_and_its_own_pages_are_served(headers: dict[str, str], refusal: str | None) -> None:
    assert refusal_of({name.encode(): value for name, value in headers.items()}) == refusal
