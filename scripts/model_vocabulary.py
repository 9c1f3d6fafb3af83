"""The part of multilingual-e5-small's vocabulary that Chinese policy text uses, and the tokenizer over it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from wheel_weights import Wheel

BOS, PAD, EOS, UNK = "<s>", "<pad>", "</s>", "<unk>"

# One piece of the vocabulary as Chinese text, ASCII, Greek letters, punctuation, units and bullets can use it.
CHARACTERS = re.compile(
    "▁?["
    "\u0020-\u007e\u00a0-\u00bf\u00d7\u00f7"  # ASCII, Latin-1 signs
    "\u2010-\u2027\u2030-\u205e\u2100-\u23ff\u2460-\u27bf"  # punctuation, units, numbered and other bullets
    "\u3000-\u303f\u3400-\u4dbf\u4e00-\u9fff\ufe10-\ufe4f\uff00-\uffef"  # CJK marks and characters, full width
    "]*|▁?[\u0370-\u03ff]"
)
COMMON_LATIN = 60_000  # a Latin word is kept when it is among the commonest pieces of the full vocabulary


def choose_pieces(pieces: Sequence[str]) -> list[int]:
    """Ids of the pieces to keep, in their old order: the four specials first, no Latin rarities, no <mask>."""

    def wanted(i: int, piece: str) -> bool:
        body = piece.removeprefix("▁")
        if piece == "<mask>" or not CHARACTERS.fullmatch(piece):
            return False
        latin = re.search("[A-Za-z]", body) is not None
        return not latin or i < COMMON_LATIN or len(body) <= 2 or (body.isupper() and len(body) <= 4)

    return [i for i, piece in enumerate(pieces) if piece in (BOS, PAD, EOS, UNK) or wanted(i, piece)]


def make_tokenizer(wheel: Wheel, kept: Sequence[int]) -> Tokenizer:
    """The Unigram tokenizer over the kept pieces; the same ids, renumbered, on text that needs no other piece."""
    pieces = [(wheel.pieces[i], round(float(wheel.scores[i]), 4)) for i in kept]
    names = [piece for piece, _ in pieces]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=names.index(UNK), byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(r"[\u0000-\u0008\u000b\u000e-\u001f\u007f-\u009f]"), ""),
            normalizers.Replace(Regex(r"[\s\u200b-\u200f\u2581\ufeff\ufffd]"), " "),
            normalizers.Replace("～", "\ue000"),  # the one common sign that XLM-R's NFKC leaves as it is
            normalizers.NFKC(),
            normalizers.Replace("\ue000", "～"),
            normalizers.Replace(Regex(" {2,}"), " "),
            normalizers.Strip(),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace("▁", prepend_scheme="always", split=False)
    tokenizer.decoder = decoders.Metaspace("▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BOS} $A {EOS}",
        pair=f"{BOS} $A {EOS} {EOS} $B {EOS}",
        special_tokens=[(token, names.index(token)) for token in (BOS, EOS)],
    )
    tokenizer.add_special_tokens([BOS, PAD, EOS, UNK])
    return tokenizer
