"""What an OFD file (GB/T 33190-2016) holds: its documents, their pages, page templates, drawings and pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ingest.document import UnreadableFile
from ingest.formats.packed import Element, Packed, local, resolved

WHAT = "OFD 文件"
_A4_MM = (0.0, 0.0, 210.0, 297.0)
_MAX_PAGES = 5000

Rect = tuple[float, float, float, float]  # left, top, width, height in mm


@dataclass(slots=True)
class Resources:
    """What pages refer to by id: picture files, drawings used many times."""

    pictures: dict[str, str] = field(default_factory=dict)  # id -> member
    drawings: dict[str, Element] = field(default_factory=dict)


@dataclass(slots=True)
class OfdPage:
    """A page with its size in mm, and what is drawn on it, templates and page in the order of drawing."""

    area: Rect
    contents: list[Element]
    resources: Resources


@dataclass(slots=True)
class OfdDocument:
    """One document of the file. A page whose part is missing is None."""

    title: str | None
    pages: list[OfdPage | None]
    annotations: int = 0
    attachments: int = 0
    signatures: int = 0


class OfdPackage:
    """The parts of the file, found by their locations."""

    def __init__(self, package: Packed, path: Path) -> None:
        self._package = package
        self._path = path
        self._members = {resolved(name, "").lower(): name for name in package.names}

    def documents(self) -> list[OfdDocument]:
        """The documents in the file's order. Raises UnreadableFile when there is none, or when they are encrypted."""
        root = self._xml("OFD.xml")
        if root is None or child(root, "Encryptions") is not None or "encryptions.xml" in self._members:
            what = "缺少 OFD.xml，已损坏" if root is None else "已加密，请去掉密码"
            raise UnreadableFile(f"{self._path}：{WHAT}{what}，请重新导出后再导入")
        bodies = [body for body in root if local(body) == "DocBody"]
        documents = [document for body in bodies if (document := self._document(body)) is not None]
        if not documents:
            raise UnreadableFile(f"{self._path}：{WHAT}里没有文档，可能已损坏，请重新导出后再导入")
        return documents

    def content(self, member: str) -> bytes | None:
        """A part whole, None when it is missing."""
        name = self._members.get(member.lower())
        return self._package.content(name) if name is not None else None

    def _xml(self, member: str) -> Element | None:
        name = self._members.get(member.lower())
        return self._package.xml(name) if name is not None else None

    def _document(self, body: Element) -> OfdDocument | None:
        location = resolved(text_of(body, "DocRoot"), "")
        root = self._xml(location) if location != "." else None
        if root is None:
            return None
        folder = location.rpartition("/")[0]
        common = child(root, "CommonData")
        info = child(body, "DocInfo")
        return OfdDocument(
            title=(text_of(info, "Title") or None) if info is not None else None,
            pages=self._pages(root, common, folder),
            annotations=self._count(text_of(root, "Annotations"), folder, "Annot", inner="FileLoc"),
            attachments=self._count(text_of(root, "Attachments"), folder, "Attachment"),
            signatures=self._count(text_of(body, "Signatures"), "", "Signature"),
        )

    def _pages(self, root: Element, common: Element | None, folder: str) -> list[OfdPage | None]:
        area = _area(common, _A4_MM)
        resources, templates = Resources(), {}
        for element in common if common is not None else ():
            if local(element) in ("PublicRes", "DocumentRes"):
                self._add_resources(resources, resolved((element.text or "").strip(), folder))
            elif local(element) == "TemplatePage":
                templates[element.get("ID", "")] = resolved(element.get("BaseLoc", ""), folder)
        listed = child(root, "Pages")
        pages = [page for page in (listed if listed is not None else ()) if local(page) == "Page"]
        if len(pages) > _MAX_PAGES:
            raise UnreadableFile(f"{self._path}：{WHAT}有 {len(pages)} 页，最多 {_MAX_PAGES} 页，请拆分后重新导入")
        return [self._page(resolved(p.get("BaseLoc", ""), folder), area, resources, templates) for p in pages]

    def _page(self, member: str, area: Rect, shared: Resources, templates: dict[str, str]) -> OfdPage | None:
        root = self._xml(member)
        if root is None:
            return None
        resources = Resources(dict(shared.pictures), dict(shared.drawings))
        below: list[Element] = []
        above: list[Element] = []
        for element in root:
            if local(element) == "Template":
                template = self._xml(templates.get(element.get("TemplateID", ""), ""))
                if template is not None:
                    (above if element.get("ZOrder") == "Foreground" else below).append(template)
            elif local(element) == "PageRes":
                self._add_resources(resources, resolved((element.text or "").strip(), member.rpartition("/")[0]))
        return OfdPage(_area(root, area), [*below, root, *above], resources)

    def _add_resources(self, resources: Resources, member: str) -> None:
        root = self._xml(member)
        if root is None:
            return
        folder = resolved(root.get("BaseLoc", ""), member.rpartition("/")[0])
        for element in root.iter("{*}MultiMedia", "{*}CompositeGraphicUnit"):
            if local(element) == "MultiMedia":
                resources.pictures[element.get("ID", "")] = resolved(text_of(element, "MediaFile"), folder)
            else:
                resources.drawings[element.get("ID", "")] = element

    def _count(self, location: str, folder: str, name: str, inner: str = "") -> int:
        """How many elements `name` a list has; with `inner`, how many the parts have that the list names so."""
        member = resolved(location, folder)
        root = self._xml(member) if location else None
        if root is None:
            return 0
        if not inner:
            return sum(1 for _ in root.iter("{*}" + name))
        listed = [resolved((e.text or "").strip(), member.rpartition("/")[0]) for e in root.iter("{*}" + inner)]
        return sum(self._count(f"/{part}", "", name) for part in listed)


def child(element: Element, name: str) -> Element | None:
    """The first child of that name."""
    return next((e for e in element if local(e) == name), None)


def text_of(element: Element, name: str) -> str:
    """The text of the first child of that name, "" when there is none."""
    found = child(element, name)
    return (found.text or "").strip() if found is not None else ""


def numbers(text: str | None) -> list[float]:
    """The numbers of a list such as "0 0 210 297"; what is no number ends it."""
    found: list[float] = []
    for part in (text or "").replace(",", " ").split():
        try:
            value = float(part)
        except ValueError:
            break
        if not abs(value) < 1e7:
            break
        found.append(value)
    return found


def rect(text: str | None) -> Rect | None:
    """The rectangle of an attribute such as Boundary; None when it is none."""
    found = numbers(text)
    return (found[0], found[1], found[2], found[3]) if len(found) >= 4 else None


def _area(element: Element | None, otherwise: Rect) -> Rect:
    """The paper that a PageArea or Area gives."""
    holder = next(iter(_areas(element)), None) if element is not None else None
    found = rect(text_of(holder, "PhysicalBox")) if holder is not None else None
    return found if found is not None and found[2] > 0 and found[3] > 0 else otherwise


def _areas(element: Element) -> Iterator[Element]:
    return (e for e in element if local(e) in ("PageArea", "Area"))
