"""Texts become unit vectors.

Errors: EmbedderError (a setting, a missing part or an endpoint; the message is for the user and in Chinese).
"""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Progress = Callable[[int], None]
"""Told, after each batch, how many texts of the call are finished so far."""


class EmbedderError(Exception):
    """The embedder cannot be opened or cannot answer; says what, where and what to do."""


class Embedder(Protocol):
    """Vectors whose dot product is the cosine of two texts. Failures are raised as EmbedderError."""

    @property
    def name(self) -> str:
        """The model's stable identity: an index made under another name is not comparable."""
        ...

    @property
    def dim(self) -> int:
        """The length of a vector."""
        ...

    def passages(self, texts: Sequence[str], on_done: Progress | None = None) -> NDArray[np.float32]:
        """Vectors of texts to be found: shape (n, dim), unit rows, in the order of `texts`."""
        ...

    def query(self, text: str) -> NDArray[np.float32]:
        """The vector of a text to find by: shape (dim,), unit length."""
        ...


def open_embedder(spec: str, *, base_url: str | None = None, api_key: str | None = None) -> Embedder:
    """The embedder that `spec` names; the first rule that fits decides.

    1. "builtin": the model in kb/model.
    2. "hash": HashEmbedder, for tests.
    3. "openai:MODEL": MODEL at the OpenAI-compatible endpoint `base_url`, with `api_key` where it wants one.
    4. An existing folder: a sentence-transformers model; nothing is downloaded.
    5. Text that starts with ".", "~", "/" or a drive, or holds a backslash: a folder that is missing, an error.
    6. Anything else: a sentence-transformers model by name, downloaded on first use by that library.
    """
    spec = spec.strip()
    if spec == "builtin":
        from kb.embed_onnx import OnnxEmbedder

        return OnnxEmbedder()
    if spec == "hash":
        return HashEmbedder()
    if spec.startswith("openai:"):
        from kb.embed_openai import OpenAIEmbedder

        return OpenAIEmbedder(spec.removeprefix("openai:"), base_url=base_url, api_key=api_key)
    if not spec:
        raise EmbedderError(
            '没有指定向量模型：请填 "builtin"、"openai:模型名"，或 sentence-transformers 模型名或文件夹'
        )
    from kb.embed_st import SentenceTransformerEmbedder

    return SentenceTransformerEmbedder(spec)


class HashEmbedder:
    """Counts of single characters and pairs, each added to or taken from a slot that its hash picks.

    Real enough to rank by shared wording, the same on every machine, and instant: made for tests.
    """

    def __init__(self, dim: int = 512) -> None:
        self.dim = dim
        self.name = f"hash-1-2@{dim}"

    def passages(self, texts: Sequence[str], on_done: Progress | None = None) -> NDArray[np.float32]:
        rows = np.zeros((len(texts), self.dim), np.float32)
        for row, text in zip(rows, texts, strict=True):
            self._count(text, row)
        if on_done is not None:
            on_done(len(texts))
        return unit_rows(rows)

    def query(self, text: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self.passages([text])[0]
        return vector

    def _count(self, text: str, row: NDArray[np.float32]) -> None:
        characters = "".join(unicodedata.normalize("NFKC", text).lower().split())
        for gram in [*characters, *map("".join, zip(characters, characters[1:], strict=False))]:
            code = zlib.crc32(gram.encode("utf-8", "surrogatepass"))
            row[(code >> 1) % self.dim] += 1 if code & 1 else -1


def unit_rows(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """The rows scaled to length 1; a row of zeros becomes the first unit vector, so that every row has a direction."""
    lengths: NDArray[np.float32] = np.linalg.norm(rows, axis=1)
    zero = lengths == 0
    lengths[zero] = 1
    scaled = rows / lengths[:, None]
    scaled[zero, 0] = 1
    return scaled
