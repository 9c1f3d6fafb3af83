"""The trained reader: where in a few windows of text a question's answer stands, and whether it stands there at all.

A small encoder with two heads (qa/model, see its README), run by onnxruntime on the processor. It judges wording;
places, years and kinds of figure are judged by rule, in qa.scope and qa.reader.

Error:
    SpanReaderError   the model can't be opened; the message is one line for the user, in Chinese
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kb.embed_onnx import MODEL_DIR as EMBEDDER_DIR

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Encoding, Tokenizer

MODEL = Path(__file__).parent / "model" / "reader.onnx"
MAX_QUESTION_TOKENS = 64
MAX_TOKENS = 256  # of question and window together
MAX_ANSWER_TOKENS = 120
_BOS, _PAD, _EOS = 0, 1, 2


class SpanReaderError(Exception):
    """The model can't be opened. The message is one line for the user."""


@dataclass(frozen=True, slots=True)
class Window:
    """A piece of a document, and what is put before it (see qa.window.heading_of)."""

    head: str
    text: str


@dataclass(frozen=True, slots=True)
class Judged:
    """What the reader says of a window.

    `answers`: log-odds that it answers; `start`, `end`: the likeliest answer in the window's text; `begins`, `ends`: for
    each character of the text, the probability that the answer begins or ends there, over all windows judged together.
    """

    answers: float
    start: int
    end: int
    begins: NDArray[np.float32]
    ends: NDArray[np.float32]


def open_reader(name: str) -> SpanReader | None:
    """The reader of a setting: "builtin", or "none". Raises SpanReaderError for another name, or without its file."""
    if name == "none":
        return None
    if name != "builtin":
        raise SpanReaderError(f"设置 reader 应是 builtin 或 none，现在是 {name!r}")
    if not MODEL.is_file():
        raise SpanReaderError(f"缺少阅读模型文件 {MODEL}；请重新安装本程序，或把设置 reader 改为 none")
    return SpanReader()


class SpanReader:
    """The model, opened by its first question. Safe to call from several threads."""

    def __init__(self, model: Path = MODEL, tokenizer: Path = EMBEDDER_DIR / "tokenizer.json") -> None:
        self._model, self._tokenizer_file = model, tokenizer

    def judge(self, question: str, windows: Sequence[Window]) -> list[Judged]:
        """One judgement for each window, in their order."""
        if not windows:
            return []
        asked = self._tokenizer.encode(question, add_special_tokens=False).ids[:MAX_QUESTION_TOKENS]
        shown = self._tokenizer.encode_batch([w.head + w.text for w in windows], add_special_tokens=False)
        room, first = MAX_TOKENS - len(asked) - 3, len(asked) + 2
        rows = [[_BOS, *asked, _EOS, *s.ids[:room], _EOS] for s in shown]
        ids = np.full((len(rows), max(map(len, rows))), _PAD, np.int64)
        for i, row in enumerate(rows):
            ids[i, : len(row)] = row
        mask = (np.arange(ids.shape[1]) < np.array([len(r) for r in rows])[:, None]).astype(np.int64)
        spans, answers = self._session.run(None, {"input_ids": ids, "attention_mask": mask})
        scores = np.full((len(rows), room, 2), -np.inf, np.float32)
        for i, (window, encoding) in enumerate(zip(windows, shown, strict=True)):
            inside = _tokens_inside(window, encoding, room)
            scores[i, inside] = spans[i, inside + first]
        shares = _shares(scores)
        return [
            _judged(w, e, float(a), s, p) for w, e, a, s, p in zip(windows, shown, answers, scores, shares, strict=True)
        ]

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._tokenizer_file))
        tokenizer.no_truncation()
        return tokenizer

    @cached_property
    def _session(self) -> InferenceSession:
        from onnxruntime import InferenceSession, SessionOptions
        from onnxruntime.capi import onnxruntime_pybind11_state as errors

        options = SessionOptions()
        options.intra_op_num_threads = os.cpu_count() or 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # see kb.embed_onnx
        try:
            return InferenceSession(self._model, options, providers=["CPUExecutionProvider"])
        except (
            errors.Fail,
            errors.InvalidGraph,
            errors.InvalidProtobuf,
            errors.NotImplemented,
            errors.NoSuchFile,
        ) as error:
            raise SpanReaderError(
                f"阅读模型文件 {self._model} 读不出来，可能已损坏；请重新安装本程序（{error}）"
            ) from error


def _shares(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """The softmax over all tokens of all windows; zeros where no window's text is within reach."""
    if not np.isfinite(scores).any():
        return np.zeros_like(scores)
    shares = np.exp(scores - scores.max(axis=(0, 1)))
    normed: NDArray[np.float32] = shares / shares.sum(axis=(0, 1))
    return normed


def _tokens_inside(window: Window, encoding: Encoding, room: int) -> NDArray[np.int64]:
    """The tokens of the window's own text."""
    head = len(window.head)
    return np.array([i for i, (a, b) in enumerate(encoding.offsets[:room]) if b > head and b > a], np.int64)


def _judged(
    window: Window, encoding: Encoding, answers: float, scores: NDArray[np.float32], shares: NDArray[np.float32]
) -> Judged:
    """Tokens turned into characters of the window's text."""
    head, size = len(window.head), len(window.text)
    begins, ends = np.zeros(size, np.float32), np.zeros(size, np.float32)
    inside = np.flatnonzero(np.isfinite(scores[:, 0]))
    if not len(inside):
        return Judged(answers, 0, 0, begins, ends)
    for i in inside:
        a, b = encoding.offsets[i]
        begins[max(a - head, 0)] += shares[i, 0]
        ends[b - head - 1] += shares[i, 1]
    first, last = _best_pair(scores[inside])
    start, end = encoding.offsets[inside[first]][0] - head, encoding.offsets[inside[last]][1] - head
    return Judged(answers, max(start, 0), end, begins, ends)


def _best_pair(scores: NDArray[np.float32]) -> tuple[int, int]:
    """The tokens with the highest sum of start and end, in order and not too far apart."""
    sums = scores[:, 0, None] + scores[None, :, 1]
    allowed = np.triu(np.ones_like(sums, bool)) & ~np.triu(np.ones_like(sums, bool), MAX_ANSWER_TOKENS)
    best = int(np.where(allowed, sums, -np.inf).argmax())
    return best // len(scores), best % len(scores)
