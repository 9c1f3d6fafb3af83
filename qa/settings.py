"""All settings, in one flat table. Read from `settings.toml` in the base's folder, then from the environment."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path


class SettingsError(Exception):
    """A setting is unknown or has a wrong value. The message is one line for the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What can be set. The environment variable of `llm_model` is ZHENGDA_LLM_MODEL, and so on."""

    home: Path
    embedder: str = "builtin"  # "builtin", a sentence-transformers name or folder, or "openai:MODEL"
    embedder_base_url: str = ""
    embedder_api_key: str = ""
    reader: str = "builtin"  # the trained reader that judges the best sentences again; "none" goes by rules alone
    ocr: bool = True  # whether pages without usable text are read by OCR when a file is taken in
    chroma_url: str = ""  # a Chroma server for the vector index, "http://127.0.0.1:8000"; without one it is embedded
    llm_base_url: str = ""  # an OpenAI-compatible endpoint; without one answers are verbatim
    llm_model: str = ""
    llm_api_key: str = ""
    llm_timeout_s: float = 60.0
    confidence: float = 0.43  # 0..1: below it a question is refused; higher refuses more
    passages: int = 24  # how many passages are read for an answer

    @property
    def has_llm(self) -> bool:
        """Whether a language model is set."""
        return bool(self.llm_base_url and self.llm_model)


def default_home() -> Path:
    """The folder of the base when none is named: $ZHENGDA_HOME, else the user's data folder."""
    if home := os.environ.get("ZHENGDA_HOME"):
        return Path(home)
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "zhengda"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "zhengda"


def load_settings(home: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of the base in `home`. Raises SettingsError for an unknown key or a value of the wrong kind."""
    environment = os.environ if environment is None else environment
    values: dict[str, object] = {}
    path = home / "settings.toml"
    if path.is_file():
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(f"{path}：不是合法的 TOML（{error}）") from error
    known = {f.name: f.type for f in fields(Settings) if f.name != "home"}
    for key in values:
        if key not in known:
            raise SettingsError(f"{path}：没有名为 {key} 的设置，可用的有：{'、'.join(known)}")
    for key in known:
        if (value := environment.get(f"ZHENGDA_{key.upper()}")) is not None:
            values[key] = value
    return Settings(home=home, **{k: _as(str(known[k]), k, v) for k, v in values.items()})  # type: ignore[arg-type]


def _as(kind: str, key: str, value: object) -> object:
    """`value` as the setting's type."""
    if kind == "bool":
        return _as_bool(key, value)
    try:
        return {"str": str, "float": float, "int": int}[kind](value)
    except (TypeError, ValueError) as error:
        raise SettingsError(f"设置 {key} 应是{'数字' if kind != 'str' else '文字'}，现在是 {value!r}") from error


def _as_bool(key: str, value: object) -> bool:
    said = {"true": True, "1": True, "on": True, "false": False, "0": False, "off": False}.get(str(value).lower())
    if said is None:
        raise SettingsError(f"设置 {key} 应是 true 或 false，现在是 {value!r}")
    return said
