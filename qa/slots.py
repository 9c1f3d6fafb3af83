"""One part of a full question put in place of another: its place, its time, the thing it speaks of, what it asks."""

from __future__ import annotations

import re
from datetime import date

from ingest.place import level_of
from qa.ellipsis import ASKED, BENEFITS, MEASURE, TIME, Thing, says_people, things, topic
from qa.grounds import without_grounds
from qa.question import Question
from qa.times import RELATIVE

_LEVELS = ("province", "city", "county", "town", "village")
_WHOLE = re.compile(r"全[省市县旗镇乡]|[省市县镇乡]里|我[省市县镇乡]")
_PATTERNS = (  # kinds of names that differ in one sign: the second batch for the first
    re.compile(r"第[一二三四五六七八九十\d]+(?:批次?|次|期|轮|季度|类|档|名|条|款)?"),
    re.compile(r"[A-Da-d甲乙丙丁一二三四五六七八九十特]级(?!教)"),
    re.compile(r"[省市县镇乡村区]级"),
    re.compile(r"[〇零一二两三四五六七八九十百千万\d]+[㐀-鿿]{0,2}以[上下内外]"),
    re.compile(r"\d[\d.,]*(?=\s*(?:平方米|平米|亩|人|户|头|只|匹|羽|箱|岁|年|天|元|万元|公里|米|吨|斤|%|公斤|个|名))"),
)
_COUNTED_BY = dict(zip("牛猪驴羊兔鸡鸭鹅马骡蜂", "头头头只只只只只匹匹箱", strict=True))
_SUBJECT = 0.4  # what stands before the asking is rather what the question is about
_ANIMAL_MEASURES = "头只匹条口羽箱群窝"
_RAISING = "养种喂栽"
_AFTER_NAMED = {"上年": -1, "上一年": -1, "上年度": -1, "前一年": -1, "后一年": 1, "第二年": 1, "次年": 1}


def with_places(question: Question, places: tuple[str, ...]) -> str:
    """The question asked of other places. Places wider than those stay."""
    text, depth = question.text, min(_depth(p) for p in places)
    new = "和".join(places)
    spans = _whole_of(text, question.places)
    gone = [s for s in spans if _depth(text[slice(*s)]) >= depth] or spans
    if gone:
        return _replaced(text, gone, new)
    return new + text


def with_whole(question: Question, whole: str) -> str:
    """The question asked of "全县" or the like."""
    spans = _whole_of(question.text, question.places)
    return _replaced(question.text, spans, whole) if spans else whole + question.text


def with_time(question: Question, said: re.Match[str], today: date) -> str:
    """The question asked of another time: of its year or its part of the year where only that is said."""
    text = question.text
    found = list(TIME.finditer(text))
    year, sub = said["year"], said["sub"] or said["only"]
    if year:
        year = _year(year, question, today)
    if not found:
        at = max((text.find(p) + len(p) for p in question.places if text.startswith(p)), default=0)
        return f"{text[:at]}{year or ''}{sub or ''}{text[at:]}"
    first = found[0]
    old_year, old_sub = first["year"] or "", first["sub"] or first["only"] or ""
    if year and old_sub and old_sub[0] in "底末初":
        old_sub = old_sub if year.endswith("年") else ""
    if sub and not year and old_year in ("现在", "目前", "当前", "如今", "现行"):
        old_year = ""
    new = f"{year or old_year}{sub or old_sub}"
    return _replaced(text, [m.span() for m in found], new)


def with_thing(question: Question, name: str) -> str | None:
    """The question asked of another thing; None when it is not clear which of its things is meant."""
    if text := _by_pattern(question.text, name):
        return text
    candidates = things(question)
    if not candidates:
        return None
    asked = next((m.start() for m in ASKED.finditer(question.text)), len(question.text))
    likeness = [_likeness(t, name) + (_SUBJECT if t.start < asked else 0.0) for t in candidates]
    scored = sorted(((share, -i) for i, share in enumerate(likeness)), reverse=True)
    best = candidates[-scored[0][1]]
    sure = len(scored) == 1 or scored[0][0] > scored[1][0]
    if says_people(name) and not any(says_people(t.name) for t in candidates) and scored[0][0] < 2:
        return _inserted(question, name)
    if not sure:
        return None
    return _renamed(question.text, best, name)


def with_asked(question: Question, asked: str) -> str:
    """What the question speaks of, asked something else."""
    if without_grounds(f"前面所问，{asked}"):  # the document that says what was asked before: that stays asked
        return f"{question.text.rstrip('?!。')}，{asked}"
    about = topic(question)
    for benefit in sorted(BENEFITS, key=len, reverse=True):
        if about.endswith(benefit) and asked.startswith("补"):
            about = about.removesuffix(benefit)
            break
    return f"{about}{asked}"


def with_scope_of(question: Question, before: Question) -> str:
    """The question with the place and time of the one before, where it names none itself."""
    text = question.text
    time = next(TIME.finditer(before.text), None)
    if time and not TIME.search(text):
        text = time[0] + text
    if not question.places and question.level is None:
        whole = _WHOLE.search(before.text)
        text = "".join(before.places) + text if before.places else f"{whole[0]}{text}" if whole else text
    return text


def grade_of(name: str) -> str:
    """What the name begins with when it is one of a row: "第二批", "C级"; else ""."""
    return next((m[0] for pattern in _PATTERNS[:3] if (m := pattern.match(name))), "")


def whole_in(text: str) -> re.Match[str] | None:
    """ "全县" and the like, when the text begins with it."""
    return _WHOLE.match(text)


def _by_pattern(text: str, name: str) -> str | None:
    for pattern in _PATTERNS:
        new, old = pattern.match(name), list(pattern.finditer(text))
        if new is None or not old:
            continue
        rest = name[new.end() :]
        at = next((m for m in old if rest and text.startswith(rest, m.end())), old[0])
        return text[: at.start()] + new[0] + text[at.end() :]
    return None


def _likeness(thing: Thing, name: str) -> float:
    """How likely `name` is to stand for the thing: alike in their characters, both people, or what is measured."""
    alike = len(set(thing.name) & set(name)) / 2
    alike += 3.0 if any(_ends_alike(w, name) for w in thing.words) else 0.0
    alike += 4.0 if len(name) > 2 and name[:2] in thing.name else 0.0
    alike += 2.0 if says_people(name) and says_people(thing.name) else 0.0
    alike -= 1.0 if says_people(name) != says_people(thing.name) else 0.0
    return alike + (1.5 if thing.measured else 0.0)


def _ends_alike(word: str, name: str) -> bool:
    return word[-1] == name[-1] and says_people(word) == says_people(name)


def _renamed(text: str, thing: Thing, name: str) -> str:
    """The text with the thing, or the part of it that is alike, called `name`; with the verb that goes with it."""
    start, end = thing.start, thing.end
    prefix = thing.name.find(name[:2]) if len(name) > 2 else -1
    if prefix >= 0 and len(thing.name) - prefix >= len(name):
        start, end = start + prefix, start + prefix + len(name)
    else:
        at = start
        for word in thing.words:
            at += len(word)
            if _ends_alike(word, name):
                end = at
                break
    before, after = text[:start], text[end:]
    return _joined(before, name, after)


def _joined(before: str, name: str, after: str) -> str:
    """The name between what stands before and after, counted as such things are: "一只羊" in place of "一头牛"."""
    own = _COUNTED_BY.get(name[-1], "")
    old = next((m for m in MEASURE.finditer(before) if m.end() == len(before)), None)
    counted = re.search(r"(?<=多少|.几)([头只匹条口羽箱群窝])$", before)
    measure, fits = "", True
    if old:
        before = before[: old.start()]
        measure, fits = _measure(old[0], own)
    elif counted:
        before = before[: counted.start()] + own
    if (following := MEASURE.match(after)) is not None:
        after = _measure(following[0], own)[0] + after[following.end() :]
    verb = re.search(rf"[{_RAISING}]$", before)
    if verb and (name[0] in _RAISING or not fits):
        before = before[: verb.start()]
    if measure and name[0] in _RAISING:
        before, name = before + name[0], name[1:]
    return before + measure + name + after


def _measure(old: str, own: str) -> tuple[str, bool]:
    """The measure for something that is counted by `own`, and whether the verb of the old thing fits it too."""
    if old[-1] in _ANIMAL_MEASURES:
        return (f"{old[:-1]}{own}", True) if own else ("", False)
    if old[-1] == "亩" and own:
        return f"{old[:-1]}{own}", False
    return old, True


def _inserted(question: Question, name: str) -> str:
    """The name put before what is asked, after place and time."""
    spans = [m.span() for m in TIME.finditer(question.text)] + _whole_of(question.text, question.places)
    at = 0
    for start, end in sorted(spans):
        if start <= at + 1:
            at = max(at, end)
    return question.text[:at] + name + question.text[at:]


def _whole_of(text: str, places: tuple[str, ...]) -> list[tuple[int, int]]:
    spans = [m.span() for p in places for m in re.finditer(re.escape(p), text)]
    return sorted([*spans, *(m.span() for m in _WHOLE.finditer(text))])


def _replaced(text: str, spans: list[tuple[int, int]], new: str) -> str:
    """The text with `new` for the first span, and without the others and what joined them."""
    for number, (start, end) in reversed(list(enumerate(spans))):
        before = text[:start] if number == 0 else re.sub(r"[和与及、]$", "", text[:start])
        text = before + (new if number == 0 else "") + text[end:]
    return text


def _depth(place: str) -> int:
    level = level_of(place)
    return _LEVELS.index(level) if level else 3


def _year(said: str, question: Question, today: date) -> str:
    """The year as a figure: what is relative counts from today, or from the year the question names."""
    if said in RELATIVE:
        return f"{today.year + RELATIVE[said]}年"
    if said in _AFTER_NAMED:
        named = question.years[0] if question.years else today.year
        return f"{named + _AFTER_NAMED[said]}年"
    return said if not said[-1].isdigit() else f"{said}年"
