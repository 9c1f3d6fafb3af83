"""Correcting what was read of a document, on the page: the form, and what becomes of what is typed. HTML, no gradio."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from ingest.topics import topic_names
from qa.correction import LABELS, STATES, CorrectionError, field_words, read_words
from qa.service import Service
from ui.render import source_label
from ui.topic_render import KIND_LABELS

if TYPE_CHECKING:
    from ingest.document import Metadata
    from kb.corrections import Correction, Corrections

SAVED, UNCHANGED = "已保存，现在起照更正的用", "没有改动，没有保存"
RESTORED = "已恢复为原文所载"
_WHAT = (
    "只改这份文件的信息，不改正文。保存后马上用于回答、检索和筛选；重新导入、换成新版本后仍然有效，"
    "直到恢复为原文所载。不知道的留空。"
)
_RULING = ("validity", "ended_by", "ended_on")
_DAYS = ("issued_on", "published_on", "effective_on", "expires_on", "ended_on")
Typed = Mapping[str, str]


class Corrector:
    """What the 资料库 tab does to correct documents of a service."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def form(self, id: str, typed: Typed | None = None, error: str = "") -> str:
        """The form of a document, filled in with what counts, or with what was typed when there is an error."""
        metadata, made = self._service.document(id).metadata, self._service.corrections(id)
        return form_html(id, metadata, made, self._service.places(), typed, error)

    def act(self, action: str, id: str, event: object, by: str | None) -> tuple[str, str]:
        """What a click on the form leads to: a line on what was done, or else the form. Raises UnknownDocument."""
        if action == "correct-save":
            return self._save(id, event, by)
        if action == "correct-back":
            corrected = self._service.document(id).metadata.corrected
            field = str(getattr(event, "field", ""))
            back = [field] if field in corrected else [] if field else list(corrected)
            if back:
                self._service.correct(id, {}, as_read=back, by=by)
            return "；".join((RESTORED, *(LABELS[f] for f in back))) if back else UNCHANGED, ""
        return "", self.form(id)

    def about(self, id: str) -> str:
        """What people said of the document, and the way to the form."""
        return about_html(id, self._service.document(id).metadata, self._service.corrections(id))

    def _save(self, id: str, event: object, by: str | None) -> tuple[str, str]:
        before = _values(self._service.document(id).metadata)
        typed = {name: str(getattr(event, name, before[name])).strip() for name in before}
        given: dict[str, Any] = {name: typed[name] for name in before if typed[name] != before[name]}
        if not given:
            return UNCHANGED, ""
        if not given.keys().isdisjoint(_RULING):
            given |= {name: typed[name] for name in _RULING}
        try:
            corrected = self._service.correct(id, given, by=by)
        except CorrectionError as error:
            return "", self.form(id, typed, str(error))
        return "；".join((SAVED, *corrected.notes)), ""


def form_html(
    id: str,
    metadata: Metadata,
    made: Corrections,
    places: tuple[str, ...] = (),
    typed: Typed | None = None,
    error: str = "",
) -> str:
    """The form, each field with what was read where that was corrected."""
    values, by_field = typed or _values(metadata), {c.field: c for c in made.made}
    rows = "".join(_row(id, name, values[name], by_field.get(name), made.read) for name in LABELS)
    back = _button("correct-back", id, "全部恢复为原文所载") if made.made else ""
    listed = "".join(f'<option value="{escape(place)}">' for place in places)
    wrong = f'<p class="zd-error" role="alert">{escape(error)}</p>' if error else ""
    name = escape(source_label(metadata.title, metadata.document_number))
    return (
        f'<section class="zd-correct" data-fields aria-label="更正文件信息"><h3>更正信息：{name}</h3><p>{_WHAT}</p>'
        f'<div class="zd-correct-rows">{rows}</div><datalist id="zd-places">{listed}</datalist>'
        f'{wrong}<p class="zd-correct-do"><button type="button" class="zd-button is-red" data-act="correct-save" '
        f'data-id="{escape(id)}">保存</button>{back}{_button("view", id, "取消")}</p></section>'
    )


def about_html(id: str, metadata: Metadata, made: Corrections) -> str:
    """A line for each field that a person set, with what was read; and the way to the form."""
    rows = "".join(
        f"<li><b>{LABELS[c.field]}</b> {escape(_shown(metadata, c.field))} <small>人工更正{escape(_who(c))}；"
        f"{escape(_read(made.read, c.field))}</small></li>"
        for c in made.made
    )
    listed = f"<ul>{rows}</ul>" if rows else ""
    return f'<div class="zd-family zd-corrected">{_button("correct", id, "更正信息")}{listed}</div>'


def said_html(line: str) -> str:
    """What became of a click, above the document."""
    return f'<p class="zd-told" role="status">{escape(line)}</p>'


def _values(metadata: Metadata) -> dict[str, str]:
    """What the form holds, by the names of its fields."""
    values = {name: field_words(metadata, name) for name in LABELS if name not in _RULING}
    ruling = metadata.ruling
    ended = (ruling.state.value, ruling.by or "", str(ruling.from_day or "")) if ruling else ("", "", "")
    return values | dict(zip(_RULING, ended, strict=True))


def _row(id: str, name: str, value: str, correction: Correction | None, read: Metadata) -> str:
    mark, note = "", ""
    if correction is not None:
        mark = ' <em class="zd-by-hand">人工更正</em>'
        back = (
            f'<button type="button" class="zd-link" data-act="correct-back" data-field="{name}" data-id="{escape(id)}">'
        )
        note = f"<small>{escape(_read(read, name))}{escape(_who(correction))} {back}恢复为原文所载</button></small>"
    return f"<div><label><span>{LABELS[name]}{mark}</span>{_input(name, value)}</label>{note}</div>"


def _input(name: str, value: str) -> str:
    if name == "validity":
        return _select(name, STATES, value)
    if name == "kind":
        return _select(name, {"": "不知道", **KIND_LABELS}, value)
    hints = {
        "document_number": 'placeholder="云政办发〔2023〕5号"',
        "issuer": 'placeholder="几个的用顿号隔开"',
        "ended_by": 'placeholder="文号、标题、编号，或一句说明"',
        "place": 'placeholder="写全称，如 松溪镇" list="zd-places"',
        "year": 'placeholder="2024 或 2021-2025"',
        "topics": f'placeholder="几个的用顿号隔开" title="{escape("、".join(topic_names()))}"',
    }
    kind = "date" if name in _DAYS else "text"
    return f'<input type="{kind}" name="{name}" value="{escape(value)}" maxlength="200" {hints.get(name, "")}>'


def _select(name: str, options: Mapping[str, str], value: str) -> str:
    listed = "".join(
        f'<option value="{escape(key)}"{" selected" if key == value else ""}>{escape(label)}</option>'
        for key, label in options.items()
    )
    return f'<select name="{name}">{listed}</select>'


def _button(act: str, id: str, label: str) -> str:
    return f'<button type="button" class="zd-button" data-act="{act}" data-id="{escape(id)}">{label}</button>'


def _shown(metadata: Metadata, field: str) -> str:
    words = field_words(metadata, field) or "未注明"
    return KIND_LABELS.get(words, words) if field == "kind" else words


def _read(read: Metadata, field: str) -> str:
    return f"原文所载：{_shown(read, field)}" if field == "kind" else read_words(read, field)


def _who(correction: Correction) -> str:
    who = f"{correction.made_by}，" if correction.made_by else ""
    return f"（{who}{correction.made_at.astimezone():%Y-%m-%d}）"
