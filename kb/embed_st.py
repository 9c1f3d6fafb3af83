"""Any sentence-transformers model, by name or from a folder; needs the extra `st`."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kb.embed import EmbedderError, Progress, unit_rows

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BATCH_TEXTS = 32
TORCH_WEIGHTS = ("model*.safetensors", "pytorch_model*.bin")
HASHED_BYTES = 2**20  # of each file's head


class SentenceTransformerEmbedder:
    """Vectors as the model's own modules make them, with its own prompts: "query" for questions, and for passages
    "passage" or else "document" or "corpus".

    A folder is opened without a look at the network, by onnxruntime where it holds onnx/ and no torch weights.
    """

    def __init__(self, model: str) -> None:
        folder = Path(model).expanduser()
        if folder.is_dir():
            self.name = f"sentence-transformers:{folder.resolve().name}@{folder_hash(folder)}"
            self._model = open_model(str(folder), onnx=has_only_onnx(folder), offline=True)
        elif is_path(model):
            raise EmbedderError(f"找不到向量模型文件夹 {model}；请检查路径，或改填模型名")
        else:
            self.name = f"sentence-transformers:{model}"
            self._model = open_model(model, onnx=False, offline=False)
        self.dim = self._encode([""], "").shape[1]

    def passages(self, texts: Sequence[str], on_done: Progress | None = None) -> NDArray[np.float32]:
        prompt = self._prompt("passage", "document", "corpus")
        order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        rows = np.empty((len(texts), self.dim), np.float32)
        for start in range(0, len(order), BATCH_TEXTS):
            batch = order[start : start + BATCH_TEXTS]
            rows[batch] = self._encode([texts[i] for i in batch], prompt)
            if on_done is not None:
                on_done(start + len(batch))
        return rows

    def query(self, text: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self._encode([text], self._prompt("query"))[0]
        return vector

    def _prompt(self, *names: str) -> str:
        prompts = self._model.prompts or {}
        return next((prompts[name] for name in names if prompts.get(name)), "")

    def _encode(self, texts: list[str], prompt: str) -> NDArray[np.float32]:
        rows = self._model.encode(texts, prompt=prompt, batch_size=BATCH_TEXTS, show_progress_bar=False)
        return unit_rows(np.asarray(rows, np.float32))


def open_model(model: str, *, onnx: bool, offline: bool) -> SentenceTransformer:
    """The opened model. Raises EmbedderError when the extra is missing or the model cannot be had."""
    try:
        from huggingface_hub.errors import HfHubHTTPError
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise EmbedderError(
            f'向量模型 {model} 要用 sentence-transformers，尚未安装；请运行 pip install "zhengda[st]"'
        ) from error
    try:
        return SentenceTransformer(model, backend="onnx" if onnx else "torch", local_files_only=offline)
    except (OSError, ValueError, HfHubHTTPError) as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise EmbedderError(f"打不开向量模型 {model}；请检查名称、文件夹内容和网络（{reason}）") from error


def is_path(model: str) -> bool:
    """Whether the text can only mean a folder, not the name of a model."""
    return model.startswith((".", "~", "/")) or "\\" in model or model[1:2] == ":"


def has_only_onnx(folder: Path) -> bool:
    """Whether the folder holds an ONNX graph and no torch weights."""
    return (folder / "onnx").is_dir() and not any(any(folder.glob(pattern)) for pattern in TORCH_WEIGHTS)


def folder_hash(folder: Path) -> str:
    """Twelve hexadecimal digits that change with any file's name, size or first MiB."""
    digest = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{file.relative_to(folder).as_posix()}\0{file.stat().st_size}\0".encode())
        with file.open("rb") as stream:
            digest.update(stream.read(HASHED_BYTES))
    return digest.hexdigest()[:12]
