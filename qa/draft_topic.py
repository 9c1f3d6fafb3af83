"""What an item is about, without the words that only say that something is amiss."""

from __future__ import annotations

import re

from qa.draft_items import Item

_RUN_CHARS = 4
_VAGUE = re.compile(
    r"(?:个别|少数|部分|有的|一些|某些?)(?:地方|[县乡镇村]|单位|干部|项目(?=[^，,]*未))?|存在|方面|(?:的)?问题$|[你我贵该](?=[县镇乡村市区])|^关于"
)
_LACKING = re.compile(
    r"(?:还|仍然?|尚)?不(?:够|太|甚)?(?:到位|及时|规范|精准|准确|扎实|合理|明显|完善|健全|充分|严格|严|实|细|深入|高|强|足|平衡|清楚|清|全面|全|畅)|"
    r"不够[一-鿿]{2}|较?为?(?:滞后|缓慢|薄弱|突出)|(?:较|比较|过|偏)(?:大|高|低|差|慢|弱|少|多)|有待(?:进一步)?[一-鿿]{2}|有(?:盲点|差距|短板|漏洞|隐患)|缺失|缺位|欠缺|流于形式"
)


def topic_of(item: Item) -> str:
    """What the item is about: its first sentence without the words that only say that something is amiss."""
    text = item.title
    bare = re.sub(r"\s+", " ", _LACKING.sub("", _VAGUE.sub("", text))).strip(" ，,；;、的")
    bare = re.sub(r"[，,]\s*[，,]", "，", bare)
    return bare if len(re.findall(r"[一-鿿]", bare)) >= 2 else text


def runs_of(topic: str) -> set[str]:
    """The runs of a few characters that the topic is made of."""
    plain = re.sub(r"[^㐀-䶿一-鿿]", " ", topic).split()
    least = min(_RUN_CHARS, max(map(len, plain), default=0))
    return {word[i : i + least] for word in plain for i in range(len(word) - least + 1) if least}
