"""The same small policy in every format gives the same articles; what cannot be read says why."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import docx
import pytest
from pypdf import PdfReader, PdfWriter
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from ingest.document import Document, IngestError, UnknownFormat, UnreadableFile
from ingest.load import load

TITLE = "清溪县人民政府办公室关于印发《清溪县水稻种植补助办法》的通知"
BODY = (
    "清政办〔2023〕17号",
    "各镇人民政府，县政府各部门：",
    "《清溪县水稻种植补助办法》已经县政府同意，现印发给你们，请认真贯彻执行。",
    "清溪县人民政府办公室",
    "2023年4月6日",
    "第一章 总则",
    "第一条 为了鼓励农户种植水稻，规范补助资金的申请、审核和发放，结合本县实际，制定本办法。",
    "第二条 本办法适用于在本县行政区域内种植水稻的农户、家庭农场和农民合作社。",
    "第二章 补助标准",
    "第三条 种植双季稻的，每亩补助120元；种植一季稻的，每亩补助60元。同一地块每年只补助一次，面积以村民委员会公示的结果为准，"
    "由镇农业服务中心抽查核实，抽查比例不低于两成。",
    "第四条 补助资金由镇人民政府在每年11月30日前通过一卡通发放到户。",
    "第五条 本办法自2023年5月1日起施行，有效期3年。",
)
ARTICLES = ["第一条", "第二条", "第三条", "第四条", "第五条"]


def _write_txt(path: Path) -> None:
    path.write_bytes("\r\n".join((TITLE, *(f"　　{line}" for line in BODY))).encode("gb18030"))


def _write_utf16(path: Path) -> None:
    path.write_bytes("\n".join((TITLE, *BODY)).encode("utf-16"))


def _write_markdown(path: Path) -> None:
    lines = [f"## {line}" if line.startswith("第") and "章" in line[:4] else line for line in BODY]
    path.write_text("\n\n".join((f"# {TITLE}", *lines)), encoding="utf-8-sig")


def _write_docx(path: Path) -> None:
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "清溪县政府文件汇编"
    document.add_heading(TITLE, 0)
    for line in BODY:
        document.add_paragraph(line)
    document.save(str(path))


def _write_html(path: Path) -> None:
    paragraphs = "\n".join(f"<p>　　{line}</p>" for line in BODY)
    path.write_bytes(
        f"""<html><head><meta charset="gb2312"><title>{TITLE} - 清溪县人民政府门户网站</title></head><body>
        <div class="nav"><a href="/">首页</a> &gt; <a href="/a">政策文件</a></div>
        <div class="box"><h1>{TITLE}</h1><div>浏览次数：12</div><div id="content">{paragraphs}</div></div>
        <div class="foot">版权所有：清溪县人民政府 备案号：某ICP备1号</div><script>var a = "，。，。";</script>
        </body></html>""".encode("gb18030")
    )


def _write_pdf(path: Path, *, head: str = "清溪县政府文件汇编") -> None:
    """Hard line ends, a running head and page numbers, four lines a page at most for the body's long ones."""
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    canvas = Canvas(str(path), pagesize=A4)
    lines: list[tuple[float, str]] = []
    for i, line in enumerate((TITLE, *BODY)):
        indent = 100.0 if i and not line.endswith("：") else 72.0
        while line:
            room = int((520 - indent) // 14)
            lines.append((indent, line[:room]))
            line, indent = line[room:], 72.0
    for start in range(0, len(lines), 9):
        canvas.setFont("STSong-Light", 14)
        canvas.drawString(200, 800, head)
        for row, (x, text) in enumerate(lines[start : start + 9]):
            canvas.drawString(x, 740 - 28 * row, text)
        canvas.drawString(290, 40, f"— {start // 9 + 1} —")
        canvas.showPage()
    canvas.save()


WRITERS: dict[str, Callable[[Path], None]] = {
    "policy.txt": _write_txt,
    "wide.txt": _write_utf16,
    "policy.md": _write_markdown,
    "policy.docx": _write_docx,
    "policy.html": _write_html,
    "policy.pdf": _write_pdf,
}


def _policy(folder: Path, name: str) -> Document:
    WRITERS[name](folder / name)
    (document,) = load(folder / name)
    return document


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_gives_the_same_text_and_articles(tmp_path: Path, name: str) -> None:
    document = _policy(tmp_path, name)
    assert document.text.split("\n")[-len(BODY) :] == list(BODY)
    articles = [s for s in document.sections if s.heading.startswith("第") and s.heading.endswith("条")]
    assert [s.heading for s in articles] == ARTICLES
    assert articles[2].path == ("第二章 补助标准", "第三条")
    assert document.text[articles[2].start : articles[2].end].strip() == BODY[9]


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_gives_the_same_metadata(tmp_path: Path, name: str) -> None:
    metadata = _policy(tmp_path, name).metadata
    assert metadata.title == TITLE
    assert metadata.document_number == "清政办〔2023〕17号"
    assert metadata.issuer == "清溪县人民政府办公室"
    assert (str(metadata.issued_on), str(metadata.effective_on)) == ("2023-04-06", "2023-05-01")
    assert str(metadata.expires_on) == "2026-04-30"
    assert (metadata.place, metadata.year, metadata.kind) == ("清溪县", 2023, "rule")


def test_pdf_keeps_its_pages_and_reports_what_it_cut(tmp_path: Path) -> None:
    document = _policy(tmp_path, "policy.pdf")
    pages = len(PdfReader(tmp_path / "policy.pdf").pages)
    assert [p.number for p in document.pages] == list(range(1, pages + 1))
    assert document.pages[0].start == 0
    assert document.pages[-1].end == len(document.text)
    crossing = document.text.index(BODY[9])
    assert len(document.pages_of(crossing, crossing + len(BODY[9]))) >= 1
    assert {c.reason for c in document.cuts} == {"running-head", "page-number"}
    assert document.coverage.pages == pages


def test_html_information_table_is_kept_as_fields_and_text(tmp_path: Path) -> None:
    rows = (
        ("索引号：", "X123/2024-7", "文号：", "禾政发〔2024〕3号"),
        ("发布机构：", "禾丰镇人民政府", "废止日期：", "2029-01-31"),
    )
    table = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    text = "".join(f"<p>第{n}段说明，禾丰镇的公益性岗位每人每月补贴{n}00元，按月发放。</p>" for n in range(1, 6))
    path = tmp_path / "post.html"
    path.write_text(
        f"<html><body><table>{table}</table><h1>禾丰镇公益性岗位补贴公告</h1><div>{text}</div></body></html>",
        encoding="utf-8",
    )
    (document,) = load(path)
    assert document.text.startswith("索引号：X123/2024-7\n文号：禾政发〔2024〕3号\n发布机构：禾丰镇人民政府\n")
    assert document.metadata.index_number == "X123/2024-7"
    assert document.metadata.issuer == "禾丰镇人民政府"
    assert str(document.metadata.expires_on) == "2029-01-31"


def test_docx_automatic_numbers_and_merged_cells(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("清溪县补助项目表")
    for text in ("种植类", "养殖类"):
        document.add_paragraph(text, style="List Number")
    table = document.add_table(rows=3, cols=3)
    for row, cells in enumerate((("项目", "对象", "标准"), ("水稻", "农户", "60元/亩"), ("", "合作社", "50元/亩"))):
        for column, cell in enumerate(cells):
            table.cell(row, column).text = cell
    table.cell(1, 0).merge(table.cell(2, 0))
    path = tmp_path / "list.docx"
    document.save(str(path))
    (loaded,) = load(path)
    assert loaded.text.split("\n")[1:] == [
        "1.种植类",
        "2.养殖类",
        "项目：水稻｜对象：农户｜标准：60元/亩",
        "项目：水稻｜对象：合作社｜标准：50元/亩",
    ]
    assert (loaded.coverage.tables, loaded.coverage.table_rows) == (1, 2)


def _encrypted_pdf(path: Path) -> None:
    _write_pdf(path)
    writer = PdfWriter(clone_from=path)
    writer.encrypt("secret", algorithm="AES-256")
    writer.write(path)


def _scan(path: Path) -> None:
    canvas = Canvas(str(path), pagesize=A4)
    canvas.rect(100, 100, 200, 200, fill=1)
    canvas.showPage()
    canvas.save()


def _half_docx(path: Path) -> None:
    _write_docx(path)
    path.write_bytes(path.read_bytes()[:2000])


def _spreadsheet(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)

BAD: dict[str, tuple[str, Callable[[Path], object], type[IngestError], str]] = {
    "empty": ("a.txt", lambda p: p.write_bytes(b""), UnreadableFile, "文件是空的"),
    "blank": ("a.txt", lambda p: p.write_text("　\n\u200b\n", encoding="utf-8"), UnreadableFile, "没有可用的文字"),
    "missing": ("a.txt", lambda p: p.unlink(missing_ok=True), UnreadableFile, "找不到"),
    "folder": ("a.txt", lambda p: p.mkdir(), UnreadableFile, "文件夹"),
    "encrypted pdf": ("a.pdf", _encrypted_pdf, UnreadableFile, "已加密"),
    "scanned pdf": ("a.pdf", _scan, UnreadableFile, "扫描件"),
    "broken pdf": ("a.pdf", lambda p: p.write_bytes(b"%PDF-1.7\n1 0 obj\n<<"), UnreadableFile, "已损坏"),
    "half a docx": ("a.docx", _half_docx, UnreadableFile, "已损坏"),
    "binary docx": ("a.docx", lambda p: p.write_bytes(b"\x01\x02" + bytes(99)), UnreadableFile, "已损坏"),
    "encrypted docx": (
        "a.docx",
        lambda p: p.write_bytes(OLE + "EncryptedPackage".encode("utf-16-le")),
        UnreadableFile,
        "已加密",
    ),
    "old doc named docx": (
        "a.docx",
        lambda p: p.write_bytes(OLE + "WordDocument".encode("utf-16-le")),
        UnreadableFile,
        "已损坏",
    ),
    "sheet named docx": ("a.docx", _spreadsheet, UnreadableFile, "Excel"),
    "picture": ("a.png", lambda p: p.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50)), UnreadableFile, "图片"),
    "unknown suffix": ("a.xyz", lambda p: p.write_text("补助", encoding="utf-8"), UnknownFormat, ".xyz"),
}


@pytest.mark.parametrize(("name", "write", "error", "words"), BAD.values(), ids=BAD)
def test_what_cannot_be_read_says_what_where_and_why(
    tmp_path: Path, name: str, write: Callable[[Path], object], error: type[IngestError], words: str
) -> None:
    path = tmp_path / name
    write(path)
    with pytest.raises(error) as caught:
        load(path)
    message = str(caught.value)
    assert words in message
    assert name in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("written_as", "named"),
    [("policy.docx", "a.doc"), ("policy.html", "a.doc"), ("policy.pdf", "a.docx"), ("policy.txt", "a.doc")],
)
def test_a_wrong_name_does_not_keep_a_file_from_being_read(tmp_path: Path, written_as: str, named: str) -> None:
    WRITERS[written_as](tmp_path / named)
    (document,) = load(tmp_path / named)
    assert document.metadata.document_number == "清政办〔2023〕17号"


def test_loading_twice_gives_the_same_ids(tmp_path: Path) -> None:
    _write_txt(tmp_path / "a.txt")
    _write_utf16(tmp_path / "b.txt")
    (first,), (second,) = load(tmp_path / "a.txt"), load(tmp_path / "b.txt", source="elsewhere/b.txt")
    assert first.id == second.id
    assert second.source == "elsewhere/b.txt"
