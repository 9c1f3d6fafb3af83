"""What an item is about, without the words that only say that something is amiss, and which sentences speak of it."""

from __future__ import annotations

import re

from qa.certainty import MONEY_NOUNS
from qa.draft_items import Item
from qa.findings import Finding
from qa.question import Question
from qa.spoken import spoken_of

_RUN_CHARS = 4
_SAID = 0.85  # a word or its synonym stands there
_VAGUE = re.compile(
    r"(?:个别|少数|部分|有的|一些|某些?)(?:地方|[县乡镇村]|单位|干部|项目(?=[^，,]*未))?|存在|方面|(?:的)?问题$|[你我贵该](?=[县镇乡村市区])|^关于"
)
_LACKING = re.compile(
    r"(?:还|仍然?|尚)?不(?:够|太|甚)?(?:到位|及时|规范|精准|准确|扎实|合理|明显|完善|健全|充分|严格|严|实|细|深入|高|强|足|平衡|清楚|清|全面|全|畅)|"
    r"不够[一-鿿]{2}|较?为?(?:滞后|缓慢|薄弱|突出)|(?:较|比较|过|偏)(?:大|高|低|差|慢|弱|少|多)|有待(?:进一步)?[一-鿿]{2}|有(?:盲点|差距|短板|漏洞|隐患)|缺失|缺位|欠缺|流于形式"
)
_ASKING = re.compile(
    r"(?:[有共是为达]|一共|总共|共有|分别|目前|现在|最多|最少)*(?:多少|几)(?:[户人元亩头只次个名条座套所期批张份村项处]|公里|万元|亿元|块钱|钱)*|"
    r"(?:有|是|在|由|采取了?|开展了?|做了?)*(?:哪些|哪里|哪[个位家年天]|什么(?:时候|时间|样)?|谁)|怎么样?|怎样|如何|何时|是否|有没有|是不是|吗|呢|[？?]"
)


def topic_of(item: Item) -> str:
    """What the item is about: its first sentence without the words that only say that something is amiss."""
    text = item.title
    bare = re.sub(r"\s+", " ", _LACKING.sub("", _VAGUE.sub("", text))).strip(" ，,；;、的")
    bare = re.sub(r"[，,]\s*[，,]", "，", bare)
    return bare if len(re.findall(r"[一-鿿]", bare)) >= 2 else text


def subject_of(topic: str) -> str:
    """What a question is about, without the words that ask and what was done: a rule on it need hold neither."""
    bare = re.sub(r"\s+", "", _ASKING.sub("", _without_deeds(topic))).strip("，,；;、的了")
    return bare if len(re.findall(r"[一-鿿]", bare)) >= 2 else topic


def _without_deeds(topic: str) -> str:
    """The words less each verb that is said to be done ("安置了")."""
    import rjieba

    tagged = rjieba.tag(topic)
    after = [word for word, _ in tagged[1:]] + [""]
    return "".join(
        word
        for (word, tag), next_word in zip(tagged, after, strict=True)
        if word not in ("了", "过") and not (tag.startswith("v") and next_word in ("了", "过"))
    )


def runs_of(topic: str) -> set[str]:
    """The runs of a few characters that the topic is made of."""
    plain = re.sub(r"[^㐀-䶿一-鿿]", " ", topic).split()
    least = min(_RUN_CHARS, max(map(len, plain), default=0))
    return {word[i : i + least] for word in plain for i in range(len(word) - least + 1) if least}


def speaks_of(asked: Question, runs: set[str], f: Finding) -> bool:
    """Whether the topic's own words stand around the sentence, or a noun of it (or its synonym) in the sentence."""
    evidence = f.reading.evidence
    around = f"{evidence.headings} {evidence.text}"
    return any(run in around for run in runs) or any(spoken_of(n, evidence.text) >= _SAID for n in things(asked))


def names_all(asked: Question, f: Finding) -> bool:
    """Whether all the things that the topic names, or synonyms of them, stand in the sentence or its headings."""
    around = f"{f.reading.evidence.headings} {f.reading.evidence.text}"
    named = things(asked)
    return bool(named) and all(spoken_of(n, around) >= _SAID for n in named)


def names_something(asked: Question) -> bool:
    """Whether there is anything to look for: a noun, a word of two characters, a place, a title, a number of a document."""
    words = [w for w in asked.words if len(w) > 1 and not re.fullmatch(r"[\d.%]+", w)]
    return bool(words or asked.nouns or asked.places or asked.titles or asked.numbers)


def things(asked: Question) -> list[str]:
    """The nouns that tell one topic from another: that of money there is says little."""
    return [n for n in asked.nouns if n not in MONEY_NOUNS]
