"""What a document does to others that it names."""

from __future__ import annotations

import pytest

from ingest.document import RelationKind
from ingest.relations import find_relations
from ingest.title import plain_title

R = RelationKind
STATED = [
    ("云政办发〔2023〕5号文件同时废止。", [(R.REPEALS, "云政办发〔2023〕5号", None)]),
    ("《青禾县补助办法》（青政发〔2019〕12号）同时废止。", [(R.REPEALS, "青政发〔2019〕12号", "青禾县补助办法")]),
    ("《青禾县补助办法》自2024年1月1日起废止。", [(R.REPEALS, None, "青禾县补助办法")]),
    ("决定废止《甲县补助办法》和《乙县补助办法》。", [(R.REPEALS, None, "甲县补助办法"), (R.REPEALS, None, "乙县补助办法")]),
    ("2019年5月6日印发的《青禾县补助办法》即行废止。", [(R.REPEALS, None, "青禾县补助办法")]),
    ("本办法自印发之日起施行，原《青禾县补助办法》停止执行。", [(R.REPLACES, None, "青禾县补助办法")]),
    ("此前印发的青政发[2019]12号文件不再执行。", [(R.REPLACES, "青政发[2019]12号", None)]),
    ("《青禾县补助办法》停止执行，以本办法为准。", [(R.REPLACES, None, "青禾县补助办法")]),
    ("对《青禾县补助办法》作如下修改：", [(R.AMENDS, None, "青禾县补助办法")]),
    ("青禾县人民政府关于修改《青禾县补助办法》的决定", [(R.AMENDS, None, "青禾县补助办法")]),
    ("对《青禾县补助办法》（青政发〔2019〕12号）进行修订。", [(R.AMENDS, "青政发〔2019〕12号", "青禾县补助办法")]),
    ("青政发〔2019〕12号文件第八条废止。", [(R.AMENDS, "青政发〔2019〕12号", None)]),
    ("《青禾县补助办法》中有关养牛的规定同时废止。", [(R.AMENDS, None, "青禾县补助办法")]),
    ("《青禾县补助办法》与本办法不一致的，以本办法为准。", [(R.AMENDS, None, "青禾县补助办法")]),
    ("根据《青禾县资金管理办法》（青政发〔2020〕3号）等规定，制定本办法。", [(R.BASED_ON, "青政发〔2020〕3号", "青禾县资金管理办法")]),
    ("根据青政发〔2019〕12号和青政办发〔2020〕3号要求", [(R.BASED_ON, "青政发〔2019〕12号", None), (R.BASED_ON, "青政办发〔2020〕3号", None)]),
    ("按照县政府《关于做好春耕工作的意见》精神，我镇开展工作。", [(R.BASED_ON, None, "关于做好春耕工作的意见")]),
    ("依照青禾县人民政府令第83号执行。", [(R.BASED_ON, "青禾县人民政府令第83号", None)]),
    ("关于转发《青禾县补助办法》的通知", [(R.FORWARDS, None, "青禾县补助办法")]),
    ("现将《青禾县补助办法》印发给你们，请遵照执行。", [(R.FORWARDS, None, "青禾县补助办法")]),
    ("青政发〔2023〕5号附件", [(R.ANNEX_OF, "青政发〔2023〕5号", None)]),
    ("本方案系《关于做好防汛工作的通知》附件。", [(R.ANNEX_OF, None, "关于做好防汛工作的通知")]),
]  # fmt: skip
TRAPS = [
    "废止日期：无",
    "废止日期：2029-09-30",
    "本办法有效期5年。",
    "云政办发〔2023〕5号文件有效期至2028年，未废止。",
    "《青禾县补助办法》尚未废止。",
    "征求对《青禾县补助办法》的修改意见。",
    "《青禾日报》按照《青禾日报》的报道。",
    "他写了《山乡调查与思考》一文。",
    "县里印发了《青禾县补助办法》，群众反响良好。",
    "根据20XX年《关于××的通知》（×政发〔20XX〕×号）要求",
    "按照县委要求，全镇抓好落实。",
    "《措施》提出，强化考核，县里作出了决定",
    "本《办法》同时废止。",
    "推动修订《青禾县河道条例》。",
    "加快修改《青禾县补助办法》，完善配套政策。",
    "根据《实施意见》要求，",
]


@pytest.mark.parametrize(("sentence", "relations"), STATED, ids=[s for s, _ in STATED])
def test_a_relation_with_its_number_and_title(
    sentence: str, relations: list[tuple[RelationKind, str | None, str | None]]
) -> None:
    found = find_relations(sentence, None)
    assert [(r.kind, r.document_number, r.title) for r in found] == relations
    for relation in found:
        words = sentence[relation.start : relation.end]
        assert (relation.title or "") in words
        assert (relation.document_number or "") in words


@pytest.mark.parametrize("sentence", TRAPS)
def test_no_relation(sentence: str) -> None:
    assert find_relations(sentence, None) == ()


def test_never_to_itself() -> None:
    text = "现将《青禾县补助办法》印发给你们。\n根据青政发〔2023〕5号执行。"
    assert find_relations(text, "青政发[2023]5号", "关于印发《青禾县补助办法》的通知") == ()


def test_a_place_whose_name_begins_like_a_conjunction_stays_whole() -> None:
    (found,) = find_relations("根据和政发〔2020〕3号执行。", None)
    assert found.document_number == "和政发〔2020〕3号"


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        ("青禾县人民政府办公室关于印发《青禾县补助办法（试行）》的通知", "青禾县补助办法（试行）"),
        ("关于印发青禾县补助办法的通知", "青禾县补助办法"),
        ("《青禾县补助办法》", "青禾县补助办法"),
        ("关于做好春耕工作的通知", "关于做好春耕工作的通知"),
    ],
)
def test_titles_are_compared_without_their_wrapper(title: str, plain: str) -> None:
    assert plain_title(title) == plain
