"""The look of the page: a Gradio theme that loads no font from anywhere, and our own style sheet. Import it late."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

STATIC = Path(__file__).parent / "static"
SHEETS = ("page.css", "reading.css", "viewer.css", "search.css", "draft.css", "system.css", "library.css")
SCRIPTS = ("page.js", "viewer.js", "names.js", "connection.js", "text_size.js")
SANS = (
    "Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei", "sans-serif",
)  # fmt: skip
MONO = ("Noto Sans Mono CJK SC", "Consolas", "Menlo", "monospace")


def theme() -> gr.themes.Base:
    """A bare theme on local fonts; colours come from our own variables, so light and dark stay in one place."""
    bare = gr.themes.Base(font=list(SANS), font_mono=list(MONO))
    return bare.set(
        body_background_fill="var(--zd-paper)",
        body_background_fill_dark="var(--zd-paper)",
        body_text_color="var(--zd-ink)",
        body_text_color_dark="var(--zd-ink)",
        background_fill_primary="var(--zd-sheet)",
        background_fill_primary_dark="var(--zd-sheet)",
        input_background_fill="var(--zd-sheet)",
        input_background_fill_dark="var(--zd-sheet)",
        input_border_color="var(--zd-line)",
        input_border_color_dark="var(--zd-line)",
        border_color_primary="var(--zd-line)",
        border_color_primary_dark="var(--zd-line)",
        color_accent="var(--zd-red)",
        color_accent_soft="var(--zd-tint)",
        color_accent_soft_dark="var(--zd-tint)",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_border_width_dark="0px",
        block_shadow="none",
        block_label_text_color="var(--zd-soft)",
        block_title_text_color="var(--zd-soft)",
        block_title_text_color_dark="var(--zd-soft)",
    )


def head(*, with_login: bool = False) -> str:
    """Our scripts, inlined: the page asks for no file beyond Gradio's own."""
    names = (*SCRIPTS, "login.js") if with_login else SCRIPTS
    return "".join(f"<script>{(STATIC / name).read_text(encoding='utf-8')}</script>" for name in names)
