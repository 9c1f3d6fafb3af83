"""The files a benchmark works on: a corpus at hand, then made-up official text without end.

The made-up documents are summaries of the year and subsidy rules of towns that do not exist: a title, three to five
headed parts, sentences from a dozen patterns with numbers drawn by the document's own seed. Number n is the same text
on every machine. They have the length, the headings and the figures of real ones, not their variety of words: lexical
search is easier on them than on a corpus.
"""

from __future__ import annotations

import gzip
import json
import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TypeVar

from eval.errors import EvalError
from ingest.chunk import split
from ingest.document import Chunk, Document, IngestError
from ingest.files import find_files
from ingest.load import load
from ingest.sentences import sentence_spans
from kb.knowledge_base import passage_text

_T = TypeVar("_T")
_SEED = 7
_RAW_TEXTS = 96  # chunks on which the embedder's own speed is taken
_QUESTIONS = 50
_QUESTION_CHARS = range(12, 60)

_FIRST, _SECOND = "青云松柳竹梅石泉溪岭", "河山塘坪湾桥坝原谷川"
_SUBJECTS = (
    "产业到户补助 公益性岗位 危房改造 饮水安全 雨露计划 小额信贷 人居环境整治 防返贫监测 务工就业 冷库建设 中药材种植 "
    "肉牛养殖 户用厕所改造 村级道路管护 电商培训 光伏收益分配"
).split()
_UNITS = "户 人 亩 头 座 公里 万元 个 场次".split()
_REPORT = (
    "全镇共落实{s}{a}{u}，其中脱贫户{b}户、监测户{c}户，完成年度任务的{p}%。",
    "{m}月底前，{s}项目投入衔接资金{a}万元，覆盖{c}个行政村，受益群众{b}人。",
    "针对{s}方面存在的问题，镇党委专题研究{c}次，列出清单{a}条，已整改{b}条。",
    "与上年相比，{s}增加{c}{u}，增长{p}%，群众满意度为{q}%。",
    "组织开展{s}政策宣传{c}场次，发放明白纸{a}份，入户核查{b}户次。",
    "下一步，将继续抓好{s}工作，力争新增{c}{u}，确保资金{m}月底前拨付到位。",
)
_RULE = (
    "{s}每{v}补助{a}元，每户每年最高不超过{b}元。",
    "申报{s}的农户应于每年{m}月{c}日前向村民委员会提出书面申请，并附身份证明和现场照片。",
    "村级应在收到{s}申请后{c}个工作日内完成核实，并公示不少于7天；公示无异议的报镇人民政府审核。",
    "{s}资金通过“一卡通”发放，任何单位和个人不得截留、挪用；{m}月底前完成年度兑付。",
    "对弄虚作假套取{s}资金的，追回全部补助，并在{c}年内取消申报资格。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Files to ingest, and what was seen in them beforehand."""

    files: tuple[Path, ...]
    failed: int
    documents: int
    pages: int
    characters: int
    chunks: int
    raw_texts: tuple[str, ...]  # chunks as they are embedded, spread over all of them
    questions: tuple[str, ...]  # sentences of the documents, asked after


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """Where files come from: the corpus in a fixed mixed order, then made-up text."""

    corpus: Path | None

    @property
    def name(self) -> str | None:
        """The corpus's file or folder name; None when all text is made up."""
        return self.corpus.name if self.corpus else None

    def files(self, folder: Path) -> Iterator[Path]:
        """Files without end; texts are written into `folder` one by one. Raises EvalError for a bad corpus."""
        folder.mkdir(parents=True, exist_ok=True)
        if self.corpus is not None and self.corpus.is_dir():
            yield from _mixed([file.path for file in find_files([self.corpus])])
        elif self.corpus is not None:
            for number, text in enumerate(_mixed(_corpus_texts(self.corpus))):
                yield _written(folder / f"corpus-{number:06}.txt", text)
        for number in count():
            yield _written(folder / f"made-up-{number:06}.txt", made_up(number))


def select(files: Iterator[Path], chunks: int | None = None) -> Selection:
    """All `files`, or as many as hold `chunks` chunks; those that cannot be read are left in, to fail again."""
    taken: list[Path] = []
    read: list[tuple[Document, tuple[Chunk, ...]]] = []
    failed = 0
    for path in files:
        taken.append(path)
        try:
            read += [(document, split(document)) for document in load(path)]
        except IngestError:
            failed += 1
        if chunks is not None and sum(len(c) for _, c in read) >= chunks:
            break
    embedded = [passage_text(document.metadata.title, c) for document, cs in read for c in cs]
    questions = [q for document, _ in read for q in _questions(document)]
    return Selection(
        files=tuple(taken),
        failed=failed,
        documents=len({document.id for document, _ in read}),
        pages=sum(document.coverage.pages for document, _ in read),
        characters=sum(len(document.text) for document, _ in read),
        chunks=len(embedded),
        raw_texts=_spread(embedded, _RAW_TEXTS),
        questions=_spread(questions or [document.metadata.title for document, _ in read], _QUESTIONS),
    )


def made_up(number: int) -> str:
    """Made-up document `number`: odd ones are rules, even ones summaries of a year."""
    draw = random.Random(number)
    town = draw.choice(_FIRST) + draw.choice(_SECOND) + "镇"
    year = draw.randint(2015, 2025)
    rule = number % 2 == 1
    subject = draw.choice(_SUBJECTS)
    title = f"{town}{year}年{subject}{'实施办法' if rule else '工作总结'}"
    lines = [title, f"{town[:2]}政发〔{year}〕{number + 1}号"] if rule else [title]
    for part, heading in enumerate(draw.sample(_SUBJECTS, draw.randint(3, 5))):
        lines.append(f"{'一二三四五'[part]}、{heading}")
        lines += [_paragraph(draw, heading, _RULE if rule else _REPORT) for _ in range(draw.randint(1, 3))]
    lines += [f"{town}人民政府", f"{year}年{draw.randint(1, 12)}月{draw.randint(1, 28)}日"]
    return "\n".join(lines) + "\n"


def _paragraph(draw: random.Random, subject: str, patterns: tuple[str, ...]) -> str:
    return "".join(
        pattern.format(
            s=subject,
            u=draw.choice(_UNITS),
            v=draw.choice("亩头户只箱"),
            a=draw.randint(20, 4000),
            b=draw.randint(10, 900),
            c=draw.randint(2, 28),
            m=draw.randint(1, 12),
            p=draw.randint(1, 100),
            q=draw.randint(90, 99),
        )
        for pattern in draw.sample(patterns, draw.randint(2, 4))
    )


def _corpus_texts(path: Path) -> list[str]:
    """The texts of lines of {"text"}, packed with gzip or not; of any other file, what ingest reads in it."""
    names = path.name.lower()
    if not names.endswith((".jsonl", ".jsonl.gz")):
        return ["\n".join(document.text for document in load(path))]
    try:
        packed = path.read_bytes()
        lines = (gzip.decompress(packed) if names.endswith(".gz") else packed).decode("utf-8").split("\n")
        return [str(json.loads(line)["text"]) for line in lines if line.strip()]
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError) as error:
        raise EvalError(f'{path}：读不出语料（{error}），应是每行一个 {{"text": "..."}} 的 JSONL 文件') from error


def _mixed(items: list[_T]) -> list[_T]:
    return random.Random(_SEED).sample(items, len(items))


def _written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def _spread(items: list[str], most: int) -> tuple[str, ...]:
    """At most `most` of the items, evenly spaced."""
    step = max(1, len(items) // most)
    return tuple(items[::step][:most])


def _questions(document: Document) -> Iterator[str]:
    for start, end in sentence_spans(document.text):
        if end - start in _QUESTION_CHARS:
            yield document.text[start:end].rstrip("。；！？") + "，是怎么规定的？"
