"""What the service gives, as JSON and back, for commands that run in the server that holds the base.

Each call is a method of Service by the same name. The types are ours, frozen dataclasses all the way down; pydantic
reads their annotations. Imports pydantic: import it late.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ingest.document import Document
from kb.corrections import Corrections
from kb.records import Failure, Record
from qa.answer import Answer
from qa.correction import Corrected
from qa.difference import Difference
from qa.errors import USER_ERRORS
from qa.intake import IngestReport, Progress
from qa.search import SearchPage
from qa.topic_page import TopicPage

CALLS: dict[str, Any] = {
    "ask": Answer,
    "check": list[str],
    "correct": Corrected,
    "corrections": Corrections,
    "difference": Difference,
    "document": Document,
    "documents": tuple[Record, ...],
    "failures": tuple[Failure, ...],
    "family": tuple[Record, ...],
    "remove": Record,
    "search": SearchPage,
    "topic_page": TopicPage,
}
WireError = ValidationError  # the other side speaks another version


def plain(kind: Any, value: object) -> Any:
    """`value`, of type `kind`, as what JSON holds."""
    return _adapter(kind).dump_python(value, mode="json")


def revived(kind: Any, value: object) -> Any:
    """The inverse of `plain`. Raises WireError."""
    return _adapter(kind).validate_python(value)


def error_named(name: str, line: str) -> Exception:
    """The user error of that class; the first of them for one that is not known here."""
    kinds = {kind.__name__: kind for kind in _with_heirs(USER_ERRORS)}
    return kinds.get(name, USER_ERRORS[0])(line)


@lru_cache(maxsize=32)
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _with_heirs(kinds: tuple[type[Exception], ...]) -> Iterator[type[Exception]]:
    for kind in kinds:
        yield kind
        yield from _with_heirs(tuple(kind.__subclasses__()))


__all__ = ["CALLS", "IngestReport", "Progress", "WireError", "error_named", "plain", "revived"]
