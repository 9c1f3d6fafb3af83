"""Lines that belong to a web site or a printer, not to the document. Conservative: a doubtful line stays."""

from __future__ import annotations

import re

_ACTION = (
    r"(?:打印(?:本页|此页)?|关闭(?:本页|窗口)?|收藏|分享(?:到)?|返回(?:顶部|上一页|首页)?|纠错|我要纠错|下载(?:文字版|图片版)?"
    r"|大|中|小|默认|特大|微信|微博|无障碍|长者助手|繁體|简体|首页)"
)
_SEPARATORS = r"[\s|｜/·:：\[\]【】()（）+-]*"

# reason -> what the whole line looks like
_FURNITURE: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (reason, re.compile(pattern))
    for reason, pattern in (
        ("breadcrumb", r"(?:您?(?:现在|当前)?(?:所在)?的?位置(?:是)?|当前位置|您现在所在的位置)\s*[:：].{0,160}"),
        ("breadcrumb", r"首页\s*[>›»＞].{0,160}"),
        ("breadcrumb", r"[^。>]{1,30}(?:\s*[>›»＞]\s*[^。>]{1,60}){2,}"),
        ("counter", r"[【\[(（]?(?:阅读|浏览|点击|访问)(?:次数|量|数|人数)?\s*[:：]?\s*[\d,\-]*\s*次?[】\])）]?"),
        ("font-size", r"[【\[(（]?\s*(?:字体大小|字体|字号)\s*[:：]?\s*[【\[]?[大中小特默认\s|/]*[】\])）]*"),
        ("page-action", rf"{_SEPARATORS}(?:{_ACTION}{_SEPARATORS})+"),
        ("scan-code", r"(?:微信)?扫(?:一扫|码|描二维码).{0,24}"),
        ("site-footer", r"(?=.*(?:版权所有|[Cc]opyright|©|ICP备|备案号|公网安备|网站标识码|Powered by))[^。]{1,240}"),
        ("neighbour-link", r"[<《【]?\s*(?:上|下)一(?:篇|条|页)\s*[:：】>].*|(?:上|下)一(?:篇|条|页)"),
        ("related-links", r"(?:相关|扩展|推荐|延伸|猜你喜欢)(?:阅读|文章|链接|新闻|内容|推荐|信息)*(?:文章)?\s*[:：]?"),
        ("article-site", r"下面是小编.{0,12}(?:整理|收集|准备).{0,160}"),
        (
            "article-site",
            r".{0,240}(?:范文|文章|文档).{0,12}希望能?(?:给|对)你?.{0,12}(?:带来|有所)?.{0,12}(?:参考|借鉴|帮助).{0,12}",
        ),
        ("article-site", r"[【\[](?:概述|正文|摘要|导语|引言)[】\]]"),
        ("article-site", r"[|｜]\s*\w{1,20}"),
        ("page-number", r"[-—–－_]+\s*\d{1,4}\s*[-—–－_]+"),
        ("page-number", r"第\s*\d{1,4}\s*页\s*[,，/]?\s*(?:共\s*\d{1,4}\s*页)?|共\s*\d{1,4}\s*页\s*第\s*\d{1,4}\s*页"),
    )
)
_MAX_LINE_CHARS = 300


def furniture_reason(line: str) -> str | None:
    """Why the line is furniture ("breadcrumb", "counter", …), or None when it belongs to the document."""
    text = line.strip()
    if not text or len(text) > _MAX_LINE_CHARS:
        return None
    for reason, pattern in _FURNITURE:
        if pattern.fullmatch(text):
            return reason
    return None
