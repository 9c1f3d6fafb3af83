"""The names of offices, as they issue and sign documents."""

from __future__ import annotations

import re

OFFICE = re.compile(
    r"[\u4e00-\u9fff（）()“”、·\s]{0,40}(?:人民政府|政府|办公[室厅]|委员会|常务委员会|党委|党组|[省市县区州镇乡旗]委|国务院|人民法院|人民检察院|代表大会"
    r"|[厅局部委署院组]|总局|管委会|指挥部|领导小组|工作组|专班|联席会议|街道办事处|工作站|服务中心|中心|公司|集团|银行|协会|联合会|大学|学校|村委会|居委会|海关)(?:办公室)?"
)


_APART = re.compile(r"[\s、，,;；]+")


def offices_in(issuer: str) -> tuple[str, ...]:
    """The offices that a line names, one by one."""
    return tuple(dict.fromkeys(part for part in _APART.split(issuer.strip()) if part))


def is_issuer(text: str) -> bool:
    """Whether the text is the name of an office, or of several."""
    parts = _APART.split(text.strip())
    return 2 <= len(text) <= 80 and all(OFFICE.fullmatch(part) for part in parts if part)


def office_before_about(title: str) -> str | None:
    """ "某县人民政府办公室关于印发…的通知": the office before 关于."""
    before, about, _ = title.partition("关于")
    before = before.strip(" ：")
    return before if about and is_issuer(before) else None
