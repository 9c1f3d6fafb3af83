"""What a trained reader gets to see of a document: the words around a sentence, under the title and headings."""

from __future__ import annotations

from ingest.sentences import sentence_spans

MAX_CHARS = 140  # of the text itself; a longer sentence is shown alone
_HEAD_CHARS = 40  # of the title, and of the headings
_REACH = 400  # characters looked at on either side


def window_around(text: str, start: int, end: int, max_chars: int = MAX_CHARS) -> tuple[int, int]:
    """The span of whole sentences around text[start:end], at most `max_chars` long unless it is longer itself.

    The sentence after is taken first, for what is announced follows.
    """
    before = sentence_spans(text, max(0, start - _REACH), start)
    after = sentence_spans(text, end, min(len(text), end + _REACH))
    while before or after:
        grown = (start, after[0][1]) if after else (start, end)
        if after and grown[1] - start <= max_chars:
            end = grown[1]
            after = after[1:]
        else:
            after = []
        if before and end - before[-1][0] <= max_chars:
            start = before[-1][0]
            before = before[:-1]
        else:
            before = []
    return start, end


def heading_of(title: str, path: tuple[str, ...] | list[str]) -> str:
    """What is put before a window's text: the title and the last two headings, cut short."""
    headings = " ".join(path[-2:])
    return f"{title[:_HEAD_CHARS]}｜{headings[:_HEAD_CHARS]}｜" if headings else f"{title[:_HEAD_CHARS]}｜"
