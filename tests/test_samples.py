"""The documents in samples/ are whole: each opens, carries the sample mark, says what its source says, and adds up."""

import importlib.util
import re
import sys
import unicodedata
from collections import Counter
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent


def load_builder() -> ModuleType:
    """scripts/build_samples.py as a module; scripts/ is no package."""
    spec = importlib.util.spec_from_file_location("build_samples", ROOT / "scripts" / "build_samples.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


builder = load_builder()
SOURCES = {source.target.name: source for source in builder.read_sources()}
each_sample = pytest.mark.parametrize("name", SOURCES)


def squeeze(text: str) -> str:
    """Text without spaces and line breaks, and with width differences gone: formats break lines differently."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def pdf_text(path: Path) -> str:
    """The pages' text, less the running head and the page number that PDFium gives first on each."""
    import pypdfium2

    with pypdfium2.PdfDocument(path) as pdf:
        pages = [page.get_textpage().get_text_range().splitlines() for page in pdf]
    for number, lines in enumerate(pages, start=1):
        assert lines[:2] == [SOURCES[path.name].keys["head"], f"— {number} —"]
    return "\n".join("\n".join(lines[2:]) for lines in pages)


def docx_text(path: Path) -> str:
    import docx

    document = docx.Document(str(path))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([paragraph.text for paragraph in document.paragraphs] + cells)


def html_text(path: Path) -> str:
    from bs4 import BeautifulSoup

    return BeautifulSoup(path.read_bytes(), "lxml").get_text("\n")


def txt_text(path: Path) -> str:
    return path.read_bytes().decode(SOURCES[path.name].keys.get("encoding", "utf-8"))


READERS = {".pdf": pdf_text, ".docx": docx_text, ".html": html_text, ".txt": txt_text}


@cache
def text_of(name: str) -> str:
    path = SOURCES[name].target
    return squeeze(READERS[path.suffix](path))


def test_folder_holds_what_the_sources_make_and_nothing_else():
    assert {p.name for p in builder.SAMPLES.rglob("*") if p.is_file()} == set(SOURCES)


def test_every_format_is_there():
    assert Counter(Path(name).suffix for name in SOURCES) == {".pdf": 6, ".docx": 6, ".html": 4, ".txt": 4}


@each_sample
def test_sample_is_small_and_marked(name):
    assert 1_000 < SOURCES[name].target.stat().st_size < 300_000
    assert squeeze(builder.MARK) in text_of(name)


@each_sample
def test_sample_says_what_its_source_says(name):
    lines = [b.text for b in SOURCES[name].blocks if isinstance(b, builder.Block)]
    cells = [c for b in SOURCES[name].blocks if isinstance(b, builder.Table) for row in b.rows for c in row]
    assert [piece for piece in lines + cells if squeeze(piece) not in text_of(name)] == []


@each_sample
def test_figures_add_up(name):
    assert builder.wrong_figures(SOURCES[name]) == []


@pytest.mark.parametrize(
    ("check", "complaint"),
    [
        ("3*1600=4800", None),
        ("3*1600=4801", "does not hold"),
        ("4*1200=4800", "do not occur"),
    ],
)
def test_a_wrong_sum_is_seen(check, complaint):
    body = builder.Block(kind="paragraph", text="牛3头，每头1600元，共4800元，不是4801元。")
    source = builder.Source(name="x", keys={}, checks=(check,), blocks=(body,))
    found = " ".join(builder.wrong_figures(source))
    assert (found == "") if complaint is None else (complaint in found)


def test_figures_agree_between_documents():
    """The funds by town, the posts and the toilets that one document plans are those that the others speak of."""
    fund = rows_of("青财农〔2024〕15号_2024年衔接资金安排表.docx")
    water = rows_of("青水发〔2024〕9号_农村饮水安全管护通知.html")
    plan = rows_of("青政办发〔2024〕11号_农村人居环境整治提升工作方案.pdf")
    posts = rows_of("青人社发〔2024〕18号_乡村公益性岗位管理通知.docx")
    for town in [*fund][1:]:
        assert float(fund[town]["饮水安全"]) == float(water[town]["资金（万元）"])
        assert float(fund[town]["人居环境"]) == float(plan[town]["人居环境资金（万元）"])
        assert round(float(fund[town]["公益性岗位补贴"]) * 10000) == int(posts[town]["合计"]) * 360 * 12
        assert posts[town]["水管员"] == water[town]["项目数量（处）"]


def rows_of(name: str) -> dict[str, dict[str, str]]:
    """The first table of a sample's source: by the first cell of a row, its cells by the head."""
    table = next(b for b in SOURCES[name].blocks if isinstance(b, builder.Table))
    return {row[0]: dict(zip(table.rows[0], row, strict=True)) for row in table.rows}


def test_every_sample_is_described():
    page = (ROOT / "docs" / "samples.md").read_text(encoding="utf-8")
    assert [name for name in SOURCES if name not in page] == []
