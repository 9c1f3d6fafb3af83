"""The command line as people and programs use it: its output and its exit code, and as a real process."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command_line import Zhengda, one_line
from documents import REPORT_A, REPORT_B, RULE, write
from pypdf import PdfWriter


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Zhengda:
    folder = tmp_path_factory.mktemp("cli")
    zhengda = Zhengda(folder / "home")
    assert zhengda("ingest", write(folder / "docs", rule=RULE, a=REPORT_A, b=REPORT_B))[0] == 0
    return zhengda


@pytest.fixture
def empty(tmp_path: Path) -> Zhengda:
    return Zhengda(tmp_path / "home")


def test_ask_json_is_the_contract(base: Zhengda) -> None:
    code, out, _ = base.process("ask", "养蜂每箱补多少钱?", "--json", "--as-of", "2024-01-01")
    answer = json.loads(out)
    assert code == 0
    assert set(answer) >= {"id", "question", "outcome", "answer", "citations", "warnings", "seconds"}
    assert answer["outcome"] == "answered"
    assert answer["question"] == "养蜂每箱补多少钱?"
    (citation,) = answer["citations"]
    assert citation["document_number"] == "云政办发〔2023〕5号"
    assert citation["issued_on"] == "2023-02-10"
    assert citation["status"] == "in_force"
    _, shown, _ = base("show", citation["document_id"], "--json")
    assert json.loads(shown)["text"][citation["start"] : citation["end"]] == citation["quote"]


def test_ask_in_words(base: Zhengda) -> None:
    code, out, _ = base("ask", "养猪每头补多少钱?")
    assert code == 0
    assert "没有找到" in out
    assert "不是答案" in out


def test_a_batch_keeps_order_and_ids(base: Zhengda, tmp_path: Path) -> None:
    batch = tmp_path / "q.jsonl"
    lines = [
        {"id": "b", "question": "养羊每只补多少钱?"},
        {"id": "a", "question": ""},
        {"id": "c", "question": "今天天气?"},
    ]
    batch.write_text("\n".join(json.dumps(x, ensure_ascii=False) for x in lines), encoding="utf-8")
    code, out, err = base("ask", "--batch", batch)
    answers = [json.loads(line) for line in out.splitlines()]
    assert [a["id"] for a in answers] == ["b", "a", "c"]
    assert "260元" in answers[0]["answer"]
    assert code == 2
    assert "第 2 行" in err


def test_texts_are_what_offsets_point_into(base: Zhengda, tmp_path: Path) -> None:
    assert base("texts", tmp_path / "texts")[0] == 0
    for record in json.loads(base("documents", "--json")[1]):
        text = (tmp_path / "texts" / f"{record['document_id']}.txt").read_bytes().decode("utf-8")
        assert text == json.loads(base("show", record["document_id"], "--json")[1])["text"]


def test_search_json_is_the_contract(base: Zhengda) -> None:
    page = json.loads(base("search", "公益性岗位", "--limit", "1", "--json")[1])
    assert {"query", "total", "hits", "facets"} <= set(page)
    assert len(page["hits"]) == 1
    assert page["total"] > 1
    assert {"document_id", "source", "title", "place", "year", "kind", "path", "quote", "score"} <= set(page["hits"][0])


def test_reading_goes_on_while_another_process_holds_the_base(base: Zhengda, tmp_path: Path) -> None:
    server = base.start("serve", "--port", "0")
    try:
        assert server.stdout is not None
        assert "http://127.0.0.1:" in server.stdout.readline()
        code, out, _ = base("ask", "养羊每只补多少钱?", "--json")
        assert code == 0
        assert "260元" in json.loads(out)["answer"]
        (base.home / "server.json").unlink()  # as of a holder that is no server
        assert "260元" in json.loads(base("ask", "养羊每只补多少钱?", "--json")[1])["answer"]
        code, _, err = base("ingest", write(tmp_path / "more", c=RULE))
        assert code == 1
        assert f"进程 {server.pid}" in one_line(err)
        assert "serve，自 20" in err
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=20) == 0
        server.communicate()


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["ask", ""], 1, "空的"),
        (["ask", "问" * 10_000], 1, "10000 字"),
        (["ask"], 1, "--batch"),
        (["ask", "--batch", "no-such.jsonl"], 1, "no-such.jsonl"),
        (["ingest", "no-such-folder"], 1, "no-such-folder"),
        (["show", "0000"], 1, "0000"),
        (["remove", "0000"], 1, "0000"),
        (["draft", "no-such.txt", "--out", "a.docx"], 1, "no-such.txt"),
        (["standards"], 1, "还没有做好"),
        (["serve", "--host", "0.0.0.0"], 1, "zhengda users add"),
        (["ask", "q", "--year", "abc"], 64, "用法"),
        (["nonsense"], 64, "用法"),
    ],
    ids=lambda value: " ".join(value)[:30] if isinstance(value, list) else None,
)
def test_bad_input_is_one_line(base: Zhengda, arguments: list[str], code: int, says: str) -> None:
    got, out, err = base(*arguments)
    assert (got, out) == (code, "")
    assert says in one_line(err)
    assert base("documents")[1].count("\n") == 3


def test_files_that_fail_are_named_and_the_rest_goes_in(empty: Zhengda, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", good=RULE, empty="")
    (folder / "zero.docx").write_bytes(b"")
    (folder / "what.xyz").write_bytes(b"\x00\x01\x02")
    (folder / "cut.pdf").write_bytes(b"%PDF-1.7\n1 0 obj")
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    writer.encrypt("secret", algorithm="AES-256")
    writer.write(folder / "locked.pdf")
    code, out, err = empty("ingest", folder, "--json")
    report = json.loads(out)
    assert code == 2
    assert (report["added"], report["failed"]) == (1, 5)
    failed = {Path(f["source"]).name: f["reason"] for f in report["files"] if f["status"] == "failed"}
    assert set(failed) == {"empty.txt", "zero.docx", "what.xyz", "cut.pdf", "locked.pdf"}
    assert all(reason and "\n" not in reason and reason in err for reason in failed.values())
    assert "加密" in failed["locked.pdf"]
    assert "Traceback" not in err
    assert "80元" in empty("ask", "种植业每亩补多少钱?")[1]
    assert json.loads(empty("ingest", folder, "--json")[1])["unchanged"] == 1


def test_after_the_embedder_was_changed_the_base_answers_as_it_was_made_and_says_so(base: Zhengda) -> None:
    other = Zhengda(base.home)
    other.own["ZHENGDA_EMBEDDER"] = "builtin"
    code, out, err = other("ask", "养羊每只补多少钱?")
    assert (code, out) == base("ask", "养羊每只补多少钱?")[:2]
    assert "doctor --repair" in one_line(err)


def test_a_wrong_setting_is_one_line(empty: Zhengda) -> None:
    empty.home.mkdir()
    (empty.home / "settings.toml").write_text('colour = "red"\n', encoding="utf-8")
    code, _, err = empty("documents")
    assert code == 1
    assert "colour" in one_line(err)


def test_an_interrupt_keeps_what_is_done(empty: Zhengda, tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    for i in range(400):
        write(folder, **{f"d{i:03}": RULE.replace("80元", f"{i + 100}元").replace("5号", f"{i + 10}号")})
    process = empty.start("ingest", folder)
    ledger = empty.home / "ledger.sqlite-wal"
    deadline = time.monotonic() + 30
    while not (ledger.exists() and ledger.stat().st_size > 500_000):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 2
    assert "已中断" in err
    assert "Traceback" not in err
    kept = len(json.loads(empty("documents", "--json")[1]))
    assert 0 < kept < 400
    code, out, _ = empty("ingest", folder, "--json")
    report = json.loads(out)
    assert (code, report["unchanged"], report["added"]) == (0, kept, 400 - kept)
    assert empty("doctor")[:2] == (0, "资料库完好\n")


def test_doctor_finds_and_mends(empty: Zhengda, tmp_path: Path) -> None:
    empty("ingest", write(tmp_path / "docs", rule=RULE))
    for original in (empty.home / "originals").iterdir():
        original.unlink()
    code, out, err = empty("doctor")
    assert code == 1
    assert "原件缺失" in out
    assert "--repair" in one_line(err)
    code, _, err = empty("doctor", "--repair")
    assert code == 1
    assert "重新导入" in err.splitlines()[-1]
    assert empty("ingest", tmp_path / "docs")[0] == 0
    assert empty("doctor")[0] == 0


def test_remove_and_what_is_left(empty: Zhengda, tmp_path: Path) -> None:
    empty("ingest", write(tmp_path / "docs", rule=RULE, a=REPORT_A))
    records = {Path(r["source"]).stem: r["document_id"] for r in json.loads(empty("documents", "--json")[1])}
    code, out, _ = empty("remove", records["rule"])
    assert code == 0
    assert "已删除" in out
    assert "46人" in empty("ask", "松溪镇公益性岗位安置了多少人?")[1]
    assert "没有找到" in empty("ask", "养蜂每箱补多少钱?")[1]


NEWER = RULE.replace("80元", "85元").replace("2023年2月10日", "2023年3月10日")


def test_versions_are_kept_listed_and_compared(empty: Zhengda, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", rule=RULE)
    empty("ingest", folder)
    (old,) = (r["document_id"] for r in json.loads(empty("documents", "--json")[1]))
    assert "没有别的版本" in one_line(empty("diff", old)[2])
    _, out, _ = empty("ingest", write(folder, rule=NEWER, copy=NEWER + "转载：王晓\n"))
    assert "较早的版本" in out
    assert "内容相同，只保留一份用于回答" in out
    (current,) = json.loads(empty("documents", "--json")[1])
    assert current["versions"] == [old]
    every = {r["document_id"]: r for r in json.loads(empty("documents", "--all", "--json")[1])}
    assert {r["kinship"] for r in every.values()} == {None, "version", "copy"}
    assert every[old]["current_id"] == current["document_id"]
    assert "80元" in empty("show", old)[1]
    assert "85元" in empty("ask", "种植业每亩补多少钱?")[1]
    assert len(json.loads(empty("ask", "种植业每亩补多少钱?", "--json")[1])["citations"]) == 1
    assert empty("texts", tmp_path / "texts")[0] == 0
    assert len(list((tmp_path / "texts").iterdir())) == 3

    code, out, _ = empty("diff", current["document_id"])
    assert code == 0
    assert "第二条 种植业每亩补助80元 → 种植业每亩补助85元" in out
    assert "\033" not in out
    found = json.loads(empty("diff", old, current["document_id"], "--json")[1])
    assert set(found) == {"before", "after", "figures", "clauses", "counts"}
    assert found["before"]["document_id"] == old
    assert found["figures"][0] == {"clause": "第二条", "before": "种植业每亩补助80元", "after": "种植业每亩补助85元"}
    assert "内容相同" in empty("diff", old, old)[1]
    assert "接替它用于回答" in empty("remove", current["document_id"])[1]


def test_coverage_says_what_was_kept_cut_and_failed(empty: Zhengda, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", rule="浏览次数：33次\n" + RULE, empty="")
    code, out, _ = empty("ingest", folder)
    assert code == 2
    assert "rule.txt：216 字" in out
    assert "去掉" in out
    (record,) = json.loads(empty("coverage", "--json")[1])
    assert record["coverage"]["characters_cut"] > 0
    assert record["coverage"]["warnings"] == []
    code, out, _ = empty("coverage", record["document_id"])
    assert "[浏览次数] 第 1 页 浏览次数：33次" in out
    cuts = json.loads(empty("coverage", record["document_id"], "--json")[1])["cuts"]
    assert cuts == [{"reason": "counter", "reason_text": "浏览次数", "text": "浏览次数：33次", "page": 1}]
    (failure,) = json.loads(empty("coverage", "--failed", "--json")[1])
    assert Path(failure["source"]).name == "empty.txt"
    assert failure["reason"] in empty("coverage", "--failed")[1]
    empty("ingest", write(folder, empty=REPORT_A))
    assert empty("coverage", "--failed")[1] == "没有导入失败的文件\n"
    assert one_line(empty("coverage", record["document_id"], "--failed")[2])


def test_help_is_instant() -> None:
    """Nothing heavy is imported for it. The bound is wide for a busy machine; quiet ones take a tenth of it."""
    started = time.perf_counter()
    code = "import sys, ui.cli\ntry: ui.cli.main(['--help'])\nexcept SystemExit: pass\nprint([m for m in sys.modules if m in "
    code += "('chromadb', 'gradio', 'torch', 'onnxruntime', 'numpy', 'langchain_core')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")
    assert time.perf_counter() - started < 2
