"""The errors of this package: EvalError alone. str() of it is one line in Chinese saying what, where and what to do."""

from __future__ import annotations


class EvalError(Exception):
    """A question set, a baseline or a report file cannot be used."""
