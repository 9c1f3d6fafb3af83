"""How to open again the embedder that a base was made with, after the setting has changed."""

from __future__ import annotations

import json

from kb.embed import Embedder, EmbedderError, open_embedder
from qa.settings import Settings


def embedder_note(settings: Settings) -> str:
    """What the base keeps of the settings: the embedder and its address, never a key."""
    return json.dumps({"embedder": settings.embedder, "base_url": settings.embedder_base_url}, ensure_ascii=False)


def former_embedder(settings: Settings, name: str, note: str) -> Embedder:
    """The embedder called `name`, opened as `note` says. Raises EmbedderError.

    The key that is set goes only to the address it is set for.
    """
    said = json.loads(note) if note else {"embedder": _guess(name), "base_url": settings.embedder_base_url}
    if not said["embedder"]:
        raise EmbedderError(f"没有记下 {name} 当时的设置")
    key = settings.embedder_api_key if said["base_url"] == settings.embedder_base_url else ""
    return open_embedder(said["embedder"], base_url=said["base_url"] or None, api_key=key or None)


def _guess(name: str) -> str:
    """The setting behind a name in a base that keeps no note; "" when it cannot be told."""
    kind, _, rest = name.partition(":")
    if kind == "openai":
        return name
    if kind == "sentence-transformers":
        return "" if "@" in rest else rest
    return {"onnx": "builtin", "hash-1-2": "hash"}.get(name.partition("@")[0], "")
