"""What a person types in a form or a command, as values: texts, days, years, topics. What cannot be is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from ingest.dates import DATE, to_date
from ingest.topics import topic_names

Given = Mapping[str, str | int | list[str] | None]  # None, "" and [] say that it is not known

LABELS = {
    "title": "标题",
    "document_number": "文号",
    "issuer": "发文机关",
    "issued_on": "成文日期",
    "published_on": "发布日期",
    "effective_on": "施行日期",
    "expires_on": "失效日期",
    "validity": "有效性",
    "ended_by": "废止或替代它的文件",
    "ended_on": "废止或替代之日",
    "place": "地区",
    "year": "年份",
    "kind": "种类",
    "topics": "主题",
}
_MOST_CHARS = {"title": 200, "issuer": 200, "ended_by": 200, "document_number": 60, "place": 30}
_YEARS = re.compile(r"((?:19|20)\d{2})年?(?:\s*[-—–－~～至到]{1,2}\s*((?:19|20)\d{2})年?)?")


class CorrectionError(Exception):
    """What was typed cannot be taken. The message is one line for the user."""


def text_of(name: str, value: str | int | list[str] | None) -> str:
    """What was typed for a field, in one line. Raises CorrectionError, as all here."""
    if isinstance(value, list):
        raise CorrectionError(f"{LABELS[name]}应是一行文字")
    return one_line(LABELS[name], "" if value is None else str(value), _MOST_CHARS.get(name, 60))


def one_line(label: str, text: str, most: int) -> str:
    """The text in one line, without blanks around it."""
    line = " ".join(text.split())
    if len(line) > most:
        raise CorrectionError(f"{label}有 {len(line)} 字，最多 {most} 字")
    if any(ord(c) < 32 or ord(c) == 127 for c in line):
        raise CorrectionError(f"{label}里有不能显示的字符，请重新输入")
    return line


def day_of(name: str, text: str) -> date | None:
    """The day, in any of the ways offices write one; None for nothing typed."""
    if not text:
        return None
    match = DATE.fullmatch(text)
    day = to_date(match) if match else None
    if match and day is None:
        raise CorrectionError(f"{LABELS[name]}“{text}”：没有这一天，请核对")
    if day is None:
        raise CorrectionError(f"{LABELS[name]}“{text}”不是日期，应如 2024-12-31；不知道请留空")
    return day


def typed_years(text: str) -> dict[str, Any]:
    """A year, or the first and the last of several, as attributes of Metadata."""
    match = _YEARS.fullmatch(text)
    if text and not match:
        raise CorrectionError(f"年份“{text}”不对，应如 2024 或 2021-2025；不知道请留空")
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (None, None)
    if first and last and last < first:
        raise CorrectionError(f"年份“{text}”的起止颠倒了")
    return {"year": first, "period": (first, last) if first != last else None}


def typed_topics(value: str | int | list[str] | None) -> tuple[str, ...]:
    """The topics of the taxonomy that were typed, each once."""
    listed = value if isinstance(value, list) else re.split(r"[、,，;；\s]+", "" if value is None else str(value))
    topics = tuple(dict.fromkeys(t.strip() for t in listed if t.strip()))
    for topic in topics:
        if topic not in topic_names():
            raise CorrectionError(f"主题表里没有“{topic}”，应是：{'、'.join(topic_names())}")
    return topics
