"""The ruling lines of a PDF page, and the grids of cells that they draw. Points from the lower left corner."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from ctypes import c_float, c_int, c_uint
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ingest.formats.pdf_grid import Grid, Ruling, grids_of

if TYPE_CHECKING:
    from pypdfium2 import PdfPage

_MAX_THICKNESS = 4.0  # a bar thicker than this is a shade, not a line
_MIN_LENGTH = 1.0  # the dashes of a dashed line
_MAX_FORMS_DEEP = 4
_MAX_SEGMENTS = 20_000  # a page with more is a drawing or a map
_NEARLY_WHITE = 250

_Matrix = tuple[float, float, float, float, float, float]
_Point = tuple[float, float]
_Handle = Any  # a PDFium object


@dataclass(frozen=True, slots=True)
class DrawnPath:
    """The straight outlines of a drawn path."""

    outlines: tuple[tuple[_Point, ...], ...]
    filled: bool
    stroked: bool


def find_grids(page: PdfPage) -> list[Grid]:
    """The grids on the page whose every edge is sure, none within another; a turned page gives none."""
    if page.get_rotation():
        return []
    rulings: list[tuple[bool, Ruling]] = []
    width, height = page.get_size()
    segments = 0
    for path in _paths(page.raw):
        segments += sum(map(len, path.outlines))
        if segments > _MAX_SEGMENTS:
            return []
        rulings += rulings_of(path)
    level = [r for is_level, r in rulings if is_level and 0 < r.at < height]
    upright = [r for is_level, r in rulings if not is_level and 0 < r.at < width]
    return grids_of(level, upright) if len(level) >= 2 and len(upright) >= 3 else []


def _paths(page: _Handle) -> Iterator[DrawnPath]:
    """The paths that can be seen, those in forms too."""
    import pypdfium2.raw as pdfium

    path_type, form_type = pdfium.FPDF_PAGEOBJ_PATH, pdfium.FPDF_PAGEOBJ_FORM
    object_type, object_in_form = pdfium.FPDFPageObj_GetType, pdfium.FPDFFormObj_GetObject

    def walk(children: Iterable[_Handle], outer: tuple[_Matrix, ...]) -> Iterator[DrawnPath]:
        for child in children:
            kind = object_type(child)
            if kind == path_type:
                path = _read_path(child, (_matrix(child), *outer))
                if path is not None:
                    yield path
            elif kind == form_type and len(outer) < _MAX_FORMS_DEEP:
                count = pdfium.FPDFFormObj_CountObjects(child)
                yield from walk((object_in_form(child, i) for i in range(count)), (_matrix(child), *outer))

    count = pdfium.FPDFPage_CountObjects(page)
    yield from walk((pdfium.FPDFPage_GetObject(page, i) for i in range(count)), ())


def _matrix(item: _Handle) -> _Matrix:
    import pypdfium2.raw as pdfium

    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFPageObj_GetMatrix(item, matrix)
    return matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f


def _read_path(item: _Handle, matrices: Sequence[_Matrix]) -> DrawnPath | None:
    """The path in page points, None when it leaves no mark or is too long to be lines of a table."""
    import pypdfium2.raw as pdfium

    fill, stroke = c_int(), c_int()
    pdfium.FPDFPath_GetDrawMode(item, fill, stroke)
    filled = bool(fill.value) and _inked(item, pdfium.FPDFPageObj_GetFillColor)
    stroked = bool(stroke.value) and _inked(item, pdfium.FPDFPageObj_GetStrokeColor)
    count = pdfium.FPDFPath_CountSegments(item)
    if not (filled or stroked) or not 0 < count <= _MAX_SEGMENTS:
        return None
    return DrawnPath(tuple(_outlines(item, count, matrices)), filled, stroked)


def _inked(item: _Handle, colour: Any) -> bool:
    """Whether the colour shows on white paper."""
    red, green, blue, alpha = c_uint(), c_uint(), c_uint(), c_uint()
    if not colour(item, red, green, blue, alpha):
        return True
    return alpha.value > 0 and min(red.value, green.value, blue.value) < _NEARLY_WHITE


def _outlines(item: _Handle, count: int, matrices: Sequence[_Matrix]) -> Iterator[tuple[_Point, ...]]:
    """The runs of straight pieces; a curve ends one."""
    import pypdfium2.raw as pdfium

    points: list[_Point] = []
    x, y = c_float(), c_float()
    for i in range(count):
        segment = pdfium.FPDFPath_GetPathSegment(item, i)
        pdfium.FPDFPathSegment_GetPoint(segment, x, y)
        if pdfium.FPDFPathSegment_GetType(segment) != pdfium.FPDF_SEGMENT_LINETO:
            if len(points) > 1:
                yield tuple(points)
            points = []
        points.append(_moved((x.value, y.value), matrices))
        if pdfium.FPDFPathSegment_GetClose(segment):
            points.append(points[0])
    if len(points) > 1:
        yield tuple(points)


def _moved(point: _Point, matrices: Sequence[_Matrix]) -> _Point:
    x, y = point
    for a, b, c, d, e, f in matrices:
        x, y = a * x + c * y + e, b * x + d * y + f
    return x, y


def rulings_of(path: DrawnPath) -> Iterator[tuple[bool, Ruling]]:
    """The (is it level, line) of the path: stroked sides, thin filled bars, thin filled frames."""
    if path.stroked:
        for outline in path.outlines:
            for a, b in zip(outline, outline[1:], strict=False):
                yield from _bar(*_bounds((a, b)))
    elif path.filled:
        bounds = [_bounds(outline) for outline in path.outlines]
        for outer, inner in zip(bounds, bounds[1:], strict=False):
            yield from _frame(outer, inner)
        for outline, box in zip(path.outlines, bounds, strict=True):
            if len(set(outline)) <= 4:
                yield from _bar(*box)


def _bounds(points: Sequence[_Point]) -> tuple[float, float, float, float]:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def _bar(left: float, bottom: float, right: float, top: float) -> Iterator[tuple[bool, Ruling]]:
    """The line that a thin rectangle is; none when it is thick, or as wide as high."""
    width, height = right - left, top - bottom
    if height <= _MAX_THICKNESS and width >= max(_MIN_LENGTH, 1.5 * height):
        yield True, Ruling((top + bottom) / 2, left, right)
    elif width <= _MAX_THICKNESS and height >= max(_MIN_LENGTH, 1.5 * width):
        yield False, Ruling((left + right) / 2, bottom, top)


def _frame(outer: Sequence[float], inner: Sequence[float]) -> Iterator[tuple[bool, Ruling]]:
    """The four sides of a frame filled between two rectangles."""
    left, bottom, right, top = (
        inner[0] - outer[0],
        inner[1] - outer[1],
        outer[2] - inner[2],
        outer[3] - inner[3],
    )
    if all(0 <= side <= _MAX_THICKNESS for side in (left, bottom, right, top)) and left + bottom > 0:
        yield from _bar(outer[0], outer[1], inner[0], outer[3])
        yield from _bar(inner[2], outer[1], outer[2], outer[3])
        yield from _bar(outer[0], outer[1], outer[2], inner[1])
        yield from _bar(outer[0], inner[3], outer[2], outer[3])
