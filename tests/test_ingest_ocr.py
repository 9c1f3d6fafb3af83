"""Scans and photographs: the same articles, figures and table rows as on paper, and where they stand."""

from __future__ import annotations

import io
import re
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pypdfium2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from eval.bench_ocr import edit_distance
from eval.scans import Wear, find_font, table_page, text_page, worn
from ingest import ocr
from ingest.document import Document, IngestError, UnreadableFile
from ingest.formats import image, pdf
from ingest.formats.pdf_boxes import Box
from ingest.formats.pdf_columns import in_columns
from ingest.formats.pdf_layer import is_garbled
from ingest.load import load
from ingest.ocr_text import doubtful_figures, settled

drawn = pytest.mark.skipif(find_font() is None, reason="no Chinese font on this machine to draw pages with")

HEAD = "云霞县人民政府文件"
ARTICLES = (
    "第一条 为规范衔接资金管理，依据有关规定，制定本办法。",
    "第二条 种植业补助每亩75元，每户最高不超过3000元；养殖业补助每头300元，共安排资金1208.75万元。",
    "第三条 申报截止日期为2024年9月30日，逾期不予受理，由县农业农村局公示7天后发放。",
)
ROWS = (
    ("序号", "项目名称", "建设地点", "<", "资金（万元）"),
    ("^", "^", "乡镇", "村", "^"),
    ("1", "水稻种植补助", "松溪镇", "白石村", "120.5"),
    ("2", "^", "^", "青塘村", "36"),
    ("3", "道路硬化工程", "云霞乡", "桥头村", "1208.75"),
)


@pytest.fixture(scope="session", autouse=True)
def _engine() -> None:
    ocr.check()


def _page(*paragraphs: str, head: str = "") -> Image.Image:
    page, _ = text_page(paragraphs or ARTICLES, head=head)
    return page


def _one(path: Path) -> Document:
    (document,) = load(path)
    return document


def _scan_pdf(path: Path, *pages: Image.Image) -> Path:
    pages[0].save(path, save_all=True, append_images=pages[1:], resolution=200, quality=85)
    return path


def _plain(text: str) -> str:
    return re.sub(r"\s", "", text)


def _articles(document: Document) -> list[str]:
    return [_plain(line) for line in document.text.split("\n") if line.startswith("第")]


@drawn
def test_a_scan_gives_the_articles_and_figures_of_its_paper(tmp_path: Path) -> None:
    page = worn(_page(head=HEAD), Wear(skew_degrees=1.3, noise=12, seal="云霞县财政局"))
    document = _one(_scan_pdf(tmp_path / "a.pdf", page))
    assert _articles(document) == [_plain(article) for article in ARTICLES]
    assert HEAD in document.text
    assert document.coverage.pages_ocr == document.coverage.pages == 1
    assert document.coverage.ocr_confidence is not None and document.coverage.ocr_confidence > 0.9
    assert not document.coverage.warnings


@drawn
def test_the_places_of_the_text_are_those_on_the_page(tmp_path: Path) -> None:
    page = _page(head=HEAD)
    document = _one(_scan_pdf(tmp_path / "a.pdf", page))
    assert document.boxes
    for placed in document.boxes:
        box = placed.box
        assert placed.page == 1 and 0 <= box.x0 < box.x1 <= 1 and 0 <= box.y0 < box.y1 <= 1
        width, height = page.size
        edges = (box.x0 * width, box.y0 * height, box.x1 * width, box.y1 * height)
        crop = page.crop((round(edges[0]) - 4, round(edges[1]) - 4, round(edges[2]) + 4, round(edges[3]) + 4))
        (reading,) = ocr.read_lines([image._pixels(tmp_path, crop)])
        said, shown = document.text[placed.start : placed.end], settled(reading.text)
        assert edit_distance(_plain(said), _plain(shown)) <= 1, (said, shown)


@drawn
@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_turned_photograph_is_read_upright(tmp_path: Path, degrees: int) -> None:
    page = _page(*ARTICLES[1:]).crop((0, 180, 1654, 900)).rotate(degrees, expand=True)
    page.save(tmp_path / "a.jpg", quality=85)
    document = _one(tmp_path / "a.jpg")
    assert _articles(document) == [_plain(article) for article in ARTICLES[1:]]
    first = document.boxes[0].box
    upright = first.x1 - first.x0 > first.y1 - first.y0
    assert upright == (degrees == 180)


@drawn
def test_the_camera_says_which_way_is_up(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    page = _page(ARTICLES[0]).crop((0, 180, 1654, 500)).rotate(90, expand=True)
    page.save(tmp_path / "a.jpg", quality=85, exif=exif)
    document = _one(tmp_path / "a.jpg")
    assert _articles(document) == [_plain(ARTICLES[0])]
    assert document.boxes[0].box.x1 - document.boxes[0].box.x0 > 0.5


@drawn
def test_a_ruled_table_in_a_scan_gives_its_rows(tmp_path: Path) -> None:
    page = worn(table_page(ROWS, title="表1 项目资金安排表"), Wear(skew_degrees=1.1, noise=8))
    raw = pdf.read(_scan_pdf(tmp_path / "a.pdf", page))
    assert [_plain(line.text) for line in raw.lines] == [
        "表1项目资金安排表",
        "序号：1｜项目名称：水稻种植补助｜建设地点（乡镇）：松溪镇｜建设地点（村）：白石村｜资金（万元）：120.5",
        "序号：2｜项目名称：水稻种植补助｜建设地点（乡镇）：松溪镇｜建设地点（村）：青塘村｜资金（万元）：36",
        "序号：3｜项目名称：道路硬化工程｜建设地点（乡镇）：云霞乡｜建设地点（村）：桥头村｜资金（万元）：1208.75",
    ]
    assert (raw.tables, raw.table_rows) == (1, 3)
    heights = [box.y0 for line in raw.lines for _, box in line.boxes]
    assert len(heights) == 4 and heights == sorted(heights)


def _mixed_pdf(path: Path, scan: Image.Image, hidden: str) -> None:
    """A page of text, a scan, a page with nothing on it, a scan with an invisible layer of text."""
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    canvas = Canvas(str(path), pagesize=A4)
    canvas.setFont("STSong-Light", 14)
    canvas.drawString(96, 700, "本页是文字页，补助标准每亩60元。")
    for text in ("", None, hidden):
        canvas.showPage()
        if text is None:
            continue
        canvas.drawImage(ImageReader(scan), 0, 0, *A4)
        layer = canvas.beginText(72, 700)
        layer.setFont("STSong-Light", 12)
        layer.setTextRenderMode(3)
        layer.textOut(text)
        canvas.drawText(layer)
    canvas.save()


@drawn
def test_only_pages_without_usable_text_are_read_from_their_picture(tmp_path: Path) -> None:
    scan = _page(ARTICLES[0])
    _mixed_pdf(tmp_path / "a.pdf", scan, "\ue011\ue0a3\ue4c8\uf021\ue777" * 12)
    document = _one(tmp_path / "a.pdf")
    coverage = document.coverage
    assert (coverage.pages, coverage.pages_ocr, coverage.pages_empty) == (4, 2, 1)
    assert "本页是文字页，补助标准每亩60元。" in document.text
    assert [p.number for p in document.pages] == [1, 2, 4]
    assert {placed.page for placed in document.boxes} == {2, 4}
    assert document.text.count("制定本办法") == 2


@drawn
def test_with_ocr_off_the_pages_left_out_are_named(tmp_path: Path) -> None:
    _mixed_pdf(tmp_path / "a.pdf", _page(ARTICLES[0]), "")
    (document,) = load(tmp_path / "a.pdf", ocr=False)
    assert document.coverage.pages_ocr == 0 and not document.boxes
    assert document.coverage.warnings == (
        "第2、4页没有文字层，应为扫描件或特殊字体，未能识别：图片文字识别已关闭，请打开后重新导入",
    )
    scan = _scan_pdf(tmp_path / "b.pdf", _page(ARTICLES[0]))
    with pytest.raises(UnreadableFile, match="没有文字层.*已关闭"):
        load(scan, ocr=False)


@drawn
def test_a_tiff_of_several_pages_gives_them_all(tmp_path: Path) -> None:
    one, two = (_page(article).crop((0, 180, 1654, 500)) for article in ARTICLES[:2])
    blank = Image.new("L", (800, 600), 250)
    one.save(tmp_path / "a.tif", save_all=True, append_images=[blank, two], compression="tiff_deflate")
    document = _one(tmp_path / "a.tif")
    assert _articles(document) == [_plain(article) for article in ARTICLES[:2]]
    assert [page.number for page in document.pages] == [1, 3]
    assert (document.coverage.pages, document.coverage.pages_empty) == (3, 1)


@drawn
@pytest.mark.parametrize("mode", ["P", "RGBA", "1", "CMYK", "I;16"])
def test_pictures_of_every_depth_are_read(tmp_path: Path, mode: str) -> None:
    page = _page(ARTICLES[0]).crop((200, 180, 1654, 420))
    if mode == "RGBA":
        page.putalpha(page.convert("L").point(lambda level: 255 - level))
    elif mode == "I;16":
        page = page.convert("L").convert("I").point(lambda level: level * 200).convert("I;16")
    path = tmp_path / ("a.tif" if mode in ("CMYK", "I;16") else "a.png")
    page.save(path) if mode == "RGBA" or mode == "I;16" else page.convert(mode).save(path)
    assert "制定本办法" in _one(path).text


def test_a_pdf_of_ten_thousand_empty_pages_is_told_at_once(tmp_path: Path) -> None:
    with pypdfium2.PdfDocument.new() as document:
        for _ in range(10_000):
            document.new_page(595, 842)
        document.save(tmp_path / "a.pdf")
    begun = time.perf_counter()
    with pytest.raises(UnreadableFile, match="共 10000 页，都是空白页"):
        load(tmp_path / "a.pdf")
    assert time.perf_counter() - begun < 30


def test_a_blank_scan_has_no_text_and_says_so(tmp_path: Path) -> None:
    _scan_pdf(tmp_path / "a.pdf", Image.effect_noise((1654, 2339), 12).point(lambda level: min(255, level + 110)))
    with pytest.raises(UnreadableFile, match="没有从页面图像里认出文字"):
        load(tmp_path / "a.pdf")


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_broken_picture_is_told_in_one_line(tmp_path: Path, share: float) -> None:
    written = io.BytesIO()
    Image.new("RGB", (600, 400), "white").save(written, "PNG")
    data = written.getvalue()
    (tmp_path / "a.png").write_bytes(data[: max(12, int(len(data) * share))])
    with pytest.raises(UnreadableFile) as caught:
        load(tmp_path / "a.png")
    assert "a.png" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("side", [9_500, 60_000])
def test_a_picture_that_would_fill_the_memory_is_refused(tmp_path: Path, side: int) -> None:
    written = io.BytesIO()
    Image.new("L", (8, 8)).save(written, "PNG")
    head = b"IHDR" + struct.pack(">II", side, side) + written.getvalue()[24:29]
    data = written.getvalue()[:12] + head + struct.pack(">I", zlib.crc32(head)) + written.getvalue()[33:]
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(UnreadableFile, match="像素过大"):
        load(tmp_path / "a.png")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "GIF", "BMP", "WEBP"])
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 400), junk=st.binary(min_size=1, max_size=40), keep=st.floats(0.2, 1.0))
def test_damaged_pictures_raise_our_error_or_are_read(
    tmp_path: Path, kind: str, at: int, junk: bytes, keep: float
) -> None:
    written = io.BytesIO()
    Image.new("RGB", (64, 48), "white").save(written, kind)
    data = written.getvalue()
    (tmp_path / "a.bmp").write_bytes((data[:at] + junk + data[at + len(junk) :])[: max(8, int(len(data) * keep))])
    with pytest.raises(IngestError):
        load(tmp_path / "a.bmp")


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("2O19年共安排l5元", "2019年共安排15元"),
        ("共1OO户，3O.5万元", "共100户，30.5万元"),
        ("二OO九年", "二〇〇九年"),
        ("云政办[2024]3号", "云政办〔2024〕3号"),
        ("(一)总则,其中:", "（一）总则，其中："),
        ("（附件24)。", "（附件24）。"),
        ("编号A1O2，I类区", "编号A1O2，I类区"),
        ("上午8:30，比例3:1", "上午8:30，比例3:1"),
        ("共 12 户", "共12户"),
    ],
)
def test_look_alikes_are_mended_where_they_are_certain(read: str, meant: str) -> None:
    assert settled(read) == meant
    assert settled(meant) == meant


def test_what_is_not_certain_is_named() -> None:
    assert doubtful_figures("合同编号为1O2") == ["1O2"]
    assert not doubtful_figures("A1O2号，共102户，I类")


@given(st.text(alphabet="二零年月日元户共（）(),:; 0123456789OlI|〔〕[]号第A", max_size=40))
def test_what_is_settled_stays(text: str) -> None:
    assert settled(settled(text)) == settled(text)


@pytest.mark.parametrize(
    ("text", "garbled"),
    [
        ("为规范衔接资金管理，依据有关规定，制定本办法。种植业补助每亩75元。", False),
        ("為規範銜接資金管理，依據有關規定，制定本辦法。種植業補助每畝75元。", False),
        ("This page is in English, with 3 figures and a table.", False),
        ("表1  1,208.75  36  120.5  2024", False),
        ("\ue011\ue0a3\ue4c8\uf021\ue777" * 5, True),
        ("\ufffd" * 20, True),
        ("㐁㐂㐃㐄㐅ĀāĂăĄĘꀀꀁꀂ" * 3, True),
        ("ÎªÊµÊ©ÏçÕòÕñÐËÕ½ÂÔ", True),
        ("亍丌兀丐廿卅丕亘丞鬲孬噩丨禺丿匕乇夭爻卮氐囟胤馗毓睾", True),
    ],
)
def test_a_text_layer_of_wrong_codes_is_seen(text: str, garbled: bool) -> None:
    assert is_garbled(text) is garbled


def test_two_columns_are_read_one_after_the_other() -> None:
    def box(text: str, left: float, top: float, width: float) -> Box:
        return Box(text, 1, 600, left, left + width, top, 12, None, top - 14)

    left = [box(f"左{i}", 50, 700 - i * 20, 230) for i in range(6)]
    right = [box(f"右{i}", 310, 702 - i * 20, 230) for i in range(6)]
    mixed = [right[3], *left, box("标题横跨两栏", 150, 750, 300), *right[:3], *right[4:]]
    texts = [b.text for b in in_columns(mixed)]
    assert texts == ["标题横跨两栏", *(b.text for b in left), *(b.text for b in right)]


def test_reading_text_files_needs_no_ocr_engine() -> None:
    code = "import sys, ingest.load; sys.exit(any(m in sys.modules for m in ('cv2', 'rapidocr', 'PIL', 'onnxruntime')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
