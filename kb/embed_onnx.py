"""The built-in embedder: the int8 graph in kb/model, run by onnxruntime on the processor, nothing to download."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kb.embed import EmbedderError, Progress, unit_rows

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

MODEL_DIR = Path(__file__).parent / "model"
BATCH_TOKENS = 512  # padded tokens in one run; what a core's cache holds, and larger runs measure slower
WINDOW_TEXTS = 1024  # texts sorted by length together; bounds how many are held as tokens

NEEDED = (
    "config.json",
    "config_sentence_transformers.json",
    "sentence_bert_config.json",
    "tokenizer.json",
    "onnx/model.onnx",
)


class OnnxEmbedder:
    """A sentence-transformers folder with onnx/model.onnx and mean pooling, without that library or torch.

    Opening it reads the settings and hashes the model; the network is loaded by the first text. Texts longer
    than the model takes are cut at their end.
    """

    def __init__(self, folder: Path = MODEL_DIR) -> None:
        missing = [name for name in NEEDED if not (folder / name).is_file()]
        if missing:
            raise EmbedderError(f"向量模型不完整：{folder} 里缺少 {'、'.join(missing)}；请重新安装本程序")
        prompts = read_settings(folder / "config_sentence_transformers.json")["prompts"]
        self._query_prefix, self._passage_prefix = str(prompts["query"]), str(prompts["passage"])
        self._max_tokens = int(read_settings(folder / "sentence_bert_config.json")["max_seq_length"])
        self._folder = folder
        self.dim = int(read_settings(folder / "config.json")["hidden_size"])
        self.name = f"onnx@{content_hash([folder / name for name in NEEDED[1:]])}"

    def passages(self, texts: Sequence[str], on_done: Progress | None = None) -> NDArray[np.float32]:
        rows = np.empty((len(texts), self.dim), np.float32)
        done = 0
        for start in range(0, len(texts), WINDOW_TEXTS):
            prefixed = [self._passage_prefix + text for text in texts[start : start + WINDOW_TEXTS]]
            tokens = self._tokens(prefixed)
            for batch in batches_by_length(tokens):
                rows[[start + i for i in batch]] = self._run([tokens[i] for i in batch])
                done += len(batch)
                if on_done is not None:
                    on_done(done)
        return rows

    def query(self, text: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self._run(self._tokens([self._query_prefix + text]))[0]
        return vector

    def _tokens(self, texts: list[str]) -> list[list[int]]:
        return [encoding.ids for encoding in self._tokenizer.encode_batch_fast(texts)]

    def _run(self, tokens: list[list[int]]) -> NDArray[np.float32]:
        """Unit vectors of token lists of about one length: the mean of the last layer over the real tokens."""
        lengths = np.array([len(ids) for ids in tokens])
        mask = (np.arange(lengths.max()) < lengths[:, None]).astype(np.int64)
        padded = np.zeros_like(mask)
        padded[mask == 1] = np.concatenate([np.asarray(ids, np.int64) for ids in tokens])
        hidden = self._session.run(["last_hidden_state"], {"input_ids": padded, "attention_mask": mask})[0]
        sums = np.matmul(mask[:, None, :].astype(np.float32), np.asarray(hidden, np.float32))[:, 0]
        return unit_rows(sums)

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        tokenizer.enable_truncation(self._max_tokens)
        return tokenizer

    @cached_property
    def _session(self) -> InferenceSession:
        from onnxruntime import InferenceSession, SessionOptions
        from onnxruntime.capi import onnxruntime_pybind11_state as errors

        options = SessionOptions()
        options.intra_op_num_threads = os.cpu_count() or 1
        # Threads that spin while they wait slow the other programs on an office computer, and this one with them.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        path = self._folder / "onnx" / "model.onnx"
        try:
            return InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except (errors.Fail, errors.InvalidGraph, errors.InvalidProtobuf, errors.NotImplemented) as error:
            raise EmbedderError(f"向量模型文件 {path} 读不出来，可能已损坏；请重新安装本程序（{error}）") from error


def batches_by_length(tokens: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Indexes of `tokens`, longest first, in batches of at most BATCH_TOKENS once padded, or of one."""
    order = sorted(range(len(tokens)), key=lambda i: -len(tokens[i]))
    while order:
        size = max(1, BATCH_TOKENS // len(tokens[order[0]]))
        yield order[:size]
        order = order[size:]


def content_hash(files: Sequence[Path]) -> str:
    """Twelve hexadecimal digits of the files' sha256."""
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()[:12]


def read_settings(path: Path) -> dict[str, Any]:
    """One of the folder's JSON files."""
    settings: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return settings
