"""The draft as a file: a Word document with real headings, footnotes and annexes, and the command that writes it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import docx
import pypdfium2
import pytest
from command_line import Zhengda, serving
from documents import REPORT_A, REPORT_B, RULE, write
from docx.enum.text import WD_COLOR_INDEX

from qa.answer import Citation, Validity
from qa.draft import DraftKind, Part, PartKind, Reply, Sentence
from qa.draft_items import Item
from qa.service import open_service
from qa.settings import Settings
from ui import commands_draft
from ui.cli import main
from ui.draft_docx import Frame
from ui.draft_docx import write as write_docx
from ui.draft_words import LOOKED_UP, chinese_number

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def citation(number: int, quote: str) -> Citation:
    return Citation(
        number=number,
        document_id="d",
        source="a.txt",
        title="云霞县补助办法<试行>",
        document_number="云政办发〔2023〕5号",
        issuer="云霞县人民政府办公室",
        issued_on=date(2023, 2, 10),
        status=Validity.UNKNOWN,
        pages=(2,),
        path=("第三条",),
        start=0,
        end=len(quote),
        quote=quote,
    )


def replies(count: int = 1) -> list[Reply]:
    return [
        Reply(
            item=Item(number=n, title="养牛补助是否到位?", text="养牛补助是否到位? 请说明\x0b情况。", requirement="限期说明"),
            parts=(
                Part(
                    kind=PartKind.BASIS,
                    sentences=(Sentence(text="养牛每头补助2500元。", citations=(1,), label="《办法》："),),
                ),
                Part(
                    kind=PartKind.WORK,
                    sentences=(Sentence(text="逐户核验。", citations=(2,)), Sentence(text="按月公示。", citations=(3,))),
                    notes=("办法已失效。",),
                ),
                Part(kind=PartKind.RESULTS, gaps=("【待补充：头数】",)),
            ),
            citations=(citation(1, "养牛每头补助2500元"), citation(2, "逐户核验；"), citation(3, "按月公示。")),
        )
        for n in range(1, count + 1)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("draft") / "答复.docx"
    frame = Frame(
        kind=DraftKind.RECTIFICATION, title="关于整改情况的答复", issuer="松溪镇人民政府", day=date(2024, 3, 1)
    )
    write_docx(path, replies(), frame)
    return path


def footnotes(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as package:
        root = ElementTree.fromstring(package.read("word/footnotes.xml"))
    own = [n for n in root if n.get(f"{W}type") is None]
    return ["".join(t.text or "" for t in note.iter(f"{W}t")).strip() for note in own]


def test_the_page_is_that_of_an_official_document(written: Path) -> None:
    section = docx.Document(str(written)).sections[0]
    sides = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    assert [round(side.mm) for side in sides if side is not None] == [37, 35, 28, 26]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)  # type: ignore[union-attr]
    (grid,) = section._sectPr.findall(f"{W}docGrid")
    assert grid.get(f"{W}type") == "linesAndChars"
    pitch = int(grid.get(f"{W}linePitch") or 0) / 20
    assert (297 - 37 - 35) / 25.4 * 72 // pitch == 22
    width = 16 + int(grid.get(f"{W}charSpace") or 0) / 4096
    assert (210 - 28 - 26) / 25.4 * 72 // width == 28


def test_headings_are_word_headings_in_the_fonts_of_the_standard(written: Path) -> None:
    document = docx.Document(str(written))
    headings = [(p.style.name, p.text) for p in document.paragraphs if p.style and p.style.name.startswith("Heading")]
    assert headings == [
        ("Heading 1", "一、养牛补助是否到位?"),
        ("Heading 2", "（一）政策依据"),
        ("Heading 2", "（二）工作开展"),
        ("Heading 2", "（三）取得成效"),
        ("Heading 1", "附件1"),
        ("Heading 1", "附件2"),
    ]
    fonts = {}
    for name in ("Normal", "Title", "Heading 1", "Heading 2"):
        properties = document.styles[name].element.rPr
        fonts[name] = (properties.rFonts.get(f"{W}eastAsia"), int(properties.sz.val.pt))
    assert fonts == {
        "Normal": ("仿宋_GB2312", 16),
        "Title": ("方正小标宋简体", 22),
        "Heading 1": ("黑体", 16),
        "Heading 2": ("楷体_GB2312", 16),
    }
    with zipfile.ZipFile(written) as package:
        assert 'w:name="方正小标宋简体"><w:altName w:val="宋体"' in package.read("word/fontTable.xml").decode()


def test_every_citation_is_a_footnote(written: Path) -> None:
    notes = footnotes(written)
    marks = docx.Document(str(written)).element.body.findall(f".//{W}footnoteReference")
    assert [m.get(f"{W}id") for m in marks] == ["1", "2", "3"]
    assert notes[0] == (
        "《云霞县补助办法<试行>》（云政办发〔2023〕5号），云霞县人民政府办公室，2023年2月10日，第三条，第 2 页（资料未写明是否有效）。"
    )
    assert len(notes) == 3


def test_gaps_are_marked_and_listed(written: Path) -> None:
    document = docx.Document(str(written))
    marked = [r.text for p in document.paragraphs for r in p.runs if r.font.highlight_color == WD_COLOR_INDEX.YELLOW]
    assert marked == ["【请核实：办法已失效】", "【待补充：头数】"]
    evidence, gaps = document.tables
    assert [c.text for c in evidence.rows[0].cells] == ["序号", "文件", "文号", "发文机关", "日期", "页/条", "引用原句"]
    assert [row.cells[6].text for row in evidence.rows][1:] == ["养牛每头补助2500元", "逐户核验；", "按月公示。"]
    assert [row.cells[2].text for row in gaps.rows][1:] == ["请核实：办法已失效", "待补充：头数"]


def test_issuer_and_date_come_last_and_what_is_unknown_of_them_is_a_gap(written: Path, tmp_path: Path) -> None:
    texts = [p.text for p in docx.Document(str(written)).paragraphs]
    at = texts.index("松溪镇人民政府")
    assert texts[at + 1] == "2024年3月1日"
    write_docx(tmp_path / "a.docx", replies(), Frame(kind=DraftKind.ANSWERS, title="口径"))
    document = docx.Document(str(tmp_path / "a.docx"))
    assert "【待补充：发文机关】" in [p.text for p in document.paragraphs]
    assert [row.cells[2].text for row in document.tables[1].rows][-2:] == ["待补充：发文机关", "待补充：成文日期"]


def test_a_thousand_items(tmp_path: Path) -> None:
    write_docx(tmp_path / "a.docx", replies(1000), Frame(kind=DraftKind.REPORT, title="汇报"))
    assert len(footnotes(tmp_path / "a.docx")) == 3000
    assert "一千、养牛" in "\n".join(p.text for p in docx.Document(str(tmp_path / "a.docx")).paragraphs)


@pytest.mark.skipif(
    shutil.which("soffice") is None, reason="LibreOffice is not installed: the rendering is not checked"
)
def test_it_opens_in_an_office_program(written: Path, tmp_path: Path) -> None:
    command = ["soffice", "--headless", f"-env:UserInstallation=file://{tmp_path / 'profile'}", "--convert-to", "pdf"]
    subprocess.run([*command, "--outdir", str(tmp_path), str(written)], check=True, capture_output=True, timeout=120)
    pdf = pypdfium2.PdfDocument(tmp_path / "答复.pdf")
    text = "".join(page.get_textpage().get_text_range() for page in pdf)
    pdf.close()
    plain = re.sub(r"\s", "", text)
    for heading in ("一、养牛补助是否到位", "（一）政策依据", "（二）工作开展", "（三）取得成效", "附件1", "附件2"):
        assert heading in plain
    assert "—1—" in plain
    assert plain.count("云政办发〔2023〕5号") == 6  # three footnotes and three rows


@pytest.mark.parametrize(
    ("number", "text"), [(1, "一"), (10, "十"), (12, "十二"), (103, "一百零三"), (110, "一百一十"), (1000, "一千"), (1010, "一千零一十")]
)  # fmt: skip
def test_chinese_numbers(number: int, text: str) -> None:
    assert chinese_number(number) == text


# --- the command ---


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("base")
    home = folder / "home"
    home.mkdir()
    (home / "settings.toml").write_text('embedder = "hash"\n', encoding="utf-8")
    service = open_service(Settings(home=home, embedder="hash"), to_write=True)
    service.ingest([write(folder / "docs", rule=RULE, a=REPORT_A, b=REPORT_B)])
    service.close()
    yield home


QUESTIONS = "1.养一头牛能补多少钱?\n2.松溪镇公益性岗位安置了多少人?\n3.松溪镇镇长是谁?\n"


def test_the_command_writes_the_file_and_prints_json(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "q.txt").write_text(QUESTIONS, encoding="utf-8")
    out = tmp_path / "答复.docx"
    assert main(["--home", str(home), "draft", str(tmp_path / "q.txt"), "--out", str(out), "--json"]) == 0
    got, err = capsys.readouterr()
    value = json.loads(got)
    assert [len(i["citations"]) for i in value["items"]] == [1, 1, 0]
    assert "镇长" in value["items"][2]["gaps"][0]
    assert "3 项，引用 2 处，待补充 1 处" in err
    assert len(footnotes(out)) == 2
    quotes = [c["quote"] for i in value["items"] for c in i["citations"]]
    body = [p.text for p in docx.Document(str(out)).paragraphs]
    for quote, before in zip(quotes, ("云霞县：", LOOKED_UP), strict=True):
        assert f"{before}{quote.rstrip(';')}" in [text[: len(before) + len(quote.rstrip(";"))] for text in body]


def test_ctrl_c_keeps_what_is_done(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "q.txt").write_text(QUESTIONS, encoding="utf-8")

    def stopped(*_: object, **__: object) -> Iterator[Reply]:
        yield replies()[0]
        raise KeyboardInterrupt

    monkeypatch.setattr("qa.draft.draft", stopped)
    out = tmp_path / "答复.docx"
    assert main(["--home", str(home), "draft", str(tmp_path / "q.txt"), "--out", str(out)]) == 2
    assert "3 项中的 1 项" in capsys.readouterr().err
    assert len(footnotes(out)) == 3


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (["--out", "a.doc"], 1, ".docx"),
        (["--out", "无/a.docx"], 1, "无"),
        (["--out", "a.docx", "--place", "松溪乡"], 1, "松溪镇"),
        (["--out", "a.docx", "--only", "0000"], 1, "0000"),
        (["--out", "a.docx", "--kind", "诗"], 64, "用法"),
        ([], 64, "--out"),
    ],
)
def test_bad_input_is_one_line(
    home: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    code: int,
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "q.txt").write_text(QUESTIONS, encoding="utf-8")
    try:
        got = main(["--home", str(home), "draft", "q.txt", *options])
    except SystemExit as left:
        got = int(left.code or 0)
    out, err = capsys.readouterr()
    assert (got, out) == (code, "")
    assert says in err
    assert len(err.strip().splitlines()) == 1
    assert not list(tmp_path.glob("*.docx"))


def test_the_kinds_offered_are_those_there_are() -> None:
    assert set(commands_draft.KINDS) == {kind.value for kind in DraftKind}


def test_beside_a_server_the_draft_reads_what_the_server_took_in(tmp_path: Path) -> None:
    zhengda, out = Zhengda(tmp_path / "home"), tmp_path / "答复.docx"
    assert zhengda("ingest", write(tmp_path / "docs", rule=RULE))[0] == 0
    (tmp_path / "q.txt").write_text(QUESTIONS, encoding="utf-8")
    with serving(zhengda):
        assert zhengda("ingest", write(tmp_path / "docs", a=REPORT_A))[0] == 0  # by the server: it holds the base
        code, _, err = zhengda("draft", tmp_path / "q.txt", "--out", out)
    assert (code, len(footnotes(out))) == (0, 2), err
    assert "安置46人就业" in "".join(p.text for p in docx.Document(str(out)).paragraphs)


def test_what_a_person_wrote_is_marked_and_has_no_footnote(tmp_path: Path) -> None:
    item = Item(number=1, title="养猪", text="养猪")
    part = Part(kind=PartKind.WORK, filled=("本镇没有养猪户<b>。",))
    frame = Frame(kind=DraftKind.REPORT, title="汇报", issuer="松溪镇人民政府", day=date(2024, 3, 1))
    write_docx(tmp_path / "a.docx", [Reply(item=item, parts=(part,), citations=())], frame)
    document = docx.Document(str(tmp_path / "a.docx"))
    (said,) = [p for p in document.paragraphs if "养猪户" in p.text]
    assert said.text == "本镇没有养猪户<b>。（人工填写）"
    assert [r.text for r in said.runs if r.font.highlight_color == WD_COLOR_INDEX.YELLOW] == ["（人工填写）"]
    assert not footnotes(tmp_path / "a.docx")
    assert "已由人工填写、资料中没有出处：本镇没有养猪户<b>。" in document.tables[1].rows[1].cells[2].text
