"""One file, several documents; and single documents that must stay whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.chunk import split
from ingest.clean import clean
from ingest.compilation import find_parts
from ingest.document import Document, document_id
from ingest.formats.raw import Line, RawDocument
from ingest.load import load

BODY = (
    "各村要按照镇里的统一安排，逐户核对种植面积，张榜公示后再上报，确保不漏一户、不错一亩，补助资金及时到位，群众满意。"
)


def _report(title: str, *, lead: str = BODY) -> list[str]:
    return [title, lead, "一、基本情况", BODY * 2, "二、主要做法", BODY * 2, "三、下步打算", BODY]


def _load(folder: Path, lines: list[str]) -> tuple[Document, ...]:
    path = folder / "汇编.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    documents = load(path)
    text = "\n".join(line.text for line in clean(RawDocument(lines=tuple(Line(text=t) for t in lines))).lines)
    assert "\n".join(d.text for d in documents) == text
    return documents


NUMBERED = {
    "篇一": ("篇一：松溪镇2021年工作总结", "篇二：榆岭镇2022年工作总结", "篇三：石桥镇2023年工作总结"),
    "boxed": ("【篇1】松溪镇2021年工作总结", "【篇2】榆岭镇2022年工作总结", "【篇3】石桥镇2023年工作总结"),
    "behind": ("松溪镇2021年工作总结篇1", "榆岭镇2022年工作总结篇2", "石桥镇2023年工作总结篇3"),
    "第一篇": ("第一篇 松溪镇2021年工作总结", "第二篇 榆岭镇2022年工作总结", "第三篇 石桥镇2023年工作总结"),
    "范文": ("范文一：松溪镇2021年工作总结", "范文二：榆岭镇2022年工作总结", "范文三：石桥镇2023年工作总结"),
}


@pytest.mark.parametrize("marks", NUMBERED.values(), ids=NUMBERED)
def test_numbered_pieces(tmp_path: Path, marks: tuple[str, ...]) -> None:
    lines = ["乡镇工作总结（精选3篇）", "以下几篇可供参考。"]
    for mark in marks:
        lines += _report(mark)
    documents = _load(tmp_path, lines)
    assert [d.part for d in documents] == [1, 2, 3]
    assert [d.metadata.title for d in documents] == [
        "松溪镇2021年工作总结",
        "榆岭镇2022年工作总结",
        "石桥镇2023年工作总结",
    ]
    assert [d.metadata.place for d in documents] == ["松溪镇", "榆岭镇", "石桥镇"]
    assert [d.metadata.year for d in documents] == [2021, 2022, 2023]
    assert [d.id for d in documents] == [document_id(d.text, d.part) for d in documents]
    assert documents[0].text.startswith("乡镇工作总结（精选3篇）")
    assert {s.heading for s in documents[1].sections} >= {"一、基本情况", "二、主要做法"}


def test_pieces_without_a_title_take_that_of_the_collection(tmp_path: Path) -> None:
    documents = _load(tmp_path, ["工作总结范文", *_report("篇一"), *_report("篇二")])
    assert [d.metadata.title for d in documents] == ["工作总结范文（第1篇）", "工作总结范文（第2篇）"]


def test_reports_under_titles_of_one_genre(tmp_path: Path) -> None:
    documents = _load(tmp_path, [*_report("松溪镇2023年工作总结"), *_report("榆岭镇2023年工作总结")])
    assert [d.metadata.place for d in documents] == ["松溪镇", "榆岭镇"]


def test_official_documents_one_after_the_other(tmp_path: Path) -> None:
    def notice(what: str, n: int) -> list[str]:
        return [
            f"青禾县人民政府办公室关于{what}的通知",
            f"青政办发〔2023〕{n}号",
            "各乡镇人民政府：",
            BODY * 3,
            "青禾县人民政府办公室",
            f"2023年{n}月6日",
        ]

    documents = _load(tmp_path, [*notice("做好春耕备耕工作", 3), *notice("做好防汛工作", 6)])
    assert [d.metadata.document_number for d in documents] == ["青政办发〔2023〕3号", "青政办发〔2023〕6号"]
    assert [str(d.metadata.issued_on) for d in documents] == ["2023-03-06", "2023-06-06"]


def test_reports_that_lost_their_titles(tmp_path: Path) -> None:
    sections = ["一、主要做法", BODY, "二、存在问题", BODY]
    lines = [
        f"按照县里安排，现将石桥镇的工作情况汇报如下：{BODY}",
        *sections,
        f"一年来，榆岭镇各项工作平稳推进。{BODY}",
        *sections,
        *sections,
        "20xx年村级工作汇报材料",
        f"根据镇里要求，现将有关情况报告如下：{BODY}",
        *sections,
        f"近年来，县教体局狠抓落实。{BODY}",
        f"一是加强宣传。{BODY}",
        f"二是抓好培训。{BODY}",
    ]
    documents = _load(tmp_path, lines)
    assert [d.text.split("。")[0][:8] for d in documents] == [
        "按照县里安排，现",
        "一年来，榆岭镇各",
        "一、主要做法\n各",
        "20xx年村级工",
        "近年来，县教体局",
    ]
    assert documents[3].metadata.title == "20xx年村级工作汇报材料"
    assert documents[3].metadata.year is None
    assert documents[1].metadata.title == "汇编（第2篇）"


def test_the_chunks_of_the_parts_have_ids_of_their_own(tmp_path: Path) -> None:
    documents = _load(tmp_path, [*_report("篇一"), *_report("篇二")])
    ids = [c.id for d in documents for c in split(d)]
    assert len(ids) == len(set(ids))


def test_headings_of_the_format_part_reports_too(tmp_path: Path) -> None:
    lines: list[str] = []
    for town in ("松溪镇", "榆岭镇", "石桥镇"):
        title, *rest = _report(f"{town}2023年工作总结")
        lines += [f"# {title}", *rest]
    path = tmp_path / "汇编.md"
    path.write_text("\n\n".join(lines), encoding="utf-8")
    assert [d.metadata.place for d in load(path)] == ["松溪镇", "榆岭镇", "石桥镇"]


PLAN = ["松溪镇防汛工作方案", BODY, "一、目标", BODY * 2, "二、措施", BODY * 2]
WHOLE = {
    "one report": _report("松溪镇2023年工作总结"),
    "numbering within a section": [
        *("松溪镇整改报告", "一、整改情况", BODY, "一、思想认识方面", BODY, "二、工作落实方面", BODY, "二、下步打算", BODY),
        *("一、抓思想", BODY, "二、抓落实", BODY),
    ],
    "a notice and the plan it hands on": [
        *("关于印发《松溪镇防汛工作方案》的通知", "松政发〔2023〕6号", "各村：", f"现将《松溪镇防汛工作方案》印发给你们。{BODY}"),
        *("一、抓好落实", BODY, "二、按时上报", BODY, "松溪镇人民政府", "2023年5月6日", *PLAN),
    ],
    "a covering letter and its report": [
        *("松溪镇关于防汛工作情况的报告", "县防汛办：", BODY, "松溪镇人民政府", "2023年5月6日"),
        *("松溪镇关于2023年防汛工作情况的报告", BODY, "一、情况", BODY, "二、打算", BODY),
    ],
    "a covering letter with a numbering": [
        *("松溪镇关于防汛工作情况的报告", "县防汛办：", "一、情况", BODY, "二、问题", BODY, "松溪镇人民政府", "2023年5月6日"),
        *("松溪镇关于2023年防汛工作情况的报告", BODY, "一、情况", BODY, "二、打算", BODY),
    ],
    "annexes": [
        *("关于做好防汛工作的通知", "各村：", "一、抓好落实", BODY, "二、按时上报", BODY, "松溪镇人民政府", "2023年5月6日"),
        *("附件1", *PLAN, "附件2", "松溪镇防汛应急预案", "一、职责", BODY * 2, "二、处置", BODY * 2),
    ],
    "chapters in 篇": [
        *("青禾县发展规划", "第一篇 总体要求", "第一章 基础", BODY * 2, "第二章 目标", BODY * 2),
        *("第二篇 重点任务", "第三章 产业", BODY * 2, "第四章 就业", BODY * 2),
    ],
    "a list of contents": ["工作总结（2篇）", "篇一：松溪镇工作总结", "篇二：榆岭镇工作总结", BODY, "一、情况", BODY * 3],
    "a speech with headings": [
        *("各位代表：", "一年工作回顾", f"一年来，{BODY}", "一、产业", BODY, "二、就业", BODY, "今后五年目标", f"按照安排，{BODY}"),
        *("一、目标", BODY, "二、任务", BODY, "今年重点任务", f"今年，{BODY}", "一、产业", BODY, "二、民生", BODY),
        *("自身建设", f"为推进，{BODY}", "一、作风", BODY, "二、纪律", BODY),
    ],
    "a rule": ["青禾县补助办法", *(f"第{n}条 {BODY}" for n in "一二三四五六七八九")],
}  # fmt: skip


@pytest.mark.parametrize("lines", WHOLE.values(), ids=WHOLE)
def test_a_single_document_is_never_split(lines: list[str]) -> None:
    assert len(find_parts(tuple(Line(text=t) for t in lines))) == 1
