"""The set phrases of a draft: titles, headings, notes. They state no facts."""

from __future__ import annotations

from qa.draft import DraftKind

TITLES = {
    DraftKind.RECTIFICATION: "关于反馈问题整改情况的答复",
    DraftKind.STATEMENT: "有关情况的说明",
    DraftKind.REPORT: "有关工作情况的汇报",
    DraftKind.ANSWERS: "问答口径",
}
OPENING = (
    "现将有关情况逐项说明如下。引用的内容均为资料原文，出处见脚注和附件1；资料中没有的，以“【待补充】”标明，列入附件2。"
)
PROBLEM = "问题内容："
REQUIREMENT = "整改要求："
LOOKED_UP = "经查阅资料："
ANNEXES = ("附件：1. 佐证材料清单", "2. 待补充事项")
EVIDENCE_TITLE = "佐证材料清单"
EVIDENCE_HEADERS = ("序号", "文件", "文号", "发文机关", "日期", "页/条", "引用原句")
GAPS_TITLE = "待补充事项"
GAPS_HEADERS = ("序号", "所属问题", "待补充、待核实的内容")
NO_ISSUER = "【待补充：发文机关】"
NO_DATE = "【待补充：成文日期】"
NONE = "无。"
BY_HAND = "（人工填写）"
FILLED = "已由人工填写、资料中没有出处："

_DIGITS = "零一二三四五六七八九"


def note(text: str) -> str:
    """What a person must look at."""
    return f"【请核实：{text.rstrip('。')}】"


def chinese_number(number: int) -> str:
    """1..9999 as headings count: 十二, 一百零三."""
    text, zero = "", False
    for unit, size in (("千", 1000), ("百", 100), ("十", 10), ("", 1)):
        digit, number = divmod(number, size)
        if digit:
            text += ("零" if zero and text else "") + _DIGITS[digit] + unit
        zero = digit == 0 if digit or text else False
    return text[1:] if text.startswith("一十") else text
