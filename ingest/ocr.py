"""Text in pictures: where it stands and what it says. The models come with the rapidocr wheel; nothing is fetched.

Whoever reads files decides whether pictures are read: `with allowed(False): ...`. The engine is loaded at the
first picture, once in a process; one picture is read at a time, its lines on as many threads as set_threads says.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Picture: TypeAlias = NDArray[np.uint8]  # (height, width, 3), blue green red
    Quads: TypeAlias = NDArray[np.float32]  # (n, 4, 2): corners in pixels, clockwise from the top left

_DETECTOR = "PP-OCRv6_det_small.onnx"
_RECOGNISER = "PP-OCRv6_rec_small.onnx"
_MAX_SIDE = 1280  # pixels of the longer side when looking for text; it is read at full size
_MAX_ENLARGED = 2.0  # times that a small picture is made larger to look for text
_MAX_THREADS = 4  # more do not pay on a page
_ENGINE = threading.Lock()
_allowed: ContextVar[bool] = ContextVar("ocr_allowed", default=True)
_threads = min(_MAX_THREADS, os.cpu_count() or 1)


class OcrUnavailable(Exception):
    """Pictures cannot be read here: switched off, or a part is missing. The message is a clause in Chinese."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a picture of a line says, and how sure that is (0..1)."""

    text: str
    confidence: float


@contextmanager
def allowed(on: bool) -> Iterator[None]:
    """Whether text in pictures is read by what runs inside; yes where nothing is said."""
    token = _allowed.set(on)
    try:
        yield
    finally:
        _allowed.reset(token)


def set_threads(count: int) -> None:
    """How many lines are read at a time: 1 in a worker process that has others beside it."""
    global _threads
    _threads = max(1, count)


def check() -> None:
    """Loads the engine. Raises OcrUnavailable with the reason when pictures cannot be read."""
    if not _allowed.get():
        raise OcrUnavailable("图片文字识别已关闭，请打开后重新导入")
    with _ENGINE:
        _engine()


def find_text(picture: Picture) -> Quads:
    """The places of the text lines, in no order."""
    import cv2
    import numpy as np

    scale = min(_MAX_ENLARGED, _MAX_SIDE / max(picture.shape[:2]))
    sized = cv2.resize(
        picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    )
    with _ENGINE:
        quads = getattr(_engine()(sized, use_det=True, use_cls=False, use_rec=False), "boxes", None)
    found = np.zeros((0, 4, 2)) if quads is None else np.asarray(quads).reshape(-1, 4, 2)
    return np.asarray(found / scale, np.float32)


def read_lines(pictures: Sequence[Picture]) -> list[Reading]:
    """What each picture of one line says."""
    if not pictures:
        return []
    count = min(_threads, len(pictures))
    with _ENGINE, ThreadPoolExecutor(count) as pool:
        parts = list(pool.map(_engine().recognize_txt, (list(pictures[i::count]) for i in range(count))))
    at = ((parts[i % count], i // count) for i in range(len(pictures)))
    return [Reading(part.txts[n], float(part.scores[n])) for part, n in at]


@lru_cache(maxsize=1)
def _engine() -> Any:
    try:
        import cv2
        from rapidocr import RapidOCR
    except ImportError as error:  # a system without libGL beside a desktop build of OpenCV, or a part left out
        advice = "请运行 pip install --force-reinstall rapidocr opencv-python-headless"
        raise OcrUnavailable(f"图片文字识别组件无法加载（{error}），{advice}") from None
    cv2.setNumThreads(1)
    models = files("rapidocr") / "models"
    for name in (_DETECTOR, _RECOGNISER):
        if not (models / name).is_file():
            raise OcrUnavailable(f"图片文字识别缺少模型文件 {name}，请运行 pip install --force-reinstall rapidocr")
    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.use_cls": False,
            "Det.limit_type": "max",
            "Det.limit_side_len": _MAX_SIDE,
            "Det.model_path": str(models / _DETECTOR),  # with a path given, nothing is downloaded
            "Rec.model_path": str(models / _RECOGNISER),
            "Rec.rec_batch_num": 1,  # no padding to the longest of a batch
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,  # more wait for one another in busy loops
        }
    )
