"""The service of a running `zhengda serve`, for commands on the same base: found by its note, spoken to over loopback."""

from __future__ import annotations

import http.client
import json
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from hmac import compare_digest
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from kb.errors import BaseInUse
from ui.server_note import ServerNote, proof, read_note, settings_proof
from ui.web_guard import is_loopback

if TYPE_CHECKING:
    from ingest.document import Document
    from kb.corrections import Corrections
    from kb.knowledge_base import OnDone
    from kb.records import Failure, Record
    from qa.answer import Answer
    from qa.correction import Corrected, Given
    from qa.difference import Difference
    from qa.intake import IngestReport, OnProgress
    from qa.search import SearchPage
    from qa.settings import Settings
    from qa.topic_page import TopicPage

_PING_S = 5.0
_SILENCE_S = 60.0  # without a sign of life while a run goes on
_ANSWER_S = 600.0  # for an answer that a slow language model writes


class NoServer(Exception):
    """No server that could do the command; says why, for the end of a message, or nothing where there is no note."""


class RemoteService:
    """What the commands use of Service, done by the server that holds the base. Raises what Service raises."""

    def __init__(self, note: ServerNote) -> None:
        self._note = note
        self._connection: http.client.HTTPConnection | None = None

    @property
    def address(self) -> str:
        """Where its page is."""
        return self._note.address

    def close(self) -> None:
        """Hangs up; a run that goes on there is given up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def ask(
        self,
        question: str,
        *,
        place: str | None = None,
        year: int | None = None,
        as_of: date | None = None,
        history: Sequence[str] = (),
    ) -> Answer:
        """See Service.ask."""
        scope = {"place": place, "year": year, "as_of": as_of, "history": list(history)}
        answer: Answer = self._call("ask", question=question, **scope)
        return answer

    def search(self, query: str, *, as_of: date | None = None, **wanted: Any) -> SearchPage:
        """See Service.search."""
        page: SearchPage = self._call("search", query=query, as_of=as_of, **wanted)
        return page

    def topic_page(
        self, topic: str, *, place: str | None = None, year: int | None = None, kind: str | None = None
    ) -> TopicPage:
        """See Service.topic_page."""
        page: TopicPage = self._call("topic_page", topic=topic, place=place, year=year, kind=kind)
        return page

    def documents(self, *, hidden: bool = False) -> tuple[Record, ...]:
        """See Service.documents."""
        records: tuple[Record, ...] = self._call("documents", hidden=hidden)
        return records

    def document(self, document_id: str) -> Document:
        """See Service.document."""
        document: Document = self._call("document", document_id=document_id)
        return document

    def family(self, document_id: str) -> tuple[Record, ...]:
        """See Service.family."""
        records: tuple[Record, ...] = self._call("family", document_id=document_id)
        return records

    def difference(self, document_id: str, other_id: str | None = None) -> Difference:
        """See Service.difference."""
        found: Difference = self._call("difference", document_id=document_id, other_id=other_id)
        return found

    def failures(self) -> tuple[Failure, ...]:
        """See Service.failures."""
        failures: tuple[Failure, ...] = self._call("failures")
        return failures

    def check(self) -> list[str]:
        """See Service.check."""
        lines: list[str] = self._call("check")
        return lines

    def remove(self, document_id: str) -> Record:
        """See Service.remove."""
        record: Record = self._call("remove", document_id=document_id)
        return record

    def correct(
        self, document_id: str, given: Given, *, as_read: Sequence[str] = (), by: str | None = None
    ) -> Corrected:
        """See Service.correct."""
        arguments = {"given": dict(given), "as_read": list(as_read), "by": by}
        corrected: Corrected = self._call("correct", document_id=document_id, **arguments)
        return corrected

    def corrections(self, document_id: str) -> Corrections:
        """See Service.corrections."""
        corrections: Corrections = self._call("corrections", document_id=document_id)
        return corrections

    def ingest(self, paths: Sequence[Path], *, on_progress: OnProgress | None = None) -> IngestReport:
        """See Service.ingest. The files are looked for here, where their names mean something, and read there."""
        from ingest.files import find_files
        from ui import wire

        found = [{**asdict(file), "path": str(file.path.absolute())} for file in find_files(paths)]
        report = None
        for line in self._lines("ingest", {"found": found}):
            if "progress" in line:
                if on_progress is not None:
                    on_progress(_revived(wire.Progress, line["progress"]))
            else:
                report = _revived(wire.IngestReport, _value(line))
        if report is None:
            raise self._lost()
        done: IngestReport = report
        return done

    def repair(self, on_done: OnDone) -> None:
        """See Service.repair."""
        ended = False
        for line in self._lines("repair", {}):
            if "done" in line:
                on_done(line["done"], line["total"])
            else:
                ended = _value(line) is None
        if not ended:
            raise self._lost()

    # --- the connection ---

    def prove(self, settings: Settings) -> None:
        """Raises NoServer unless the server of the note answers, for this base, with these settings."""
        nonce, token = secrets.token_hex(16), self._note.token
        try:
            answer = self._sent("GET", f"ping?nonce={nonce}", timeout_s=_PING_S, secret=False)
            proofs = json.loads(answer.read())
            is_it = compare_digest(str(proofs["proof"]), proof(token, nonce, settings.home))
            is_set_so = compare_digest(str(proofs["settings"]), settings_proof(token, nonce, settings))
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
            raise NoServer(f"{self._note.address} 没有应答") from None
        if not is_it:
            raise NoServer(f"{self._note.address} 不是这个资料库的服务")
        if not is_set_so:
            raise NoServer(f"网页在 {self._note.address}，它的设置与当前设置不同；请改成相同的设置，或先停止它")

    def _call(self, name: str, **arguments: Any) -> Any:
        """What the method of that name gives."""
        from ui import wire

        plain = {k: v.isoformat() if isinstance(v, date) else v for k, v in arguments.items()}
        with self._plain_errors():
            answer = json.loads(self._sent("POST", f"call/{name}", plain, timeout_s=_ANSWER_S).read())
        return _revived(wire.CALLS[name], _value(answer))

    def _lines(self, name: str, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """What a run tells, until it ends. Left early, the run is given up."""
        with self._plain_errors():
            answer = self._sent("POST", name, body, timeout_s=_SILENCE_S)
            try:
                while line := answer.readline():
                    if line.strip():
                        yield json.loads(line)
            finally:
                self.close()

    def _sent(
        self, method: str, path: str, body: Any = None, *, timeout_s: float, secret: bool = True
    ) -> http.client.HTTPResponse:
        """The beginning of the answer."""
        if self._connection is None:
            parts = urlsplit(self._note.address)
            self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout_s)
            self._connection.connect()
        self._connection.sock.settimeout(timeout_s)
        headers = {"Content-Type": "application/json"}
        if secret:
            headers["Authorization"] = f"Bearer {self._note.token}"
        self._connection.request(method, f"/api/owner/{path}", json.dumps(body).encode("ascii"), headers)
        return self._connection.getresponse()

    @contextmanager
    def _plain_errors(self) -> Iterator[None]:
        try:
            yield
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            raise self._lost() from error

    def _lost(self) -> BaseInUse:
        return BaseInUse(
            f"{self._note.address}：正在运行的政答（进程 {self._note.pid}）中途断开或没有应答；"
            "已完成的部分都保存好了，请看看它是否还在运行，然后重试"
        )


def server_of(settings: Settings) -> RemoteService:
    """The running server that holds the base, proven. Raises NoServer."""
    note = read_note(settings.home)
    if note is None or not _is_alive(note.pid) or not is_loopback(urlsplit(note.address).hostname or ""):
        raise NoServer
    service = RemoteService(note)
    try:
        service.prove(settings)
    except NoServer:
        service.close()
        raise
    return service


def _is_alive(pid: int) -> bool:
    """False for a process that is gone. Where that can't be asked without harm, true: the ping tells."""
    if os.name == "nt":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass  # another user's
    return True


def _value(answer: dict[str, Any]) -> Any:
    """What was asked for. Raises the error that came instead."""
    from ui import wire

    if "value" in answer:
        return answer["value"]
    line = str(answer.get("error", "正在运行的服务不认识这个命令，请重启 zhengda serve"))
    raise wire.error_named(str(answer.get("kind", "")), line)


def _revived(kind: Any, value: Any) -> Any:
    from ui import wire

    try:
        return wire.revived(kind, value)
    except wire.WireError as error:
        raise BaseInUse("命令行与正在运行的服务版本不同，请重启 zhengda serve") from error
