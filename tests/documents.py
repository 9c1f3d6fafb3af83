"""Small made-up documents that the tests share."""

from __future__ import annotations

from pathlib import Path

from ingest.chunk import split
from ingest.document import Chunk, Document
from ingest.load import load

RULE = """云霞县人民政府办公室关于印发产业到户补助办法的通知
云政办发〔2023〕5号
各乡镇人民政府:
第一条 为发展到户产业,制定本办法。
第二条 种植业每亩补助80元,每户最多补助10亩。
第三条 养牛每头补助2500元;养羊每只补助260元;养蜂每箱补助150元。
第四条 公益性岗位每人每月补助600元,按月发放。
第五条 本办法自2023年3月1日起施行,有效期至2028年2月29日。
云霞县人民政府办公室
2023年2月10日
"""

REPORT_A = """松溪镇2023年乡村振兴工作总结
一、基本情况
松溪镇辖9个行政村,户籍人口5210户18340人,其中脱贫户312户1042人。
二、就业帮扶
开发公益性岗位,安置46人就业;外出务工脱贫劳动力523人。
三、存在问题
产业规模小,销路不稳。
松溪镇人民政府
2023年12月20日
"""

REPORT_B = """榆岭镇2023年乡村振兴工作总结
一、基本情况
榆岭镇辖12个行政村,户籍人口6120户21005人,其中脱贫户405户1377人。
二、就业帮扶
开发公益性岗位,安置71人就业;外出务工脱贫劳动力640人。
榆岭镇人民政府
2023年12月22日
"""


def write(folder: Path, **texts: str) -> Path:
    """Writes each text as NAME.txt in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder


def loaded(folder: Path, text: str, name: str = "a") -> tuple[Document, tuple[Chunk, ...]]:
    """A text as a document with its chunks."""
    write(folder, **{name: text})
    (document,) = load(folder / f"{name}.txt")
    return document, split(document)
