"""Writes the training examples of the built-in reader: questions, each with a window that answers and two that do not.

    python scripts/reader_data.py --cmrc CMRC2018_FOLDER --texts gov_corpus.jsonl.gz --out examples.jsonl

The folder holds docs.jsonl (doc_id, title, text) and qa.jsonl (doc_id, question, answers); the texts are lines of
{"doc_id", "title", "text", "source"}. Beside this file lies reader_people.tsv: questions on these texts as people ask
them, written by hand, each with the span that answers, or that looks most like it and does not. What does not answer is found by BM25 for the same question, so it is near:
another sentence of the document, the same rule of another place, or the window itself once the question asks of
another place or thing.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rjieba
import tantivy
from reader_questions import Asked, field_question, list_question, questions_of, reworded

from ingest.sentences import sentence_spans
from qa.thesaurus import synonyms
from qa.window import heading_of, window_around

SEED = 20
HELD_OUT = 0.05  # of the documents
NEGATIVES = 2
OTHER_SHARE = 0.12  # of the questions are asked of another place or thing, which nothing answers
PLACE = re.compile(r"^.{0,4}?([一-鿿]{2,6}?(?:自治区|自治州|自治县|省|市|县|区))")
PER_DOCUMENT = 4
SIZES = (60, 100, 140, 140)  # characters of a window
MOST = 240  # of one that is a single long sentence
PEOPLE = Path(__file__).with_name("reader_people.tsv")
TIMES = 3  # that each of its questions is shown, among other windows each time
RULES_KEPT = 0.6  # of the questions made by rules
SHARES = {"laws": 0.55, "gd_service": 0.35}  # of the documents of a source that is many times larger than the others
_HEADING = re.compile(r"^(?:#+\s*)?(?:第[一二三四五六七八九十百]+[编章节]|[一二三四五六七八九十]+、)\s*(.{2,30})$")


@dataclass(frozen=True, slots=True)
class Text:
    """A document to ask about."""

    id: str
    title: str
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Window:
    """What the reader sees; the answer is text[start:end], or start is -1."""

    head: str
    text: str
    start: int = -1
    end: int = -1


class Sentences:
    """All sentences of some documents, found by BM25."""

    def __init__(self, texts: Sequence[Text]) -> None:
        self.texts = texts
        self.places: list[tuple[int, int, int]] = []
        schema = tantivy.SchemaBuilder()
        schema.add_text_field("words", tokenizer_name="whitespace", index_option="freq")
        schema.add_unsigned_field("row", stored=True)
        self._index = tantivy.Index(schema.build())
        writer = self._index.writer(heap_size=200_000_000)
        for number, text in enumerate(texts):
            for start, end in sentence_spans(text.text):
                if end - start >= 6:
                    words = " ".join(rjieba.cut_for_search(f"{text.title} {text.text[start:end]}"))
                    writer.add_document(tantivy.Document(words=[words], row=len(self.places)))
                    self.places.append((number, start, end))
        writer.commit()
        self._index.reload()
        self._searcher = self._index.searcher()

    def near(self, question: str, limit: int = 12) -> Iterator[tuple[int, int, int]]:
        """The number of the document and the span of each of the nearest sentences, best first."""
        words = " ".join(re.sub(r"[^\w一-鿿]", " ", w) for w in rjieba.cut_for_search(question))
        query, _ = self._index.parse_query_lenient(words, ["words"])
        for _, address in self._searcher.search(query, limit).hits:
            yield self.places[self._searcher.doc(address)["row"][0]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cmrc", type=Path, required=True)
    parser.add_argument("--texts", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    rng = random.Random(SEED)
    groups = [*from_spans(options.cmrc, rng), *from_texts(options.texts, rng)]
    rng.shuffle(groups)
    with options.out.open("w", encoding="utf-8") as out:
        for group in groups:
            out.write(json.dumps(group, ensure_ascii=False) + "\n")
    print(f"{len(groups):,} questions")


def from_spans(folder: Path, rng: random.Random) -> Iterator[dict[str, Any]]:
    """CMRC2018: people's questions on encyclopedia articles."""
    texts = [Text(d["doc_id"], d["title"], d["text"], "cmrc") for d in _lines(folder / "docs.jsonl")]
    of = {t.id: (number, t) for number, t in enumerate(texts)}
    sentences = Sentences(texts)
    for row in _lines(folder / "qa.jsonl"):
        number, text = of[row["doc_id"]]
        at = text.text.find(row["answers"][0])
        if at >= 0:
            asked = Asked(row["question"], at, at + len(row["answers"][0]))
            held = int(row["doc_id"].rsplit("_", 1)[-1]) % 100 < 100 * HELD_OUT
            if group := _group(asked, number, sentences, rng):
                yield {"set": "cmrc", "held_out": held, **group}


def from_texts(path: Path, rng: random.Random) -> Iterator[dict[str, Any]]:
    """Questions on official texts: made by rules, and as people ask."""
    asked = [line.split("\t") for line in PEOPLE.read_text(encoding="utf-8").splitlines()[1:]]
    sentences = Sentences(read_texts(path, rng, {document for document, *_ in asked}))
    yield from (g for g in from_rules(sentences, rng) if rng.random() < RULES_KEPT)
    yield from from_people(asked, sentences, rng)


def from_people(asked: Sequence[Sequence[str]], sentences: Sentences, rng: random.Random) -> Iterator[dict[str, Any]]:
    """Questions as people ask them, TIMES each; what is not answered is shown with what looks like an answer."""
    numbers = {text.id: number for number, text in enumerate(sentences.texts)}
    held = {document for document in numbers if rng.random() < HELD_OUT}
    for document, start, end, answered, question in asked:
        one = Asked(question, int(start), int(end))
        for _ in range(1 if document in held else TIMES):
            if group := _group(one, numbers[document], sentences, rng, is_answered=answered == "yes"):
                yield {"set": "people", "held_out": document in held, **group}


def from_rules(sentences: Sentences, rng: random.Random) -> Iterator[dict[str, Any]]:
    """Questions made from official texts, at most PER_DOCUMENT of a document."""
    texts = sentences.texts
    spans: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for number, start, end in sentences.places:
        spans[number].append((start, end))
    titles = [place.group(1) for t in texts if (place := PLACE.match(t.title))]
    for number, text in enumerate(texts):
        found = list(_asked_of(text, spans[number], rng))
        held = rng.random() < HELD_OUT
        for asked in rng.sample(found, min(PER_DOCUMENT, len(found))):
            asked = Asked(_as_people_ask(asked.question, text, rng), asked.start, asked.end)
            if group := _group(asked, number, sentences, rng, titles):
                yield {"set": "rules", "held_out": held, **group}


def _asked_of(text: Text, spans: Sequence[tuple[int, int]], rng: random.Random) -> Iterator[Asked]:
    for start, end in spans:
        line = text.text[start:end]
        if text.source == "gd_service":
            if asked := field_question(text.title, line, start, rng):
                yield asked
        elif line.endswith(("：", ":")):
            stop = _end_of_items(text.text, end)
            if stop > end + 8 and (listed := list_question(text.text, start, end, stop, rng)):
                yield listed
        else:
            yield from questions_of(text.text, start, end, rng)


def _end_of_items(text: str, at: int) -> int:
    """The end of the numbered lines that follow."""
    stop = at
    for line in re.finditer(
        r"\s*((?:（[一二三四五六七八九十]+）|\d+[.．、]|[一二三四五六七八九十]是).+)", text[at : at + 320]
    ):
        if line.start() + at > stop + 3:
            break
        stop = at + line.end()
    return stop


def _as_people_ask(question: str, text: Text, rng: random.Random) -> str:
    question = re.sub(r"\s|第[一二三四五六七八九十百]+条", "", question)
    if rng.random() < 0.6:
        question = reworded(question, rjieba.cut, synonyms, rng)
    place = PLACE.match(text.title)
    roll = rng.random()
    if text.source in ("gd_service", "cmrc"):
        return question
    if roll < 0.25 and place:
        return rng.choice(("{}{}", "在{}，{}", "{}的{}")).format(place.group(1), question)
    if roll < 0.4:
        return f"《{text.title}》规定，{question}" if roll < 0.33 else f"{text.title}中{question}"
    return question


def _group(
    asked: Asked,
    number: int,
    sentences: Sentences,
    rng: random.Random,
    places: Sequence[str] = (),
    *,
    is_answered: bool = True,
) -> dict[str, Any] | None:
    """The question with its window and NEGATIVES others; None when too few are found."""
    text = sentences.texts[number]
    answer = text.text[asked.start : asked.end]
    windows = [_holding(text, asked, rng)]
    seen = [(number, asked.start, asked.end)]
    for other, start, end in sentences.near(asked.question):
        near = sentences.texts[other]
        a, b = window_around(near.text, start, end, rng.choice(SIZES))
        if any(n == other and a < stop and begin < b for n, begin, stop in seen) or _says(near.text[a:b], answer):
            continue
        seen.append((other, a, b))
        windows.append(Window(_head(near, a), near.text[a:b][:MOST]))
        if len(windows) > NEGATIVES:
            break
    if len(windows) <= NEGATIVES:
        return None
    question = asked.question
    if places and rng.random() < OTHER_SHARE and (other_question := _of_another(question, text, places, rng)):
        question = other_question
        is_answered = False
    if not is_answered:
        windows[0] = Window(windows[0].head, windows[0].text)
    rows = [{"head": w.head, "text": w.text, "start": w.start, "end": w.end} for w in windows]
    return {"question": question, "windows": rows}


def _holding(text: Text, asked: Asked, rng: random.Random) -> Window:
    """A window around the sentence or lines that hold the answer."""
    first = next((s for s in sentence_spans(text.text) if s[0] <= asked.start < s[1]), (asked.start, asked.end))
    start = first[0]
    if asked.end - start > MOST - 40:
        start = max(start, asked.start - 40)
    a, b = window_around(text.text, start, max(asked.end, first[1]), rng.choice(SIZES))
    b = min(b, a + MOST)
    return Window(_head(text, asked.start), text.text[a:b], asked.start - a, min(asked.end, b) - a)


def _head(text: Text, at: int) -> str:
    path: list[str] = []
    if text.source not in ("cmrc", "gd_service"):
        for line in reversed(text.text[max(0, at - 3000) : at].split("\n")):
            if m := _HEADING.match(line.strip()):
                path.append(m.group(1))
                break
    return heading_of(text.title, path)


def _says(text: str, answer: str) -> bool:
    """Whether most of the answer's runs of four characters stand there."""
    answer = re.sub(r"\s", "", answer)
    runs = {answer[i : i + 4] for i in range(len(answer) - 3)} or {answer}
    text = re.sub(r"\s", "", text)
    return sum(run in text for run in runs) >= 0.5 * len(runs)


def _of_another(question: str, text: Text, places: Sequence[str], rng: random.Random) -> str:
    """The question asked of another place, or of another thing; "" where it names neither."""
    own = PLACE.match(text.title)
    if own and own.group(1) in question:
        other = rng.choice(places)
        return question.replace(own.group(1), other) if other != own.group(1) else ""
    nouns = [w for w in rjieba.cut(question) if len(w) >= 2 and w in text.text]
    if not nouns or text.source == "gd_service":
        return ""
    noun = max(nouns, key=len)
    others = [w for w in rjieba.cut(rng.choice(places) + text.text[:2000]) if len(w) == len(noun) and w not in question]
    return question.replace(noun, rng.choice(others)) if others else ""


def read_texts(path: Path, rng: random.Random, needed: Collection[str]) -> list[Text]:
    """The documents asked about: those needed, all of the rarer sources, a share of the others."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    kept = [
        r
        for r in rows
        if r["doc_id"] in needed or (len(r["text"]) > 150 and rng.random() < SHARES.get(r["source"], 1.0))
    ]
    return [Text(r["doc_id"], r["title"], r["text"][:12000], r["source"]) for r in kept]


def _lines(path: Path) -> Iterable[dict[str, Any]]:
    return (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())


if __name__ == "__main__":
    main()
