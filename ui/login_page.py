"""The login page: one form, no script, nothing loaded."""

from __future__ import annotations

from functools import lru_cache
from html import escape
from pathlib import Path
from string import Template

_STATIC = Path(__file__).parent / "static"
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)


def login_html(name: str = "", message: str = "") -> str:
    """The page, with the name that was tried and what was wrong."""
    said = f'<p class="error" role="alert">{escape(message)}</p>' if message else ""
    return _page().substitute(
        style=_style(),
        message=said,
        name=escape(name),
        focus_name="" if name else "autofocus",
        focus_password="autofocus" if name else "",
    )


@lru_cache(maxsize=1)
def _page() -> Template:
    return Template((_STATIC / "login.html").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def _style() -> str:
    return (_STATIC / "login.css").read_text(encoding="utf-8")
