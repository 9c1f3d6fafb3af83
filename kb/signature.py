"""MinHash signatures: how alike two texts are, estimated from 100 numbers each, and bands to find the alike fast.

The share of equal numbers estimates the Jaccard similarity of the texts' shingles (Broder, 1997), within about .05.
Two texts of similarity s share at least one of the 20 bands with probability 1 - (1 - s^5)^20: .8 -> .9996, .3 -> .05.
"""

from __future__ import annotations

import re
import unicodedata

import numpy as np
from numpy.typing import NDArray

Signature = NDArray[np.uint32]
Signatures = NDArray[np.uint32]  # shape (n, 100)
RECIPE = "minhash-1"  # a ledger signed another way is signed anew
_SHINGLE_CHARS = 4
_BANDS, _BAND_ROWS = 20, 5
_HASHES = _BANDS * _BAND_ROWS
_RANDOM = np.random.default_rng(20_230_301)
_FACTORS = _RANDOM.integers(1, 2**63, _HASHES, dtype=np.uint64) | np.uint64(1)
_TERMS = _RANDOM.integers(0, 2**63, _HASHES, dtype=np.uint64)
_POSITIONS = _RANDOM.integers(1, 2**63, _SHINGLE_CHARS, dtype=np.uint64) | np.uint64(1)


_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_BETWEEN_DIGITS = re.compile(r"(?<=\d)[^\w\s]+(?=\d)")
_UNSAID = re.compile(r"[^\w.%]|_|(?<!\d)\.|\.(?!\d)")


def plain(text: str) -> str:
    """Only the words and figures of a text, in one width and case: what formats and reposts agree on."""
    text = _THOUSANDS.sub("", unicodedata.normalize("NFKC", text).casefold())
    return _UNSAID.sub("", _BETWEEN_DIGITS.sub(".", text))


def signature_of(text: str) -> Signature:
    """The signature of a text, shape (100,) uint32; the same for texts whose `plain` is the same."""
    shingles = _shingles(plain(text))
    lowest = np.empty(_HASHES, dtype=np.uint32)
    for i in range(_HASHES):
        lowest[i] = ((shingles * _FACTORS[i] + _TERMS[i]) >> np.uint64(32)).min()
    return lowest


def likeness(a: Signature, b: Signature) -> float:
    """The estimated Jaccard similarity of two texts, 0..1."""
    return float(np.mean(a == b))


def bands_of(signature: Signature) -> list[int]:
    """20 numbers that fit SQLite's integers; alike texts share at least one."""
    rows = signature.reshape(_BANDS, _BAND_ROWS).astype(np.uint64)
    mixed = np.arange(_BANDS, dtype=np.uint64)
    for row in range(_BAND_ROWS):
        mixed = _mixed(mixed ^ rows[:, row])
    return [int(band) for band in mixed.view(np.int64)]


def packed(signature: Signature) -> bytes:
    """A signature as the ledger keeps it."""
    return signature.astype("<u4").tobytes()


def unpacked(blob: bytes) -> Signature:
    """The inverse of `packed`."""
    return np.frombuffer(blob, dtype="<u4")


def _shingles(text: str) -> NDArray[np.uint64]:
    """A hash of each run of four characters, once each; of a shorter text, one hash."""
    codes = np.frombuffer(text.ljust(_SHINGLE_CHARS, "\0").encode("utf-32-le"), dtype="<u4").astype(np.uint64)
    count = len(codes) - _SHINGLE_CHARS + 1
    summed = np.zeros(count, dtype=np.uint64)
    for i, position in enumerate(_POSITIONS):
        summed += codes[i : i + count] * position
    return np.unique(_mixed(summed))


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The bits of each value spread over all of it (the finaliser of SplitMix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
