"""The lines in which a document tells about itself: "索引号: …", "发布机构: …", "成文日期: …"."""

from __future__ import annotations

import re

# What a label means for the metadata -> the labels that offices use for it, the most telling first.
LABELS: dict[str, tuple[str, ...]] = {
    "title": ("名称", "标题", "文件名称", "公文名称", "信息名称", "事项名称"),
    "document_number": ("文号", "发文字号", "发文文号", "文件编号", "发布文号"),
    "issuer": (
        "发文机关",
        "发文机构",
        "发布机构",
        "发布机关",
        "制定机关",
        "发文单位",
        "发布单位",
        "印发机关",
        "实施机关",
        "实施部门",
    ),
    "issued_on": ("成文日期", "成文时间", "发文日期", "发文时间", "印发日期", "制发日期", "生成日期", "签发日期"),
    "published_on": ("发布日期", "发布时间", "公开日期", "公开时间", "上网日期", "公布日期"),
    "effective_on": ("生效日期", "实施日期", "施行日期", "生效时间", "实施时间", "执行日期"),
    "expires_on": ("废止日期", "失效日期", "废止时间", "失效时间", "有效期至", "截止日期"),
    "index_number": ("索引号", "信息索引号", "索引号码"),
    "subject": ("主题分类", "主题类别"),
    "openness": ("公开方式", "公开形式", "公开属性", "公开类别", "公开类型"),
    "other": (
        *("组配分类", "体裁分类", "服务对象分类", "信息分类", "公文种类", "分类"),
        *("主题词", "关键词", "统一编号", "文件状态", "有效性", "时效性", "时效", "信息来源", "来源", "附加码"),
        *("有效期", "公开范围", "内容概述", "登记号", "备注"),
    ),
}
FURNITURE_LABELS = (
    "阅读次数",
    "浏览次数",
    "点击次数",
    "访问次数",
    "阅读量",
    "浏览量",
    "点击量",
    "字体大小",
    "字体",
    "字号",
)
_MAX_VALUE_CHARS = 160


def _spaced(label: str) -> str:
    return r"[ \u3000\xa0]*".join(label)


_ALL = sorted({label for labels in LABELS.values() for label in labels} | set(FURNITURE_LABELS), key=len, reverse=True)
_LONG = "|".join(_spaced(label) for label in _ALL if len(label) >= 3)
_SHORT = "|".join(_spaced(label) for label in _ALL if len(label) < 3)
_LABEL = re.compile(
    rf"(?:(?P<long>{_LONG})|(?:(?<=[\s:：】\]])|^)(?P<short>{_SHORT}))\s*[:：]|【(?P<boxed>{_LONG}|{_SHORT})】[:：]?"
)
_MEANING = {label: meaning for meaning, labels in LABELS.items() for label in labels}


def split_fields(line: str) -> list[str]:
    """The line cut before each label when it holds two or more of them, else the line as it is.

    What follows the last value of a long line after a gap is text of its own.
    """
    starts = [match.start() for match in _LABEL.finditer(line)]
    if len(starts) < 2:
        return [line]
    bounds = [0, *starts, len(line)] if starts[0] else [*starts, len(line)]
    pieces = [line[a:b].strip() for a, b in zip(bounds, bounds[1:], strict=False)]
    last = pieces[-1]
    if len(last) > _MAX_VALUE_CHARS:
        label = _LABEL.match(last)
        gap = re.compile(r"\s+").search(last, label.end() + 1 if label else 0)
        if gap:
            pieces[-1:] = [last[: gap.start()], last[gap.end() :]]
    return [piece for piece in pieces if piece]


def parse_field(line: str) -> tuple[str, str] | None:
    """(label without inner spaces, value) of a line that is one field, else None."""
    match = _LABEL.match(line.strip())
    if match is None:
        return None
    value = line.strip()[match.end() :].strip()
    if len(value) > _MAX_VALUE_CHARS or value.count("。") > 1:
        return None
    return re.sub(r"[\s:：【】]", "", match[0]), value


def meaning_of(label: str) -> str | None:
    """The key of LABELS that the label belongs to."""
    return _MEANING.get(label)
