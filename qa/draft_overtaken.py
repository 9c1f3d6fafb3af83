"""Articles that a newer document takes the place of in its own words: 《…》（文号）第十条规定的标准，自7月1日起按照本通知执行."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from ingest.document import Document
from qa.draft_units import Unit
from qa.scope import same_number

_ARTICLE = r"第[一二三四五六七八九十百零〇\d]{1,6}条"
_TAKES_OVER = re.compile(
    rf"〕?(?P<article>{_ARTICLE})?[^。；\n]{{0,40}}(?:按照?本[一-鿿]{{2,4}}(?:规定)?执行|以本[一-鿿]{{2,4}}为准|(?:停止|不再)(?:执行|适用))"
)
_FROM = re.compile(r"自?(\d{4})年(\d{1,2})月(\d{1,2})日起")


def is_overtaken(unit: Unit, others: Iterable[Document], day: date) -> bool:
    """Whether one of the other documents says that it holds in the place of the unit's article on that day."""
    number = same_number(unit.document.metadata.document_number or "")
    issued = unit.document.metadata.issued_on
    if not number or issued is None:
        return False
    headings = unit.document.path_at(unit.start)
    own = re.match(_ARTICLE, headings[-1]) if headings else None
    for other in others:
        if other.metadata.issued_on is None or not issued < other.metadata.issued_on <= day:
            continue
        text = same_number(other.text)
        for said in re.finditer(re.escape(number), text):
            taken = _TAKES_OVER.match(text, said.end())
            same = taken and (not taken["article"] or (own is not None and taken["article"] == own[0]))
            if taken and same and _begins(taken[0]) <= day:
                return True
    return False


def _begins(words: str) -> date:
    """The day from which that holds; the first of all where none is said."""
    match = _FROM.search(words)
    try:
        return date(*map(int, match.groups())) if match else date.min
    except ValueError:
        return date.min
