"""The answer and its citations, as every surface shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Outcome(StrEnum):
    """What came of a question. "No evidence" is a value, not an error."""

    ANSWERED = "answered"
    SEVERAL = "several"  # no place or year was named and the sources differ: each is listed
    NO_EVIDENCE = "no_evidence"


class Validity(StrEnum):
    """Whether the cited document is in force on the day asked about."""

    IN_FORCE = "in_force"
    EXPIRED = "expired"
    REPEALED = "repealed"
    SUPERSEDED = "superseded"
    NOT_YET = "not_yet"
    UNKNOWN = "unknown"


ENDED = (Validity.EXPIRED, Validity.REPEALED, Validity.SUPERSEDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A quote and where it stands: `document.text[start:end] == quote`. Unknown metadata is None."""

    number: int  # the n of the [n] mark in the answer
    document_id: str
    source: str
    title: str
    document_number: str | None
    issuer: str | None
    issued_on: date | None
    status: Validity
    pages: tuple[int, ...]
    path: tuple[str, ...]
    start: int
    end: int
    quote: str
    nearest: bool = False  # shown because it is near, not because it answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Warning:
    """Something the reader must know about the answer. Kinds: expired, conflict, placeholder,
    low_ocr_confidence, unsupported, other."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A checked answer. Every figure in `text` stands in the quote of a citation that its sentence marks."""

    question: str
    outcome: Outcome
    text: str  # with [n] marks
    citations: tuple[Citation, ...] = ()
    warnings: tuple[Warning, ...] = ()
    seconds: float = 0.0
    understood_as: str | None = None  # the whole question a follow-up was taken for; None for a question taken as it is
    certainty: float = 0.0  # 0..1, of the best sentence found, whether it was shown as an answer or not
