"""Red seals taken off a page, so that the words they cover can be read. What a seal itself says is not read."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ingest.ocr import Picture

_RED_OVER, _MIN_RED = 45, 90  # levels of red above green and blue; the least red of a seal's ink
_SEAL_SIDES = (0.09, 0.40)  # of the page's shorter side
_SEAL_ASPECT = 1.7
_RIM_SHARE = 0.6  # of the directions from its middle in which a seal has a rim
_DARK = 110


def without_seals(picture: Picture) -> Picture:
    """The page with what red seals cover readable: the red of every round or framed stamp is taken off, the
    black below it stays. Red headings and rules are left as they are."""
    import cv2
    import numpy as np

    blue, green, red = (picture[..., i].astype(np.int16) for i in range(3))
    reddish = ((red - np.maximum(green, blue) > _RED_OVER) & (red > _MIN_RED)).astype(np.uint8)
    clean = picture
    for x, y, width, height in _seals(reddish):
        if clean is picture:
            clean = picture.copy()
        area = np.s_[y : y + height, x : x + width]
        ink = red[area][reddish[area] > 0]
        white = max(float(np.percentile(ink, 15)) * 0.95, _DARK + 30)
        grey = np.clip((red[area] - 50) * (255 / (white - 50)), 0, 255).astype(np.uint8)
        clean[area] = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
    return clean


def _seals(reddish: NDArray[np.uint8]) -> list[tuple[int, int, int, int]]:
    """(x, y, width, height) of the red stamps: of a seal's size, about as wide as high, with a rim."""
    import cv2
    import numpy as np

    side = min(reddish.shape)
    reach = max(3, side // 120) | 1
    joined = cv2.morphologyEx(reddish, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    found = []
    for i in range(1, count):
        x, y, width, height = (int(n) for n in stats[i, :4])
        if not _SEAL_SIDES[0] * side <= min(width, height) <= max(width, height) <= _SEAL_SIDES[1] * side:
            continue
        part = labels[y : y + height, x : x + width] == i
        if max(width, height) <= _SEAL_ASPECT * min(width, height) and (_has_ring(part) or _has_frame(part)):
            found.append((x, y, width, height))
    return found


def _has_ring(part: NDArray[np.bool_]) -> bool:
    import numpy as np

    height, width = part.shape
    ys, xs = np.nonzero(part)
    across, down = (xs + 0.5) / width * 2 - 1, (ys + 0.5) / height * 2 - 1
    rim = np.hypot(across, down)
    sectors = ((np.arctan2(down, across) + np.pi) / (2 * np.pi) * 36).astype(int)[(rim > 0.88) & (rim < 1.06)]
    return np.unique(sectors).size >= 36 * _RIM_SHARE and float((rim > 1.08).mean()) < 0.05


def _has_frame(part: NDArray[np.bool_]) -> bool:
    band = max(2, min(part.shape) // 16)
    sides = (part[:band].any(axis=0), part[-band:].any(axis=0), part[:, :band].any(axis=1), part[:, -band:].any(axis=1))
    return all(float(side.mean()) > 0.8 for side in sides)
