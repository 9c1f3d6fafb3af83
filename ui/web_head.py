"""The header of the page; behind a login, with who is in and the way out. Imports gradio: import it late."""

from __future__ import annotations

from html import escape

import gradio as gr

from ui.login import USER

HEADER = (
    '<header class="zd-head"><span class="zd-seal" aria-hidden="true">政<br>答</span>'
    "<div><h1>政答</h1><p>从本单位的政策文件和工作报告里找答案，逐字引用，句句有出处</p></div>"
    '<div class="zd-size" role="group" aria-label="字号">'
    '<button type="button" data-size="1" aria-label="标准字号" title="标准字号">字</button>'
    '<button type="button" data-size="2" aria-label="大字号" title="大字号">字</button>'
    '<button type="button" data-size="3" aria-label="特大字号" title="特大字号">字</button></div></header>'
)


def head_of_user(request: gr.Request) -> str:
    """The header with who is logged in, and the way out."""
    asked = request.request
    user = escape(str(asked.scope.get(USER, ""))) if asked else ""
    leave = (
        f'<form class="zd-user" method="post" action="/logout"><span>{user}</span>'
        '<button class="zd-button">退出登录</button></form>'
    )
    return HEADER.replace("</header>", f"{leave}</header>")
