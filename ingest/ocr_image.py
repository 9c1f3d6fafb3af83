"""The picture of a page made ready for reading: blank or not, the right way up, level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ingest.document import Box

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ingest.ocr import Picture, Quads

_MAX_SIDE = 4000  # pixels; larger pictures are made smaller
_THUMB_SIDE = 400
_INK = 40  # levels darker than the paper in a thumbnail
_BLANK_INK = 12  # pixels of a thumbnail; a page number has more
_LEVEL_DEGREES = 0.1
_MAX_DEGREES = 20.0
_WIDER = 0.3  # of a line's height, at either end
_LONG_RULE = 0.15  # of the page's width


@dataclass(frozen=True, slots=True)
class Upright:
    """A page as it is read, and the affine map (3, 3) from the pixels of the original to it."""

    picture: Picture
    matrix: NDArray[np.float64]
    original: tuple[int, int]  # width, height

    def place(self, left: float, top: float, right: float, bottom: float) -> Box:
        """Where a rectangle of the upright page stands on the original, in shares."""
        import numpy as np

        corners = np.array([[left, top, 1], [right, top, 1], [right, bottom, 1], [left, bottom, 1]], np.float64)
        xs, ys, _ = np.linalg.inv(self.matrix) @ corners.T
        width, height = self.original
        x0, y0, x1, y1 = (
            float(min(1.0, max(0.0, share)))
            for share in (xs.min() / width, ys.min() / height, xs.max() / width, ys.max() / height)
        )
        return Box(x0=x0, y0=y0, x1=x1, y1=y1)


def sized(picture: Picture) -> Picture:
    """The picture, made smaller when it has more pixels than reading needs."""
    import cv2

    scale = _MAX_SIDE / max(picture.shape[:2])
    if scale >= 1:
        return picture
    return cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)  # type: ignore[return-value]


def darkest(picture: Picture) -> NDArray[np.uint8]:
    """The darkest of every pixel's three colours: coloured ink counts as black."""
    import cv2
    import numpy as np

    blue, green, red = cv2.split(picture)
    return np.asarray(cv2.min(blue, cv2.min(green, red)), np.uint8)


def ink(picture: Picture) -> NDArray[np.uint8]:
    """1 where there is ink, with the unevenness of light evened out."""
    import cv2
    import numpy as np

    dark = cv2.adaptiveThreshold(darkest(picture), 1, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 31, 18)
    return np.asarray(dark, np.uint8)


def is_blank(picture: Picture) -> bool:
    """Whether there is nothing on the page but paper, specks and the shadow of its edges."""
    import cv2
    import numpy as np

    scale = min(1.0, _THUMB_SIDE / max(picture.shape[:2]))
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    grey = darkest(np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8))
    y, x = grey.shape[0] // 33, grey.shape[1] // 33
    inner = grey[y : grey.shape[0] - y, x : grey.shape[1] - x]
    return inner.size == 0 or int((inner < float(np.median(inner)) - _INK).sum()) < _BLANK_INK


def untouched(picture: Picture) -> Upright:
    """The page as it came."""
    import numpy as np

    return Upright(picture, np.eye(3), (picture.shape[1], picture.shape[0]))


def turned(page: Upright, quarters: int) -> Upright:
    """The page turned clockwise by quarters of a circle."""
    import numpy as np

    picture, matrix = page.picture, page.matrix
    for _ in range(quarters % 4):
        height = picture.shape[0]
        picture = np.ascontiguousarray(np.rot90(picture, -1))
        matrix = np.array([[0.0, -1.0, height], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]) @ matrix
    return Upright(picture, matrix, page.original)


def levelled(page: Upright, degrees: float) -> Upright:
    """The page turned so that lines that fall by `degrees` lie level; as it is when they nearly do."""
    import cv2
    import numpy as np

    if not _LEVEL_DEGREES < abs(degrees) < _MAX_DEGREES:
        return page
    height, width = page.picture.shape[:2]
    angle = np.radians(abs(degrees))
    wide = int(width * np.cos(angle) + height * np.sin(angle)) + 1
    high = int(height * np.cos(angle) + width * np.sin(angle)) + 1
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    turn[:, 2] += ((wide - width) / 2, (high - height) / 2)
    paper = tuple(float(np.median(page.picture[::8, ::8, i])) for i in range(3))
    picture = cv2.warpAffine(page.picture, turn, (wide, high), flags=cv2.INTER_LINEAR, borderValue=paper)
    return Upright(picture, np.vstack([turn, [0.0, 0.0, 1.0]]) @ page.matrix, page.original)  # type: ignore[arg-type]


def moved(quads: Quads, before: Upright, after: Upright) -> Quads:
    """The corners found on one version of the page, on another; the first is again the top left one."""
    import numpy as np

    step = after.matrix @ np.linalg.inv(before.matrix)
    points = quads.reshape(-1, 2) @ step[:2, :2].T + step[:2, 2]
    return np.array([_from_top_left(quad) for quad in points.reshape(-1, 4, 2)], np.float32).reshape(-1, 4, 2)


def _from_top_left(quad: NDArray[Any]) -> NDArray[Any]:
    import numpy as np

    return np.roll(quad, -int(quad.sum(axis=1).argmin()), axis=0)


def is_sideways(quads: Quads) -> bool:
    """Whether most of the ink found runs up and down."""
    sizes = [_size(quad) for quad in quads]
    upright = sum(height for width, height in sizes if height > 1.8 * width)
    return upright > sum(width for width, height in sizes if width > 1.8 * height)


def fall(quads: Quads) -> float:
    """By how many degrees the longer lines fall from left to right: the middle one of their angles."""
    import numpy as np

    edges = [((quad[1] - quad[0]) + (quad[2] - quad[3])) / 2 for quad in _long(quads)]
    return float(np.median([np.degrees(np.arctan2(y, x)) for x, y in edges])) if edges else 0.0


def rule_fall(picture: Picture) -> float:
    """By how many degrees the long rules of a page nearly level fall; 0 where there are none. Short words in
    tables tell the slant of a page badly, the rules between them well."""
    import cv2
    import numpy as np

    width = picture.shape[1]
    strokes = cv2.morphologyEx(ink(picture), cv2.MORPH_OPEN, np.ones((1, max(24, width // 40)), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(strokes, connectivity=8)
    slants, lengths = [], []
    for i in range(1, count):
        x, y, wide, high = (int(n) for n in stats[i, :4])
        if wide > width * _LONG_RULE and high < wide / 20:
            ys, xs = np.nonzero(labels[y : y + high, x : x + wide] == i)
            slants.append(float(np.degrees(np.arctan(np.polyfit(xs, ys, 1)[0]))))
            lengths.append(wide)
    return float(np.average(slants, weights=lengths)) if slants else 0.0


def _long(quads: Quads) -> Sequence[NDArray[np.float32]]:
    widths = sorted((_size(quad)[0] for quad in quads), reverse=True)
    return [q for q in quads if _size(q)[0] >= widths[len(widths) // 2] and _size(q)[0] > 4 * _size(q)[1]]


def _size(quad: NDArray[np.float32]) -> tuple[float, float]:
    import numpy as np

    return float(np.linalg.norm(quad[1] - quad[0])), float(np.linalg.norm(quad[3] - quad[0]))


def cropped(picture: Picture, quad: NDArray[np.float32]) -> Picture:
    """The four-cornered piece made a rectangle, a little wider: marks at a line's ends are found badly."""
    import cv2
    import numpy as np

    width, height = (max(4, round(side)) for side in _size(quad))
    more = height * _WIDER
    corners = np.array([[more, 0], [width + more, 0], [width + more, height], [more, height]], np.float32)
    step = cv2.getPerspectiveTransform(quad, corners)
    size = (round(width + 2 * more), height)
    return np.asarray(cv2.warpPerspective(picture, step, size, borderMode=cv2.BORDER_REPLICATE), np.uint8)
