"""Places named in official text: province, city, county, town, village."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from ingest.document import PlaceName

LEVELS = {
    "省": "province", "自治区": "province",
    "自治州": "city", "市": "city", "地区": "city", "盟": "city",
    "县": "county", "旗": "county", "区": "county",
    "镇": "town", "乡": "town", "街道": "town",
    "村": "village", "社区": "village",
}  # fmt: skip
_SUFFIX = re.compile("(?:自治区|自治州|地区|街道|社区|[省市盟县旗区镇乡村])$")
_OFFICE = re.compile(r"([㐀-䶿一-鿿]{2,5}?(?:自治区|自治州|[省市县区旗]))(?=人民政府|政府|[委局厅办])")
_HAN = re.compile(r"^[㐀-䶿一-鿿]+$")
_MAX_NAME_CHARS = 5  # before the suffix; longer (autonomous) names come whole from the dictionary
_NAME_TAGS = frozenset({"ns", "nr", "nrt", "nrfg", "nz", "ng", "j", "zg", "x", "n", "b"})  # jieba's part-of-speech tags
_LOOSE_TAGS = frozenset("vafdmi")  # of a short word before a split-off tail ("上|甘镇", "四棵|树乡")
_BROAD = frozenset(("地区", "区", "市", "省", "盟", "旗", "社区", "街道"))  # after these, a common noun makes no name
_OFTEN = 3
_LEADS = frozenset("镇乡县省后入出是使在到由与和及对向为")
_COUNTING = re.compile("[些多余数几两个名各每第年月日]")

# Words before a suffix that only describe: "各乡镇", "贫困村", "安置区".
_DESCRIBES = re.compile(
    "^[各我本该每某全这那两几多].*|.*[全该各对整驻本我两几三四五六七八九十]|"
    "(?:.*(?:行政|自然|出列|重点|示范|试点|脱贫|薄弱|空心|安置|搬迁|农牧|农牧业|畜牧|贫困|边远|民族|自治|直辖|开发|高新|经济|工业|产业|"
    "工业园|产业园|商业|生活|居住|休闲|服务|人民|文明|平安|最美|美丽|空壳|涣散|革命老|少数民族|流域|半农半牧|试验|保护|隔离|核心|"
    "功能|控制|风险|疫情|灾害|居民|办公|教学|住院|挂点|联系|帮扶|结对|项目|旅游|度假|新城|老城|主城|中心城|建成|"
    "先行|合作|示范园|物流园|科技园|特困|深度贫困|水源|风景|自然保护|自由贸易|养殖|种植|禁养|聚居|分管|所在|第三|发挥)|"
    "(?:边远|偏远|贫困|高寒|深|革命老|民族)山|新农|乡|农|城|园|校|景|社|库|山|林|牧|辖|片|专|特|小|郊|市|县|镇|省|村|圩|集|超|门|菜|股|楼|房|夜|外|本级|反|节|灾|疫|病|新|老|旧)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place name as a span of the text it was found in."""

    name: str
    start: int
    end: int
    level: str  # province, city, county, town, village


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    tag: str
    start: int


def find_places(text: str) -> tuple[Place, ...]:
    """The places that `text` names, in order. "我镇", "各乡镇", "贫困村" and the like are no names.

    A common word before the suffix ("幸福村") makes a name when the text says it again and again.
    """
    words = _words(text)
    often = _often_said(words)
    found: list[Place] = []
    for i, word in enumerate(words):
        suffix = _SUFFIX.search(word.text)
        if not suffix:
            continue
        start = _name_start(words, i, word.text[: suffix.start()], suffix.group())
        if start is None and i and words[i - 1].text + word.text in often:
            start = words[i - 1].start
        if start is None:
            continue
        end = word.start + len(word.text)
        start = _without_lead(text, start, end - len(suffix.group()))
        name = text[start:end]
        if not _DESCRIBES.fullmatch(name[: -len(suffix.group())]):
            found.append(Place(name=name, start=start, end=end, level=LEVELS[suffix.group()]))
    return tuple(found)


def _often_said(words: list[_Word]) -> frozenset[str]:
    """Adjectives and verbs of two characters that stand right before a bare 村, 镇 or 乡 at least three times."""
    pairs = Counter(
        a.text + b.text
        for a, b in pairwise(words)
        if b.text in ("村", "镇", "乡") and len(a.text) == 2 and a.tag[0] in "avb" and a.start + 2 == b.start
    )
    return frozenset(pair for pair, count in pairs.items() if count >= _OFTEN)


def count_places(text: str) -> tuple[PlaceName, ...]:
    """Each place named in `text` once, most often named first, with the place named right before it, if any."""
    places = find_places(text)
    counts = Counter((p.name, p.level) for p in places)
    within = {b.name: a.name for a, b in pairwise(places) if a.end == b.start}
    return tuple(
        PlaceName(name=name, level=level, count=count, within=within.get(name))
        for (name, level), count in counts.most_common()
    )


def level_of(name: str) -> str | None:
    """The level that a place name's suffix tells, or None."""
    match = _SUFFIX.search(name)
    return LEVELS[match.group()] if match and match.start() > 0 else None


def _without_lead(text: str, start: int, suffix_start: int) -> int:
    """Drops a verb or a suffix of the place before that the segmenter glued to the name ("镇兰光村")."""
    return start + 1 if text[start] in _LEADS and suffix_start - start > 2 else start


def _words(text: str) -> list[_Word]:
    """The words of the text; a suffix that the segmenter gave to the next word ("松溪|镇有") is split off."""
    import rjieba

    words: list[_Word] = []
    at = 0
    for word, tag in rjieba.tag(text):
        if words and word[0] in "省市县镇乡村" and not _SUFFIX.search(words[-1].text):
            before = words[-1].tag
            if before == "ns" or (before in ("nr", "nz", "nrt") and not _in_dictionary(word)):
                words.append(_Word(word[0], "n", at))
                word, at = word[1:], at + 1
        if tag == "nt" and (office := _OFFICE.match(word)):
            words.append(_Word(office[1], "ns", at))  # "云南省政府" is one word of the dictionary
            word, at = word[office.end() :], at + office.end()
        if word:
            words.append(_Word(word, tag, at))
        at += len(word)
    return words


def _name_start(words: list[_Word], i: int, name: str, suffix: str) -> int | None:
    """Where the name closed by words[i] begins: there, or at the words before that the segmenter split off."""
    word = words[i]
    if len(name) >= 2:
        return word.start if _HAN.match(name) and _may_be_name(word) else None
    if name and word.tag == "n" and _in_dictionary(word.text):
        return None  # "乡村", "山村": a common noun of its own
    at = i
    while at > 0 and len(name) < 2:
        before = words[at - 1]
        if not _joins(before, bare_suffix=not name, suffix=suffix):
            return None
        name, at = before.text + name, at - 1
    return words[at].start if 2 <= len(name) <= _MAX_NAME_CHARS else None


def _may_be_name(word: _Word) -> bool:
    """Whether a whole word with a suffix is a name: by its tag, or, for one the dictionary lacks, by its parts.

    Tags of unknown words are guesses; such a word is a name unless a common word hides in it ("充分发挥村").
    """
    import rjieba

    if _in_dictionary(word.text):
        return word.tag in _NAME_TAGS
    parts = rjieba.tag(word.text, hmm=False) if len(word.text) > 3 else []
    return all(len(part) == 1 or tag in _NAME_TAGS - {"n", "b"} for part, tag in parts[:-1])


def _in_dictionary(word: str) -> bool:
    import rjieba

    return len(list(rjieba.cut(word, hmm=False))) == 1


def _joins(before: _Word, *, bare_suffix: bool, suffix: str) -> bool:
    """Whether the word before belongs to the name."""
    if not _HAN.match(before.text) or _SUFFIX.search(before.text):
        return False
    if before.tag in _NAME_TAGS - {"n"}:
        return True
    if before.tag == "n":
        return suffix in ("镇", "乡", "村")
    short = len(before.text) <= 2 and not _COUNTING.search(before.text)
    if bare_suffix:
        return before.tag == "m" and short and len(before.text) == 2 and suffix not in _BROAD
    return before.tag[0] in _LOOSE_TAGS and short and (len(before.text) == 1 or before.tag == "m")
