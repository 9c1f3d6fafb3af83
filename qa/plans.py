"""What is to be done, and what was: a figure that a report only aims at is no answer to what was reached."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.evidence import Evidence
from qa.question import Question

_HEADING = re.compile(r"下一步|下步|打算|计划|思路|安排|目标任务|展望|今后|明年|努力方向|工作重点|建议")
_PLAN = re.compile(
    r"^(?:下一步|下步|今后|接下来|明年|同时[，,]将)|(?:^|[，,；;我镇乡县市村])(?:将(?![近军]|其|[^，,。；;]{1,25}(?:纳入|列入|作为|与))|拟|力争)|计划(?:于|在|到|年内|今年|明年)|(?:年底|年内|月底)前(?:将|要|完成(?!了))"
)
_AIMED_AT = re.compile(r"(?:^|[，,；;、)）.．:：\s])(?:计划|拟|力争|预计|目标|争取|确保)[^，,；;。]{0,30}\d")
_ASKS_PLAN = re.compile(r"计划|打算|拟|目标|任务|预计|预期|力争|准备|将要?|要(?!求|不)|明年|下一步|下步|今后|安排|争取")


def is_plan_told(text: str, headings: Sequence[str]) -> bool:
    """Whether a passage tells what is to be done, by its words or the headings it stands under."""
    return any(_HEADING.search(h) for h in headings) or bool(_PLAN.search(text))


def only_aims(question: Question, evidence: Evidence) -> bool:
    """Whether the question asks what was reached, and a report's sentence tells what it aims at."""
    document = evidence.document
    if document.metadata.kind in ("rule", "notice", "plan", "interpretation") or _ASKS_PLAN.search(question.text):
        return False
    return is_plan_told(evidence.text, document.path_at(evidence.start)) or bool(_AIMED_AT.search(evidence.text))
