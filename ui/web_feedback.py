"""The line below an answer that asks whether it was of use, as HTML."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from qa.answer import Answer
from ui.feedback import REASONS, feedback_on, keep

_THANKS = "已记下，谢谢。记录只保存在本机，用 zhengda feedback 查看。"


def ask_html(turn: int) -> str:
    """The two votes, and what goes with the second: a reason and a few words."""
    reasons = "".join(f"<option>{escape(reason)}</option>" for reason in REASONS)
    return (
        f'<div class="zd-vote" data-fields><span>这个回答</span>'
        f'<button type="button" class="zd-link" data-act="vote" data-vote="up" data-turn="{turn}">有用</button>'
        f'<details><summary class="zd-link">有问题</summary>'
        f'<select name="reason" aria-label="问题出在哪里">{reasons}</select>'
        f'<input name="text" maxlength="500" placeholder="可补充说明" aria-label="补充说明">'
        f'<button type="button" class="zd-button" data-act="vote" data-vote="down" data-turn="{turn}">提交</button>'
        "</details></div>"
    )


def said_html(line: str) -> str:
    """What became of a vote."""
    return f'<div class="zd-vote" role="status"><span>{escape(line)}</span></div>'


def voted(home: Path, turns: list[Answer], event: Any) -> str | None:
    """The vote of a click kept, and what to show for it; None for a click that is no vote. From the browser: checked."""
    turn = str(getattr(event, "turn", ""))
    if getattr(event, "act", "") != "vote" or not turn.isdecimal() or int(turn) >= len(turns):
        return None
    reason, text = str(getattr(event, "reason", "")), str(getattr(event, "text", ""))
    up = getattr(event, "vote", "") == "up"
    said = feedback_on(turns[int(turn)], "up") if up else feedback_on(turns[int(turn)], "down", reason, text)
    try:
        keep(home, said)
    except OSError as error:
        return said_html(f"没有记下：写不进资料库文件夹（{error.strerror}），请检查磁盘空间和权限；不影响提问。")
    return said_html(_THANKS)
