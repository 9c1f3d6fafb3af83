"""The vector index on a Chroma server: a real one on loopback, from first ingest to opening again."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from documents import REPORT_A, REPORT_B, RULE, loaded

from kb.embed import HashEmbedder
from kb.errors import IndexOutOfReach
from kb.filters import Filter
from kb.knowledge_base import KnowledgeBase
from kb.records import FileRecord
from kb.store import ChunkStore
from qa.settings import load_settings

_START_S = 60.0


class Server:
    """`chroma run` on a free port of this machine."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._folder = folder
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [str(Path(sys.executable).parent / "chroma"), "run", "--host", "127.0.0.1"]
        self._process = subprocess.Popen(
            [*command, "--port", str(self.port), "--path", str(self._folder)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + _START_S
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/api/v2/heartbeat", timeout=2).close()
                return
            except OSError:
                assert self._process.poll() is None, "chroma run ended"
                assert time.monotonic() < deadline, "chroma run does not answer"
                time.sleep(0.1)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=20)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("chroma"))
    yield server
    server.stop()


def open_base(home: Path, url: str) -> KnowledgeBase:
    return KnowledgeBase(home, HashEmbedder(128), "recipe-1", to_write=True, chroma_url=url)


def put(base: KnowledgeBase, folder: Path, text: str, name: str, *, refresh: bool = True) -> str:
    document, chunks = loaded(folder, text, name)
    file = FileRecord(
        path=f"/{name}", source=name, sha256=name, original=None, documents=(document.id,), coverage=document.coverage
    )
    base.put_file(file, [(document, chunks)])
    if refresh:
        base.refresh()
    return document.id


def found(base: KnowledgeBase, question: str, filter: Filter | None = None) -> str:
    return "".join(p.chunk.text for p in base.search(question, 2, filter))


def collection(base: KnowledgeBase) -> str:
    return f"zhengda-{base._catalog.meta('id')}"


def rows(base: KnowledgeBase, server: Server) -> int:
    """How many rows the server itself holds of the base."""
    store = ChunkStore(Path("unused"), url=server.url, collection=collection(base))
    count = store.count()
    store.close()
    return count


def test_ingest_search_remove_open_again(server: Server, tmp_path: Path) -> None:
    base = open_base(tmp_path / "home", server.url)
    rule, report = put(base, tmp_path, RULE, "rule"), put(base, tmp_path, REPORT_A, "report")
    assert "2500元" in found(base, "养牛每头补助多少")
    assert "46人" in found(base, "公益性岗位", Filter(documents=frozenset([report])))
    assert rows(base, server) == sum(r.chunks for r in base.documents()) > 0
    base.remove(rule)
    assert "2500元" not in found(base, "养牛每头补助多少")
    assert base.check() == []
    base.close()
    assert not (tmp_path / "home/index/chroma").exists()
    again = open_base(tmp_path / "home", server.url)
    assert "46人" in found(again, "公益性岗位安置多少人")
    assert again.check() == []
    again.close()


def test_a_kill_needs_no_rebuilding(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No mark of an unclean end is made; what was not played into the indexes is played at the next opening."""
    base = open_base(tmp_path / "home", server.url)
    put(base, tmp_path, RULE, "rule")
    put(base, tmp_path, REPORT_A, "report", refresh=False)
    assert not (tmp_path / "home/index/dirty").exists()
    shutil.copytree(tmp_path / "home", tmp_path / "killed", ignore=shutil.ignore_patterns("lock", "holder.json"))
    base.close()

    def cleared(_: ChunkStore) -> None:
        raise AssertionError("rebuilt")

    with monkeypatch.context() as patch:
        patch.setattr(ChunkStore, "clear", cleared)
        again = open_base(tmp_path / "killed", server.url)
        assert "46人" in found(again, "公益性岗位安置多少人")
    assert again.check() == []
    again.close()


def test_two_bases_on_one_server_do_not_mix(server: Server, tmp_path: Path) -> None:
    one, two = open_base(tmp_path / "one", server.url), open_base(tmp_path / "two", server.url)
    put(one, tmp_path, RULE, "rule")
    put(two, tmp_path, REPORT_B, "report")
    assert collection(one) != collection(two)
    assert "71人" not in "".join(p.chunk.text for p in one.search("公益性岗位", 50))
    assert two.check() == one.check() == []
    one.close()
    two.close()


def test_rows_lost_on_the_server_are_sent_again(server: Server, tmp_path: Path) -> None:
    base = open_base(tmp_path / "home", server.url)
    put(base, tmp_path, RULE, "rule")
    expected = rows(base, server)
    store = ChunkStore(Path("unused"), url=server.url, collection=collection(base))
    store.clear()
    store.close()
    base.close()
    again = open_base(tmp_path / "home", server.url)
    assert "2500元" in found(again, "养牛每头补助多少")
    assert rows(again, server) == expected
    again.close()


def test_from_embedded_to_the_server_and_back(server: Server, tmp_path: Path) -> None:
    for url, text, name in (("", RULE, "rule"), (server.url, REPORT_A, "a"), ("", REPORT_B, "b")):
        base = open_base(tmp_path / "home", url)
        put(base, tmp_path, text, name)
        assert base.check() == []
        base.close()
    last = open_base(tmp_path / "home", server.url)
    for question, says in (("养牛每头补助", "2500元"), ("松溪镇公益性岗位", "46人"), ("榆岭镇公益性岗位", "71人")):
        assert says in found(last, question)
    assert last.check() == []
    last.close()


def test_a_server_that_is_away_is_said_and_comes_back(tmp_path: Path) -> None:
    server = Server(tmp_path / "chroma")
    base = open_base(tmp_path / "home", server.url)
    put(base, tmp_path, RULE, "rule")
    server.stop()
    try:
        with pytest.raises(IndexOutOfReach, match=f"{server.url}.*没有正常应答"):
            base.search("养牛每头补助多少", 1)
        with pytest.raises(IndexOutOfReach, match="chroma run"):
            put(base, tmp_path, REPORT_A, "report")
        base.close()
        with pytest.raises(IndexOutOfReach, match="chroma_url"):
            open_base(tmp_path / "home", server.url).search("养牛", 1)
    finally:
        server.start()
    again = open_base(tmp_path / "home2", server.url)
    again.close()
    server.stop()


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "ftp://127.0.0.1", "http://"])
def test_an_address_that_is_none_is_said(tmp_path: Path, url: str) -> None:
    with pytest.raises(IndexOutOfReach, match="http://127.0.0.1:8000"):
        ChunkStore(tmp_path, url=url)


def test_the_address_is_a_setting(tmp_path: Path) -> None:
    url = "http://127.0.0.1:8000"
    assert load_settings(tmp_path, {"ZHENGDA_CHROMA_URL": url}).chroma_url == url
    assert load_settings(tmp_path, {}).chroma_url == ""
