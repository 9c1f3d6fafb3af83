"""Builds samples/ (PDF, DOCX, HTML, TXT) from the plain sources in scripts/sample_sources/*.md.

    python scripts/build_samples.py              check the figures, then build every file
    python scripts/build_samples.py --check      only check the figures
    python scripts/build_samples.py 02 14        build the sources whose names start so

A source is front matter ("key: value" lines between "---" lines), then a body with one block a line:
    # title     ## heading     ### sub-heading     => centred line     -> right-aligned line
    | a | b |   table row (the first row is the head)                  anything else: a paragraph
Keys: file (where it goes; the suffix chooses the format), head (a PDF's running head), double_title (a PDF whose
bold title is painted twice), style (a DOCX with "headings" or all "plain"), encoding (a TXT), check (repeatable: a
sum such as "3*1600=4800" whose numbers must stand in the body or in the rules), and a web page's info table.

PDFs need Chromium, fontTools and the package fonts-noto-cjk; the other formats need python-docx only.
"""

# mypy: disable-error-code="import-untyped,import-not-found"
# (fontTools has no type stubs, and only those who rebuild the PDFs need to have it)
from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docx.document import Document as DocxDocument
    from docx.table import Table as DocxTable
    from docx.text.paragraph import Paragraph
    from fontTools.ttLib import TTFont

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "scripts" / "sample_sources"
SAMPLES = ROOT / "samples"
MARK = "（政答样例文件，内容纯属虚构）"
BUILT_AT = datetime(2025, 3, 1, tzinfo=UTC)  # one fixed moment, so that a rebuild gives the same bytes
FONT = "仿宋"
# What the rules 青政办规〔2023〕6号 and 青人社发〔2024〕18号 grant; reports apply it without repeating it.
STANDARDS = {1600.0, 240.0, 150.0, 1500.0, 500.0, 200.0, 360.0, 400.0, 3.5, 1.2}
FONTS = Path("/usr/share/fonts/opentype/noto")
FONT_NUMBER_SC = 2  # of JP, KR, SC, TC, HK
NUMBER = re.compile(r"\d+(?:\.\d+)?")
CHROMIUM = (
    "chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync --no-pdf-header-footer"
).split()


class SampleError(Exception):
    """A source is malformed, a sum is wrong, or a built file does not say what its source says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One line of a document: kind is title, heading, subheading, center, right or paragraph."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table: its first row is the head."""

    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One sample before it takes a format."""

    name: str
    keys: dict[str, str]
    checks: tuple[str, ...]
    blocks: tuple[Block | Table, ...]

    @property
    def target(self) -> Path:
        return SAMPLES / self.keys["file"]

    @property
    def title(self) -> str:
        return next(b.text for b in self.blocks if isinstance(b, Block) and b.kind == "title")

    @property
    def text(self) -> str:
        return "\n".join(as_lines(self.blocks))


# --- reading a source -------------------------------------------------------------------------------------------

PREFIXES = {"# ": "title", "## ": "heading", "### ": "subheading", "=> ": "center", "-> ": "right"}


def read_source(path: Path) -> Source:
    """The source in `path`. Raises SampleError when it has no front matter."""
    parts = path.read_text(encoding="utf-8").split("---\n", 2)
    if len(parts) != 3:
        raise SampleError(f"{path.name}: expected front matter between two '---' lines")
    pairs = [line.split(": ", 1) for line in parts[1].splitlines() if line]
    return Source(
        name=path.stem,
        keys={key: value for key, value in pairs if key != "check"},
        checks=tuple(value for key, value in pairs if key == "check"),
        blocks=tuple(read_blocks(parts[2])),
    )


def read_blocks(body: str) -> Iterator[Block | Table]:
    """The blocks of a body, in order; the sample mark is the last."""
    rows: list[tuple[str, ...]] = []
    for line in [*body.splitlines(), "", MARK]:
        if line.startswith("|"):
            rows.append(tuple(cell.strip() for cell in line.strip("|").split("|")))
            continue
        if rows:
            yield Table(rows=tuple(r for r in rows if set("".join(r)) != {"-"}))
            rows = []
        if line.strip():
            yield read_line(line.strip())


def read_line(line: str) -> Block:
    for prefix, kind in PREFIXES.items():
        if line.startswith(prefix):
            return Block(kind=kind, text=line.removeprefix(prefix))
    return Block(kind="paragraph", text=line)


def as_lines(blocks: tuple[Block | Table, ...]) -> Iterator[str]:
    """Plain lines: one a block, one a table row with cells parted by " | "."""
    for block in blocks:
        if isinstance(block, Block):
            yield block.text
        else:
            yield from (" | ".join(row) for row in block.rows)


# --- checking the figures ---------------------------------------------------------------------------------------


def wrong_figures(source: Source) -> list[str]:
    """What is wrong with the sums and tables of a source, one line each; empty when all hold."""
    tables = [b for b in source.blocks if isinstance(b, Table)]
    found = [*wrong_checks(source), *(w for t in tables for w in (*wrong_totals(t), *wrong_products(t)))]
    return [f"{source.name}: {line}" for line in found]


def wrong_checks(source: Source) -> Iterator[str]:
    """Each `check` that does not hold, or that speaks of a number the body does not have."""
    present = {float(n) for n in NUMBER.findall(source.text)} | STANDARDS | {6.0, 10000.0}  # months; 元 a 万元
    for check in source.checks:
        left, right = check.split("=")
        if abs(evaluate(left) - float(right)) > 1e-6:
            yield f"{check} does not hold: {left} is {evaluate(left)}"
        missing = [n for n in NUMBER.findall(check) if float(n) not in present]
        if missing:
            yield f"{check}: {missing} do not occur in the text"


def evaluate(expression: str) -> float:
    """The value of sums of products, such as "3*1600+2*240/10000"."""
    total = 0.0
    for term in expression.split("+"):
        value = 1.0
        for operator, number in re.findall(r"(^|[*/])([\d.]+)", term):
            value = value / float(number) if operator == "/" else value * float(number)
        total += value
    return total


def wrong_totals(table: Table) -> Iterator[str]:
    """Columns whose 合计 row, and rows whose 合计 column, are not the sum of the others."""
    body, last = table.rows[1:-1], table.rows[-1]
    if last[0] == "合计":
        for column in range(1, len(last)):
            if abs(sum(float(row[column]) for row in body) - float(last[column])) > 1e-6:
                yield f"column {table.rows[0][column]} does not add up to {last[column]}"
        if table.rows[0][-1] == "合计":
            for row in table.rows[1:]:
                if abs(sum(map(float, row[1:-1])) - float(row[-1])) > 1e-6:
                    yield f"row {row[0]} does not add up to {row[-1]}"


def wrong_products(table: Table) -> Iterator[str]:
    """Rows in which 数量 times 标准（元） is not 金额（元）."""
    head = table.rows[0]
    if {"数量", "标准（元）", "金额（元）"} <= set(head):
        for row in table.rows[1:]:
            cell = dict(zip(head, row, strict=True))
            if float(cell["数量"]) * float(cell["标准（元）"]) != float(cell["金额（元）"]):
                yield f"{cell['品种']}: {cell['数量']} x {cell['标准（元）']} is not {cell['金额（元）']}"


# --- TXT ----------------------------------------------------------------------------------------------------------


def write_txt(source: Source) -> None:
    """One line a block, as people save text from a word processor: two wide spaces before a paragraph."""
    indented = [line_of_text(b) if isinstance(b, Block) else "\n".join(as_lines((b,))) for b in source.blocks]
    text = "\r\n".join("\n".join(indented).splitlines()) + "\r\n"
    source.target.write_bytes(text.encode(source.keys.get("encoding", "utf-8")))


def line_of_text(block: Block) -> str:
    indents = {"title": " " * 8, "right": " " * 40, "paragraph": "\u3000\u3000"}
    return indents.get(block.kind, "") + block.text


# --- HTML ---------------------------------------------------------------------------------------------------------


def write_html(source: Source) -> None:
    """A saved page of a government site: the document among its navigation, info table, tools and footer."""
    keys = {key: escape(value) for key, value in source.keys.items()}
    body = "\n".join(web_block(b) for b in source.blocks if not (isinstance(b, Block) and b.kind == "title"))
    page = template("web.html").substitute(keys, title=escape(source.title), column=keys["crumb"], body=body)
    source.target.write_text(page, encoding="utf-8")


def template(name: str) -> Template:
    return Template((SOURCES / name).read_text(encoding="utf-8"))


def web_block(block: Block | Table) -> str:
    if isinstance(block, Table):
        return html_table(block)
    if block.kind in ("heading", "subheading"):
        return f'<p style="text-indent: 2em;"><strong>{escape(block.text)}</strong></p>'
    style = "text-align: right;" if block.kind == "right" else "text-indent: 2em;"
    return f'<p style="{style}"><span style="font-family: 仿宋;">{escape(block.text)}</span></p>'


def html_table(table: Table) -> str:
    head, *rows = (
        "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in row)
        for tag, row in [("th", table.rows[0]), *(("td", r) for r in table.rows[1:])]
    )
    return "<table>\n" + "\n".join(f"<tr>{row}</tr>" for row in [head, *rows]) + "\n</table>"


# --- PDF ----------------------------------------------------------------------------------------------------------


def write_pdf(source: Source) -> None:
    """Prints the document with Chromium and checks that its text layer reads as the source does."""
    from pypdf import PdfWriter

    with tempfile.TemporaryDirectory() as folder:
        make_fonts(source, Path(folder))
        writer = PdfWriter(clone_from=print_page(print_html(source), Path(folder)))
    writer.metadata = {"/Title": source.title, "/CreationDate": BUILT_AT.strftime("D:%Y%m%d%H%M%SZ")}
    writer.write(source.target)
    check_pdf(source)


def make_fonts(source: Source, folder: Path) -> None:
    """Puts regular.ttf and bold.ttf, with just the characters of the source, into `folder`.

    Chromium embeds TrueType fonts as such, but draws the installed CFF ones glyph by glyph: ten times the size,
    and a text layer in which 一 and 户 are the radicals ⼀ and ⼾, whose glyphs they share.
    """
    characters = source.text + source.keys["head"] + "— 0123456789"
    for weight in ("Regular", "Bold"):
        font = subset_font(FONTS / f"NotoSerifCJK-{weight}.ttc", characters)
        font.save(folder / f"{weight.lower()}.ttf")


def subset_font(collection: Path, characters: str) -> TTFont:
    """The Simplified Chinese font of a collection as TrueType, with the glyphs of `characters` only."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    font = TTFont(collection, fontNumber=FONT_NUMBER_SC, recalcTimestamp=False)
    subsetter = Subsetter(Options(layout_features=[], notdef_outline=True))
    subsetter.populate(text=characters)
    subsetter.subset(font)
    to_truetype(font)
    return font


def to_truetype(font: TTFont) -> None:
    """Replaces the cubic outlines of a CFF font by quadratic ones, in place."""
    from fontTools.pens.cu2quPen import Cu2QuPen
    from fontTools.pens.ttGlyphPen import TTGlyphPen
    from fontTools.ttLib import newTable

    glyphs, drawn = font.getGlyphSet(), {}
    for name in font.getGlyphOrder():
        pen = TTGlyphPen(None)
        glyphs[name].draw(Cu2QuPen(pen, max_err=1.0, reverse_direction=True))
        drawn[name] = pen.glyph()
    font["loca"], font["glyf"] = newTable("loca"), newTable("glyf")
    font["glyf"].glyphOrder, font["glyf"].glyphs = font.getGlyphOrder(), drawn
    for name in ("CFF ", "VORG", "vhea", "vmtx", "GSUB", "GPOS", "GDEF", "BASE"):
        if name in font:
            del font[name]
    most = font["maxp"]
    most.tableVersion = 0x00010000
    for field in "maxZones maxTwilightPoints maxStorage maxFunctionDefs maxInstructionDefs".split():
        setattr(most, field, int(field == "maxZones"))
    for field in "maxStackElements maxSizeOfInstructions maxComponentElements".split():
        setattr(most, field, 0)
    font["post"].formatType, font.sfntVersion = 3.0, "\x00\x01\x00\x00"


def print_html(source: Source) -> str:
    double = "double_title" in source.keys
    return template("print.html").substitute(
        title=escape(source.title),
        head=escape(source.keys["head"]),
        title_weight="bold" if double else "normal",
        body="\n".join(print_block(b, double=double) for b in source.blocks),
    )


def print_block(block: Block | Table, *, double: bool) -> str:
    if isinstance(block, Table):
        return html_table(block)
    text = escape(block.text)
    if block.kind == "title":
        return f'<h1 class="{"double" if double else ""}">{text}</h1>'
    if block.kind == "heading":
        return f'<h2 class="{"chapter" if re.match("第.+章", text) else "item"}">{text}</h2>'
    if block.kind == "subheading":
        return f"<h3>{text}</h3>"
    addressee = block.kind == "paragraph" and text.endswith("：") and len(text) < 40
    return f'<p class="{"addressee" if addressee else block.kind}">{text}</p>'


def print_page(page: str, folder: Path) -> Path:
    """The PDF that Chromium prints of an HTML page, in `folder`."""
    html, pdf = folder / "page.html", folder / "page.pdf"
    html.write_text(page, encoding="utf-8")
    command = [*CHROMIUM, f"--user-data-dir={folder / 'profile'}", f"--print-to-pdf={pdf}", html.as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return pdf


def check_pdf(source: Source) -> None:
    """Raises SampleError when the text of the built PDF has a character that the source has not, or lacks a line."""
    from pypdf import PdfReader

    text = "".join(page.extract_text() for page in PdfReader(source.target).pages)
    strange = set(text) - set(source.text + source.keys["head"] + "— 0123456789\n")
    if strange:
        raise SampleError(f"{source.target.name}: characters that the source has not: {sorted(strange)}")
    missing = set(source.text) - set(text) - set("|\n ")
    if missing:
        raise SampleError(f"{source.target.name}: characters that the text layer lacks: {sorted(missing)}")


# --- DOCX ---------------------------------------------------------------------------------------------------------


def write_docx(source: Source) -> None:
    """A Word file with real tables; with heading styles, or with headings that only look so ("plain")."""
    import docx

    document = docx.Document()
    set_font(document)
    for block in source.blocks:
        if isinstance(block, Table):
            add_table(document, block)
        elif source.keys["style"] == "headings":
            add_styled(document, block)
        else:
            add_plain(document, block)
    add_page_number(document)
    document.core_properties.author = "政答样例"
    document.core_properties.title = source.title
    document.core_properties.created = document.core_properties.modified = BUILT_AT
    document.save(str(source.target))
    pin_zip_times(source.target)


def set_font(document: DocxDocument) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Pt

    for name, size in (("Normal", 14), ("Title", 20), ("Heading 1", 15), ("Heading 2", 14)):
        style = document.styles[name]
        style.font.name, style.font.size = FONT, Pt(size)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        fonts.set(qn("w:eastAsia"), FONT)


def add_styled(document: DocxDocument, block: Block) -> None:
    levels = {"title": 0, "heading": 1, "subheading": 2}
    if block.kind in levels:
        paragraph = document.add_heading(block.text, levels[block.kind])
    else:
        paragraph = document.add_paragraph(block.text)
    align(paragraph, "center" if block.kind == "title" else block.kind)


def add_plain(document: DocxDocument, block: Block) -> None:
    align(document.add_paragraph(block.text), "center" if block.kind == "title" else block.kind)


def align(paragraph: Paragraph, kind: str) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    if kind == "center":
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    elif kind == "right":
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    elif kind == "paragraph":
        paragraph.paragraph_format.first_line_indent = Pt(28)


def add_table(document: DocxDocument, table: Table) -> None:
    """A grid table; equal neighbours in its first column become one merged cell."""
    grid = document.add_table(rows=len(table.rows), cols=len(table.rows[0]), style="Table Grid")
    for y, row in enumerate(table.rows):
        for x, cell in enumerate(row):
            grid.cell(y, x).text = cell
    merge_equal(grid, [row[0] for row in table.rows])
    document.add_paragraph()


def merge_equal(grid: DocxTable, labels: list[str]) -> None:
    start = 0
    for end in range(1, len(labels) + 1):
        if end == len(labels) or labels[end] != labels[start]:
            if end - start > 1:
                grid.cell(start, 0).merge(grid.cell(end - 1, 0)).text = labels[start]
            start = end


def add_page_number(document: DocxDocument) -> None:
    """Puts "— PAGE —" in the footer."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    paragraph = document.sections[0].footer.paragraphs[0]
    align(paragraph, "center")
    paragraph.add_run("— ")
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    paragraph._p.append(field)
    paragraph.add_run(" —")


def pin_zip_times(path: Path) -> None:
    """Writes the archive anew with one fixed time for every member."""
    with zipfile.ZipFile(path) as archive:
        members = [(info.filename, archive.read(info)) for info in archive.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            info = zipfile.ZipInfo(name, BUILT_AT.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)


# --- the whole -----------------------------------------------------------------------------------------------------

WRITERS: dict[str, Callable[[Source], None]] = {
    ".txt": write_txt,
    ".html": write_html,
    ".pdf": write_pdf,
    ".docx": write_docx,
}


def read_sources() -> list[Source]:
    """All sources, in the order of their file names."""
    return [read_source(path) for path in sorted(SOURCES.glob("*.md"))]


def build(source: Source) -> None:
    source.target.parent.mkdir(parents=True, exist_ok=True)
    WRITERS[source.target.suffix](source)


def main() -> int:
    parser = argparse.ArgumentParser(description="Build samples/ from scripts/sample_sources/")
    parser.add_argument("names", nargs="*", help="starts of source names; none means all")
    parser.add_argument("--check", action="store_true", help="check the figures only")
    options = parser.parse_args()
    sources = [s for s in read_sources() if not options.names or s.name.startswith(tuple(options.names))]
    wrong = [line for source in sources for line in wrong_figures(source)]
    for line in wrong:
        print(line, file=sys.stderr)
    if wrong or options.check:
        return 1 if wrong else 0
    for source in sources:
        build(source)
        print(f"{source.target.relative_to(ROOT)}  {source.target.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
