"""The forms of the 查报告 tab. Imports gradio: import it late."""

from __future__ import annotations

from typing import Any

import gradio as gr

from qa.search import Sort
from ui import web_hits

SORTS = [
    ("最相关", Sort.RELEVANCE.value),
    ("由新到旧", Sort.NEWEST.value),
    ("由旧到新", Sort.OLDEST.value),
]
PICKS = ("place", "year", "kind", "topic", "issuer")
_ALL = {"place": "全部地区", "year": "全部年份", "kind": "全部种类", "topic": "全部主题", "issuer": "全部机关"}
_LABELS = {"place": "地区", "year": "年份", "kind": "种类", "topic": "主题", "issuer": "机关"}


def search_form() -> tuple[gr.Textbox, gr.Button, list[gr.Dropdown], gr.Dropdown]:
    """The query box with its button, the pickers, and the order."""
    with gr.Row(elem_id="zd-find-ask", elem_classes="zd-askbar"):
        query = gr.Textbox(
            placeholder="查什么？例如：公益性岗位 “按月发放” -护林员",
            show_label=False,
            container=False,
            max_lines=1,
            elem_id="zd-find-query",
            html_attributes=gr.InputHTMLAttributes(autocomplete="off", spellcheck=False),
        )
        send = gr.Button("查找", elem_id="zd-find-send", elem_classes="zd-send", min_width=0)
    with gr.Row(elem_id="zd-find-pickers", elem_classes="zd-pickers"):
        picks = [_dropdown(name) for name in PICKS]
        sort = gr.Dropdown(SORTS, value=SORTS[0][1], label="排序", elem_id="zd-find-sort", min_width=0)
    return query, send, picks, sort


def topic_form() -> tuple[gr.Dropdown, gr.Dropdown, gr.Button]:
    """The topic, of the taxonomy or any words, the place, and the button."""
    with gr.Row(elem_id="zd-topic-ask", elem_classes="zd-pickers"):
        topic = gr.Dropdown([], value=None, label="主题", allow_custom_value=True, elem_id="zd-topic-name", min_width=0)
        place = gr.Dropdown([(_ALL["place"], "")], value="", label="地区", elem_id="zd-topic-place", min_width=0)
        compare = gr.Button("对比", elem_id="zd-topic-send", elem_classes="zd-send", min_width=0)
    return topic, place, compare


def _dropdown(name: str) -> gr.Dropdown:
    return gr.Dropdown([(_ALL[name], "")], value="", label=_LABELS[name], elem_id=f"zd-find-{name}", min_width=0)


def choices(name: str, counts: dict[str, int]) -> Any:
    """The values of a picker, with how many documents have each."""
    values = sorted(counts, reverse=True) if name == "year" else list(counts)
    shown = [(f"{web_hits.facet_label(name, value)}（{counts[value]}）", value) for value in values]
    return gr.update(choices=[(_ALL[name], ""), *shown])
