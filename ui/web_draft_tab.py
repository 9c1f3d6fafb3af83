"""The 迎检起草 tab as it is laid out. Imports gradio: import it late."""

from __future__ import annotations

from typing import Any

import gradio as gr

from qa.draft import DraftKind
from qa.draft_jobs import MAX_ITEMS, Drafts
from qa.service import Service
from ui import web_draft_view as view
from ui.web_draft import DraftDesk, Seen
from ui.web_talk import storage_secret
from ui.web_viewer import clickable

TICK_S = 1.0
KINDS = (DraftKind.RECTIFICATION, DraftKind.STATEMENT, DraftKind.REPORT, DraftKind.ANSWERS)
FILE_TYPES = [
    ".txt", ".md", ".docx", ".doc", ".wps", ".rtf", ".pdf", ".ofd", ".xlsx", ".xls", ".csv", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp",
]  # fmt: skip


def draft_memory(service: Service) -> tuple[gr.BrowserState, gr.Timer]:
    """What the browser remembers, and the clock of a draft that is made. They belong outside the tabs: what lies in a
    tab does not live before that tab is opened."""
    stored = gr.BrowserState("", storage_key="zhengda-draft", secret=storage_secret(service))
    return stored, gr.Timer(TICK_S, active=False)


def draft_tab(
    service: Service, drafts: Drafts, memory: tuple[gr.BrowserState, gr.Timer]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Lays out the tab; gives back what to do when the page opens or the base has changed, and when the tab is chosen."""
    desk, seen, (stored, timer) = DraftDesk(service, drafts), gr.State(Seen()), memory
    with gr.Row(elem_id="zd-draft-desk"):
        with gr.Column(elem_id="zd-draft-left", min_width=0):
            with gr.Column(elem_id="zd-draft-form", min_width=0):
                typed, file, picks, send = _form()
            board = clickable(view.NOT_ASKED, id="zd-draft")
            recent = clickable(id="zd-draft-recent")
        with gr.Column(elem_id="zd-draft-right", min_width=0):
            source = clickable(view.BESIDE, id="zd-draft-viewer")
    _, place, year, only = picks
    updated = [board, recent, source, seen, stored, timer]
    quiet: dict[str, Any] = {"show_progress": "hidden", "queue": False, "api_visibility": "private"}
    working = {**quiet, "queue": True, "concurrency_limit": 2, "concurrency_id": "draft"}
    send.click(desk.start, [typed, file, *picks, seen], [typed, file, *updated], **working)
    timer.tick(desk.tick, seen, updated, **quiet)
    for clicked in (board, recent, source):
        clicked.click(desk.act, seen, updated, trigger_mode="multiple", **quiet)
    for narrowed in (place, year):
        narrowed.input(desk.documents, [place, year, only], only, **quiet)
    opening = {
        "fn": desk.refresh,
        "inputs": [place, year, only, seen, stored],
        "outputs": [place, year, only, *updated],
    }
    return opening, {"fn": desk.documents, "inputs": [place, year, only], "outputs": only}


def _form() -> tuple[gr.Textbox, gr.File, tuple[gr.Dropdown, ...], gr.Button]:
    with gr.Row(elem_id="zd-draft-ask"):
        typed = gr.Textbox(
            placeholder=f"把问题清单贴在这里，一行一个问题（最多 {MAX_ITEMS} 条）",
            show_label=False,
            container=False,
            lines=4,
            max_lines=12,
            elem_id="zd-draft-list",
            html_attributes=gr.InputHTMLAttributes(autocomplete="off", spellcheck=False),
        )
        file = gr.File(show_label=False, elem_id="zd-draft-file", height=112, file_types=FILE_TYPES)
    with gr.Row(elem_id="zd-draft-pickers", elem_classes="zd-pickers"):
        kind = gr.Dropdown(
            [k.value for k in KINDS], value=KINDS[0].value, label="文种", elem_id="zd-draft-kind", min_width=0
        )
        place = gr.Dropdown([("不限地区", "")], value="", label="地区", elem_id="zd-draft-place", min_width=0)
        year = gr.Dropdown([("不限年份", "")], value="", label="年份", elem_id="zd-draft-year", min_width=0)
        only = gr.Dropdown([], value=[], multiselect=True, label="只用这些文件", elem_id="zd-draft-only", min_width=0)
    send = gr.Button("开始起草", elem_id="zd-draft-send", elem_classes="zd-send", min_width=0)
    return typed, file, (kind, place, year, only), send
