"""A conversation's questions, as the browser keeps them over a reload. What comes back from it is checked."""

from __future__ import annotations

from hashlib import sha256
from html import escape
from typing import TYPE_CHECKING

from qa.answer import Answer

if TYPE_CHECKING:
    from qa.service import Service

KEPT = 40
_MOST_CHARS = 2000
Talk = list[str]  # the questions as they were understood, oldest first


def storage_secret(service: Service) -> str:
    """What Gradio locks a browser's storage with: the same after a restart, another for another base."""
    return sha256(str(service.settings.home.resolve()).encode()).hexdigest()[:32]


def talk_of(stored: object) -> Talk:
    """The questions in what the browser stored; nothing of anything else."""
    if not isinstance(stored, list):
        return []
    return [q for q in stored if isinstance(q, str) and 0 < len(q) <= _MOST_CHARS][-KEPT:]


def with_answer(talk: Talk, answer: Answer) -> Talk:
    """The conversation with one more question, as it was understood."""
    return talk_of([*talk, answer.understood_as or answer.question])


def before_html(talk: Talk) -> str:
    """The questions of before a reload, newest first; a click asks one again."""
    if not talk:
        return ""
    rows = "".join(
        f'<li><button type="button" class="zd-link" data-act="example" data-text="{escape(q)}">{escape(q)}</button></li>'
        for q in reversed(talk)
    )
    return f'<section class="zd-before"><h2>这次对话前面问过</h2><ul>{rows}</ul></section>'
