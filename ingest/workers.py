"""Parsing in processes of its own: a file that crashes, hangs or eats the memory fails alone.

A pool keeps one thread for each process and one that watches them. A process that dies or is killed is started
anew for the next file. The processes end with this one, however it ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from ingest.parsing import OVER_MEMORY, Outcome, Parse, parse, receive, send

GIB = 2**30
LIMIT_BASE_S = 120.0
LIMIT_S_PER_BYTE = 3.0 / 10_000  # a scanned page takes about 3 s to read and hardly ever less than 10 kB to keep
LIMIT_MOST_S = 7200.0
PROCESS_BYTES = 1.5 * GIB  # what a process that reads scans holds, models included
_WATCH_S = 0.1
_START = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from ingest.parsing import serve; serve(sys.argv[2])"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    key: int
    path: Path
    source: str
    limit_s: float
    threads: int  # for what is read with several


_Jobs = queue.SimpleQueue[_Job | None]
_Done = queue.SimpleQueue[tuple[int, Outcome]]


class Pool:
    """Processes that parse. Outcomes come in the order in which they are ready. Used by one thread."""

    def __init__(self, count: int | None = None, *, parse: Parse = parse, memory_bytes: int | None = None) -> None:
        """`count` and `memory_bytes` (of one process) fit this machine when not given."""
        self._jobs: _Jobs = queue.SimpleQueue()
        self._done: _Done = queue.SimpleQueue()
        self._count, self._parse, self._limit_bytes = count or worker_count(), parse, memory_bytes or memory_limit()
        self._workers: list[_Worker] = []
        self._open = 0  # files submitted and not yet taken
        self._closing = threading.Event()
        self._watch = threading.Thread(target=self._watch_all, name="ingest-watch", daemon=True)
        self._watch.start()

    def submit(self, key: int, path: Path, source: str, *, size: int = 0, limit_s: float | None = None) -> None:
        """Lets some process parse the file; `key` comes back with its outcome. One more is started when all are busy."""
        self._open += 1
        if len(self._workers) < min(self._count, self._open):
            self._workers.append(_Worker(self._jobs, self._done, self._parse, self._limit_bytes))
            self._workers[-1].start()
        threads = max(1, self._count // min(self._count, self._open))
        limit_s = limit_s or time_limit_s(size)
        self._jobs.put(_Job(key=key, path=path, source=source, limit_s=limit_s, threads=threads))

    def take(self, timeout_s: float = 0) -> tuple[int, Outcome] | None:
        """The next outcome with its key; None when none is ready in time."""
        try:
            taken = self._done.get(timeout=timeout_s) if timeout_s > 0 else self._done.get_nowait()
        except queue.Empty:
            return None
        self._open -= 1
        return taken

    def peak_bytes(self) -> int:
        """The most that one process was seen to hold; 0 where the system does not say."""
        return max((w.peak_bytes for w in self._workers), default=0)

    def close(self) -> None:
        """Ends the processes at once; what they were reading is lost."""
        self._closing.set()
        for worker in self._workers:
            worker.stop()
        for _ in self._workers:
            self._jobs.put(None)
        for thread in (*self._workers, self._watch):
            thread.join()

    def _watch_all(self) -> None:
        while not self._closing.wait(_WATCH_S):
            for worker in list(self._workers):
                worker.check()


class _Lost(Exception):
    """The process died over a file; the message says how."""

    def __init__(self, how: str, *, was_slow: bool = False) -> None:
        super().__init__(how)
        self.was_slow = was_slow  # then another try would only take as long again


class _Worker(threading.Thread):
    """A process and the thread that feeds it."""

    def __init__(self, jobs: _Jobs, done: _Done, parse: Parse, limit_bytes: int) -> None:
        super().__init__(name="ingest-worker", daemon=True)
        self._jobs, self._done, self._parse, self._limit_bytes = jobs, done, parse, limit_bytes
        self._lock = threading.Lock()  # over what the watching thread looks at: everything below
        self._process: subprocess.Popen[bytes] | None = None
        self._is_fresh = True  # has not read anything yet
        self._job: _Job | None = None
        self._deadline = 0.0
        self._killed_for: _Lost | None = None
        self._stopping = False
        self.peak_bytes = 0

    def run(self) -> None:
        with contextlib.suppress(OSError):
            self._ready()  # while the first file is still being looked at
        while (job := self._jobs.get()) is not None and not self._stopping:
            self._done.put((job.key, self._outcome(job)))
        self._end()

    def _outcome(self, job: _Job) -> Outcome:
        was_fresh = self._is_fresh
        try:
            return self._answer(job)
        except _Lost as lost:
            if was_fresh or lost.was_slow or self._stopping:
                return _epitaph(job, lost)
        try:
            return self._answer(job)  # what the process read before may have done the harm
        except _Lost as lost:
            return _epitaph(job, lost)

    def stop(self) -> None:
        """Kills the process; the thread ends by itself."""
        with self._lock:
            self._stopping = True
            if self._process is not None:
                self._process.kill()

    def check(self) -> None:
        """Kills the process when its file takes too long or too much memory."""
        with self._lock:
            if self._process is None or self._killed_for is not None:
                return
            held = _held_bytes(self._process.pid)
            self.peak_bytes = max(self.peak_bytes, held)
            if self._job is None:
                return
            if time.monotonic() > self._deadline:
                self._killed_for = _Lost(f"解析超过 {self._job.limit_s:.0f} 秒", was_slow=True)
            elif held > self._limit_bytes:
                self._killed_for = self._over_memory()
            if self._killed_for is not None:
                self._process.kill()

    def _answer(self, job: _Job) -> Outcome:
        """What the process says of the file. Raises _Lost when it dies over it."""
        answer: object = None
        with contextlib.suppress(OSError):
            process = self._ready()
            assert process.stdin is not None and process.stdout is not None
            with self._lock:
                self._job, self._deadline = job, time.monotonic() + job.limit_s
            send(process.stdin, (job.path, job.source, job.threads))
            answer = receive(process.stdout)
        with self._lock:
            self._job, self._is_fresh, killed_for = None, False, self._killed_for
        if isinstance(answer, Outcome) and killed_for is None:
            return answer
        status = self._end()
        if isinstance(answer, Outcome):  # killed when it had just finished
            return answer
        raise killed_for or (self._over_memory() if status == OVER_MEMORY else _crashed(status))

    def _over_memory(self) -> _Lost:
        return _Lost(f"解析时内存超过 {self._limit_bytes / GIB:.1f} GB")

    def _ready(self) -> subprocess.Popen[bytes]:
        """The process, started where there is none. Raises OSError when it cannot be."""
        if self._process is not None and self._process.poll() is not None:
            self._end()  # died between two files
        with self._lock:
            if self._process is not None:
                return self._process
            if self._stopping:
                raise BrokenPipeError
            path = json.dumps([p or str(Path.cwd()) for p in sys.path])
            self._process = process = subprocess.Popen(
                [sys.executable, "-c", _START, path, str(self._limit_bytes)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # what libraries say there is not for the user
            )
        assert process.stdin is not None
        send(process.stdin, self._parse)
        return process

    def _end(self) -> int | None:
        """Ends the process; its exit status."""
        with self._lock:
            process, self._process = self._process, None
            self._is_fresh, self._killed_for = True, None
        if process is None:
            return None
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=1)  # one that dies by itself is let die: its status says of what
        process.kill()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                pipe.close() if pipe else None
        return process.wait()


def worker_count() -> int:
    """As many processes as there are cores to use, fewer where memory is short."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    memory = physical_bytes()
    return max(1, min(cores, int(memory // PROCESS_BYTES) - 1)) if memory else cores


def physical_bytes() -> int | None:
    """The memory of this machine; None where the system does not say."""
    if sys.platform == "win32":
        return None
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def memory_limit() -> int:
    """What one process may hold: half of the memory, at least 2 GiB and at most 4.

    It is watched from outside: a limit on the address space would stop onnxruntime, which reserves far more than it
    uses.
    """
    return int(min(4 * GIB, max(2 * GIB, (physical_bytes() or 0) / 2)))


def time_limit_s(size: int) -> float:
    """What parsing a file of so many bytes may take, were every page a scan."""
    return min(LIMIT_MOST_S, LIMIT_BASE_S + LIMIT_S_PER_BYTE * size)


def _held_bytes(pid: int) -> int:
    """What a process holds in memory; 0 where the system does not say."""
    if sys.platform != "linux":
        return 0
    try:
        pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _crashed(status: int | None) -> _Lost:
    cause = f"信号 {-status}" if status is not None and status < 0 else f"状态 {status}"
    return _Lost(f"解析程序意外退出（{cause}）")


def _epitaph(job: _Job, lost: _Lost) -> Outcome:
    return Outcome(reason=f"{job.source}：{lost}，没有导入；文件可能已损坏或太大，请另存或拆分后重新导入")
