"""Writes OFD files as GB/T 33190-2016 describes them, in the variants that are met: for tests only."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape

NAMESPACE = "http://www.ofdspec.org/2016"
SIZE = 5.0  # mm, of a character
LINE = 9.0  # mm, from base line to base line


@dataclass
class OfdPage:
    """What is drawn on a page, as XML."""

    objects: list[str] = field(default_factory=list)
    template: str | None = None


@dataclass
class OfdBuilder:
    """A document being written. `prefix` "" leaves the namespace's prefix out, `absolute` writes locations from the
    top of the package, `deltas` says how steps are written: "list", "grouped", or "none" for one TextCode a character."""

    prefix: str = "ofd:"
    absolute: bool = False
    deltas: str = "list"
    moved: bool = False  # text placed by a CTM
    glyphs: bool = False  # with a CGTransform
    parts: int = 1  # TextCodes of a line
    folder: str = "Doc_0"
    title: str = ""
    pages: list[OfdPage] = field(default_factory=list)
    extra: dict[str, bytes] = field(default_factory=dict)
    resources: str = ""
    template: str = ""
    head: str = ""  # further elements of the DocBody
    _id: int = 10

    def page(self) -> OfdPage:
        """A new page; what is drawn next goes on it."""
        self.pages.append(OfdPage())
        return self.pages[-1]

    def text(self, x: float, y: float, text: str, size: float = SIZE) -> None:
        """A line of text with its base line's left end at (x, y) mm."""
        self.pages[-1].objects.append(self.text_object(x, y, text, size))

    def text_object(self, x: float, y: float, text: str, size: float = SIZE, ctm: str = "") -> str:
        p = self.prefix
        scale = 2.0 if self.moved else 1.0
        inner = size / scale
        ctm = ctm or (f' CTM="{scale} 0 0 {scale} 0 0"' if self.moved else "")
        width = sum(_width(c, size) for c in text)
        glyphs = (
            f'<{p}CGTransform CodePosition="0" CodeCount="{len(text)}" GlyphCount="{len(text)}"><{p}Glyphs>'
            f"{' '.join(str(7 + i) for i in range(len(text)))}</{p}Glyphs></{p}CGTransform>"
            if self.glyphs
            else ""
        )
        codes = "".join(self._codes(text, inner))
        return (
            f'<{p}TextObject ID="{self._next()}" Boundary="{x} {y - size} {width:.3f} {size * 1.2}" Font="3" '
            f'Size="{inner}"{ctm}>{glyphs}{codes}</{p}TextObject>'
        )

    def _codes(self, text: str, size: float) -> list[str]:
        p, codes, x = self.prefix, [], 0.0
        share = 1 if self.deltas == "none" else -(-len(text) // self.parts)
        for start in range(0, len(text), share):
            part = text[start : start + share]
            steps = [_width(c, size) for c in part[:-1]]
            delta = f' DeltaX="{_steps(steps, self.deltas)}"' if steps else ""
            codes.append(f'<{p}TextCode X="{x:.3f}" Y="{size}"{delta}>{escape(part)}</{p}TextCode>')
            x += sum(_width(c, size) for c in part)
        return codes

    def rule(self, x0: float, y0: float, x1: float, y1: float) -> None:
        """A straight line."""
        p = self.prefix
        self.pages[-1].objects.append(
            f'<{p}PathObject ID="{self._next()}" Boundary="{x0} {y0} {x1 - x0} {y1 - y0}" LineWidth="0.35">'
            f"<{p}AbbreviatedData>M 0 0 L {x1 - x0} {y1 - y0}</{p}AbbreviatedData></{p}PathObject>"
        )

    def image(self, resource: str, boundary: str) -> None:
        """A picture out of the resources."""
        self.pages[-1].objects.append(
            f'<{self.prefix}ImageObject ID="{self._next()}" Boundary="{boundary}" ResourceID="{resource}"/>'
        )

    def table(self, x: float, y: float, widths: list[float], rows: list[list[str]], height: float = 9.0) -> None:
        """A ruled table, its top left corner at (x, y)."""
        edges = [x + sum(widths[:i]) for i in range(len(widths) + 1)]
        bottom = y + height * len(rows)
        for i in range(len(rows) + 1):
            self.rule(x, y + i * height, edges[-1], y + i * height)
        for edge in edges:
            self.rule(edge, y, edge, bottom)
        for i, row in enumerate(rows):
            for edge, cell in zip(edges, row, strict=False):
                if cell:
                    self.text(edge + 1, y + (i + 0.7) * height, cell, 4.0)

    def paragraph(self, y: float, text: str, per_line: int = 32, left: float = 25.0) -> float:
        """A paragraph with its first line indented by two characters; gives the next line's place."""
        room, x = per_line - 2, left + 2 * SIZE
        while text:
            self.text(x, y, text[:room])
            text, room, x, y = text[room:], per_line, left, y + LINE
        return y

    def write(self, path: Path, others: tuple[OfdBuilder, ...] = ()) -> Path:
        """The file; `others` are further documents in it."""
        p = self.prefix
        builders = (self, *others)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
            bodies = "".join(b._body() for b in builders)
            package.writestr("OFD.xml", _root(p, "OFD", bodies, ' Version="1.0" DocType="OFD"'))
            for builder in builders:
                for name, data in builder._members().items():
                    package.writestr(name, data)
        return path

    def _body(self) -> str:
        p = self.prefix
        title = f"<{p}Title>{escape(self.title)}</{p}Title>" if self.title else ""
        return (
            f"<{p}DocBody><{p}DocInfo><{p}DocID>0a1b</{p}DocID>{title}</{p}DocInfo>"
            f"<{p}DocRoot>{self._at('Document.xml', '')}</{p}DocRoot>{self.head}</{p}DocBody>"
        )

    def _at(self, name: str, folder: str | None = None) -> str:
        """A location as the file writes it, from `folder` (the document's own unless given)."""
        if self.absolute:
            return f"/{self.folder}/{name}"
        return f"{self.folder}/{name}" if folder == "" else name

    def _members(self) -> dict[str, bytes]:
        p = self.prefix
        listed = "".join(
            f'<{p}Page ID="{i + 1}" BaseLoc="{self._at(f"Pages/Page_{i}/Content.xml")}"/>'
            for i in range(len(self.pages))
        )
        template = f'<{p}TemplatePage ID="2" BaseLoc="{self._at("Tpls/Tpl_0/Content.xml")}"/>' if self.template else ""
        common = (
            f"<{p}CommonData><{p}MaxUnitID>999</{p}MaxUnitID><{p}PageArea><{p}PhysicalBox>0 0 210 297</{p}PhysicalBox>"
            f"</{p}PageArea><{p}PublicRes>{self._at('PublicRes.xml')}</{p}PublicRes>"
            f"<{p}DocumentRes>{self._at('DocumentRes.xml')}</{p}DocumentRes>{template}</{p}CommonData>"
        )
        fonts = f'<{p}Fonts><{p}Font ID="3" FontName="宋体" FamilyName="宋体"/></{p}Fonts>'
        members = {
            "Document.xml": _root(p, "Document", f"{common}<{p}Pages>{listed}</{p}Pages>"),
            "PublicRes.xml": _root(p, "Res", fonts, ' BaseLoc="Res"'),
            "DocumentRes.xml": _root(p, "Res", self.resources, ' BaseLoc="Res"'),
        }
        for i, page in enumerate(self.pages):
            used = f'<{p}Template TemplateID="2" ZOrder="Background"/>' if self.template else ""
            members[f"Pages/Page_{i}/Content.xml"] = _root(p, "Page", used + self._content("".join(page.objects)))
        if self.template:
            members["Tpls/Tpl_0/Content.xml"] = _root(p, "Page", self._content(self.template))
        return {f"{self.folder}/{name}": data.encode() for name, data in members.items()} | self.extra

    def _content(self, objects: str) -> str:
        p = self.prefix
        return f'<{p}Content><{p}Layer ID="{self._next()}" Type="Body">{objects}</{p}Layer></{p}Content>'

    def _next(self) -> int:
        self._id += 1
        return self._id


def _root(prefix: str, name: str, content: str, attributes: str = "") -> str:
    declared = f'xmlns:ofd="{NAMESPACE}"' if prefix else f'xmlns="{NAMESPACE}"'
    return f'<?xml version="1.0" encoding="UTF-8"?><{prefix}{name} {declared}{attributes}>{content}</{prefix}{name}>'


def _width(character: str, size: float) -> float:
    return size if ord(character) >= 0x2E80 or character in "“”‘’—…·" else size / 2


def _steps(steps: list[float], how: str) -> str:
    if how != "grouped":
        return " ".join(f"{step:g}" for step in steps)
    groups: list[list[float]] = []
    for step in steps:
        if groups and groups[-1][0] == step:
            groups[-1].append(step)
        else:
            groups.append([step])
    return " ".join(f"g {len(g)} {g[0]:g}" if len(g) > 1 else f"{g[0]:g}" for g in groups)
