"""The trained reader: what it sees, what it says, and what that changes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.document import Document, Metadata
from qa.evidence import Evidence
from qa.question import Question, read_question
from qa.reader import Reading
from qa.second_reading import second_reading
from qa.service import open_service
from qa.settings import Settings
from qa.span_reader import Judged, SpanReader, SpanReaderError, Window, open_reader
from qa.window import heading_of, window_around

GRAIN = "对种植水稻的脱贫户，每亩补助120元，每户不超过2000元。"
CATTLE = "对养殖肉牛的脱贫户，每头补助800元，每户不超过5000元。"
FIRE = "各村要加强森林防火巡查，发现火情立即报告。"


@given(st.lists(st.sampled_from((GRAIN, CATTLE, FIRE, "\n")), min_size=1, max_size=12), st.integers(0, 400), st.data())
def test_a_window_holds_its_sentence_and_stays_small(pieces: list[str], max_chars: int, data: st.DataObject) -> None:
    number = data.draw(st.integers(0, len(pieces) - 1))
    start = sum(map(len, pieces[:number]))
    end = start + len(pieces[number])
    first, last = window_around("".join(pieces), start, end, max_chars)
    assert first <= start and end <= last
    assert last - first <= max(max_chars, end - start)


def test_the_heading_is_cut_short() -> None:
    assert heading_of("云霞县产业奖补办法", ["第二章 标准", "第五条"]) == "云霞县产业奖补办法｜第二章 标准 第五条｜"
    assert len(heading_of("长" * 200, ["题" * 200])) <= 82


@pytest.fixture(scope="module")
def reader() -> SpanReader:
    made = open_reader("builtin")
    assert made is not None
    return made


def test_the_window_that_answers_is_told_from_those_that_do_not(reader: SpanReader) -> None:
    windows = [Window("云霞县产业奖补办法｜", text) for text in (FIRE, CATTLE, GRAIN)]
    judged = reader.judge("养牛一头补助多少元？", windows)
    assert max(range(3), key=lambda i: judged[i].answers) == 1
    assert judged[1].answers > judged[0].answers + 1
    assert "800" in CATTLE[judged[1].start : judged[1].end]


def test_the_places_of_the_answer_are_shares_of_one(reader: SpanReader) -> None:
    judged = reader.judge("发现火情怎么办？", [Window("", FIRE), Window("防火通知｜", GRAIN)])
    assert sum(float(j.begins.sum()) for j in judged) == pytest.approx(1, abs=1e-3)
    assert sum(float(j.ends.sum()) for j in judged) == pytest.approx(1, abs=1e-3)
    assert len(judged[0].begins) == len(FIRE)


def test_long_and_empty_input_is_taken(reader: SpanReader) -> None:
    assert reader.judge("什么？", []) == []
    (judged,) = reader.judge("补多少？" * 100, [Window("标题｜" * 10, GRAIN * 40)])
    assert 0 <= judged.start <= judged.end <= len(GRAIN) * 40
    (judged,) = reader.judge("补多少？", [Window("标题" * 300, GRAIN)])  # the text itself is out of reach
    assert (judged.start, judged.end) == (0, 0)


def test_a_broken_model_is_said_in_one_line(tmp_path: Path) -> None:
    broken = tmp_path / "reader.onnx"
    broken.write_bytes(b"no graph")
    with pytest.raises(SpanReaderError, match="可能已损坏"):
        SpanReader(broken).judge("补多少？", [Window("", GRAIN)])


def test_a_reader_of_another_name_is_refused(tmp_path: Path) -> None:
    assert open_reader("none") is None
    with pytest.raises(SpanReaderError, match="builtin 或 none"):
        open_service(Settings(home=tmp_path, reader="bert"))


class Scripted:
    """Takes the windows that hold `word` for the answer, and keeps what it was shown."""

    def __init__(self, word: str) -> None:
        self.word, self.shown = word, list[Window]()

    def judge(self, question: str, windows: Sequence[Window]) -> list[Judged]:  # noqa: ARG002
        self.shown = list(windows)
        return [self._judged(w.text) for w in windows]

    def _judged(self, text: str) -> Judged:
        begins = np.zeros(len(text), np.float32)
        at = text.find(self.word)
        if at >= 0:
            begins[at] = 1.0
        return Judged(5.0 if at >= 0 else -5.0, max(at, 0), max(at, 0) + 1, begins, begins)


def _readings(lines: Sequence[str], scores: Sequence[float]) -> list[Reading]:
    text = "\n".join(lines)
    document = Document(
        id="d", source="a.txt", text=text, pages=(), sections=(), metadata=Metadata(title="云霞县产业奖补办法")
    )
    made = []
    for line, score in zip(lines, scores, strict=True):
        start = text.index(line)
        evidence = Evidence(
            document=document,
            start=start,
            end=start + len(line),
            relevance=1.0,
            lead="",
            before="",
            headings="",
            head="",
        )
        made.append(
            Reading(evidence=evidence, coverage=1.0, scope=1.0, has_figure=True, score=score, score_by_rule=score)
        )
    return made


def _asked(text: str) -> Question:
    return read_question(text, frozenset())


def test_what_the_reader_takes_for_the_answer_moves_up() -> None:
    readings = _readings([GRAIN * 4, CATTLE * 4, FIRE * 7], [0.7, 0.65, 0.6])
    best = second_reading(Scripted("肉牛"), _asked("养牛补多少？"), readings)[0]
    assert "肉牛" in best.evidence.text
    assert best.sighting is not None and best.sighting.answers > 0.9 and best.sighting.share == 1.0


def test_a_sentence_far_behind_stays_behind() -> None:
    readings = _readings([GRAIN * 4, CATTLE * 4], [0.9, 0.1])
    assert "水稻" in second_reading(Scripted("肉牛"), _asked("养牛补多少？"), readings)[0].evidence.text


def test_rows_are_not_shown_and_only_the_best_are() -> None:
    lines = ["水稻｜120元", *(f"第{i}项{FIRE * 7}" for i in range(6))]
    scripted = Scripted("水稻")
    seen = second_reading(scripted, _asked("防火怎么巡查？"), _readings(lines, [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3]))
    assert len(scripted.shown) == 4 and not any("｜" in w.text for w in scripted.shown)
    assert seen[0].evidence.text == lines[0] and seen[0].score == pytest.approx(0.9)


def test_where_a_row_is_among_the_best_rules_decide_on_figures() -> None:
    readings = _readings(["水稻｜120元", GRAIN * 4, CATTLE * 4], [0.7, 0.65, 0.6])
    scripted = Scripted("肉牛")
    assert second_reading(scripted, _asked("水稻每亩补多少元？"), readings) == readings
    assert scripted.shown == []
