"""A conversation on the page: follow-ups, what is kept of it over a reload, and what readers say of an answer."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import httpx
import pytest
from test_ui_web import browser, site
from web_site import EVIL, GRADIO_WARNINGS, Browser, Site, needs_browser

from qa.answer import Answer, Citation, Outcome, Validity
from qa.history import questions_before
from qa.question import QuestionError, read_question
from ui.commands_feedback import feedback
from ui.feedback import MOST_BYTES, NAME, feedback_on, keep, kept
from ui.render import answer_dict, answer_with_sources
from ui.web_feedback import voted
from ui.web_scope import Picked, day_in, day_of, named_in, shown
from ui.web_talk import KEPT, before_html, talk_of, with_answer

__all__ = ["browser", "site"]  # fixtures
pytestmark = GRADIO_WARNINGS
ANSWER = Answer(
    question="那羊呢",
    understood_as="养一只羊补助多少元",
    outcome=Outcome.ANSWERED,
    text="每只羊补助240元。[1]",
    citations=(
        Citation(
            number=1,
            document_id="d1",
            source="a.pdf",
            title="云霞县产业到户补助办法",
            document_number="云政办发〔2023〕5号",
            issuer=None,
            issued_on=date(2023, 3, 1),
            status=Validity.IN_FORCE,
            pages=(),
            path=("第二章 标准", "第三条 养殖业"),
            start=0,
            end=10,
            quote="每只羊补助240元。",
        ),
    ),
)


def test_the_api_takes_what_was_asked_before(site: Site) -> None:
    asked = {"question": "那榆岭镇呢", "history": [{"question": "桂桥镇有多少户脱贫户?"}]}
    answer = httpx.post(f"{site.address}/api/ask", json=asked, trust_env=False).json()
    assert answer["understood_as"] == "榆岭镇有多少户脱贫户?"
    for wrong in ("桂桥镇", [3]):
        refused = httpx.post(f"{site.address}/api/ask", json={**asked, "history": wrong}, trust_env=False)
        assert 400 <= refused.status_code < 500
        assert "history" in refused.json()["error"]


class Click:
    """What the page sends with a click."""

    def __init__(self, **sent: str) -> None:
        vars(self).update(sent)


@needs_browser
def test_a_follow_up_is_understood_and_kept_over_a_reload(browser: Browser) -> None:
    browser.ask("桂桥镇有多少户脱贫户?")
    browser.until(lambda: browser.attribute("#zd-place input", "value") == "桂桥镇")
    browser.ask("那榆岭镇呢?")
    browser.says("#zd-answer .zd-taken", "按“榆岭镇有多少户脱贫户?”理解")
    browser.until(lambda: browser.attribute("#zd-place input", "value") == "榆岭镇")
    browser.driver.refresh()
    browser.until(lambda: browser.all(".zd-recent"))
    browser.says("#zd-talk", "榆岭镇有多少户脱贫户?")
    browser.ask("多少人?")
    browser.says("#zd-answer .zd-taken", "榆岭镇脱贫户多少人")
    browser.click("#zd-anew")
    browser.until(lambda: browser.all(".zd-recent") and not browser.all("#zd-talk .zd-before"))
    browser.ask("那榆岭镇呢?")
    browser.says("#zd-answer .is-none", "前面也没有可以接着问的问题")


@needs_browser
def test_a_vote_with_its_reason_is_kept_in_the_base_folder(site: Site, browser: Browser) -> None:
    browser.ask("种植业每亩补多少?")
    copied = browser.attribute("#zd-answer .zd-foot [data-copy]", "data-copy")
    assert "（云政办发〔2023〕5号）" in copied
    browser.driver.execute_script("document.querySelector('.zd-vote details').open = true")
    browser.find(".zd-vote input").send_keys(f"数字旧了{EVIL}")
    browser.click(".zd-vote [data-vote=down]")
    browser.says("#zd-feedback", "已记下")
    last = list(kept(site.folder / "home"))[-1]
    assert (last.vote, last.reason, last.text) == ("down", "数字不对", f"数字旧了{EVIL}")
    assert last.question == "种植业每亩补多少?"
    assert last.citations


@needs_browser
def test_the_page_is_larger_for_older_eyes_and_stays_so(browser: Browser) -> None:
    width = "return document.querySelector('#zd-send').getBoundingClientRect().width"
    before = browser.driver.execute_script(width)
    browser.click(".zd-size [data-size='3']")
    browser.until(lambda: browser.driver.execute_script(width) == pytest.approx(1.3 * before, rel=0.02))
    browser.driver.refresh()
    browser.until(lambda: browser.attribute(".zd-size [data-size='3']", "aria-pressed") == "true")
    wide = "return document.documentElement.scrollWidth <= window.innerWidth"
    assert browser.until(lambda: browser.driver.execute_script(wide))
    browser.click(".zd-size [data-size='1']")
    browser.until(lambda: browser.attribute(".zd-size [data-size='1']", "aria-pressed") == "true")


def test_feedback_is_listed_oldest_first_and_bounded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep(tmp_path, feedback_on(ANSWER, "up"))
    keep(tmp_path, feedback_on(ANSWER, "down", "出处不对", "引的是\n旧办法"))
    with (tmp_path / NAME).open("a", encoding="utf-8") as file:
        file.write('{"cut short')
    options = type("Options", (), {"home": tmp_path, "json": True})()
    assert feedback(options) == 0
    said = json.loads(capsys.readouterr().out)
    assert [f["vote"] for f in said] == ["up", "down"]
    assert said[1] | {"time": ""} == {
        "time": "",
        "question": "那羊呢",
        "understood_as": "养一只羊补助多少元",
        "outcome": "answered",
        "citations": ["d1"],
        "vote": "down",
        "reason": "出处不对",
        "text": "引的是 旧办法",
    }
    (tmp_path / NAME).write_bytes(b"x" * 100 + b"\n" + b"y" * MOST_BYTES + b"\n")
    keep(tmp_path, feedback_on(ANSWER, "up"))
    assert (tmp_path / NAME).stat().st_size < MOST_BYTES + 1000
    assert [f.vote for f in kept(tmp_path)] == ["up"]


def test_a_vote_that_cannot_be_written_is_said_and_nothing_breaks(tmp_path: Path) -> None:
    gone = tmp_path / "no such folder"
    assert "没有记下" in (voted(gone, [ANSWER], Click(act="vote", vote="up", turn="0")) or "")


@pytest.mark.parametrize(
    "click", [Click(act="cite", turn="0"), Click(act="vote", turn="7"), Click(act="vote", turn="x")]
)
def test_what_is_no_vote_is_no_vote(tmp_path: Path, click: Click) -> None:
    assert voted(tmp_path, [ANSWER], click) is None


def test_what_the_browser_stored_is_checked() -> None:
    assert talk_of("x") == talk_of(None) == talk_of([{"q": 1}, 3, "", "长" * 3000]) == []
    assert len(talk_of(["问"] * 100)) == KEPT
    assert with_answer(["甲?"], ANSWER) == ["甲?", "养一只羊补助多少元"]
    assert EVIL not in before_html([EVIL])


def test_history_comes_in_three_shapes() -> None:
    chat = [{"role": "user", "content": "甲?"}, {"role": "assistant", "content": "乙"}]
    assert questions_before(["甲?"]) == questions_before([{"question": "甲?", "answers": ["乙"]}]) == ("甲?",)
    assert questions_before(chat) == ("甲?",)
    for wrong in ("甲?", [3], [{"answers": []}]):
        with pytest.raises(QuestionError):
            questions_before(wrong)


def test_an_answer_is_copied_with_its_source_in_form() -> None:
    assert answer_with_sources(ANSWER) == (
        "每只羊补助240元。[1]\n出处：\n[1] 《云霞县产业到户补助办法》（云政办发〔2023〕5号）第三条"
    )
    assert answer_dict(ANSWER)["understood_as"] == "养一只羊补助多少元"


def test_pickers_follow_the_question_until_someone_picks() -> None:
    towns, years = ("桂桥镇", "榆岭镇"), (2023, 2024)
    named = named_in(read_question("桂桥镇2023年有多少户?", towns), towns, years)
    assert named == Picked("桂桥镇", "2023")
    now, filled = shown(Picked(), Picked(), named)
    assert now == filled == named
    now, filled = shown(now, filled, Picked("榆岭镇"))
    assert now == Picked("榆岭镇")
    now, filled = shown(Picked("榆岭镇", "2024"), filled, Picked("榆岭镇", "2023"))
    assert (now.year, filled.year) == ("2024", "")


def test_the_day_a_question_names() -> None:
    assert day_in("按2024年2月的标准补多少") == "2024-02-29"
    assert day_in("2023年6月30日当时补多少") == "2023-06-30"
    assert day_in("2024年6月底有多少户") == ""
    assert day_of("") is None
    with pytest.raises(QuestionError, match="按哪天"):
        day_of("明天")


def test_a_place_that_came_in_meanwhile_can_be_picked(site: Site) -> None:
    from ui.web_ask import AskDesk

    place, *_ = AskDesk(site.service).fill("榆岭镇有多少户脱贫户?", "", "", None, Picked(), [])
    assert place["value"] == "榆岭镇"
    assert ("榆岭镇", "榆岭镇") in place["choices"]  # Gradio refuses a value that it was not told of


def test_a_chip_of_an_answer_the_server_forgot_says_so(site: Site) -> None:
    from ui.web_ask import LEFT, AskDesk

    assert LEFT in AskDesk(site.service).open([], Click(act="cite", turn="0", n="1"))
