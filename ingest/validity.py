"""From when to when a document is in force, as its own text says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from ingest.dates import ANY_DATE, find_date, last_day_after_years
from ingest.numerals import NUMERAL, to_int

_SELF = r"(?:本|该)(?:办法|规定|条例|细则|规则|意见|方案|通知|措施|政策|法|决定|规范|规程|标准|公告|通告|计划|解释|文件|制度|章程|目录)"
_IN_FORCE = r"(?:起(?:正式)?(?:施行|实施|执行|生效|试行)|(?:施行|实施)$)"
_SELF_FROM = re.compile(rf"{_SELF}[^。]{{0,12}}自\s?(?P<day>{ANY_DATE}){_IN_FORCE}")
_FROM = re.compile(
    rf"(?:公布|发布|通过|批准|修订|印发)[^。]{{0,12}}自\s?(?P<day>{ANY_DATE}){_IN_FORCE}|^(?P<day2>{ANY_DATE})\s*(?:施行|实施)$",
    re.MULTILINE,
)
_FROM_ISSUE = re.compile(rf"{_SELF}[^。]{{0,12}}自(?P<act>印发|发布|公布|发文|颁布|下发)之日{_IN_FORCE}")
_TO = r"[^。，]{0,8}?(?:至|到)\s?"
_UNTIL = re.compile(
    rf"(?:{_SELF}[^。；]{{0,30}}(?:有效期?|执行期?|施行|实施)|(?:^|[，。；（]|{_IN_FORCE})有效期?){_TO}(?P<day>{ANY_DATE})",
    re.MULTILINE,
)
_FOR_YEARS = re.compile(
    rf"(?:{_SELF}[^。；]{{0,40}}|{_IN_FORCE}[，,]?)(?:有效期|试行期)限?[为是]?\s?(?P<years>\d{{1,2}}|[{NUMERAL}]{{1,3}})\s?年"
)
_HEAD_CHARS = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    """The first day in force, and the last one either as a date or as a number of years."""

    effective_on: date | None
    until: date | None
    years: int | None

    def expires_on(self, effective_on: date | None) -> date | None:
        """The last day in force; from a number of years only when the first day is known."""
        if self.until is None and self.years is not None and effective_on is not None:
            return last_day_after_years(effective_on, self.years)
        return self.until


def find_validity(text: str, *, issued_on: date | None, published_on: date | None) -> Validity:
    """What the text says of its own validity. "自发布之日起" counts when that day is known."""
    until = _UNTIL.search(text)
    years = _FOR_YEARS.search(text)
    return Validity(
        effective_on=_effective_on(text, issued_on, published_on),
        until=find_date(until["day"]) if until else None,
        years=to_int(years["years"]) if years else None,
    )


def expiry_span(text: str) -> tuple[int, int] | None:
    """Where the text says how many years it is in force."""
    years = _FOR_YEARS.search(text)
    return years.span("years") if years else None


def _effective_on(text: str, issued_on: date | None, published_on: date | None) -> date | None:
    own = list(_SELF_FROM.finditer(text))
    if own:
        return find_date(own[-1]["day"])
    from_issue = _FROM_ISSUE.search(text)
    if from_issue:
        days = (issued_on, published_on) if from_issue["act"] in ("印发", "发文", "下发") else (published_on, issued_on)
        return days[0] or days[1]
    stated = _FROM.search(text[:_HEAD_CHARS])
    return find_date(stated["day"] or stated["day2"]) if stated else None
