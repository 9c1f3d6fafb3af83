"""The made-up policy of the tests on old office formats, as a .docx; tests/data/README.md says what was made of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import docx
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

TITLE = "青禾县人民政府办公室关于印发《青禾县产业到户奖补办法》的通知"
CHAPTERS = ("第一章 总则", "第二章 奖补标准")
ARTICLES = (
    "为了规范产业到户奖补资金的管理，结合本县实际，制定本办法。",
    "本办法适用于全县脱贫户和监测户——“两类户”。",
    "种植业、养殖业的奖补标准按照下表执行：",
    "奖补资金由乡镇人民政府于每年11月30日前通过一卡通发放到户。",
    "本办法自2023年5月1日起施行，有效期3年。",
)
TABLE = (
    ("类别", "项目", "奖补标准", "奖补标准"),
    ("类别", "项目", "脱贫户", "监测户"),
    ("种植业", "水稻", "每亩120元", "每亩150元"),
    ("种植业", "辣椒", "每亩200元", "每亩260元"),
    ("养殖业", "肉牛", "每头1500元", "每头1800元"),
)
MERGES = (((0, 0), (1, 0)), ((0, 1), (1, 1)), ((0, 2), (0, 3)), ((2, 0), (3, 0)))
_LIST = f"""<w:abstractNum {nsdecls("w")} w:abstractNumId="90"><w:multiLevelType w:val="singleLevel"/>
<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCountingThousand"/><w:suff w:val="space"/>
<w:lvlText w:val="第%1条"/><w:lvlJc w:val="left"/></w:lvl></w:abstractNum>"""
_USE = f'<w:num {nsdecls("w")} w:numId="90"><w:abstractNumId w:val="90"/></w:num>'
_NUMBERED = f'<w:numPr {nsdecls("w")}><w:ilvl w:val="0"/><w:numId w:val="90"/></w:numPr>'
_DELETED = f"""<w:del {nsdecls("w")} w:id="1" w:author="某人" w:date="2023-04-01T00:00:00Z">
<w:r><w:delText>这句话已经删去。</w:delText></w:r></w:del>"""


def write_policy(path: Path) -> None:
    """Heading styles, automatic article numbers, merged cells, a field, a tracked deletion, running heads."""
    document = docx.Document()
    document.core_properties.title = "产业到户奖补办法"
    document.sections[0].header.paragraphs[0].text = "青禾县政府公报"
    numbering = document.part.numbering_part.element
    numbering.insert(0, parse_xml(_LIST))
    numbering.append(parse_xml(_USE))
    for line in (TITLE, "青政办发〔2023〕12号", "各乡镇人民政府："):
        document.add_paragraph(line)
    document.add_heading(CHAPTERS[0], 1)
    for article in ARTICLES[:2]:
        _numbered(document, article)
    document.add_heading(CHAPTERS[1], 1)
    _numbered(document, ARTICLES[2])
    _table(document)
    for article in ARTICLES[3:]:
        _numbered(document, article)
    _field(document.add_paragraph("详见第"))
    document.add_paragraph("青禾县人民政府办公室")._p.append(parse_xml(_DELETED))
    last = document.add_paragraph("2023年4月6日")
    last.add_run().add_break()
    last.add_run("（此件公开发布）")
    document.save(str(path))


def _numbered(document: Any, text: str) -> None:
    document.add_paragraph(text)._p.get_or_add_pPr().append(parse_xml(_NUMBERED))


def _table(document: Any) -> None:
    table = document.add_table(len(TABLE), len(TABLE[0]), style="Table Grid")
    for (top, left), (bottom, right) in MERGES:
        table.cell(top, left).merge(table.cell(bottom, right))
    for y, row in enumerate(TABLE):
        for x, text in enumerate(row):
            table.cell(y, x).text = text


def _field(paragraph: Any) -> None:
    """ "3页", the figure being the result of a field."""
    for kind, inner in (
        ("begin", ""),
        ("", f"<w:instrText {nsdecls('w')}> PAGEREF 附表 \\h </w:instrText>"),
        ("separate", ""),
        ("", "3"),
        ("end", ""),
    ):
        run = paragraph.add_run("" if inner.startswith("<") else inner)
        if kind:
            run._r.append(parse_xml(f'<w:fldChar {nsdecls("w")} w:fldCharType="{kind}"/>'))
        elif inner.startswith("<"):
            run._r.append(parse_xml(inner))
    paragraph.add_run("页")
