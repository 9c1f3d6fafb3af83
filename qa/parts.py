"""A question that asks several things at once, as several questions: of towns, times, editions of a rule, or clauses."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from ingest.place import level_of
from qa.answer import Answer, Citation, Outcome, Warning
from qa.ellipsis import ASKED, ATTRIBUTES, TIME, Thing, things
from qa.question import Question, months_in
from qa.slots import grade_of, whole_in, with_asked
from qa.spoken import spoken_of
from qa.verify import MARK

_AND = r"(?:和|与|及|以及|跟|同|、|还有)"
_RULE = r"(?:办法|规定|细则|方案|文件|政策|标准)"
_FORMER = re.compile(rf"(?:旧|老|原来?|以前|之前|过去|修订前|废止|上一版)的?{_RULE}")
_CURRENT = re.compile(rf"(?:新|现行|现在|目前|最新|修订后)的?{_RULE}")
_BOTH = re.compile(rf"新(?:旧|老){_RULE}")
_OF_YEAR = re.compile(rf"((?:19|20)\d{{2}})年?(?:版|出台|印发|制定)?的?{_RULE}")
_CHANGED = re.compile(
    r"(?:从|由)(?:原来的?)?(?P<asked>(?:多少|几)[^,，。?]{0,4}?)(?:提高|增加|提升|调整|上调|上涨|降低|下降|减少|下调|改|调|涨|降)(?:到|至|为|成)了?(?:多少|几)[^,，。?]{0,4}"
)
_CLAUSE_END = re.compile(
    rf"[,;]\s*{_AND}?|、|[?](?=.)|(?:{_AND})(?=(?:什么|怎|如何|多少|几|谁|由谁|找|哪|需要|要|向))(?![^《》]*》)"
)
_SETS = re.compile(r"补助|补贴|奖补|标准|救助|津贴|额度|上限")
_EVEN = re.compile(r"各自?|分别")
_ONE_BY_ONE = re.compile(r"分别|各自?(?=[㐀-鿿]{0,4}(?:多少|几|什么|怎))")

Reader = Callable[[str], Question]


class Edition(Enum):
    """Which of the rules on a subject is asked for."""

    CURRENT = "现行办法"
    FORMER = "原办法"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One of the questions in a question. `edition` is a year for the rule that was in force at its end."""

    question: Question
    name: str
    edition: Edition | int | None = None


def parts_of(question: Question) -> list[Question]:
    """One question for each of several times, places of one level, or years; else the question alone."""
    if len(times := _of_times(question)) > 1:
        return [part for time in times for part in parts_of(time)]
    if len(wholes := _of_whole_and_place(question)) > 1:
        return wholes
    levels = Counter(level_of(p) for p in question.places)
    level, count = levels.most_common(1)[0] if levels else (None, 0)
    if level is not None and count > 1:
        wider = [p for p in question.places if level_of(p) != level]
        return [
            replace(question, places=(*wider, place), text=_without(question.text, question.places, place))
            for place in question.places
            if level_of(place) == level
        ]
    if len(question.years) > 1:
        return [replace(question, years=(year,)) for year in question.years]
    return [question]


def part_name(part: Question) -> str:
    """What tells this part from the others, where they are of several places or years."""
    return part.places[-1] if part.places else f"{part.years[0]}年" if part.years else ""


def names_of(parts: Sequence[Question]) -> list[str]:
    """What tells each part from the others: its place, its time, or both."""
    places = [p.places[-1] if p.places else whole[0] if (whole := whole_in(p.text)) else "" for p in parts]
    times = [time[0] if (time := TIME.search(p.text)) else "" for p in parts]
    years = [f"{p.years[0]}年" if len(p.years) == 1 else "" for p in parts]
    shown = [v for v in (places, times, years) if len(set(v)) > 1][:2] or [places]
    return ["".join(v) for v in zip(*shown[: 1 if shown[0] is not places else 2], strict=True)]


def editions_of(question: Question, read: Reader) -> list[Part]:
    """One part for each edition of a rule that the question compares; none when it compares no editions."""
    text = question.text
    years = tuple(dict.fromkeys(int(m[1]) for m in _OF_YEAR.finditer(text)))
    if len(years) > 1:
        bare = replace(read(_bare(_OF_YEAR.sub("", text))), years=())
        return [Part(question=bare, name=f"{year}年的规定", edition=year) for year in years]
    if (changed := _CHANGED.search(text)) is not None and _SETS.search(text) and not question.years:
        bare = read(text[: changed.start()] + changed["asked"] + text[changed.end() :])
    elif _BOTH.search(text) or (_FORMER.search(text) and _CURRENT.search(text)):
        for pattern in (_BOTH, _FORMER, _CURRENT):
            text = pattern.sub("", text)
        bare = read(_bare(text))
    else:
        return []
    return [Part(question=bare, name=e.value, edition=e) for e in (Edition.FORMER, Edition.CURRENT)]


def clauses_of(question: Question, read: Reader, *, any_clause: bool = False) -> list[Part]:
    """One part for each of several things asked of one subject ("补多少、什么时候截止、找谁办"); none where there is but one,
    or where a later clause has a subject of its own and not `any_clause` is taken."""
    pieces = _clauses(question.text)
    if len(pieces) < 2:
        return []
    first = read(pieces[0])
    parts = [Part(question=first, name=pieces[0])]
    for piece in pieces[1:]:
        if not _is_bare(read(piece), first, any_clause=any_clause):
            return []
        parts.append(Part(question=read(with_asked(first, piece)), name=piece))
    return parts


def things_of(question: Question, read: Reader) -> list[Part]:
    """One part for each of several things that are asked about one by one ("肉牛和山羊各补多少"); none for one thing."""
    text = question.text
    if not _ONE_BY_ONE.search(text):
        return []
    run: list[Thing] = []
    for thing in things(question):
        if run and not re.fullmatch(_AND, text[run[-1].end : thing.start]):
            if len(run) > 1:
                break
            run = []
        run.append(thing)
    if len(run) < 2:
        return []
    names = [t.name for t in run]
    if grade := grade_of(names[0]):  # "C级和D级危房": the name stands with the last
        rest = names[-1][len(grade) :] if len(names[-1]) > len(grade) and grade_of(names[-1]) else ""
        names = [n if len(n) > len(grade) else n + rest for n in names]
    before, after = text[: run[0].start], text[run[-1].end :]
    return [Part(question=read(_ONE_BY_ONE.sub("", before + name + after)), name=name) for name in names]


def names_all(answer: Answer, parts: Sequence[Part]) -> bool:
    """Whether one answer speaks of every part by its name."""
    return answer.outcome is Outcome.ANSWERED and all(p.name in answer.text for p in parts)


def covers(answer: Answer, parts: Sequence[Part]) -> bool:
    """Whether the answer holds, by its look, what each part asks for, and speaks of what a later part adds."""
    if answer.outcome is Outcome.NO_EVIDENCE:
        return False
    text = MARK.sub("", answer.text)
    if not all(w.pattern is not None and w.pattern.search(text) for p in parts for w in p.question.wants):
        return False
    first = parts[0].question.words if parts else ()
    added = [[w for w in p.question.words if w not in first and len(w) > 1] for p in parts[1:]]
    return all(not words or any(spoken_of(w, text) > 0 for w in words) for words in added)


def joined(question: Question, names: Sequence[str], answers: Sequence[Answer], *, labelled: bool = False) -> Answer:
    """The answers of the parts as one, a line each; a part without an answer is named in a warning."""
    citations: list[Citation] = []
    lines: list[str] = []
    warnings: list[Warning] = []
    for name, answer in zip(names, answers, strict=True):
        if answer.outcome is Outcome.NO_EVIDENCE:
            warnings.append(Warning(kind="other", text=f"关于{name}，资料库里没有找到依据。"))
            continue
        moved = {c.number: _number(c, citations) for c in answer.citations}
        line = f"{name}：" if labelled and not any(c.isdigit() for c in name) else ""
        line += _renumbered(answer.text, moved)
        if line not in lines:
            lines.append(line)
        warnings += answer.warnings
    return Answer(
        question=question.text,
        outcome=Outcome.ANSWERED,
        text="\n".join(lines),
        citations=tuple(citations),
        warnings=tuple(dict.fromkeys(warnings)),
        certainty=min(a.certainty for a in answers if a.outcome is not Outcome.NO_EVIDENCE),
    )


def _number(citation: Citation, citations: list[Citation]) -> int:
    """The number of the citation among those kept, which it joins unless the same stands there."""
    for kept in citations:
        if (kept.document_id, kept.start, kept.end) == (citation.document_id, citation.start, citation.end):
            return kept.number
    citations.append(replace(citation, number=len(citations) + 1))
    return len(citations)


def _of_times(question: Question) -> list[Question]:
    """One question for each of the times that stand joined in the question: "2023年底和2024年6月底"."""
    text = question.text
    run: list[re.Match[str]] = []
    for match in TIME.finditer(text):
        if run and not re.fullmatch(rf"的?{_AND}", text[run[-1].end() : match.start()]):
            if len(run) > 1:
                break
            run = []
        run.append(match)
    if len(run) < 2 or any(m["year"] and not m["year"][0].isdigit() for m in run):
        return []
    found, year = [], run[0]["year"] or ""
    for match in run:
        year = match["year"] or year
        time = match[0] if match["year"] else year + match[0]
        asked = _EVEN.sub("", text[: run[0].start()] + time + text[run[-1].end() :])
        years = (int(year[:4]),) if year else question.years
        found.append(replace(question, text=asked, years=years, months=months_in(asked)))
    return found


def _of_whole_and_place(question: Question) -> list[Question]:
    """Two questions where one asks of the county as a whole and of one of its towns: "县里和松溪镇分别"."""
    text = question.text
    for place in question.places:
        at = text.find(place)
        start = max(at - 5, 0)
        for offset in range(start, at):
            whole = whole_in(text[offset:])
            if whole and re.fullmatch(_AND, text[offset + whole.end() : at]):
                after = re.sub(r"^[县镇乡村]级", "", text[at + len(place) :])
                of_whole = text[: offset + whole.end()] + after
                of_place = text[:offset] + text[at:]
                others = tuple(p for p in question.places if p != place)
                return [
                    replace(question, text=_EVEN.sub("", of_whole), places=others),
                    replace(question, text=_EVEN.sub("", of_place), level=None),
                ]
    return []


def _is_bare(said: Question, first: Question, *, any_clause: bool) -> bool:
    """Whether a later clause has no scope and, unless `any_clause` will do, no subject of its own."""
    own = said.places != first.places or said.years != first.years or said.titles
    named = [
        w for w in said.words if w in said.nouns or w[0] == "第"
    ]  # a verb may be of the same subject: "什么时候完工"
    return not own and (any_clause or set(named) <= ATTRIBUTES | {"实际"})


def _clauses(text: str) -> list[str]:
    """The stretches of the text that each ask something; what asks nothing goes with what follows it."""
    pieces, done, waiting = [], 0, ""
    ends = [*_CLAUSE_END.finditer(text), None]
    for end in ends:
        piece = text[done : end.start() if end else len(text)].strip(" ?!。")
        done = end.end() if end else len(text)
        if piece and ASKED.search(piece):
            pieces.append(waiting + piece)
            waiting = ""
        elif piece:
            waiting += f"{piece}，"
    if waiting and pieces:
        pieces[-1] += f"，{waiting.rstrip('，')}"
    return pieces


def _bare(text: str) -> str:
    """The text after something was taken out of it: without what joined that, and without 各 and 分别."""
    text = re.sub(rf"{_AND}(?=[,，每各分]|$)|(?<=[,，]){_AND}|^{_AND}", "", _EVEN.sub("", text))
    return re.sub(r"[,，]{2,}", "，", text).strip(",，")


def _without(text: str, places: tuple[str, ...], kept: str) -> str:
    for place in places:
        if place != kept:
            text = text.replace(place, "")
    return text


def _renumbered(text: str, moved: dict[int, int]) -> str:
    return MARK.sub(lambda m: f"[{moved.get(int(m[1]), int(m[1]))}]", text)
