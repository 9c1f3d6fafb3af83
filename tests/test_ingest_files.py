"""Which files a path means."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.document import UnreadableFile
from ingest.files import find_files


def test_a_folder_gives_its_files_in_natural_order_without_what_systems_leave(tmp_path: Path) -> None:
    for name in ("2号.txt", "10号.txt", "附件/表.xyz", ".hidden", "~$稿.docx", "Thumbs.db", ".git/config"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("补助")
    found = [source for _, source in find_files([tmp_path])]
    assert [Path(s).relative_to(tmp_path).as_posix() for s in found] == ["2号.txt", "10号.txt", "附件/表.xyz"]


def test_a_file_given_twice_comes_once_and_a_given_file_is_taken_as_it_is(tmp_path: Path) -> None:
    hidden = tmp_path / ".稿.txt"
    hidden.write_text("补助")
    assert find_files([hidden, str(hidden)]) == [(hidden, str(hidden))]


def test_a_missing_path_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="没有的.txt：找不到"):
        find_files([tmp_path / "没有的.txt"])
