"""Whether a sentence has the form of an answer to the question: a rate, a sum, a list, a decision, the day of an event."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingest.sentences import CELL_MARK
from qa.evidence import ITEM, Evidence
from qa.plans import only_aims
from qa.question import Question
from qa.spoken import found_around, spoken_of
from qa.thesaurus import synonyms
from qa.want import FIGURES, Kind

# What is left of a score, when ...
_TOTAL_FOR_RATE = 0.7  # the amount for each is asked for and only a total is said
_OTHER_THINGS = 0.75  # so many of something else are counted there
_NO_SUM = 0.85  # a sum is asked for and the sentence calls nothing one
_PART_FOR_WHOLE = 0.9  # only the parts of a sum are told
_SOME_OF = 0.85  # only some of what is counted is
_ONLY_AIMED_AT = 0.75  # what was reached is asked for and the sentence tells an aim
_OTHER_EVENT = 0.75  # the day of one thing is asked for and the sentence does not speak of that
_OTHER_FORM = 0.85  # a list, a decision or a way is asked for and the sentence has not its form
_SAYS_LITTLE = 0.8  # it is too short to say how things are
_LITTLE_CHARS = 12
_EVENT_CHARS = 5
_SUM = re.compile(r"合计|共计|总计|总额|共|累计")
_WHEN = re.compile(r"什么时[候间]|何时|哪一?[天年月日]|几[月号]|几点")
_DECIDES = re.compile(
    r"不|未|无|免|禁止|严禁|停止|暂停|取消|可以?|应当?|必?须|需要?|允许|准|能|视为|方可|才|均|都|已|有"
)
_TELLS_HOW = re.compile(
    r"向|通过|持|凭|携带?|提交|提出|登录|拨打|申[请报领]|办理|流程|程序|步骤|按照?|采取|采用|实行|建立|组织|开展|先|后|因|由于|为|以|对|将"
)
_NEWLY = "新(?:识别|增加?|纳入|认定)的?"
_LISTED = re.compile(r"[、；;]|[一二三四五六七八九]是|[（(][一二三四五六七八九\d][)）]|[①-⑨]")
_RUN_ON = re.compile(r"[（(]?[一1](?:是|[)）、.．])|①")
_STOP = re.compile(r"[,，;；:：。]")


def form_share(question: Question, evidence: Evidence, *, has_figure: bool) -> float:
    """What is left of a score when the sentence has not, or not wholly, the form that the question asks for: 0..1."""
    left = 1.0
    for share in _shares(question, evidence, has_figure=has_figure):
        left *= share
    return left


def _shares(question: Question, evidence: Evidence, *, has_figure: bool) -> Iterator[float]:
    text, wanted = evidence.text, question.wants[0].kind
    if any(w.rate is not None and not w.rate.search(text) for w in question.wants):
        yield _TOTAL_FOR_RATE
    if any(w.things is not None and not w.things.search(text) for w in question.wants):
        yield _OTHER_THINGS
    if "合计" in question.text and not _SUM.search(text):
        yield _NO_SUM
    if text.startswith("其中") and any(spoken_of(n, text) < 1.0 for n in question.nouns):
        yield _PART_FOR_WHOLE
    if wanted is Kind.COUNT and any(_is_some_of(n, question, text) for n in question.nouns):
        yield _SOME_OF
    if has_figure and wanted in FIGURES and only_aims(question, evidence):
        yield _ONLY_AIMED_AT
    if (event := _event(question)) and found_around(event, evidence) == 0.0:
        yield _OTHER_EVENT
    yield _of_form(wanted, evidence)


def _is_some_of(noun: str, question: Question, text: str) -> bool:
    """Whether the text speaks only of some of what is asked for: "未消除风险的监测户" for a question about 监测户."""
    at = text.find(noun)
    if at > 0 and text[at - 1] == "的" and f"的{noun}" not in question.text:
        return True
    new = any(re.search(rf"{_NEWLY}{re.escape(word)}", text) for word in (noun, *synonyms(noun)))
    return new and not re.search(_NEWLY, question.text)


def _event(question: Question) -> str:
    """What is asked to have happened, or to happen, when: the word right behind "什么时候"; "" when there is none."""
    asked = _WHEN.search(question.text) if question.wants[-1].kind is Kind.DATE else None
    after = question.text[asked.end() : asked.end() + _EVENT_CHARS] if asked else ""
    return next((w for w in question.words if len(w) > 1 and w in after), "")


def _of_form(kind: Kind, evidence: Evidence) -> float:
    """What is left of a score when a sentence has not the form of such an answer; 1 when it has, or any form will do."""
    if kind in FIGURES or kind is Kind.ORGANISATION or CELL_MARK in evidence.text or ITEM.match(evidence.text):
        return 1.0
    if kind is Kind.LIST and not _lists(evidence):
        return _OTHER_FORM
    if (kind is Kind.YES_NO and not _DECIDES.search(evidence.text)) or (
        kind is Kind.METHOD and not _TELLS_HOW.search(evidence.text)
    ):
        return _OTHER_FORM
    return _SAYS_LITTLE if len(evidence.text) < _LITTLE_CHARS and not _STOP.search(evidence.text[:-1]) else 1.0


def _lists(evidence: Evidence) -> bool:
    """Whether the sentence names several things, or opens a list that follows."""
    text = evidence.text.rstrip()
    after = evidence.document.text[evidence.end : evidence.end + 12].lstrip()
    return len(_LISTED.findall(text)) > 1 or text.endswith((":", "：")) or _RUN_ON.match(after) is not None
