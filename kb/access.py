"""Who may find a document: the groups it is kept to, as rows of the ledger. A document of no group is for everyone.

Who belongs to which group is not known here: it arrives with each search, as `Filter.groups`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from kb.errors import BadGroup

TOLD_ANEW = 2  # in changes.added: what the ledger says of a document changed, its chunks did not

Groups = frozenset[str]


def named(groups: Iterable[str]) -> Groups:
    """The names without blanks around them. Raises BadGroup for an empty one."""
    found = frozenset(g.strip() for g in groups)
    if "" in found:
        raise BadGroup("权限组的名字是空的，请写明名字；要让所有人可见，请给空的集合")
    return found


def groups_in(db: sqlite3.Connection, document_id: str | None = None) -> dict[str, Groups]:
    """Document id -> its groups, of one document or of all; those for everyone are left out."""
    where, values = ("WHERE document_id = ?", (document_id,)) if document_id else ("", ())
    found: dict[str, set[str]] = {}
    for id, name in db.execute(f"SELECT document_id, name FROM document_groups {where}", values):
        found.setdefault(id, set()).add(name)
    return {id: frozenset(names) for id, names in found.items()}


def keep_to(db: sqlite3.Connection, document_id: str, groups: Groups) -> None:
    """Keeps a document to these groups from now on."""
    if groups_in(db, document_id).get(document_id, Groups()) == groups:
        return
    db.execute("DELETE FROM document_groups WHERE document_id = ?", (document_id,))
    db.executemany("INSERT INTO document_groups VALUES (?, ?)", [(document_id, name) for name in sorted(groups)])
    db.execute("INSERT INTO changes (document_id, added) VALUES (?, ?)", (document_id, TOLD_ANEW))


def hand_down(db: sqlite3.Connection, held: Sequence[str], new: Sequence[str]) -> None:
    """Keeps documents that a file holds now to the groups of those it held before: changed, it is as closed as it was.

    Where these differ, a document takes after the one in its place; one in a new place, after all of them at once.
    """
    kept = {id: groups for id in held if (groups := groups_in(db, id).get(id))}
    if not kept:
        return
    of_place = {_place(db, id): kept.get(id, Groups()) for id in held}
    for id in new:
        keep_to(db, id, of_place.get(_place(db, id), Groups().union(*kept.values())))


def _place(db: sqlite3.Connection, document_id: str) -> int:
    """Which document of its file it is."""
    return int(db.execute("SELECT part FROM documents WHERE id = ?", (document_id,)).fetchone()[0])
