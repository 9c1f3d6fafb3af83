"""Which files a path means, and what is said of those that cannot be taken."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ingest.document import UnreadableFile
from ingest.files import FoundFile, find_files, shown

needs_links = pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")


def test_a_folder_gives_its_files_in_natural_order_without_what_systems_leave(tmp_path: Path) -> None:
    for name in ("2号.txt", "10号.txt", "附件/表.xyz", ".hidden", "~$稿.docx", "Thumbs.db", ".git/config"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("补助")
    found = [Path(f.source).relative_to(tmp_path).as_posix() for f in find_files([tmp_path])]
    assert found == ["2号.txt", "10号.txt", "附件/表.xyz"]


def test_a_file_given_twice_comes_once_and_a_given_file_is_taken_as_it_is(tmp_path: Path) -> None:
    hidden = tmp_path / ".稿.txt"
    hidden.write_text("补助")
    (file,) = find_files([hidden, str(hidden), tmp_path / "x" / ".." / ".稿.txt"])
    assert file == FoundFile(path=hidden, identity=str(hidden.resolve()), source=str(hidden), size=6)


def test_a_missing_path_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="没有的.txt：找不到"):
        find_files([tmp_path / "没有的.txt"])


def test_a_missing_path_beside_others_is_one_line_and_the_others_are_found(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("补助")
    missing, file = find_files([tmp_path / "没有的", tmp_path / "a.txt"])
    assert "没有的：找不到" in (missing.problem or "")
    assert file.problem is None


def test_a_name_to_show_instead_of_the_path(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("补助")
    (file,) = find_files([tmp_path / "a.txt"], {tmp_path / "a.txt": "通知.txt"})
    assert (file.source, Path(file.identity).name) == ("通知.txt", "a.txt")


@needs_links
def test_links_are_followed_inside_a_folder_and_nowhere_else(tmp_path: Path) -> None:
    folder, outside = tmp_path / "docs", tmp_path / "outside"
    for path in (folder / "sub", outside):
        path.mkdir(parents=True)
    (outside / "secret.txt").write_text("补助")
    (folder / "sub" / "a.txt").write_text("补助")
    links = {
        "out.txt": outside / "secret.txt",
        "outdir": outside,
        "self": folder / "self",
        "sub/up": folder,
        "gone.txt": tmp_path / "nothing",
        "inside.txt": folder / "sub" / "a.txt",
        "insidedir": folder / "sub",
    }
    for name, target in links.items():
        (folder / name).symlink_to(target)
    found = {Path(f.source).relative_to(folder).as_posix(): f for f in find_files([folder])}
    reasons = {name: f.problem for name, f in found.items() if f.problem}
    expected = {"out.txt": "文件夹之外", "outdir": "文件夹之外", "self": "死循环", "sub/up": "死循环"}
    expected |= {"gone.txt": "不存在"}
    assert reasons.keys() == expected.keys()
    assert all(text in (reasons[name] or "") for name, text in expected.items())
    assert [f.identity for f in found.values() if not f.problem] == [str((folder / "sub" / "a.txt").resolve())]
    (given,) = find_files([folder / "out.txt"])
    assert given.problem is None  # the user named it


@pytest.mark.skipif(os.name == "nt", reason="such names cannot be on Windows")
def test_names_are_shown_without_what_moves_the_cursor(tmp_path: Path) -> None:
    names = ["红\x1b[31m头.txt", "两\n行.txt", "反\u202e转.txt", "全　角.txt"]
    for name in names:
        (tmp_path / name).write_text("补助")
    os.close(os.open(os.fsencode(tmp_path) + "/补助.txt".encode("gb18030"), os.O_CREAT))
    os.close(os.open(os.fsencode(tmp_path) + b"/\xff\xff.txt", os.O_CREAT))
    found = find_files([tmp_path])
    shown_names = {f.source.rsplit("/", 1)[1] for f in found}
    assert shown_names == {
        "红\\x1b[31m头.txt", "两\\n行.txt", "反\\u202e转.txt", "全　角.txt", "补助.txt", "\\xff\\xff.txt",
    }  # fmt: skip
    assert len({f.identity for f in found}) == 6
    assert all(f.identity.encode() for f in found)
    assert all(f.path.exists() for f in found)


def test_a_folder_that_cannot_be_listed_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a/a.txt", "b/b.txt"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("补助")
    listed = Path.iterdir

    def refuse(self: Path) -> Any:
        if self.name == "a":
            raise PermissionError(13, "Permission denied", str(self))
        return listed(self)

    monkeypatch.setattr(Path, "iterdir", refuse)
    closed, file = find_files([tmp_path])
    assert "文件夹打不开（Permission denied）" in (closed.problem or "")
    assert file.source.endswith("b.txt")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in folders")
def test_what_is_not_a_file_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (pipe,) = find_files([tmp_path])
    assert "不是普通文件" in (pipe.problem or "")


def test_shown_leaves_ordinary_text_alone() -> None:
    assert shown("云政办〔2023〕5号 a.txt") == "云政办〔2023〕5号 a.txt"
