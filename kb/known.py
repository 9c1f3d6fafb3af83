"""The documents of a base as of one change, and what is worked out from them: it holds until the next change."""

from __future__ import annotations

from functools import lru_cache

from kb.catalog import Catalog
from kb.filters import allowed
from kb.grams import Said


class Known:
    """The documents that stand for themselves, as of a change number of the ledger; what is asked twice is kept."""

    def __init__(self, sequence: int, catalog: Catalog, said: Said) -> None:
        self.sequence, self.records = sequence, catalog.records()
        self.by_id = {record.id: record for record in self.records}
        self.allowed = lru_cache(maxsize=128)(lambda filter: allowed(filter, self.records))
        self.saying = lru_cache(maxsize=256)(catalog.saying)
        self.says = lru_cache(maxsize=4096)(lambda words: said.may_hold(words, self.by_id) and catalog.says(words))
        self.pages = lru_cache(maxsize=4096)(catalog.pages)
