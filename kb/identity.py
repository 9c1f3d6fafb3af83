"""What a document is known by: its 文号, its title, and when and where it is of."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date

from ingest.document import Metadata
from kb.signature import Signature, plain

_AMENDED_HEAD_CHARS = 600  # where a text says that it was amended, above its first article
_AMENDED = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日(?=[^。\n]{0,60}?修[正订改])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """What the decision needs of a document. `edition` grows with each new text; copies share it."""

    id: str
    metadata: Metadata
    text: str = field(repr=False)
    signature: Signature = field(repr=False, compare=False)
    scanned: bool = False
    paths: frozenset[str] = frozenset()  # of the files that hold it
    past_paths: frozenset[str] = frozenset()  # of files that held it before they were changed
    edition: int = 0
    order: int = 0  # in which documents came

    @property
    def held(self) -> bool:
        """Whether a file holds it now."""
        return bool(self.paths)

    @property
    def dated(self) -> date:
        """The day its text is of: issued, or last amended as its head says; `date.min` when it is not known."""
        return max(self.metadata.issued_on or date.min, *amendments(self.text))


def amendments(text: str) -> list[date]:
    """The days on which the head of a text says that it was amended; `date.min` among them."""
    found = [date.min]
    for year, month, day in _AMENDED.findall(text[:_AMENDED_HEAD_CHARS]):
        try:
            found.append(date(int(year), int(month), int(day)))
        except ValueError:  # a misprint
            continue
    return found


def number_key(metadata: Metadata) -> str | None:
    """The 文号 in one spelling; None when it is not one that a single office gives once ("第1号")."""
    stated = unicodedata.normalize("NFKC", metadata.document_number or "").replace("第", "")
    number = "-".join(re.findall(r"[\u4e00-\u9fff]+|\d+", re.sub(r"\s", "", stated)))
    return number if re.match(r"[\u4e00-\u9fff]{2,}.*\d", number) else None


def title_core(title: str) -> str:
    """The title without its office, punctuation and the words for a draft or a repost."""
    core = plain(re.sub(r"^[^《》\s]{2,40}?(?=关于)", "", title.strip()))
    return re.sub(
        r"(?:全文|原文|(?:最终|最新|修改|定|终|送审|报送|上报)(?:稿|版)|第[一二三四五六七八九]稿)+$", "", core
    )


def identity_key(metadata: Metadata) -> str | None:
    """Title, place and year in one string; None unless all are stated."""
    when = metadata.period or metadata.year
    if not (metadata.title and metadata.place and when):
        return None
    return f"{title_core(metadata.title)}|{metadata.place}|{when}"
