"""The built-in embedder: the int8 graph in kb/model, run by onnxruntime on the processor, nothing to download."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kb.embed import EmbedderError, Progress, unit_rows

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

MODEL_DIR = Path(__file__).parent / "model"
BATCH_TOKENS = 2048  # padded tokens in one run: more gains nothing on a processor and costs memory
WINDOW_TEXTS = 1024  # texts that are sorted by length together, and so kept as tokens at once


class OnnxEmbedder:
    """A sentence-transformers folder with onnx/model.onnx and mean pooling, without that library or torch.

    Opening it reads only the settings and the hash; the network is loaded by the first text.
    """

    def __init__(self, folder: Path = MODEL_DIR) -> None:
        self._folder = folder
        prompts = self._settings("config_sentence_transformers.json")["prompts"]
        self._query_prefix, self._passage_prefix = str(prompts["query"]), str(prompts["passage"])
        self._max_tokens = int(self._settings("sentence_bert_config.json")["max_seq_length"])
        self.dim = int(self._settings("config.json")["hidden_size"])
        self.name = f"onnx-{folder.name}@{self._content_hash()}"
