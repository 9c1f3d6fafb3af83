"""The kind of document that a title announces."""

from __future__ import annotations

import re

# kind -> the words in a title that tell it, the first that matches wins
_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("faq", r"问答|[一二三四五六七八九十百\d]+问|常见问题|答疑|明白纸|明白卡|口袋书|应知应会"),
        ("interpretation", r"解读|一图读懂|图解|答记者问"),
        ("ledger", r"台账|花名册|一览表|明细表|登记表|统计表|公示表|情况表|(?:清单|清册|名单|名册|目录)(?:[（(].{1,12}[)）])?$"),
        ("rectification_report", r"整改.*(?:报告|情况|方案|总结|进展)"),
        (
            "rule",
            r"(?:办法|条例|规定|细则|规则|章程|准则|法|规程|规范|解释|公约)(?:[（(].{1,12}[)）])?(?:》?的(?:通知|公告|决定|令))?$",
        ),
        (
            "work_report",
            r"政府工作报告|工作报告|工作汇报|(?:工作|落实|开展|进展|执行|完成)情况(?:的)?(?:报告|汇报|通报)?$|汇报材料$",
        ),
        ("summary", r"总结|成效|回顾|工作情况"),
        ("plan", r"计划|方案|规划|要点|打算|预案|安排"),
        (
            "notice",
            r"通知|公告|通告|(?:意见|决定|决议|批复|通报|措施|公示|指南|布告|政策|函|令)[》〉]?(?:[（(].{1,12}[)）])?$",
        ),
        ("work_report", r"报告|汇报"),
    )
)  # fmt: skip

KINDS = (*dict.fromkeys(kind for kind, _ in _KINDS), "other")


def kind_of(title: str) -> str:
    """The kind of document that the title announces, "other" when it announces none."""
    title = re.sub(r"\s|[（(](?:试行|暂行|修订|修正|全文|20\d\d年.{0,6})[）)]", "", title)
    return next((kind for kind, pattern in _KINDS if pattern.search(title)), "other")
