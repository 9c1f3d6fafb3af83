"""Questions made from the sentences of official texts by rules on their form, each with the words that answer it.

Chinese asks in place: "应当在30日内支付" becomes "应当在多少日内支付？". No list of topics or places is used.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_NUMBER = r"(?:\d[\d,.]*|[一二三四五六七八九十百千万两零]+)"
_FIGURES = (
    (
        re.compile(rf"(?P<f>{_NUMBER}(?:万|亿)?元(?:以上|以下)?(?:{_NUMBER}(?:万|亿)?元以下)?)"),
        ("多少元", "多少钱", "多少"),
    ),
    (
        re.compile(rf"(?P<f>{_NUMBER}个?(?:工作日|日|天|个月|年)(?:以上|以下)?)(?=[内前后])"),
        ("多少天", "多久", "多长时间"),
    ),
    (re.compile(rf"(?P<f>(?:\d[\d.]*[%％]|百分之{_NUMBER}))"), ("多少", "百分之几", "多大比例")),
    (
        re.compile(
            rf"(?<![第\d])(?P<f>{_NUMBER}(?:万|亿)?(?:人|户|个|家|名|亩|公里|吨|头|平方米|次|项)(?!月)(?:以上|以下)?)"
        ),
        ("多少", "几"),
    ),
)
_DATE = re.compile(r"(?P<f>\d{4}年\d{1,2}月(?:\d{1,2}日)?)")
_NUMBERING = re.compile(r"(?:#+\s*)?(?:第[一二三四五六七八九十百]+条\s*)?")
_FILLER = re.compile(
    r"^(?:违反本(?:条例|办法|规定|法)(?:第[^，]{1,12}条[^，]{0,8})?(?:规定)?[，,]?|本(?:条例|办法|规定|法)|依法|但是?[，,]?)"
)
_FIELDS = (
    (re.compile("电话|热线"), ("{t}的{f}是多少？", "{t}打什么电话咨询？")),
    (re.compile("地[点址]|窗口"), ("{t}在哪里办？", "{t}的{f}在哪？")),
    (re.compile("条件"), ("办理{t}需要什么条件？", "什么情况可以办{t}？", "{t}有什么条件？")),
    (re.compile("时[间限]"), ("{t}的{f}是什么？", "{t}什么时候能办？", "{t}要多久？")),
    (re.compile("材料"), ("办{t}要带什么材料？", "{t}需要哪些材料？")),
    (re.compile("对象"), ("{t}面向哪些对象？", "谁可以办{t}？")),
    (re.compile("部门|单位|机构"), ("{t}由谁办理？", "{t}归哪个部门管？")),
    (re.compile("流程|程序|方式"), ("{t}怎么办理？", "怎么办{t}？", "{t}的{f}是什么？")),
    (re.compile("收费|费用"), ("{t}收费吗？", "办{t}要多少钱？")),
    (re.compile("依据"), ("{t}的依据是什么？",)),
)
_CONDITION_ASKS = ("{s}的，应当如何处理？", "{s}怎么办？", "{s}有什么规定？", "{s}会怎样？", "{s}应该怎么做？")
_PENALTY_ASKS = ("{s}会受到什么处罚？", "{s}怎么处罚？", "{s}要负什么责任？")
_TARGET_ASKS = (
    "对{s}有什么支持政策？", "对于{s}有何规定？", "针对{s}采取什么措施？", "对{s}怎么处理？", "{s}能得到什么支持？", "{s}怎么办？",
)  # fmt: skip
_DUTY_ASKS = ("{s}应当做什么？", "对{s}有什么要求？", "{s}有哪些职责？", "{s}应如何做？", "{s}需要做哪些工作？")
_GENERAL_ASKS = (
    "{s}有哪些举措？",
    "{s}有什么要求？",
    "{s}怎么做？",
    "如何{s}？",
    "{s}做了哪些工作？",
    "{s}的情况怎么样？",
    "{s}方面有什么安排？",
)
_LIST_ASKS = ("{s}哪些？", "{s}什么？", "{s}有哪些？", "{s}包括哪些内容？")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and the span of the text that answers it."""

    question: str
    start: int
    end: int


def questions_of(text: str, start: int, end: int, rng: random.Random) -> Iterator[Asked]:
    """The questions that text[start:end], one sentence, answers."""
    start += len(_NUMBERING.match(text[start:end]).group())
    sentence = text[start:end]
    if "｜" in sentence or not 12 <= len(sentence) <= 220:
        return
    for make in (_definition, _figure, _date, _condition, _target, _duty, _general, _doer):
        for question, a, b in make(sentence, rng):
            answer = sentence[a:b]
            b -= len(answer) - len(answer.rstrip("。；;，, "))
            if b - a >= 2 and 5 <= len(question) <= 70:
                yield Asked(question, start + a, start + b)


def list_question(text: str, start: int, end: int, items_end: int, rng: random.Random) -> Asked | None:
    """What a sentence that ends in a colon announces: the lines up to `items_end` answer."""
    lead = _FILLER.sub("", text[start:end].rstrip("：:")).split("。")[-1]
    lead = re.sub(r"(?:下列|以下|如下)(?=[^，]{0,12}$)", "", lead)
    lead = re.sub(r"^第[^ ]{1,6}条\s*", "", lead)
    if not 5 <= len(lead) <= 40:
        return None
    head = lead.split("，")[-1] if rng.random() < 0.4 and len(lead.split("，")[-1]) >= 6 else lead
    return Asked(rng.choice(_LIST_ASKS).format(s=head), end, items_end)


def field_question(title: str, line: str, at: int, rng: random.Random) -> Asked | None:
    """A "field: value" line of a service guide."""
    name, mark, value = line.partition("：")
    if not mark or len(name) > 10 or len(value.strip()) < 2 or value.strip() in ("无", "其他"):
        return None
    asks = next((asks for pattern, asks in _FIELDS if pattern.search(name)), ("{t}的{f}是什么？",))
    subject = title if rng.random() < 0.5 else re.sub(r"^.{2,12}?[厅局委会](?=.{4})", "", title)
    return Asked(rng.choice(asks).format(t=subject, f=name), at + len(name) + 1, at + len(line))


_Made = Iterator[tuple[str, int, int]]


def _definition(s: str, rng: random.Random) -> _Made:
    if m := re.search(r"(?:所称的?|所说的?)(.{2,18}?)[，,]?(?:是指|指|包括)(.{5,})$", s):
        ask = rng.choice(("什么是{}？", "{}是指什么？", "{}指的是什么？", "{}包括什么？", "怎样才算{}？"))
        yield ask.format(m.group(1).strip("，,")), m.start(2), m.end(2)


def _figure(s: str, rng: random.Random) -> _Made:
    found = [(m, asks) for pattern, asks in _FIGURES for m in pattern.finditer(s)]
    for m, asks in rng.sample(found, min(2, len(found))):
        yield _in_place(s, m.start("f"), m.end("f"), rng.choice(asks), rng), m.start("f"), m.end("f")


def _date(s: str, rng: random.Random) -> _Made:
    if m := _DATE.search(s):
        yield (
            _in_place(s, m.start("f"), m.end("f"), rng.choice(("什么时候", "何时", "哪一天")), rng),
            m.start("f"),
            m.end("f"),
        )


def _in_place(s: str, start: int, end: int, ask: str, rng: random.Random) -> str:
    """The clause with the figure replaced by the question word, and what comes before it when it is short."""
    clauses = re.split(r"[，,；;：:]", s[:start])
    stem = clauses[-1]
    if len(clauses) > 1 and (len(stem) < 8 or rng.random() < 0.4):
        stem = clauses[-2] + stem
        if len(stem) < 12 and len(clauses) > 2:
            stem = clauses[-3] + stem
    tail = re.split(r"[，,；;。：:（(]", s[end:])[0]
    return f"{_FILLER.sub('', stem)}{ask}{tail[:14] if rng.random() < 0.8 else ''}？"


def _condition(s: str, rng: random.Random) -> _Made:
    if m := re.match(r"(.{6,45}?)的[，,](.{6,})$", s):
        subject = _FILLER.sub("", m.group(1)).split("，")[-1] if rng.random() < 0.3 else _FILLER.sub("", m.group(1))
        penal = re.search(r"处|罚|责令|追究", m.group(2)) and rng.random() < 0.7
        yield rng.choice(_PENALTY_ASKS if penal else _CONDITION_ASKS).format(s=subject), m.start(2), m.end(2)


def _target(s: str, rng: random.Random) -> _Made:
    if m := re.search(r"(?:^|[，。])对于?([^，]{4,40})[，,](.{6,})$", s):
        subject = re.sub(r"的$", "", m.group(1))
        yield rng.choice(_TARGET_ASKS).format(s=subject), m.start(2), m.end(2)


def _duty(s: str, rng: random.Random) -> _Made:
    if m := re.match(r"([^，。]{3,28}?)((?:应当|应|必须|要|负责|可以|不得)[^，]{2}.*)$", s):
        subject, rest = _FILLER.sub("", m.group(1)), m.group(2)
        if not subject:
            return
        asks: tuple[str, ...] = _DUTY_ASKS
        if rest.startswith("可以"):
            asks = ("{s}可以做什么？", "{s}有什么权利？", "{s}能怎么做？")
        elif rest.startswith("不得"):
            asks = ("{s}不得做什么？", "{s}有哪些禁止行为？", "{s}不能怎么样？")
        yield rng.choice(asks).format(s=subject), m.start(2), m.end(2)


def _doer(s: str, rng: random.Random) -> _Made:
    if m := re.match(
        r"([^，。]{3,25}?(?:部门|政府|委员会|机构|单位|机关|办公室|局|厅))(负责|主管|承担|应当)([^，。；]{6,30})", s
    ):
        what = re.sub(r"^应当", "", m.group(3))
        yield (
            rng.choice(("谁负责{}？", "由哪个部门{}？", "{}由谁负责？", "哪个单位{}？")).format(what),
            m.start(1),
            m.end(1),
        )


def _general(s: str, rng: random.Random) -> _Made:
    m = re.match(
        r"(?:[一二三四五六七八九十]是|（[一二三四五六七八九十]+）|\d+[.．、])?([^，。；：]{6,26})[，。：](.{10,})$", s
    )
    if m and not re.search(r"^(?:根据|为了?|按照|依据|经|自)|的$|^违反|规定$", m.group(1)):
        yield rng.choice(_GENERAL_ASKS).format(s=_FILLER.sub("", m.group(1))), m.start(2), m.end(2)


Worded = Callable[[str], tuple[str, ...]]  # other words for a word


def reworded(question: str, cut: Callable[[str], list[str]], others: Worded, rng: random.Random) -> str:
    """The question less true to the text: a word left out, or put in other words."""
    words = cut(question)
    kept = []
    for word in words:
        roll = rng.random()
        if len(word) >= 2 and roll < 0.15 and (other := others(word)):
            kept.append(rng.choice(other))
        elif roll < 0.93 or word in "？多少什么哪些谁":
            kept.append(word)
    return "".join(kept)
