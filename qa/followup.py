"""A question that leaves something unsaid, made whole from what was asked before it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from qa.ellipsis import ASKED, ATTRIBUTES, TIME
from qa.question import Question, QuestionError
from qa.slots import whole_in, with_asked, with_places, with_scope_of, with_thing, with_time, with_whole

REMEMBERED = 12  # questions of a conversation that are looked back to

_LEAD = re.compile(r"^(?:那么|那就是|那(?![些个里种边份曲坡])|换成|改成|改为)[,\s]*")
_MILD_LEAD = re.compile(r"^(?:还有|请问|再问一下|至于|如果是|要是|若是|对于|关于)[,\s]*")
_PRONOUN = re.compile(
    r"^(?:它们?|他们?|她们?|其(?![他中余实它])|[这那该](?:[个项种类笔些](?:政策|补助|补贴|项目|资金|工作|事项|文件|规定|办法|通知|方案|细则|标准|人)?(?![省市县区镇乡村])))的?(?=[㐀-鿿])"
)
_THAT_PLACE = re.compile(r"(?<!的)(?:该|此|这个?|那个?)([省市县区旗镇乡村])(?![㐀-鿿]?级)")
_COMPARED = re.compile(r"^(?:和|与|跟|同|比)(?=.+(?:比较?|相比|对比)?(?:呢|怎么样)?[?!]*$)")
_TAIL = re.compile(r"(?:的话|的)?\s*呢?\s*[?!。,]*$")
_ENDS_NE = re.compile(r"呢\s*[?!。]*$")
_PARTICLES = re.compile(r"[\s,?!、。]|^的|的$")

Reader = Callable[[str], Question]


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """A question as it is understood; `trouble` says in a sentence why it can't be."""

    text: str
    is_changed: bool = False
    trouble: str = ""
    notes: tuple[str, ...] = ()  # what was read otherwise than it was typed, a sentence each


def understood(question: str, history: Sequence[str], read: Reader, today: date) -> Understood:
    """The question made whole from the questions before it, oldest first. One that is whole stays as it is.

    Raises QuestionError for a question that cannot be taken.
    """
    asked = read(question)
    before: Question | None = None
    for earlier in history[-REMEMBERED:]:
        try:
            before = _whole(read(earlier), before, read, today) or before
        except QuestionError:
            continue
    if not is_elliptic(asked, has_before=before is not None):
        return Understood(text=question)
    try:
        whole = _whole(asked, before, read, today)
    except QuestionError:  # nothing is left of it, or too much came together
        whole = None
    if whole is None:
        return Understood(text=question, trouble=_trouble(question, before))
    return Understood(text=whole.text, is_changed=True)


def is_elliptic(question: Question, *, has_before: bool) -> bool:
    """Whether the question leaves unsaid what it is about. With nothing before it, only what plainly refers back."""
    text = question.text
    if _ENDS_NE.search(text) and not ASKED.search(_ENDS_NE.sub("", text)):
        return True
    if question.titles or question.numbers or question.is_request:
        return False
    if not question.places and (_PRONOUN.search(text) or _THAT_PLACE.search(text)):
        return True
    if not has_before:
        return False
    return _is_led(question) or _is_bare(question)


def _is_led(question: Question) -> bool:
    """Whether it goes on from before with 那, which is no part of a place's name."""
    lead = _LEAD.match(question.text)
    return lead is not None and not any(question.text.startswith(p) for p in question.places)


def _is_bare(question: Question) -> bool:
    """Whether it names nothing of its own: only a place, only a time, or only what any thing may be asked."""
    rest = _without_scope(question)
    if not rest:
        return True
    asks = ASKED.search(question.text) is not None
    return asks and not question.places and question.level is None and set(question.words) <= ATTRIBUTES


def _whole(asked: Question, before: Question | None, read: Reader, today: date) -> Question | None:
    """The question as a whole one; None when what came before does not say what is missing."""
    if not is_elliptic(asked, has_before=before is not None):
        return asked
    if before is None:
        return None
    if not asked.places and (that := _THAT_PLACE.search(asked.text)) is not None:
        place = next((p for p in reversed(before.places) if p.endswith(that[1])), None)
        if place is None:
            return None
        asked = read(asked.text[: that.start()] + place + asked.text[that.end() :])
        if not is_elliptic(asked, has_before=True):
            return asked
    led = _is_led(asked)
    said = read(_LEAD.sub("", asked.text)) if led else asked
    if led and not is_elliptic(said, has_before=True) and ASKED.search(said.text):
        return read(with_scope_of(said, before))
    if pronoun := _PRONOUN.match(said.text):
        return read(with_asked(_scoped(said, before, read, today), said.text[pronoun.end() :]))
    whole = _scoped(said, before, read, today)
    rest = _without_scope(said)
    if not rest:
        return whole
    if ASKED.search(rest) or _is_attribute(rest, said):
        return read(with_asked(whole, rest))
    text = with_thing(whole, rest)
    return read(text) if text else None


def _scoped(said: Question, before: Question, read: Reader, today: date) -> Question:
    """The question before, asked of the place and the time that are said now."""
    whole = before
    if said.places:
        compared = before.places[-1:] if _COMPARED.search(_LEAD.sub("", said.text)) else ()
        whole = read(with_places(whole, (*compared, *said.places)))
    elif (level := whole_in(_MILD_LEAD.sub("", said.text))) is not None:
        whole = read(with_whole(whole, level[0]))
    if (time := TIME.search(said.text)) is not None:
        whole = read(with_time(whole, time, today))
    return whole


def _without_scope(question: Question) -> str:
    """What is left of a question without its place, time, and the words that only lead in or trail off."""
    text = _TAIL.sub("", _MILD_LEAD.sub("", _LEAD.sub("", question.text)))
    for place in question.places:
        text = text.replace(place, "")
    if level := whole_in(text):
        text = text[level.end() :]
    text = re.sub(r"^[和与及跟同比、]*(?:相比|比较?|对比)?$", "", TIME.sub("", text))
    return _PARTICLES.sub("", text)


def _is_attribute(rest: str, said: Question) -> bool:
    """Whether what is left names something that any thing has: its deadline, its amount."""
    import rjieba

    return (
        rest in ATTRIBUTES or all(w in ATTRIBUTES for w in rjieba.cut(rest, hmm=False)) or bool(said.wants[0].pattern)
    )


def _trouble(question: str, before: Question | None) -> str:
    asked = question.strip()
    if before is None:
        return (
            f"“{asked}”没有说明要查什么事项，前面也没有可以接着问的问题。请写成完整的问题，例如：种植业每亩补助多少元？"
        )
    return f"没有看懂“{asked}”是接着前面的问题换哪一项来问。请写成完整的问题，写明事项和要查的内容。"
