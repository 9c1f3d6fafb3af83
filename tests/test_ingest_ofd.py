"""OFD files: the same policy in every way of writing it gives the same paragraphs and table rows."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ofd_builder import LINE, OfdBuilder

from ingest import ocr
from ingest.document import IngestError, UnreadableFile
from ingest.formats import ofd, read
from ingest.formats.ofd_content import deltas
from ingest.load import load

TITLE = "云霞县人民政府办公室关于印发产业到户补助办法的通知"
BODY = (
    "第一条 为了支持脱贫户和监测户发展产业，规范补助资金的申请、审核和发放，结合本县实际，制定本办法。",
    "第二条 种植业每亩补助80元，每户最多补助10亩；养牛每头补助2500元，每户最多补助3头，由镇人民政府在每年11月30日前通过“一卡通”发放到户。",
    "第三条 本办法自2023年3月1日起施行，有效期至2028年2月29日，由县农业农村局负责解释。",
)
ROWS = [["项目", "补助对象", "补助标准"], ["水稻种植", "脱贫户", "80元/亩"], ["母牛养殖", "监测户", "2500元/头"]]
ROW_LINES = [
    "项目：水稻种植｜补助对象：脱贫户｜补助标准：80元/亩",
    "项目：母牛养殖｜补助对象：监测户｜补助标准：2500元/头",
]

VARIANTS = {
    "plain": OfdBuilder(),
    "no prefix": OfdBuilder(prefix=""),
    "locations from the top": OfdBuilder(absolute=True),
    "grouped steps": OfdBuilder(deltas="grouped"),
    "a code a character": OfdBuilder(deltas="none"),
    "matrix": OfdBuilder(moved=True),
    "glyphs": OfdBuilder(glyphs=True, deltas="grouped"),
    "several codes": OfdBuilder(parts=3),
}


def _policy(builder: OfdBuilder) -> OfdBuilder:
    """A first page with the title and two articles, a second with the last article and a table."""
    builder.pages.clear()
    builder.page()
    builder.text(40, 30, TITLE)
    y = 30 + 2 * LINE
    for paragraph in BODY[:2]:
        y = builder.paragraph(y, paragraph)
    builder.text(102, 285, "- 1 -", 4)
    builder.page()
    y = builder.paragraph(30, BODY[2])
    builder.table(25, y + 5, [50, 50, 60], ROWS)
    builder.text(102, 285, "- 2 -", 4)
    return builder


@pytest.mark.parametrize("builder", VARIANTS.values(), ids=VARIANTS)
def test_every_way_of_writing_gives_the_same_text(tmp_path: Path, builder: OfdBuilder) -> None:
    (document,) = load(_policy(builder).write(tmp_path / "办法.ofd"))
    assert document.text.split("\n") == [TITLE, *BODY, *ROW_LINES]
    assert [page.number for page in document.pages] == [1, 2]
    assert (document.coverage.tables, document.coverage.table_rows) == (1, 2)
    assert document.metadata.title == TITLE


def test_lines_in_any_order_are_read_from_the_top(tmp_path: Path) -> None:
    builder = _policy(OfdBuilder())
    builder.pages[0].objects.reverse()
    (document,) = load(builder.write(tmp_path / "a.ofd"))
    assert document.text.split("\n")[:3] == [TITLE, *BODY[:2]]


def test_bold_printed_twice_is_read_once(tmp_path: Path) -> None:
    builder = OfdBuilder()
    builder.page()
    for shift in (0.0, 0.1):
        builder.text(30 + shift, 30, "第一条 补助人人有份")
    raw = read(builder.write(tmp_path / "a.ofd"))
    assert [line.text for line in raw.lines] == ["第一条 补助人人有份"]


def test_template_and_drawing_are_part_of_the_page(tmp_path: Path) -> None:
    builder = OfdBuilder()
    builder.template = builder.text_object(30, 20, "云霞县补助申请表")
    drawing = builder.text_object(0, 10, "一式两份")
    builder.resources = (
        '<ofd:CompositeGraphicUnits><ofd:CompositeGraphicUnit ID="9" Width="50" Height="20"><ofd:Content>'
        f"{drawing}</ofd:Content></ofd:CompositeGraphicUnit></ofd:CompositeGraphicUnits>"
    )
    builder.page()
    builder.text(30, 40, "申请人：王小山")
    builder.pages[0].objects.append('<ofd:CompositeObject ID="5" Boundary="30 60 50 20" ResourceID="9"/>')
    raw = read(builder.write(tmp_path / "a.ofd"))
    assert [line.text for line in raw.lines] == ["云霞县补助申请表", "申请人：王小山", "一式两份"]


def test_several_documents_in_one_file(tmp_path: Path) -> None:
    first, second = OfdBuilder(), OfdBuilder(folder="Doc_1")
    for builder, text in ((first, "第一份文件"), (second, "第二份文件")):
        builder.page()
        builder.text(30, 30, text)
    raw = read(first.write(tmp_path / "a.ofd", (second,)))
    assert [(line.text, line.page) for line in raw.lines] == [("第一份文件", 1), ("第二份文件", 2)]
    assert raw.warnings == ("一个文件里有 2 个文档，按先后连续编页",)


def test_what_is_beside_the_text_is_said(tmp_path: Path) -> None:
    builder = OfdBuilder(head="<ofd:Signatures>/Doc_0/Signs/Signatures.xml</ofd:Signatures>")
    builder.extra["Doc_0/Signs/Signatures.xml"] = (
        b'<ofd:Signatures xmlns:ofd="http://www.ofdspec.org/2016"><ofd:Signature ID="1" BaseLoc="Sign_0/S.xml"/>'
        b"</ofd:Signatures>"
    )
    builder.page()
    builder.text(30, 30, "正文在此")
    builder.pages[0].objects.append(builder.text_object(60, 90, "内部资料", ctm=' CTM="0.7 -0.7 0.7 0.7 0 0"'))
    raw = read(builder.write(tmp_path / "a.ofd"))
    assert [line.text for line in raw.lines] == ["正文在此"]
    assert raw.warnings == ("第1页：4 个倾斜的字（水印、印章）未计入正文", "含 1 个电子签章，未验证其是否有效")


def test_a_missing_page_is_reported(tmp_path: Path) -> None:
    builder = _policy(OfdBuilder())
    whole = builder.write(tmp_path / "whole.ofd")
    broken = _without(whole, tmp_path / "a.ofd", "Doc_0/Pages/Page_1/Content.xml")
    raw = read(broken)
    assert (raw.pages, raw.pages_empty) == (2, 1)
    assert raw.warnings == ("第2页：内容缺失，文件可能不完整",)


def _picture_page(path: Path) -> Path:
    builder = OfdBuilder()
    builder.resources = (
        '<ofd:MultiMedias><ofd:MultiMedia ID="8" Type="Image"><ofd:MediaFile>scan.jb2</ofd:MediaFile></ofd:MultiMedia>'
        "</ofd:MultiMedias>"
    )
    builder.extra["Doc_0/Res/scan.jb2"] = b"\x97JB2\r\n\x1a\n"
    builder.page()
    builder.image("8", "0 0 210 297")
    builder.page()
    builder.text(30, 30, "附件见前页")
    return builder.write(path)


def test_a_page_that_is_a_picture_is_reported(tmp_path: Path) -> None:
    path = _picture_page(tmp_path / "a.ofd")
    with ocr.allowed(False):
        raw = read(path)
    assert (raw.pages, raw.pages_empty, raw.pages_ocr) == (2, 1, 0)
    assert raw.warnings[0].startswith("第1页：是图片，文字未能识别：")


def test_encrypted_says_so(tmp_path: Path) -> None:
    builder = _policy(OfdBuilder())
    builder.extra["Encryptions.xml"] = b"<Encryptions/>"
    with pytest.raises(UnreadableFile, match="已加密"):
        read(builder.write(tmp_path / "a.ofd"))


def test_bomb_is_refused(tmp_path: Path) -> None:
    builder = _policy(OfdBuilder())
    builder.extra["Doc_0/Pages/Page_0/Content.xml"] = b"<Page>" + b" " * (70 << 20) + b"</Page>"
    with pytest.raises(UnreadableFile, match="压缩炸弹"):
        read(builder.write(tmp_path / "a.ofd"))


def test_entities_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("机密", encoding="utf-8")
    builder = OfdBuilder()
    builder.page()
    builder.text(30, 30, "正文在此")
    content = builder._members()["Doc_0/Pages/Page_0/Content.xml"].decode()
    declared = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'
    evil = content.replace("?>", f"?>{declared}", 1).replace("正文在此", "正文&e;在此")
    builder.extra["Doc_0/Pages/Page_0/Content.xml"] = evil.encode()
    raw = read(builder.write(tmp_path / "a.ofd"))
    assert "机密" not in "".join(line.text for line in raw.lines)


@pytest.mark.parametrize(
    ("text", "steps"),
    [("3 3 3", [3, 3, 3]), ("g 3 4.2 5", [4.2, 4.2, 4.2, 5]), ("g 2 1 g 2 2", [1, 1, 2, 2]), ("", []), ("g 9", [9])],
)
def test_steps_between_characters(text: str, steps: list[float]) -> None:
    assert deltas(text, 100) == steps


def test_steps_are_bounded() -> None:
    assert len(deltas("g 9999999 1", 20)) == 20


def _without(source: Path, target: Path, member: str) -> Path:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            if name != member:
                new.writestr(name, old.read(name))
    return target


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _policy(OfdBuilder()).write(tmp_path_factory.mktemp("ofd") / "small.ofd")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_is_only_ever_an_ingest_error(small: Path, tmp_path: Path, data: st.DataObject) -> None:
    with zipfile.ZipFile(small) as package:
        members = {name: bytearray(package.read(name)) for name in package.namelist()}
    name = data.draw(st.sampled_from(sorted(members)))
    part = members[name]
    at = data.draw(st.integers(0, len(part) - 1))
    end = data.draw(st.integers(at, min(len(part), at + 40)))
    part[at:end] = data.draw(st.binary(max_size=12) | st.sampled_from([b"", b"-1", b"1e999", b"nan", b'"', b"g 7 x"]))
    target = tmp_path / "damaged.ofd"
    with zipfile.ZipFile(target, "w") as package:
        for member, content in members.items():
            package.writestr(member, bytes(content))
    _read_or_refuse(target)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.floats(0, 1), noise=st.binary(max_size=20))
def test_a_truncated_file_is_only_ever_an_ingest_error(small: Path, tmp_path: Path, cut: float, noise: bytes) -> None:
    whole = small.read_bytes()
    at = int(len(whole) * cut)
    target = tmp_path / "cut.ofd"
    target.write_bytes(whole[:at] + noise)
    _read_or_refuse(target)


def _read_or_refuse(path: Path) -> None:
    try:
        ofd.read(path)
    except IngestError as error:
        assert str(path) in str(error)
