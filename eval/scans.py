"""Pages of made-up official text as a scanner or a telephone gives them: skewed, noisy, with a red seal."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi, sin
from pathlib import Path
from typing import TYPE_CHECKING

from eval.errors import EvalError

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-serif-cjk-fonts/NotoSerifCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/System/Library/Fonts/Songti.ttc",
    "C:/Windows/Fonts/simsun.ttc",
)
_WIDTH, _HEIGHT, _DPI = 1654, 2339, 200  # A4
_MARGIN, _TOP = 230, 250
_POINTS, _LEADING = 16, 1.75  # 三号字
_BLACK, _RED = (25, 25, 25), (205, 35, 40)
_NO_LINE_START = "，。、；：！？）》”"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wear:
    """What happened to the page on its way: degrees it leans, levels of noise, a seal on its last lines."""

    skew_degrees: float = 0.0
    noise: float = 0.0
    seal: str = ""  # the name round its rim


def find_font() -> Path | None:
    """A font with Chinese characters, where systems usually have one."""
    return next((Path(name) for name in _FONTS if Path(name).is_file()), None)


def text_page(paragraphs: Sequence[str], *, head: str = "", points: float = _POINTS) -> tuple[Image, list[str]]:
    """A page with the paragraphs, the first line of each indented, below a red head; and its lines."""
    from PIL import Image, ImageDraw

    page = Image.new("RGB", (_WIDTH, _HEIGHT), "white")
    draw, font = ImageDraw.Draw(page), _font(points)
    lines, y = [], float(_TOP)
    if head:
        large = _font(30)
        draw.text(((_WIDTH - large.getlength(head)) / 2, _TOP - 80), head, _RED, large)
        draw.line((_MARGIN, _TOP + 60, _WIDTH - _MARGIN, _TOP + 60), _RED, 5)
        lines, y = [head], _TOP + 110.0
    for paragraph in paragraphs:
        for line in wrapped("　　" + paragraph, font, _WIDTH - 2 * _MARGIN):
            if y > _HEIGHT - _TOP:
                return page, lines
            draw.text((_MARGIN, y), line, _BLACK, font)
            lines.append(line.strip())
            y += font.size * _LEADING
    return page, lines


def table_page(rows: Sequence[Sequence[str]], *, title: str = "", points: float = 10.5) -> Image:
    """A page with a ruled table. A cell "^" is one with the cell above, "<" with the one on its left."""
    from PIL import Image, ImageDraw

    page = Image.new("RGB", (_WIDTH, _HEIGHT), "white")
    draw, font = ImageDraw.Draw(page), _font(points)
    high, wide = font.size * 2, (_WIDTH - 2 * _MARGIN) / len(rows[0])
    if title:
        draw.text(((_WIDTH - font.getlength(title)) / 2, _TOP - 60), title, _BLACK, font)
    for r, row in enumerate(rows):
        for c, text in enumerate(row):
            if text in ("^", "<"):
                continue
            down = 1 + next((i for i, other in enumerate(rows[r + 1 :]) if other[c] != "^"), len(rows) - r - 1)
            across = 1 + next((i for i, other in enumerate(row[c + 1 :]) if other != "<"), len(row) - c - 1)
            left, top = _MARGIN + c * wide, _TOP + r * high
            draw.rectangle((left, top, left + across * wide, top + down * high), outline=_BLACK, width=3)
            at = left + (across * wide - font.getlength(text)) / 2, top + (down * high - font.size * 1.3) / 2
            draw.text(at, text, _BLACK, font)
    return page


def worn(page: Image, wear: Wear, seed: int = 0) -> Image:
    """The page after its way through the scanner."""
    import numpy as np
    from PIL import Image as images

    if wear.seal:
        page = _sealed(page, wear.seal)
    if wear.skew_degrees:
        page = page.rotate(wear.skew_degrees, images.Resampling.BICUBIC, fillcolor=(250, 250, 250))
    if wear.noise:
        noise = np.random.default_rng(seed).normal(0, wear.noise, (page.height, page.width, 3))
        page = images.fromarray(np.clip(np.asarray(page) + noise, 0, 255).astype(np.uint8))
    return page


def wrapped(text: str, font: FreeTypeFont, width: float) -> list[str]:
    """The text in lines that fit, no line beginning with a mark that must not."""
    lines, line = [], ""
    for character in text:
        if font.getlength(line + character) > width and character not in _NO_LINE_START:
            lines.append(line)
            line = ""
        line += character
    return [*lines, line] if line else lines


def _font(points: float) -> FreeTypeFont:
    from PIL import ImageFont

    path = find_font()
    if path is None:
        raise EvalError("没有找到中文字体，请安装 Noto CJK 或文泉驿字体后再试")
    return ImageFont.truetype(str(path), round(points * _DPI / 72))


def _sealed(page: Image, name: str) -> Image:
    """The page with a round red seal, ink through which the black below shows."""
    from PIL import Image, ImageChops, ImageDraw

    ink = Image.new("RGB", page.size, "white")
    draw, radius = ImageDraw.Draw(ink), 165
    x, y = _WIDTH - _MARGIN - radius - 60, _last_ink(page) - 90
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), outline=_RED, width=9)
    star = [_on_circle(x, y, (60 if i % 2 == 0 else 24), -pi / 2 + i * pi / 5) for i in range(10)]
    draw.polygon(star, fill=_RED)
    for i, character in enumerate(name):
        _stamp(draw, character, _on_circle(x, y, radius - 42, pi * (0.85 + 1.3 * i / max(1, len(name) - 1))))
    return ImageChops.multiply(page, ink)


def _stamp(draw: ImageDraw, character: str, at: tuple[float, float]) -> None:
    font = _font(14)
    draw.text((at[0] - font.size / 2, at[1] - font.size * 0.7), character, _RED, font)


def _on_circle(x: float, y: float, radius: float, angle: float) -> tuple[float, float]:
    return x + radius * cos(angle), y + radius * sin(angle)


def _last_ink(page: Image) -> int:
    """The height of the lowest ink on the page."""
    import numpy as np

    rows = np.flatnonzero(np.asarray(page.convert("L")).min(axis=1) < 128)
    return int(rows[-1]) if rows.size else _HEIGHT // 2


def paragraphs(count: int, seed: int) -> list[str]:
    """Made-up paragraphs in the manner of county documents, with figures."""
    pick = random.Random(seed)
    places, offices = ("云霞县", "松溪镇", "青禾县", "白石乡"), ("农业农村局", "财政局", "民政局", "水利局")
    things = ("水稻种植", "生猪养殖", "油茶低改", "饮水安全", "村组道路硬化", "公益性岗位", "雨露计划", "危房改造")
    sentences = (
        "{year}年，{place}安排{thing}资金{sum}万元，惠及{n}个村{homes}户{people}人，资金由县{office}按季度拨付。",
        "补助标准为每亩{money}元，每户最高不超过{most}元，申报截止日期为{year}年{month}月{day}日。",
        "各乡镇要把{thing}作为巩固拓展成果的重要任务，压实责任，确保{month}月底前完成验收并在村务公开栏公示7天。",
        "对弄虚作假、套取资金的，由县{office}追回补助资金，并取消当年申报资格；情节严重的，移交有关部门处理。",
        "符合条件的脱贫户和监测户提出申请，经村民小组评议、村两委初审、乡镇复核后，报县{office}备案（附件{n}）。",
        "截至{month}月{day}日，{place}累计完成投资{sum}万元，占年度计划的{share}%，较上年同期提高{small}个百分点。",
    )
    made = []
    for _ in range(count):
        chosen = pick.sample(sentences, 3)
        made.append("".join(_filled(sentence, pick, places, offices, things) for sentence in chosen))
    return made


def _filled(
    sentence: str, pick: random.Random, places: Sequence[str], offices: Sequence[str], things: Sequence[str]
) -> str:
    return sentence.format(
        year=pick.randint(2018, 2025),
        place=pick.choice(places),
        thing=pick.choice(things),
        office=pick.choice(offices),
        sum=f"{pick.randint(10, 9999)}.{pick.randint(1, 9)}",
        n=pick.randint(2, 29),
        homes=pick.randint(20, 900),
        people=f"{pick.randint(1, 9)},{pick.randint(100, 999)}",
        money=pick.randint(3, 60) * 5,
        most=pick.randint(1, 9) * 1000,
        month=pick.randint(1, 12),
        day=pick.randint(1, 28),
        share=f"{pick.randint(40, 99)}.{pick.randint(1, 9)}",
        small=f"{pick.randint(1, 9)}.{pick.randint(1, 9)}",
    )
