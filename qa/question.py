"""A question taken apart: its subject words, places, years and dates, and what it asks for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from ingest.place import find_places, level_of
from qa.everyday import in_plain_words
from qa.thesaurus import phrases
from qa.want import Want, wants

MAX_CHARS = 2000


class QuestionError(Exception):
    """The question cannot be taken. The message is one line for the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked."""

    text: str
    words: tuple[str, ...]  # subject words, without the places, years and question words
    nouns: tuple[str, ...]  # those of them that name things
    places: tuple[str, ...]
    outer: frozenset[str]  # the places those lie in, as far as the documents say: their rules hold there too
    years: tuple[int, ...]
    titles: tuple[str, ...]  # what stands in 《》: the document asked about
    months: frozenset[int]  # by which month: "6月底", "上半年" is 6, "年底" is 12
    numbers: tuple[str, ...]  # 文号 of the document asked about
    level: str | None  # "全县" asks for the county as a whole
    wants: tuple[Want, ...]
    is_request: bool = False  # an order ("写一首诗"), not a question to the documents


_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?=\s*年|[^\d]|$)")
_SPAN_OF_YEARS = re.compile(r"((?:19|20)\d{2})年?\s*[到至\-—~～]+\s*((?:19|20)\d{2})")
_EACH_YEAR = re.compile(r"[每各逐]年|分别|各[自是有为]?(?:多少|几)")
_MOST_YEARS = 5
CODE = re.compile(r"(?<![A-Za-z\d])[A-Za-z]{1,6}[-–—]\d{1,8}(?!\d)")  # a household or file by its code: LW-07
_DAY = re.compile(r"\d{1,2}月(?:\d{1,2}日)?")
QUESTION_WORDS = re.compile(
    r"这[份个篇](?:文件|材料|报告|资料|通知|办法|总结)|请问|麻烦|帮我|查一下|查下|告诉我|我想知道|想问|问一下|多少钱|多少|什么时候|什么时间|什么样|什么|何时|何地|最晚|最迟|哪里|哪儿|哪[个家](?:单位|部门|机构|公司|企业|银行)|哪些|哪个|哪位|哪家|哪几[个项种]|哪一?[天年月]|"
    r"怎么样|怎么办|怎么|怎样|如何|为什么|为何|是否|能否|可否|能不能|可不可以|有没有|是不是|多大|多久|多长|多高|几[个名户块只头台亩条次人元月号天年位岁]?|是谁|由谁|谁|一共|总共|共有|分别|"
    r"具体|大概|大约|大多|目前|现在|有关|关于|对于|针对|其中|吗|呢|吧|嘛|了|的"
)
_HOUSEHOLDS = frozenset("脱贫 监测 边缘 困难 低保 特困 五保 种植 养殖 搬迁 移民 危房 一般 示范".split())
NUMBER = re.compile(r"[㐀-䶿一-鿿]{1,14}[〔\[(【](?:19|20)\d{2}[〕\])】](?:第)?\d{1,5}号")
TITLE = re.compile(r"《([^《》]{2,60})》")
_LEVELS_SIDE_BY_SIDE = re.compile(r"[省市县区乡镇村]{1,3}[两三各]?级")  # "县镇两级" names no place
_LEVELS = {
    "province": re.compile(r"全省|我省|省里"),
    "city": re.compile(r"全市|我市|市里"),
    "county": re.compile(r"全县|我县|县里|全旗"),
    "town": re.compile(r"全镇|全乡|我镇|我乡|镇里|乡里"),
}
_PER_UNIT = re.compile(
    r"(?:[每一两半]|\d+)(?:立方米|平方米|公里|公斤|学期|学年|[人户亩头只匹条家个次月年天份座村名箱羽株棵口吨斤米])"
)  # "每亩", "一只": the rate, not the subject
_MODAL = re.compile(
    r"(?:可以|能够|应该|能|可|会)(?=补|领|拿|得|申|享|办|报|给|有|发|买|种|养|贷|干(?!部)|做|当(?!地)|参加)"
)
_VERBS = "养种喂栽修建盖"
_VERB_OBJECT = re.compile(rf"[{_VERBS}](?![护育老殖植设立成造复缮订改筑])[㐀-䶿一-鿿]")  # "养羊": documents say 每只羊
FILLERS = frozenset(
    "是 有 为 在 给 对 由 和 与 及 或 从 向 以 于 等 到 让 使 被 把 将 也 都 还 又 就 能 可 可以 会 要 应 应该 应当 需 需要 得 着 过 该 其 这 那 "
    "此 本 各 每 某 些 个 名 户 块 只 头 台 亩 条 次 人 元 月 号 天 年 位 进行 开展 做 做出 作出 采取 提供 提出 出台 实施 予以 给予 获得 达到 "
    "情况 方面 问题 内容 方式 措施 政策 规定 要求 办法 标准 数量 数 一下 里 中 上 下 内 后 前 时 时候 期间 以来 之后 之前 我 我们 你 咱们 咱 "
    "他 它 他们 一 二 两 三 份 这份 文件 日期 钱 来 去 不 没 没有 如果 因 因为 通过 根据 按照 按 所 之 而 且 但 并 多 少 还有 开始 现行 现有 才 底 初 已经 其实 再 跟 替 就要 一直 原来 共 本来 总额 金额 数额 总数 总量 数目 合计 数量 万元 亿元 第 几 起 年底 年初 月底 截至 现在 "
    "话 叫 名字 啥 哪 那个 这个 那些 搞 拿 占 百分之 所在 打算 成 们 咋 咱们 俩 块钱 地方 东西 请 说 讲 看 算 用 多 少 总 总共 分别 具体 干".split()
)
_REQUEST = re.compile(
    r"(?:帮我|给我|替我|请)?(?:写|编|作|创作|起草|生成|翻译|画|讲|唱|改写|润色|编写)(?:一[首篇个段份张则]|首|篇|个笑话|段代码|代码|成英文|成中文|下面|这段)"
)


def read_question(text: str, known_places: Collection[str] = ()) -> Question:
    """Takes a question apart. `known_places` are names met in the documents; they are found whatever their shape.

    Raises QuestionError for an empty or over-long one.
    """
    plain = in_plain_words(unicodedata.normalize("NFKC", text).strip())
    if not plain:
        raise QuestionError("问题是空的，请输入要查的内容，例如：种植业每亩补助多少元？")
    if len(plain) > MAX_CHARS:
        raise QuestionError(f"问题有 {len(plain)} 字，最多 {MAX_CHARS} 字，请只写要问的内容")
    titles = tuple(TITLE.findall(plain))
    numbers = tuple(NUMBER.findall(plain))
    rest = NUMBER.sub(" ", TITLE.sub(" ", plain))
    places = _places(rest, known_places)
    for place in places:
        rest = rest.replace(place, " ")
    words = _subject_words(rest)
    return Question(
        text=plain,
        words=words,
        nouns=_nouns(rest, words),
        places=places,
        outer=frozenset(),
        years=_years(rest),
        titles=titles,
        months=months_in(rest),
        numbers=numbers,
        level=next((level for level, pattern in _LEVELS.items() if pattern.search(rest)), None),
        wants=wants(plain),
        is_request=bool(_REQUEST.search(plain)),
    )


def _years(text: str) -> tuple[int, ...]:
    """The years named; of "2021到2023年每年" those between as well."""
    named = [int(y) for y in _YEAR.findall(text)]
    if (span := _SPAN_OF_YEARS.search(text)) is not None and _EACH_YEAR.search(text):
        first, last = int(span[1]), int(span[2])
        named += range(first, min(last, first + _MOST_YEARS) + 1)
    return tuple(sorted(set(named)) if len(named) > 2 else dict.fromkeys(named))


def months_in(text: str) -> frozenset[int]:
    """The months that periods named in the text end with; 0 for a whole year."""
    months = {int(m) for m in re.findall(r"(?<!\d)(1[0-2]|[1-9])月(?![\d日])", text)}
    for pattern, month in (("上半年", 6), ("年底|年末|下半年", 12), ("全年", 0)):
        if re.search(pattern, text):
            months.add(month)
    return frozenset(months)


@lru_cache(maxsize=65536)
def place_stem(place: str) -> str:
    """A place's name without its suffix where two or more characters stay: "德阳市" and "德阳" are one place."""
    level = level_of(place)
    if level is None:
        return place
    bare = re.sub(r"(?:自治区|自治州|地区|街道|社区|[省市盟县旗区镇乡村])$", "", place)
    return bare if len(bare) >= 2 and level in ("province", "city", "county") else place


def _places(text: str, known: Collection[str]) -> tuple[str, ...]:
    """Places named in the question: known ones, with or without their suffix, then what looks like one."""
    stems = {stem for k in known if (stem := place_stem(k)) != k and stem in text and _is_name(stem)}
    named = _longest([k for k in {*known, *stems} if k in text])
    for place in find_places(text):
        if not any(place.name in k or k in place.name for k in named) and not _LEVELS_SIDE_BY_SIDE.match(
            text, text.find(place.name) + len(place.name) - 1
        ):
            named.append(place.name)
    return tuple(sorted(named, key=text.find))


def _is_name(word: str) -> bool:
    """Whether the segmenter takes the word for a name by itself: of "管理区" only the whole is a place."""
    import rjieba

    return [tag for _, tag in rjieba.tag(word)] in (["ns"], ["nr"], ["nrt"])


def _longest(names: list[str]) -> list[str]:
    """The names that are no part of a longer one."""
    return [n for n in names if not any(n != longer and n in longer for longer in names)]


_MODAL_NOUNS = frozenset(("计划", "打算", "预计", "要求"))
_BENEFITS_BY_NAME = ("低保", "五保", "特困")  # the dictionary has them for verbs
_SUBJECT = re.compile(r"[㐀-䶿一-鿿]+|[A-Za-z]+[\w.]*|\d[\d.]*%?")
_MOST_JOINED, _PHRASE_TAG = 4, "l"
_GRAMMAR = frozenset(("c", "e", "p", "r", "u", "uj", "ul", "uv", "uz", "ug", "y"))
_BOUNDS = "以内外"  # "60岁以上", "县外": which side of a bound is asked about
_NOUN_TAGS = frozenset("njx")  # nouns, abbreviations, and what the dictionary does not know


def _nouns(text: str, words: tuple[str, ...]) -> tuple[str, ...]:
    """Those of `words` that the segmenter takes for nouns."""
    import rjieba

    tagged = rjieba.tag(text, hmm=False)
    tags = dict(tagged)
    for (word, _), (_, after) in pairwise(tagged):
        if word in _MODAL_NOUNS and after.startswith("v"):
            tags[word] = "v"  # "计划脱贫": no plan is asked about
    tags |= dict.fromkeys(_BENEFITS_BY_NAME, "n")
    return tuple(w for w in words if tags.get(w, "n")[0] in _NOUN_TAGS and w not in _VERBS and not w[0].isdigit())


def _subject_words(text: str) -> tuple[str, ...]:
    """The words that say what is asked about.

    Only dictionary words: guesses at new words glue function words on ("6月底有", "才能"); what the dictionary lacks
    comes as single characters, which are looked for as such.
    """
    import rjieba

    days = [*_DAY.findall(text), *CODE.findall(text)]
    bare = _YEAR.sub(" ", CODE.sub(" ", _DAY.sub(" ", text)))
    for pattern in (QUESTION_WORDS, _MODAL, *_LEVELS.values()):
        bare = pattern.sub(" ", bare)
    tagged = _phrases_joined(rjieba.tag(bare, hmm=False))
    words = [w for w, tag in tagged if _SUBJECT.fullmatch(w) and not _names_nothing(w, tag)]
    words = [
        w
        for w in _unknown_joined(_households_joined(words, bare), bare)
        if w not in FILLERS and not _PER_UNIT.fullmatch(w)
    ]
    split = [part for w in words for part in (w if _VERB_OBJECT.fullmatch(w) else _halves(w))]
    return tuple(dict.fromkeys([*days, *split]))


def _names_nothing(word: str, tag: str) -> bool:
    """Whether it is a word of grammar only, as its tag says: "自己", "跟", "里头"; a single character may be part of a name."""
    return len(word) > 1 and (tag in _GRAMMAR or tag == "f" and word[0] not in _BOUNDS)


def _phrases_joined(tagged: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Words that are one thing only together ("没|劳力", "不|要|钱") as one; what can be found by its parts stays apart."""
    joined: list[tuple[str, str]] = []
    at = 0
    while at < len(tagged):
        size = next((n for n in range(_MOST_JOINED, 1, -1) if _is_phrase([w for w, _ in tagged[at : at + n]])), 1)
        joined.append(("".join(w for w, _ in tagged[at : at + size]), _PHRASE_TAG if size > 1 else tagged[at][1]))
        at += size
    return joined


def _is_phrase(words: list[str]) -> bool:
    return any(len(w) == 1 or w in FILLERS for w in words) and "".join(words) in phrases()


def _unknown_joined(words: list[str], text: str) -> list[str]:
    """Three and more single characters side by side as one word: a name the dictionary lacks ("赤|溪|镇")."""
    joined: list[str] = []
    run: list[str] = []
    for word in [*words, ""]:
        if _is_unknown(word) and "".join([*run, word]) in text:
            run.append(word)
            continue
        joined += ["".join(run)] if len(run) > 2 else run
        run = [word] if _is_unknown(word) else []
        joined += [word] if word and not run else []
    return joined


def _is_unknown(word: str) -> bool:
    """Whether the word is a character that the dictionary made no word of."""
    return len(word) == 1 and word not in FILLERS and word not in _VERBS


def _halves(word: str) -> tuple[str, ...]:
    """A compound of two words as those two ("岗位|补贴"): documents part them. Any other word as it is."""
    import rjieba

    parts = tuple(rjieba.cut_for_search(word))[:2]
    return parts if len(word) == 4 and "".join(parts) == word else (word,)


def _households_joined(words: list[str], text: str) -> list[str]:
    """ "监测|户" as one word where it stands so: the kind of household is the subject, not its unit."""
    joined: list[str] = []
    for word in words:
        if word == "户" and joined and joined[-1] in _HOUSEHOLDS and f"{joined[-1]}户" in text:
            joined[-1] += word
        else:
            joined.append(word)
    return joined
