"""Slides: titles, text in reading order, tables, groups, notes; pictures are counted."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pptx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from pptx.util import Cm

from ingest.document import IngestError, UnreadableFile
from ingest.formats import read, slides
from ingest.load import load


def _box(shapes: object, left: float, top: float, text: str) -> None:
    frame = shapes.add_textbox(Cm(left), Cm(top), Cm(10), Cm(1)).text_frame  # type: ignore[attr-defined]
    frame.text = text


def _picture() -> io.BytesIO:
    data = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(data, "PNG")
    data.seek(0)
    return data


def _write(path: Path) -> Path:
    show = pptx.Presentation()
    first = show.slides.add_slide(show.slide_layouts[5])
    first.shapes.title.text = "云霞县产业到户补助政策解读"
    _box(first.shapes, 2, 12, "三、联系电话1234567")
    group = first.shapes.add_group_shape()
    _box(group.shapes, 2, 8, "二、养牛每头补助2500元")
    _box(first.shapes, 14, 5, "每户最多10亩")
    _box(first.shapes, 2, 5, "一、种植业每亩补助80元")
    first.shapes.add_picture(_picture(), Cm(1), Cm(1))
    first.notes_slide.notes_text_frame.text = "讲解时请提示申报截止日期"
    second = show.slides.add_slide(show.slide_layouts[5])
    second.shapes.title.text = "补助标准"
    table = second.shapes.add_table(4, 3, Cm(2), Cm(5), Cm(20), Cm(5)).table
    rows = [["项目", "标准", ""], ["", "户数", "金额"], ["水稻", "12", "960元"], ["母牛", "3", "7500元"]]
    for y, row in enumerate(rows):
        for x, text in enumerate(row):
            table.cell(y, x).text = text
    table.cell(0, 1).merge(table.cell(0, 2))
    table.cell(0, 0).merge(table.cell(1, 0))
    third = show.slides.add_slide(show.slide_layouts[6])
    third.shapes.add_picture(_picture(), Cm(1), Cm(1))
    third._element.set("show", "0")
    show.save(str(path))
    return path


def test_text_in_reading_order(tmp_path: Path) -> None:
    raw = read(_write(tmp_path / "解读.pptx"))
    assert [(line.text, line.page) for line in raw.lines] == [
        ("云霞县产业到户补助政策解读", 1),
        ("一、种植业每亩补助80元", 1),
        ("每户最多10亩", 1),
        ("二、养牛每头补助2500元", 1),
        ("三、联系电话1234567", 1),
        ("【备注】讲解时请提示申报截止日期", 1),
        ("补助标准", 2),
        ("项目：水稻｜标准（户数）：12｜标准（金额）：960元", 2),
        ("项目：母牛｜标准（户数）：3｜标准（金额）：7500元", 2),
    ]
    assert (raw.pages, raw.pages_empty, raw.tables, raw.table_rows) == (3, 1, 1, 2)
    assert raw.warnings == ("第1页：含 1 张图片，未识别", "第3页：含 1 张图片，未识别", "第3页：隐藏的页，内容已读入")


def test_titles_are_headings(tmp_path: Path) -> None:
    (document,) = load(_write(tmp_path / "解读.pptx"))
    assert document.metadata.title == "云霞县产业到户补助政策解读"
    assert "补助标准" in document.path_at(document.text.index("母牛"))
    assert document.pages_of(document.text.index("母牛"), len(document.text)) == (2,)


def test_slides_of_pictures_only_are_refused(tmp_path: Path) -> None:
    show = pptx.Presentation()
    show.slides.add_slide(show.slide_layouts[6]).shapes.add_picture(_picture(), Cm(1), Cm(1))
    show.save(str(tmp_path / "a.pptx"))
    with pytest.raises(UnreadableFile, match="只有图片"):
        read(tmp_path / "a.pptx")


def test_bomb_is_refused(tmp_path: Path) -> None:
    whole = _write(tmp_path / "whole.pptx")
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(tmp_path / "a.pptx", "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, data + b" " * (60 << 20) if name == "ppt/slides/slide1.xml" else data)
    with pytest.raises(UnreadableFile, match="压缩炸弹"):
        read(tmp_path / "a.pptx")


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _write(tmp_path_factory.mktemp("pptx") / "show.pptx")


_FUZZ = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@_FUZZ
@given(data=st.data())
def test_damaged_parts_are_only_ever_an_ingest_error(show: Path, tmp_path: Path, data: st.DataObject) -> None:
    with zipfile.ZipFile(show) as package:
        members = {name: bytearray(package.read(name)) for name in package.namelist()}
    touched = [
        n for n in sorted(members) if "slideLayout" not in n and "theme" not in n and n.endswith((".xml", ".rels"))
    ]
    part = members[data.draw(st.sampled_from(touched))]
    at = data.draw(st.integers(0, len(part) - 1))
    end = data.draw(st.integers(at, min(len(part), at + 30)))
    part[at:end] = data.draw(st.binary(max_size=12) | st.sampled_from([b"", b"-1", b'"', b"9999999999"]))
    target = tmp_path / "damaged.pptx"
    with zipfile.ZipFile(target, "w") as package:
        for member, content in members.items():
            package.writestr(member, bytes(content))
    _read_or_refuse(target)


@_FUZZ
@given(cut=st.floats(0, 1), noise=st.binary(max_size=20))
def test_truncated_files_are_only_ever_an_ingest_error(show: Path, tmp_path: Path, cut: float, noise: bytes) -> None:
    whole = show.read_bytes()
    (tmp_path / "cut.pptx").write_bytes(whole[: int(len(whole) * cut)] + noise)
    _read_or_refuse(tmp_path / "cut.pptx")


def _read_or_refuse(path: Path) -> None:
    try:
        slides.read(path)
    except IngestError as error:
        assert str(path) in str(error)
