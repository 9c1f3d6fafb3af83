"""With a language model: its words are shown only as far as the documents carry them."""

from __future__ import annotations

from pathlib import Path

import pytest
from documents import REPORT_A, REPORT_B, RULE, write
from model_server import model_server

from qa.answer import Answer, Outcome
from qa.service import open_service
from qa.settings import Settings

QUESTION = "种植业每亩补多少钱?"


def ask(folder: Path, base_url: str, question: str = QUESTION) -> list[Answer]:
    settings = Settings(home=folder / "home", embedder="hash", llm_base_url=base_url, llm_model="m", llm_timeout_s=5)
    service = open_service(settings, to_write=True)
    service.ingest([write(folder / "docs", rule=RULE, a=REPORT_A, b=REPORT_B)])
    try:
        return list(service.stream(question))
    finally:
        service.close()


def test_the_answer_streams_and_cites(tmp_path: Path) -> None:
    with model_server("种植业每亩补助80元。[1]每户最多10亩。[1]") as (url, requests):
        answers = ask(tmp_path, url)
    assert len(answers) > 3
    assert [len(a.text) for a in answers[:-1]] == sorted(len(a.text) for a in answers[:-1])
    final = answers[-1]
    assert final.text == "种植业每亩补助80元。[1]每户最多10亩。[1]"
    assert final.warnings == ()
    assert "80元" in final.citations[0].quote
    sent = str(requests[0]["messages"])
    assert "80元" in sent
    assert QUESTION in sent


@pytest.mark.parametrize(
    ("says", "kept", "marked_off"),
    [
        ("每亩补助80元。[1]每亩补助90元。[1]", "每亩补助80元。[1]", "90"),
        ("每亩补助80元。[1]这项政策深受欢迎。", "每亩补助80元。[1]", "深受欢迎"),
        ("每亩补助80元。[1]详见附件。[77]", "每亩补助80元。[1]", "详见附件"),
    ],
    ids=["an altered figure", "no citation", "a citation that is not there"],
)
def test_what_is_not_supported_is_kept_apart(tmp_path: Path, says: str, kept: str, marked_off: str) -> None:
    with model_server(says) as (url, _):
        final = ask(tmp_path, url)[-1]
    assert final.text == kept
    (warning,) = final.warnings
    assert warning.kind == "unsupported"
    assert marked_off in warning.text


@pytest.mark.parametrize("says", ["每亩补助9999元。[1]", "材料中没有", ""])
def test_nothing_supported_leaves_the_verbatim_answer(tmp_path: Path, says: str) -> None:
    with model_server(says) as (url, _):
        final = ask(tmp_path, url)[-1]
    assert "80元" in final.text
    assert final.outcome is Outcome.ANSWERED


def test_a_model_out_of_order_leaves_the_verbatim_answer(tmp_path: Path) -> None:
    with model_server("", status=500) as (url, _):
        final = ask(tmp_path, url)[-1]
    assert "80元" in final.text
    assert any("没有应答" in w.text for w in final.warnings)


def test_the_model_is_not_asked_what_the_documents_do_not_say(tmp_path: Path) -> None:
    with model_server("每头补助500元。[1]") as (url, requests):
        final = ask(tmp_path, url, "养猪每头补多少钱?")[-1]
    assert final.outcome is Outcome.NO_EVIDENCE
    assert requests == []
