"""The same made-up policy in old office formats gives the same articles and table rows; what cannot be read says why."""

from __future__ import annotations

import base64
import quopri
import random
import re
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from old_office_policy import TITLE, write_policy

from ingest.document import IngestError, UnreadableFile
from ingest.formats import read
from ingest.formats.doc_text import is_gb
from ingest.formats.grid import GridCell, GridRow, grid
from ingest.formats.list_marks import ListCounter, ListLevel, number
from ingest.formats.raw import RawDocument
from ingest.formats.sniff import true_suffix
from ingest.load import load

DATA = Path(__file__).parent / "data"
ARTICLES = ["第一条", "第二条", "第三条", "第四条", "第五条"]
ROWS = [
    "类别：种植业｜项目：水稻｜奖补标准（脱贫户）：每亩120元｜奖补标准（监测户）：每亩150元",
    "类别：种植业｜项目：辣椒｜奖补标准（脱贫户）：每亩200元｜奖补标准（监测户）：每亩260元",
    "类别：养殖业｜项目：肉牛｜奖补标准（脱贫户）：每头1500元｜奖补标准（监测户）：每头1800元",
]
_WORDS_2003 = "http://schemas.microsoft.com/office/word/2003/wordml"
_PKG = "http://schemas.microsoft.com/office/2006/xmlPackage"


# ---- the same policy in every format


def _parts(path: Path) -> dict[str, bytes]:
    """The parts of the policy as .docx."""
    write_policy(path.with_suffix(".docx"))
    with zipfile.ZipFile(path.with_suffix(".docx")) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _inner(xml: bytes, tag: str) -> str:
    """The content of the outermost element called so."""
    found = re.search(rf"<{tag}\b[^>]*>(.*)</{tag}>", xml.decode("utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


def _write_wordml(path: Path) -> None:
    """As Word 2003 writes it: sections wrapped, numbers, merges and tracked changes under their old names."""
    parts = _parts(path)
    body = _inner(parts["word/document.xml"], "w:body").replace("w:vMerge", "w:vmerge").replace("w:numPr", "w:listPr")
    body = body.replace("w:numId", "w:ilfo").replace("</w:del>", "</aml:content></aml:annotation>")
    body = re.sub(r"<w:del\b[^>]*>", '<aml:annotation w:type="Word.Deletion"><aml:content>', body)
    lists = """<w:lists><w:listDef w:listDefId="4"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:nfc w:val="39"/>
    <w:lvlText w:val="第%1条"/></w:lvl></w:listDef><w:list w:ilfo="90"><w:ilst w:val="4"/></w:list></w:lists>"""
    names = dict(
        re.findall(r'xmlns:(\w+)="([^"]+)"', "".join(parts[f"word/{n}.xml"].decode() for n in ("document", "styles")))
    )
    names |= {"w": _WORDS_2003, "wx": "http://schemas.microsoft.com/office/word/2003/auxHint"}
    names |= {"aml": "http://schemas.microsoft.com/aml/2001/core", "o": "urn:schemas-microsoft-com:office:office"}
    path.write_text(
        f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?><?mso-application progid="Word.Document"?>
        <w:wordDocument {" ".join(f'xmlns:{name}="{uri}"' for name, uri in names.items())}>
        <o:DocumentProperties><o:Title>产业到户奖补办法</o:Title></o:DocumentProperties>{lists}
        <w:styles>{_inner(parts["word/styles.xml"], "w:styles")}</w:styles>
        <w:body><wx:sect><wx:sub-section>{body}</wx:sub-section></wx:sect></w:body></w:wordDocument>""",
        encoding="utf-8",
    )


def _write_flat_package(path: Path) -> None:
    types = {"rels": "application/vnd.openxmlformats-package.relationships+xml"}
    written = []
    for name, content in _parts(path).items():
        kind = re.search(rf'PartName="/{name}" ContentType="([^"]+)"', _parts(path)["[Content_Types].xml"].decode())
        kind_name = kind[1] if kind else types.get(name.rpartition(".")[2], "image/jpeg")
        if name.endswith((".xml", ".rels")) and name != "[Content_Types].xml":
            xml = re.sub(r"<\?xml[^>]*\?>", "", content.decode("utf-8"))
            written.append(
                f'<pkg:part pkg:name="/{name}" pkg:contentType="{kind_name}"><pkg:xmlData>{xml}</pkg:xmlData></pkg:part>'
            )
        elif name != "[Content_Types].xml":
            data = base64.b64encode(content).decode()
            written.append(
                f'<pkg:part pkg:name="/{name}" pkg:contentType="{kind_name}"><pkg:binaryData>{data}</pkg:binaryData></pkg:part>'
            )
    path.write_text(f'<?xml version="1.0"?><pkg:package xmlns:pkg="{_PKG}">{"".join(written)}</pkg:package>', "utf-8")


def _page(charset: str = "gb2312") -> str:
    """The policy as Word saves it for the web."""
    table = """<table border=1><tr><td rowspan=2>类别</td><td rowspan=2>项目</td><td colspan=2>奖补标准</td></tr>
    <tr><td>脱贫户</td><td>监测户</td></tr><tr><td rowspan=2>种植业</td><td>水稻</td><td>每亩120元</td><td>每亩150元</td></tr>
    <tr><td>辣椒</td><td>每亩200元</td><td>每亩260元</td></tr>
    <tr><td>养殖业</td><td>肉牛</td><td>每头1500元</td><td>每头1800元</td></tr></table>"""
    texts = [line.text for line in read(DATA / "policy.doc").lines if line.kind != "table_row"]
    shown = "".join(
        f"<p class=MsoNormal>{t}<o:p></o:p></p>{table if t.startswith('第三条') else ''}" for t in texts
    ).replace("<p class=MsoNormal>第一章 总则<o:p></o:p></p>", "<h1>第一章 总则</h1>")
    return f"""<html xmlns:o="urn:schemas-microsoft-com:office:office"><head>
    <meta http-equiv=Content-Type content="text/html; charset={charset}"></head><body lang=ZH-CN>
    <div class=WordSection1>{shown}</div></body></html>"""


def _write_mht(path: Path, encoding: str = "base64") -> None:
    page = _page().encode("gb18030")
    coded = base64.encodebytes(page) if encoding == "base64" else quopri.encodestring(page)
    head = 'Content-Type: multipart/related; boundary="x"; type="text/html"'
    path.write_bytes(
        f"From: <Saved>\r\nMIME-Version: 1.0\r\n{head}\r\n\r\n--x\r\nContent-Location: file:///C:/a.htm\r\n"
        f'Content-Transfer-Encoding: {encoding}\r\nContent-Type: text/html; charset="gb2312"\r\n\r\n'.encode()
        + coded
        + "\r\n--x\r\nContent-Type: text/xml\r\n\r\n<xml>不是正文</xml>\r\n--x--\r\n".encode()
    )


def _copied(name: str) -> Callable[[Path], object]:
    return lambda path: path.write_bytes((DATA / name).read_bytes())


WRITERS: dict[str, Callable[[Path], object]] = {
    "a.docx": write_policy,
    "a.doc": _copied("policy.doc"),
    "a.wps": _copied("policy.doc"),
    "doc named docx.docx": _copied("policy.doc"),
    "a.rtf": _copied("policy.rtf"),
    "rtf named doc.doc": _copied("policy.rtf"),
    "a.xml": _write_wordml,
    "wordml named doc.doc": _write_wordml,
    "flat package named doc.doc": _write_flat_package,
    "page named doc.doc": lambda p: p.write_bytes(_page().encode("gb18030")),
    "utf-16 page named doc.doc": lambda p: p.write_bytes(_page("unicode").encode("utf-16")),
    "a.mht": _write_mht,
    "mht named doc.doc": _write_mht,
    "quoted.mhtml": lambda p: _write_mht(p, "quoted-printable"),
}


@pytest.mark.parametrize("name", WRITERS)
def test_the_same_policy_in_every_old_format_gives_the_same_articles_and_rows(tmp_path: Path, name: str) -> None:
    WRITERS[name](tmp_path / name)
    (document,) = load(tmp_path / name)
    lines = document.text.split("\n")
    assert document.metadata.title == TITLE
    assert document.metadata.document_number == "青政办发〔2023〕12号"
    assert [match for line in lines for match in re.findall("^第.条", line)] == ARTICLES
    assert [s.heading for s in document.sections if "章" in s.heading] == ["第一章 总则", "第二章 奖补标准"]
    assert [line for line in lines if "｜" in line] == ROWS
    assert "详见第3页" in lines  # the result of the field, not its code
    assert "删去" not in document.text
    assert "政府公报" not in document.text  # the running head
    assert lines[-2:] == ["2023年4月6日", "（此件公开发布）"]
    assert (document.coverage.tables, document.coverage.table_rows, document.coverage.warnings) == (1, 3, ())


@pytest.mark.parametrize("name", ["policy.doc", "policy.rtf"])
def test_headings_and_title_come_from_the_format(name: str) -> None:
    raw = read(DATA / name)
    assert [(line.text, line.level) for line in raw.lines if line.kind == "heading"] == [
        ("第一章 总则", 1),
        ("第二章 奖补标准", 1),
    ]
    assert raw.property_title == "产业到户奖补办法"


@pytest.mark.parametrize("name", ["notes.doc", "notes.rtf"])
def test_notes_text_boxes_nested_tables_and_rare_characters_are_kept(name: str) -> None:
    texts = [line.text for line in read(DATA / name).lines if line.text.strip()]
    assert "脱贫户和监测户可以申请，网址见办事指南。" in texts
    assert [t for t in texts if t.startswith("材料：")] == [
        "材料：申请表（原件）｜份数：2份",
        "材料：身份证｜份数：正面1份反面1份",
    ]
    assert (
        texts[texts.index("申请表一式两份。") + 1] == "窗口电话：青禾县政务大厅三号窗口"
    )  # the box after its paragraph
    assert "表后文字𠮷祥，生僻字“㕔”。" in texts
    assert texts[-2:] == ["[注1] 指建档立卡脱贫户。", "[注2] 指三类监测对象。"]


# ---- pieces


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        (rb"{\rtf1\ansi\ansicpg936 \'d6\'d0\'b9\'fa\par}", ["中国"]),
        (
            rb"{\rtf1{\fonttbl{\f0\fcharset0 A;}{\f1\fcharset134 B;}}\f1 \'d6\'d0\f0  \'e9t\'e9\par}",
            ["中 été"],
        ),
        (rb"{\rtf1\uc2\u20013 \'d6\'d0\uc1\u25991?\par}", ["中文"]),
        (rb"{\rtf1 a\~b\_c\{d\}\\{\*\unknown e}{\pict\bin5 }}{{{}f\par}", ["a\xa0b-c{d}\\f"]),
        (rb"{\rtf1 a{\deleted b}c\line d\par}", ["ac", "d"]),
        (rb"{\rtf1{\upr{x}{\*\ud{y}}}\par}", ["y"]),
        (rb"{\rtf1 one\par two", ["one", "two"]),
    ],
    ids=["code page", "code page of the font", "unicode", "symbols and pictures", "deleted", "both", "broken off"],
)
def test_rtf_text(tmp_path: Path, source: bytes, lines: list[str]) -> None:
    (tmp_path / "a.rtf").write_bytes(source)
    assert [line.text for line in read(tmp_path / "a.rtf").lines] == lines


def test_an_rtf_that_breaks_off_or_has_numbers_that_are_not_written_out_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.rtf").write_bytes(rb"{\rtf1{\*\listtable{\list{\listlevel\levelnfc0}}}\pard\ls1 one\par \pard two")
    warnings = read(tmp_path / "a.rtf").warnings
    assert "文件结尾缺失" in warnings[0]
    assert "1 段的自动编号未能还原" in warnings[1]


def test_merged_cells_fill_every_place_they_cover() -> None:
    rows = [
        GridRow(left=-108, cells=(GridCell(right=2000, text="甲"), GridCell(right=6000, text="乙"))),
        GridRow(
            left=-100, cells=(GridCell(right=2020, below=True), GridCell(right=4000, text="丙"), GridCell(right=6001))
        ),
        GridRow(left=0, cells=(GridCell(right=4000, text="丁"), GridCell(right=6000, text="戊", continues=True))),
    ]
    assert grid(rows) == [["甲", "乙", "乙"], ["甲", "丙", ""], ["丁", "丁", "丁"]]


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("chineseCountingThousand", 10, "十"),
        ("chineseCountingThousand", 21, "二十一"),
        ("chineseCounting", 105, "一百零五"),
        ("chineseCounting", 110, "一百一十"),
        ("chineseLegalSimplified", 12, "拾贰"),
        ("decimalEnclosedCircle", 3, "③"),
        ("upperRoman", 14, "XIV"),
        ("decimalZero", 7, "07"),
        ("decimal", 7, "7"),
        ("chineseCounting", 10**9, "1000000000"),
    ],
)
def test_list_numbers(kind: str, value: int, shown: str) -> None:
    assert number(kind, value) == shown


def test_a_list_counts_every_level_and_begins_deeper_ones_anew() -> None:
    levels = {
        0: ListLevel(kind="chineseCounting", pattern="第%1条"),
        1: ListLevel(kind="decimal", pattern="（%2）"),
        2: ListLevel(kind="bullet", pattern="\uf0b7"),
    }
    counter = ListCounter()
    marks = [counter.mark("a", levels, level) for level in (0, 1, 1, 2, 0, 1)]
    assert marks == ["第一条 ", "（1）", "（2）", "", "第二条 ", "（1）"]


@pytest.mark.parametrize(
    ("data", "expected"),
    [("补助标准".encode("gbk"), True), ("café “déjà” ×·".encode("cp1252"), False), (b"plain", False)],
)
def test_chinese_stored_byte_by_byte_is_told_from_western_text(data: bytes, expected: bool) -> None:
    assert is_gb(data) is expected


# ---- what cannot be read


def _changed_fib(at: int, value: int) -> Callable[[Path], object]:
    """The policy with another value in the head of its WordDocument stream."""

    def write(path: Path) -> None:
        data = bytearray((DATA / "policy.doc").read_bytes())
        fib = data.index(b"\xec\xa5")
        struct.pack_into("<H", data, fib + at, value)
        path.write_bytes(bytes(data))

    return write


_FLAGS = 10
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)

BAD: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "encrypted doc": ("a.doc", _changed_fib(_FLAGS, 0x0300), "已加密"),
    "word 95": ("a.doc", _changed_fib(2, 0x0068), "Word 6.0/95"),
    "not a word head": ("a.doc", _changed_fib(0, 0x1234), "已损坏"),
    "half a doc": ("a.doc", lambda p: p.write_bytes((DATA / "policy.doc").read_bytes()[:3000]), "已损坏"),
    "container without text": ("a.wps", lambda p: p.write_bytes(_OLE), "已损坏"),
    "half a wordml": ("a.xml", lambda p: (_write_wordml(p), p.write_bytes(p.read_bytes()[:5000])), "不完整"),
    "empty mht": ("a.mht", lambda p: p.write_bytes(b"MIME-Version: 1.0\nContent-Type: multipart/related\n\n"), "正文"),
    "wordml without body": ("a.xml", lambda p: p.write_text(f'<w:wordDocument xmlns:w="{_WORDS_2003}"/>'), "没有正文"),
    "garbage named rtf": ("a.rtf", lambda p: p.write_bytes(b"\x01\x02" + bytes(99)), "已损坏"),
}


@pytest.mark.parametrize(("name", "write", "words"), BAD.values(), ids=BAD)
def test_what_cannot_be_read_says_why_in_one_line(
    tmp_path: Path, name: str, write: Callable[[Path], object], words: str
) -> None:
    path = tmp_path / name
    write(path)
    with pytest.raises(UnreadableFile) as caught:
        load(path)
    assert words in str(caught.value)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_doc_that_breaks_off_says_how_much_is_missing(tmp_path: Path) -> None:
    """A long text that the file's end cuts short: what is there is kept, and the rest is not passed over in silence."""
    raw = _broken_off(tmp_path / "a.doc")
    assert any("文件不完整" in warning for warning in raw.warnings)


def _broken_off(path: Path) -> RawDocument:
    """The policy whose first piece is said to be stored behind the end of the stream in part."""
    data = bytearray((DATA / "policy.doc").read_bytes())
    fib = data.index(b"\xec\xa5")
    body = struct.unpack_from("<i", data, fib + 0x4C)[0]
    struct.pack_into("<i", data, fib + 0x4C, body + 5000)
    path.write_bytes(bytes(data))
    return read(path)


# ---- anything may come


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("originals")
    found = {name: (DATA / name).read_bytes() for name in ("policy.doc", "notes.doc", "policy.rtf", "notes.rtf")}
    for name, write in (("a.xml", _write_wordml), ("b.xml", _write_flat_package), ("a.mht", _write_mht)):
        write(folder / name)
        found[name] = (folder / name).read_bytes()
    return found


@pytest.mark.parametrize("name", ["policy.doc", "notes.doc", "policy.rtf", "notes.rtf", "a.xml", "b.xml", "a.mht"])
@settings(
    max_examples=30, deadline=10_000, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(seed=st.integers(0, 2**32))
def test_a_damaged_file_is_read_or_refused(tmp_path: Path, originals: dict[str, bytes], name: str, seed: int) -> None:
    content = _damaged(originals[name], random.Random(seed))
    path = tmp_path / name
    path.write_bytes(content)
    try:
        raw = read(path)
    except IngestError as refused:
        assert "\n" not in str(refused)
    else:
        assert all("\n" not in line.text for line in raw.lines)


def _damaged(content: bytes, chance: random.Random) -> bytes:
    """Some bytes changed, dropped or put in, and sometimes the end cut off."""
    damaged = bytearray(content)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(damaged))
        damaged[at : at + chance.randint(0, 4)] = chance.randbytes(chance.randint(0, 4))
    return bytes(damaged[: chance.randint(1, len(damaged))] if chance.random() < 0.3 else damaged)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('w:ilvl w:val="0"', 'w:ilvl w:val="x"'),
        ('w:start w:val="1"', 'w:start w:val="-"'),
        ('w:gridSpan w:val="2"', 'w:gridSpan w:val="第"'),
        ("<w:tc>", "<w:tc><w:tcPr><w:gridSpan/></w:tcPr>"),
    ],
)
def test_wrong_values_in_a_word_xml_do_no_harm(tmp_path: Path, right: str, wrong: str) -> None:
    _write_wordml(tmp_path / "a.xml")
    text = (tmp_path / "a.xml").read_text(encoding="utf-8")
    assert right in text
    (tmp_path / "a.xml").write_text(text.replace(right, wrong), encoding="utf-8")
    try:
        raw = read(tmp_path / "a.xml")
    except UnreadableFile as refused:
        assert "已损坏" in str(refused)
    else:
        assert any("第五条 " in line.text for line in raw.lines)


@pytest.mark.parametrize(
    ("content", "suffix"),
    [
        (b"\xef\xbb\xbf<!-- saved -->\n<HTML><body>", ".html"),
        ("<html>补助</html>".encode("utf-16"), ".html"),
        (b"<table><tr><td>", ".html"),
        (b"\n{\\rtf1 a}", ".rtf"),
        (b"From: <Saved by Blink>\r\nContent-Type: multipart/related;\r\n", ".mht"),
        ("第一条 补助".encode(), ".txt"),
    ],
)
def test_the_content_decides_what_a_doc_is(tmp_path: Path, content: bytes, suffix: str) -> None:
    (tmp_path / "a.doc").write_bytes(content)
    assert true_suffix(tmp_path / "a.doc") == suffix
