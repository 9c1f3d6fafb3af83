"""The questions of a conversation, in the shapes that they are sent in."""

from __future__ import annotations

from collections.abc import Iterable

from qa.question import QuestionError

_SHAPE = 'history 应为前面问过的问题，例如 ["种植业每亩补助多少元？"]，或 [{"question": "……"}]'


def questions_before(history: object) -> tuple[str, ...]:
    """The questions, oldest first: of strings, of {"question": ...}, or of the "user" lines of a chat.

    Raises QuestionError for anything else.
    """
    if not isinstance(history, list | tuple):
        raise QuestionError(_SHAPE)
    return tuple(_questions(history))


def _questions(history: Iterable[object]) -> Iterable[str]:
    for turn in history:
        if isinstance(turn, dict) and turn.get("role", "user") != "user":
            continue
        said = (turn.get("question") or turn.get("content")) if isinstance(turn, dict) else turn
        if not isinstance(said, str):
            raise QuestionError(_SHAPE)
        yield said
