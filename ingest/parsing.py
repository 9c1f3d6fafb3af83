"""One file becomes documents and chunks, or a reason why not; and the life of a process that does nothing else."""

from __future__ import annotations

import os
import pickle
import queue
import signal
import struct
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ingest.document import Chunk, Document, IngestError
from ingest.files import shown

OVER_MEMORY = 86  # exit status of a process that found itself over the limit
_LOOK_S = 0.1

Parsed = tuple[tuple[Document, tuple[Chunk, ...]], ...]
Parse = Callable[[Path, str], Parsed]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a file: its documents with their chunks, or the reason why there are none."""

    documents: Parsed = ()
    reason: str | None = None  # one line in Chinese


def parse(path: Path, source: str, *, ocr: bool = True) -> Parsed:
    """The documents in a file, each with its chunks; `ocr` as for `load`. Raises IngestError."""
    from ingest.chunk import split
    from ingest.load import load

    return tuple((document, split(document)) for document in load(path, source, ocr=ocr))


def attempt(path: Path, source: str, parse: Parse = parse) -> Outcome:
    """Parses in this process; whatever goes wrong is a reason."""
    try:
        documents = parse(path, source)
    except IngestError as error:
        return Outcome(reason=_line(str(error).replace(str(path), source)))
    except OSError as error:
        return Outcome(reason=unreadable(source, error))
    except MemoryError:
        return Outcome(reason=f"{source}：解析时内存不足，请拆分成小一些的文件后重新导入")
    except Exception as error:  # a reader's mistake must not stop the other files
        what = _line(f"{type(error).__name__}：{error}".replace(str(path), source))[:200]
        return Outcome(reason=f"{source}：解析程序出错（{what}），请另存为 docx 或 pdf 后重新导入")
    return Outcome(documents=documents) if documents else Outcome(reason=f"{source}：没有可用的文字内容")


def unreadable(source: str, error: OSError) -> str:
    """The reason of a file that the system does not give."""
    return f"{source}：读不了（{error.strerror or error}），请检查文件是否还在、是否有权限"


def serve(limit_bytes: str) -> None:
    """The life of a process: files in, outcomes out, until the other end is gone."""
    from ingest.ocr import set_threads

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    _die_with_parent()
    tasks, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)  # a library that prints must not garble the answers
    if sys.platform == "darwin":
        threading.Thread(target=_watch_self, args=(int(limit_bytes),), daemon=True).start()
    parse = receive(tasks)
    assert callable(parse)
    waiting: queue.SimpleQueue[tuple[Path, str, int]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(tasks, waiting), daemon=True).start()
    while True:
        path, source, threads = waiting.get()
        set_threads(threads)
        send(answers, attempt(path, source, parse))


def send(stream: IO[bytes], value: object) -> None:
    """Writes one value. Raises OSError when the other end is gone."""
    packed = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(struct.pack("<Q", len(packed)))
    stream.write(packed)
    stream.flush()


def receive(stream: IO[bytes]) -> object:
    """The next value; None when the other end is gone."""
    head = stream.read(8)
    if len(head) < 8:
        return None
    (size,) = struct.unpack("<Q", head)
    packed = stream.read(size)
    return pickle.loads(packed) if len(packed) == size else None


def _listen(tasks: IO[bytes], waiting: queue.SimpleQueue[tuple[Path, str, int]]) -> None:
    """Hands on what comes in; when nothing can come any more, ends the process, busy or not."""
    while isinstance(task := receive(tasks), tuple):
        waiting.put(task)
    os._exit(0)


def _die_with_parent() -> None:
    """Linux: killed with the thread that started it, even while a library holds the interpreter."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _watch_self(limit_bytes: int) -> None:
    """macOS: only the process itself can tell, without help, how much it holds."""
    import resource

    while resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < limit_bytes:
        time.sleep(_LOOK_S)
    os._exit(OVER_MEMORY)


def _line(text: str) -> str:
    return shown(" ".join(text.split()))
