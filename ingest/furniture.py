"""Lines that belong to a web site or a printer, not to the document. Conservative: a doubtful line stays."""

from __future__ import annotations

import re

_ACTION = (
    r"(?:打印(?:本页|此页)?|关闭(?:本页|窗口)?|收藏|分享(?:到)?|返回(?:顶部|上一页|首页)?|纠错|我要纠错|下载(?:文字版|图片版)?"
    r"|大|中|小|默认|特大|微信|微博|无障碍|长者助手|繁體|简体|首页"
    r"|微信好友|朋友圈|QQ空间|QQ好友|QQ|新浪微博|腾讯微博|复制链接|一键分享|更多|手机版|打印文章|点赞|举报"
    r"|(?:点击|立即|免费|付费|全文)下载|下载(?:本文档|文档|全文|此文|Word)|文档下载|查看全文|展开全文|加入收藏|收藏本文)"
)
_EDITOR = r"[\[【(（]?\s*(?:责任编辑|责编|网络编辑|值班编辑|文字编辑|编辑|网络审核|信息审核)\s*[:：]\s*[^。；，:：]{0,12}[\]】)）]?"
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
        (
            "site-footer",
            r"(?=.*(?:版权所有|[Cc]opyright|©|ICP备|备案号\s*[:：]|公网安备|网站标识码|Powered by))[^。]{1,240}",
        ),
        ("neighbour-link", r"[<《【]?\s*(?:上|下)一(?:篇|条|页)\s*[:：】>].*|(?:上|下)一(?:篇|条|页)"),
        (
            "related-links",
            r"(?:相关|扩展|推荐|延伸|拓展|热门|精彩|随机|猜[你您]喜欢|为[你您]推荐|大家都在看|看了.{1,8}还看了)"
            r"(?:阅读|文章|链接|新闻|内容|推荐|信息|范文|专题|文档)*\s*[:：]?",
        ),
        ("editor", rf"(?:{_EDITOR}\s*)+"),
        ("origin", r"(?:本文|文章|内容|信息)(?:来自|来源于|转自|转载自|摘自|来源)\s*[:：]?[^。，；]{1,40}。?"),
        (
            "origin",
            r"(?:本文|原文)(?:链接|地址|网址|标题|标签|关键词)\s*[:：].{0,160}|(?:转载请注明|未经.{0,8}许可.{0,8}转载).{0,80}",
        ),
        (
            "disclaimer",
            r"(?=.*(?:本站|本网|网站|网友|作者))(?=.*(?:版权|侵权|转载|立场|观点))(?:延伸阅读\s*[:：]?\s*)?(?:[【\[]?(?:版权|免责|郑重|特别)?声明[】\]]?\s*[:：]?|凡|除来源署名|如有侵权|以上内容|本文).{0,260}",
        ),
        (
            "disclaimer",
            r"(?:延伸阅读\s*[:：]\s*)?(?:版权|免责)声明\s*[:：]?|除来源署名为.{0,160}(?:本站|请读者).{0,80}",
        ),
        (
            "member-offer",
            r"(?:开通|成为|注册|登录).{0,6}(?:会员|VIP|后).{0,20}(?:下载|查看|复制|阅读).{0,20}|(?:本文|该)?文档.{0,8}共\s?\d+\s?页.{0,20}下载.{0,10}",
        ),
        ("article-site", r"下面是小编.{0,12}(?:整理|收集|准备).{0,160}"),
        (
            "article-site",
            r".{0,240}(?:范文|文章|文档).{0,12}希望能?(?:给|对)你?.{0,12}(?:带来|有所)?.{0,12}(?:参考|借鉴|帮助).{0,12}",
        ),
        ("article-site", r"(?=.*小编)(?=.*(?:整理|收集|分享|推荐|介绍|带来|准备|搜集)).{0,200}"),
        (
            "article-site",
            r"(?:以上|上述)(?:就是|内容|便是).{0,40}(?:范文|小编).{0,60}|.{0,40}欢迎(?:大家|各位)?(?:阅读|参考|借鉴)(?:与|和|、)?(?:参考|借鉴|收藏)?[!！。]?",
        ),
        ("article-site", r"[【\[](?:概述|正文|摘要|导语|引言)[】\]]"),
        ("article-site", r"[|｜]\s*\w{1,20}"),
        ("page-number", r"[-—–－_]+\s*\d{1,4}\s*[-—–－_]+"),
        ("page-number", r"第\s*\d{1,4}\s*页\s*[,，/]?\s*(?:共\s*\d{1,4}\s*页)?|共\s*\d{1,4}\s*页\s*第\s*\d{1,4}\s*页"),
    )
)
_MAX_LINE_CHARS = 300
_LINK_CHARS = 60
_STRAY_ID = re.compile(r"\d{4,9}")  # the number that an article site leaves below the text


def furniture_reason(line: str) -> str | None:
    """Why the line is furniture ("breadcrumb", "counter", …), or None when it belongs to the document."""
    text = line.strip()
    if not text or len(text) > _MAX_LINE_CHARS:
        return None
    for reason, pattern in _FURNITURE:
        if pattern.fullmatch(text):
            return reason
    return None


def is_link_title(line: str) -> bool:
    """Whether a line below "相关推荐" can be the title of another article: short, no sentence, no date, no mark."""
    text = line.strip()
    return len(text) <= _LINK_CHARS and not re.search(r"[。；：:｜]|\d月\d{1,2}日", text) and not text.startswith("附")


def is_stray_id(line: str) -> bool:
    """Whether the line is nothing but a long number."""
    return _STRAY_ID.fullmatch(line.strip()) is not None
