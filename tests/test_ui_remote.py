"""The command line beside a running `zhengda serve`: the server does it, and the output is as of a local run."""

from __future__ import annotations

import http.client
import json
import os
import signal
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from command_line import Zhengda, note_of, one_line, serving
from documents import REPORT_A, REPORT_B, RULE, write

NEWER = RULE.replace("80元", "85元").replace("2023年2月10日", "2023年3月10日")


def until_one_is_in(home: Path) -> None:
    """Waits for a first document in the ledger, read past the server: a command would take as long as the run may last."""
    deadline = time.monotonic() + 60
    with closing(sqlite3.connect(f"{(home / 'ledger.sqlite').resolve().as_uri()}?mode=ro", uri=True)) as ledger:
        while not ledger.execute("SELECT count(*) FROM documents").fetchone()[0]:
            assert time.monotonic() < deadline
            time.sleep(0.02)


def timeless(text: str) -> Any:
    """JSON without what differs from run to run."""

    def cut(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: cut(v) for k, v in value.items() if k not in ("seconds", "added_at", "failed_at")}
        return [cut(v) for v in value] if isinstance(value, list) else value

    return [cut(json.loads(line)) for line in text.splitlines()]


def session(zhengda: Zhengda, folder: Path) -> list[tuple[list[str | Path], int, Any, str]]:
    """What a user does in an hour; each command with its exit code, output and errors."""
    docs = Path(os.path.relpath(folder))  # a relative path means something only in the caller's own folder
    done: list[tuple[list[str | Path], int, Any, str]] = []

    def run(*arguments: str | Path) -> Any:
        code, out, err = zhengda(*arguments)
        shown = timeless(out) if "--json" in arguments or "--batch" in arguments else out
        errors = "\n".join(line for line in err.splitlines() if "|" not in line and "份/s" not in line)
        done.append((list(arguments), code, shown, errors))
        return shown

    write(folder, rule=RULE, a=REPORT_A, copy=RULE + "转载：王晓\n", empty="")
    run("ingest", docs, "--json")
    run("ingest", docs / "rule.txt", docs / "no-such.txt", "--json")
    run("ingest", docs / "no-such.txt")
    write(folder, rule=NEWER, b=REPORT_B)
    run("ingest", docs, "--json")
    (records,) = run("documents", "--all", "--json")
    id_of = {f"{Path(r['source']).stem}{r['kinship'] or ''}": r["document_id"] for r in records}
    batch = folder / "q.jsonl"
    asked = [
        {"id": "a", "question": "养羊每只补多少钱?"},
        {"id": "b", "question": ""},
        {"id": "c", "question": "天气?"},
    ]
    batch.write_text("\n".join(json.dumps(q, ensure_ascii=False) for q in asked), encoding="utf-8")
    run("ask", "--batch", batch, "--as-of", "2024-01-01")
    run("ask", "种植业每亩补多少？", "--json", "--as-of", "2024-01-01")
    run("ask", "")
    run("search", "公益性岗位", "--json", "--limit", "500", "--as-of", "2024-06-30")
    run("search", "公益性岗位", "--place", "松溪镇", "--json")
    run("show", id_of["a"], "--json")
    run("show", "0000")
    run("coverage", "--json")
    run("coverage", "--failed", "--json")
    run("coverage", id_of["a"], "--json")
    run("diff", id_of["a"], id_of["b"], "--json")
    run("diff", id_of["a"])
    run("remove", id_of["a"])
    run("remove", id_of["a"])
    run("doctor")
    run("doctor", "--repair")
    run("documents", "--json")
    return done


def test_every_command_says_the_same_here_and_through_the_server(tmp_path: Path) -> None:
    here, there = Zhengda(tmp_path / "here"), Zhengda(tmp_path / "there")
    locally = session(here, tmp_path / "docs")
    for left in (tmp_path / "docs").iterdir():
        left.unlink()
    with serving(there) as server:
        remotely = session(there, tmp_path / "docs")
        assert json.loads((there.home / "holder.json").read_text())["pid"] == server.pid
    for ours, theirs in zip(locally, remotely, strict=True):
        assert ours == theirs
    assert {code for _, code, _, _ in remotely} == {0, 1, 2}
    assert not (there.home / "server.json").exists()


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zhengda]:
    folder = tmp_path_factory.mktemp("remote")
    zhengda = Zhengda(folder / "home")
    zhengda("ingest", write(folder / "docs", rule=RULE))
    with serving(zhengda):
        yield zhengda


def request(base: Zhengda, method: str, path: str, **headers: str) -> tuple[int, Any]:
    parts = urlsplit(note_of(base)["address"])
    assert parts.hostname
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
    body = b"{}" if method == "POST" else None
    connection.request(method, path, body, {"Content-Type": "application/json", **headers})
    answer = connection.getresponse()
    sent = json.loads(answer.read())
    connection.close()
    return answer.status, sent


@pytest.mark.skipif(os.name == "nt", reason="Windows has no file modes")
def test_the_note_is_for_its_user_alone(base: Zhengda) -> None:
    assert stat.S_IMODE((base.home / "server.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("path", ["ingest", "repair", "call/documents", "call/remove"])
def test_without_the_token_nothing_is_done(base: Zhengda, path: str) -> None:
    token = note_of(base)["token"]
    refused: list[dict[str, str]] = [
        {},
        {"Authorization": "Bearer "},
        {"Authorization": f"Bearer {token}x"},
        {"Authorization": token},
        {"Authorization": f"Bearer {token}", "Origin": note_of(base)["address"]},
        {"Authorization": f"Bearer {token}", "Sec-Fetch-Site": "same-origin"},
        {"Authorization": f"Bearer {token}", "Host": "evil.example"},
    ]
    for headers in refused:
        assert request(base, "POST", f"/api/owner/{path}", **headers)[0] == 403, headers


def test_only_what_is_listed_can_be_called(base: Zhengda) -> None:
    token = note_of(base)["token"]
    for name in ("close", "__init__", "settings", "ingest"):
        assert request(base, "POST", f"/api/owner/call/{name}", Authorization=f"Bearer {token}")[0] == 404


def test_the_ping_gives_no_secret_away(base: Zhengda) -> None:
    status, answer = request(base, "GET", "/api/owner/ping?nonce=1")
    assert status == 200
    assert note_of(base)["token"] not in json.dumps(answer)
    assert str(base.home) not in json.dumps(answer)


def test_other_settings_are_not_mixed_up(base: Zhengda, tmp_path: Path) -> None:
    """Reads go on in this process; writes are refused with who holds the base, where and why."""
    other = Zhengda(base.home)
    other.own["ZHENGDA_CONFIDENCE"] = "0.99"
    assert json.loads(other("ask", "种植业每亩补多少？", "--json")[1])["outcome"] == "no_evidence"
    code, out, err = other("ingest", write(tmp_path, b=REPORT_B))
    assert (code, out) == (1, "")
    note = note_of(base)
    for said in (f"进程 {note['pid']}", "serve", "自 20", note["address"], "设置与当前设置不同"):
        assert said in one_line(err)


def test_a_second_server_is_told_where_the_first_is(base: Zhengda) -> None:
    code, _, err = base("serve", "--port", "0")
    assert code == 1
    assert note_of(base)["address"] in one_line(err)


def test_a_copied_base_does_not_reach_into_the_first(base: Zhengda, tmp_path: Path) -> None:
    copy = Zhengda(tmp_path / "copy")
    copy.home.mkdir()
    for name in ("ledger.sqlite", "ledger.sqlite-wal", "server.json"):
        if (base.home / name).exists():
            (copy.home / name).write_bytes((base.home / name).read_bytes())
    assert copy("ingest", write(tmp_path / "docs", b=REPORT_B))[0] == 0
    assert not (copy.home / "server.json").exists()
    assert len(json.loads(copy("documents", "--json")[1])) == 2
    assert len(json.loads(base("documents", "--json")[1])) == 1


def test_a_server_that_was_killed_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    zhengda = Zhengda(tmp_path / "home")
    with serving(zhengda) as server:
        server.kill()
        server.wait()
        assert (zhengda.home / "server.json").exists()
        assert zhengda("ingest", write(tmp_path / "docs", rule=RULE))[0] == 0
    assert not (zhengda.home / "server.json").exists()
    assert "80元" in zhengda("ask", "种植业每亩补多少钱?")[1]


def test_ctrl_c_ends_the_run_in_the_server_too(tmp_path: Path) -> None:
    zhengda, folder = Zhengda(tmp_path / "home"), tmp_path / "docs"
    for number in range(120):
        write(folder, **{f"d{number:03}": RULE.replace("80元", f"{number + 100}元")})
    with serving(zhengda):
        process = zhengda.start("ingest", folder)
        until_one_is_in(zhengda.home)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 2, err
        assert "已中断" in err
        assert "Traceback" not in err
        code, out, _ = zhengda("ingest", folder, "--json")  # waits until the run that was ended has let go
        report = json.loads(out)
        assert code == 0
        assert 0 < report["unchanged"] < 120
        assert report["added"] + report["unchanged"] == 120
        assert zhengda("doctor")[:2] == (0, "资料库完好\n")


def test_a_server_that_ends_says_so_to_the_command_line(tmp_path: Path) -> None:
    zhengda, folder = Zhengda(tmp_path / "home"), tmp_path / "docs"
    for number in range(120):
        write(folder, **{f"d{number:03}": RULE.replace("80元", f"{number + 100}元")})
    with serving(zhengda) as server:
        process = zhengda.start("ingest", folder)
        until_one_is_in(zhengda.home)
        server.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 1
        assert "程序正在退出" in one_line(err.splitlines()[-1])
        assert server.wait(timeout=20) == 0
    assert zhengda("doctor")[:2] == (0, "资料库完好\n")
