"""The matrix of all vectors: what is written is found again, whatever was removed, torn or written over since."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb import matrix as matrix_module
from kb.embed import unit_rows
from kb.errors import StorageFull
from kb.matrix import Matrix
from kb.ports import Row
from kb.scan import ExactScan, scan_of

DIM = 8


def rows(document_id: str, count: int, seed: int = 0) -> list[Row]:
    random = np.random.default_rng([seed, *document_id.encode()])
    vectors = unit_rows(random.standard_normal((count, DIM), dtype=np.float32))
    return [(f"{document_id}:{i}", document_id, v) for i, v in enumerate(vectors)]


def query(seed: int = 1) -> np.ndarray:
    return unit_rows(np.random.default_rng(seed).standard_normal((1, DIM), dtype=np.float32))[0]


def brute_force(all_rows: list[Row], vector: np.ndarray, limit: int, within: frozenset[str] | None) -> list[str]:
    scored = [(float(v @ vector), i) for i, d, v in all_rows if within is None or d in within]
    return [i for _, i in sorted(scored, key=lambda s: -s[0])[:limit]]


def found(matrix: Matrix | ExactScan, limit: int, within: frozenset[str] | None = None) -> list[str]:
    return [i for i, _ in matrix.search(query(), limit, within)]


def test_what_is_written_is_found_after_opening_again(tmp_path: Path) -> None:
    given_rows = [*rows("d1", 30), *rows("d2", 20), *rows("d3", 1)]
    Matrix(tmp_path).add(given_rows)
    again = Matrix(tmp_path)
    assert (again.count(), again.sizes()) == (51, {"d1": 30, "d2": 20, "d3": 1})
    for within in (None, frozenset(["d2"]), frozenset(["d1", "d3"]), frozenset(["none"]), frozenset()):
        assert found(again, 7, within) == brute_force(given_rows, query(), 7, within)


def test_a_document_written_again_is_replaced_and_a_removed_one_gone(tmp_path: Path) -> None:
    matrix = Matrix(tmp_path)
    matrix.add([*rows("d1", 5), *rows("d2", 5)])
    matrix.add(rows("d1", 3, seed=9))
    matrix.remove(["d2", "unknown"])
    for each in (matrix, Matrix(tmp_path)):
        assert each.sizes() == {"d1": 3}
        assert found(each, 10) == brute_force(rows("d1", 3, seed=9), query(), 10, None)
    matrix.clear()
    assert matrix.count() == Matrix(tmp_path).count() == 0
    assert matrix.search(query(), 5) == []


def test_rows_that_no_line_names_are_written_over(tmp_path: Path) -> None:
    """A process that dies between the rows and the line leaves a tail; the next one starts where the lines end."""
    Matrix(tmp_path).add(rows("d1", 4))
    with next(tmp_path.glob("vectors-*.f32")).open("ab") as file:
        file.write(b"\x7f" * 100)
    matrix = Matrix(tmp_path)
    matrix.add(rows("d2", 4))
    assert found(Matrix(tmp_path), 8) == brute_force([*rows("d1", 4), *rows("d2", 4)], query(), 8, None)


@pytest.mark.parametrize("torn", ["vectors-*.f32", "ids-*.bin", "documents.log"])
@pytest.mark.parametrize("how", ["cut", "gone", "garbage"])
def test_files_that_do_not_fit_together_make_an_empty_matrix_that_can_be_filled(
    tmp_path: Path, torn: str, how: str
) -> None:
    Matrix(tmp_path).add(rows("d1", 40))
    victim = next(tmp_path.glob(torn))
    if how == "gone":
        victim.unlink()
    else:
        victim.write_bytes(victim.read_bytes()[:20] if how == "cut" else b"\xff\xfe garbage")
    matrix = Matrix(tmp_path)
    assert matrix.count() == 0
    matrix.clear()
    matrix.add(rows("d1", 40))
    assert found(Matrix(tmp_path), 5) == brute_force(rows("d1", 40), query(), 5, None)


def test_forgotten_rows_are_left_behind_when_they_outweigh_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matrix_module, "_LEAST_WASTE", 10)
    matrix = Matrix(tmp_path)
    for turn in range(6):
        matrix.add([*rows("d1", 8, seed=turn), *rows(f"e{turn}", 1)])
    size = next(tmp_path.glob("vectors-*.f32")).stat().st_size
    assert size < 6 * 9 * DIM * 4
    expected = [*rows("d1", 8, seed=5), *(r for turn in range(6) for r in rows(f"e{turn}", 1))]
    assert found(Matrix(tmp_path), 14) == found(matrix, 14) == brute_force(expected, query(), 14, None)
    assert len(list(tmp_path.glob("vectors-*.f32"))) == 1


def test_an_id_too_long_for_its_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at most 64"):
        Matrix(tmp_path).add([("x" * 65, "d", query())])


def test_a_full_disk_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = Matrix(tmp_path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(matrix_module, "_write_at", full)
    with pytest.raises(StorageFull, match="doctor --repair"):
        matrix.add(rows("d1", 2))


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 12), min_size=1, max_size=12),
    picked=st.sets(st.integers(0, 11)),
    limit=st.integers(1, 60),
)
def test_within_any_documents_it_is_brute_force(sizes: list[int], picked: set[int], limit: int) -> None:
    all_rows = [row for d, size in enumerate(sizes) for row in rows(f"d{d}", size)]
    within = frozenset(f"d{d}" for d in picked)
    scan = scan_of(all_rows)
    assert found(scan, limit, within) == brute_force(all_rows, query(), limit, within)
    assert scan.rows(within) == sum(size for d, size in enumerate(sizes) if d in picked)


def test_equal_scores_keep_their_order() -> None:
    same = [(f"c{i}", f"d{i}", query()) for i in range(30)]
    assert found(scan_of(same), 5) == [f"c{i}" for i in range(5)]
    assert found(scan_of(same), 3, frozenset(["d9", "d4", "d20", "d2"])) == ["c2", "c4", "c9"]
