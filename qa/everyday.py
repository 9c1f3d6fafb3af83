"""Everyday grammar as documents write it: "啥时候" as 什么时候, "脱了贫" as 脱贫, "要不要" as 是否要."""

from __future__ import annotations

import re

COLLOQUIAL = (
    ("啥时候|几时|多会儿", "什么时候"),
    ("啥", "什么"),
    ("咋[样个]?", "怎么"),
    ("好多(?=钱|[户人亩头只个条座]|[?]|$)|几多", "多少"),
    ("多大岁数|多大年纪", "多大年龄"),
    ("娃儿|娃娃|娃", "子女"),
    ("公益岗位|公益岗|公岗", "公益性岗位"),
    ("小额贷(?!款)", "小额信贷"),
    ("低保户", "低保对象"),
    ("几个钱", "多少钱"),
    ("喂(?=养|一|[头只猪牛羊鸡鸭])", "养"),
    ("(?<=[养喂])[头只匹口箱群]", ""),
    ("(?<=[修建盖改装打])个(?=[㐀-鿿])", "每个"),
    ("(?<=[一每几])方(?![面式案法便向])", "立方米"),
    ("([县镇乡村])上(?=[^,。?]{0,6}(?:给|补|加|出|发|奖))", r"\1级"),
    (r"([㐀-鿿]{1,2})不\1(?!起)", r"是否\1"),  # "要不要", "需要不需要"
    ("(?<=户)人家", ""),
    ("哪个(?=来|去|管|批|审|负责|牵头|签|主管|分管)", "谁"),
    ("(?<=怎么)(?:弄|搞|整)(?![改治合理顿个])", "办理"),
    ("好久(?=[^没不,。?]{1,8}[?]?$)|好久[?]?$", "什么时候"),
    ("(?<![\\d第满近过超逾共达])([12]\\d)年(?=[^\\d以内上限期来])(?![^,。?]{0,3}(?:以上|以内|期限))", r"20\1年"),
)
_PARTED = re.compile(r"([㐀-鿿])[了过着的]([㐀-鿿])")  # a verb and its object, with a particle between
_GIVES = re.compile(r"(?:能)?(?:给|发|领)(?:到|得)?(?=多少(?:钱|元)?[?]?$)")
_NAMES_MONEY = re.compile(r"[补贴资金费奖薪红价款贷]|收入")


def in_plain_words(text: str) -> str:
    """What people say, in the words that documents use."""
    for said, written in COLLOQUIAL:
        text = re.sub(said, written, text)
    text = _PARTED.sub(_as_one_word, text)
    return text if _NAMES_MONEY.search(text) else _GIVES.sub("补助", text)


def _as_one_word(parted: re.Match[str]) -> str:
    """ "脱了贫" as 脱贫, where the two are a verb of the dictionary."""
    import rjieba

    word = parted[1] + parted[2]
    return word if [tag[:1] for _, tag in rjieba.tag(word, hmm=False)] == ["v"] else parted[0]
