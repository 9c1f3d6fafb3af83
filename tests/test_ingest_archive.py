"""ZIP archives: what is in them, under which names, and what is refused."""

from __future__ import annotations

import io
import stat
import struct
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pytest
from documents import RULE

from ingest import archive
from ingest.archive import expand, unpack
from ingest.files import FoundFile, find_files

BODY = RULE.encode()


def packed(members: Mapping[str, bytes]) -> bytes:
    """An archive in memory."""
    stream = io.BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED) as zipped:
        for name, body in members.items():
            zipped.writestr(name, body)
    return stream.getvalue()


def with_raw_names(data: bytes, names: Mapping[str, bytes]) -> bytes:
    """The archive with names replaced by others of the same length, and no word of their encoding."""
    for old, raw in names.items():
        assert len(old) == len(raw)
        data = data.replace(old.encode(), raw)
    return data


def listed(tmp_path: Path, data: bytes, name: str = "a.zip") -> dict[str, FoundFile]:
    """Source below the archive -> what was found."""
    path = tmp_path / name
    path.write_bytes(data)
    found = expand(find_files([path]), tmp_path / "work")
    return {f.source.removeprefix(str(path)).lstrip("/"): f for f in found}


def test_members_are_files_of_their_own(tmp_path: Path) -> None:
    data = packed({"通知/a.txt": BODY, "b.docx": b"x", "__MACOSX/._a.txt": b"", "~$b.docx": b"", "空/": b""})
    found = listed(tmp_path, data)
    assert list(found) == ["通知/a.txt", "b.docx"]
    member = found["通知/a.txt"]
    assert member.identity == f"{(tmp_path / 'a.zip').resolve()}!/通知/a.txt"
    assert member.size == len(BODY)
    out = unpack(member, tmp_path / "work" / "0")
    assert (out.name, out.read_bytes()) == ("a.txt", BODY)


def test_archives_inside_archives_three_deep_and_no_deeper(tmp_path: Path) -> None:
    data = packed({"d.txt": BODY})
    for name in ("c.zip", "b.zip", "a.zip"):
        data = packed({name: data, f"beside-{name}.txt": BODY})
    found = listed(tmp_path, data, "top.zip")
    assert "套了 3 层以上" in (found["a.zip/b.zip/c.zip"].problem or "")
    good = {name for name, f in found.items() if not f.problem}
    assert good == {"beside-a.zip.txt", "a.zip/beside-b.zip.txt", "a.zip/b.zip/beside-c.zip.txt"}
    inner = found["a.zip/b.zip/beside-c.zip.txt"]
    assert inner.identity.endswith("top.zip!/a.zip!/b.zip!/beside-c.zip.txt")
    assert unpack(inner, tmp_path / "out").read_bytes() == BODY


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        pytest.param("补助.txt".encode("gb18030"), "补助.txt", id="GBK, as Windows packs"),
        pytest.param("通知.txt".encode("gb18030"), "通知.txt", id="GBK that is also UTF-8"),
        pytest.param("补助.txt".encode(), "补助.txt", id="UTF-8 without the flag, as macOS packs"),
        pytest.param(b"caf\x82.txt", "café.txt", id="cp437, as DOS packed"),
        pytest.param("附件\\表.txt".encode("gb18030"), "附件/表.txt", id="backslashes"),
        pytest.param(b"a\x1bb.txt", "a\\x1bb.txt", id="control characters"),
    ],
)
def test_names_without_a_word_of_their_encoding(tmp_path: Path, raw: bytes, shown: str) -> None:
    found = listed(tmp_path, with_raw_names(packed({"N" * len(raw): BODY}), {"N" * len(raw): raw}))
    assert list(found) == [shown]
    assert unpack(found[shown], tmp_path / "out").read_bytes() == BODY


def test_the_field_made_for_unicode_names_is_read(tmp_path: Path) -> None:
    stream, name = io.BytesIO(), "补助办法.txt".encode()
    info = ZipInfo("b__.txt")
    info.extra = struct.pack("<HHBI", 0x7075, 5 + len(name), 1, zlib.crc32(b"b__.txt")) + name
    with ZipFile(stream, "w") as zipped:
        zipped.writestr(info, BODY)
    assert list(listed(tmp_path, stream.getvalue())) == ["补助办法.txt"]


@pytest.mark.parametrize("name", ["../../etc/x.txt", "/etc/x.txt", "C:/x.txt", "a/../../x.txt"])
def test_paths_that_lead_out_are_refused_alone(tmp_path: Path, name: str) -> None:
    found = listed(tmp_path, packed({name: BODY, "good.txt": BODY}))
    assert found["good.txt"].problem is None
    (bad,) = [f for f in found.values() if f.problem]
    assert "不安全" in (bad.problem or "")
    assert not (tmp_path / "x.txt").exists()


def encrypted(data: bytes) -> bytes:
    """The same archive with the flag of encryption on its first member."""
    changed = bytearray(data)
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        changed[data.index(magic) + at] |= 1
    return bytes(changed)


def linked(_: bytes) -> bytes:
    stream = io.BytesIO()
    info = ZipInfo("bad.txt")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with ZipFile(stream, "w") as zipped:
        zipped.writestr(info, "/etc/passwd")
        zipped.writestr("good.txt", BODY)
    return stream.getvalue()


def test_one_name_twice_is_two_files(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        stream = io.BytesIO()
        with ZipFile(stream, "w") as zipped:
            zipped.writestr("a.txt", BODY)
            zipped.writestr("a.txt", BODY + b"x")
    found = listed(tmp_path, stream.getvalue())
    assert [unpack(f, tmp_path / n).stat().st_size - len(BODY) for n, f in found.items()] == [0, 1]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(encrypted, "已加密", id="encrypted"),
        pytest.param(linked, "是链接", id="link"),
        pytest.param(lambda _: packed({"bad.txt": bytes(40_000_000), "good.txt": BODY}), "压缩炸弹", id="bomb"),
        pytest.param(lambda _: packed({"bad.rar": b"Rar!\x1a\x07", "good.txt": BODY}), "RAR 压缩包", id="rar inside"),
        pytest.param(lambda _: packed({"bad.zip": b"PK\x03\x04 cut", "good.txt": BODY}), None, id="cut archive inside"),
    ],
)
def test_a_bad_member_fails_alone(tmp_path: Path, change: Callable[[bytes], bytes], reason: str | None) -> None:
    found = listed(tmp_path, change(packed({"bad.txt": BODY, "good.txt": BODY})))
    assert len(found) == 2
    assert unpack(found["good.txt"], tmp_path / "out").read_bytes() == BODY
    (bad,) = [f for name, f in found.items() if name != "good.txt"]
    if reason is not None:
        assert reason in (bad.problem or "") and "\n" not in (bad.problem or "")


def test_a_damaged_member_is_found_out_when_it_is_unpacked(tmp_path: Path) -> None:
    data = bytearray(packed({"bad.txt": BODY, "good.txt": BODY}))
    data[60] ^= 0xFF
    found = listed(tmp_path, bytes(data))
    with pytest.raises(Exception, match=r"bad\.txt：在压缩包里已损坏"):
        unpack(found["bad.txt"], tmp_path / "out")
    assert unpack(found["good.txt"], tmp_path / "out").read_bytes() == BODY


@pytest.mark.parametrize(
    ("limit", "value", "reason"), [("MAX_MEMBERS", 3, "超过 3 个"), ("MAX_BYTES", 2000, "解压后超过")]
)
def test_an_archive_over_the_limits_is_refused_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int, reason: str
) -> None:
    monkeypatch.setattr(archive, limit, value)
    inner = packed({f"{n}.txt": BODY for n in range(3)})
    (found,) = listed(tmp_path, packed({"a.txt": BODY, "inner.zip": inner})).values()
    assert reason in (found.problem or "")


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.rar", b"Rar!\x1a\x07\x00", "RAR 压缩包"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c", "7z 压缩包"),
        ("a.tar.gz", b"\x1f\x8b\x08\x00", "GZ 压缩包"),
        ("misnamed.zip", b"Rar!\x1a\x07\x00", "RAR 压缩包"),
        ("empty.zip", packed({}), "没有可导入的文件"),
    ],
)
def test_other_archives_are_refused_with_what_to_do(tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    (found,) = listed(tmp_path, data, name).values()
    assert reason in (found.problem or "") and name in (found.problem or "")


def test_office_files_are_no_archives_and_a_misnamed_archive_is_one(tmp_path: Path) -> None:
    office = packed({"word/document.xml": b"<w/>"})
    assert [f.member for f in listed(tmp_path, office, "a.docx").values()] == [None]
    assert list(listed(tmp_path, office, "b.zip")) == [""]
    assert list(listed(tmp_path, packed({"a.txt": BODY}), "c.doc")) == ["a.txt"]
