"""Any model behind an OpenAI-compatible /v1/embeddings endpoint, through langchain_openai."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kb.embed import EmbedderError, Progress, unit_rows

if TYPE_CHECKING:
    from langchain_openai import OpenAIEmbeddings

BATCH_TEXTS = 10  # in one request: some public services take no more
TIMEOUT_S = 120


class OpenAIEmbedder:
    """Vectors of a served model, scaled to length 1. Passages and questions are sent as they are.

    The endpoint must be named: texts never go to a public service by default. The vectors' length is learnt by a
    first request, when it is first asked for.
    """

    def __init__(self, model: str, *, base_url: str | None, api_key: str | None = None) -> None:
        if not model:
            raise EmbedderError('没有指定向量模型名；请写成 "openai:模型名"')
        if not base_url:
            raise EmbedderError(f"没有指定向量服务的地址；用 openai:{model} 须填写地址，如 http://主机:端口/v1")
        self.name = f"openai:{model}"
        self._model, self._base_url, self._api_key = model, base_url, api_key

    @cached_property
    def dim(self) -> int:
        return int(self.query("维度").shape[0])

    def passages(self, texts: Sequence[str], on_done: Progress | None = None) -> NDArray[np.float32]:
        if not texts:
            return np.empty((0, self.dim), np.float32)
        parts = []
        for start in range(0, len(texts), BATCH_TEXTS):
            parts.append(self._request(list(texts[start : start + BATCH_TEXTS])))
            if on_done is not None:
                on_done(min(start + BATCH_TEXTS, len(texts)))
        return np.concatenate(parts)

    def query(self, text: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self._request([text])[0]
        return vector

    def _request(self, texts: list[str]) -> NDArray[np.float32]:
        """Unit vectors of one batch. Whatever goes wrong on the way is an EmbedderError of one line."""
        import openai

        try:
            rows = self._client.embed_documents(texts)
            vectors = np.array(rows, np.float32)
        except openai.APITimeoutError as error:
            raise self._error(f"{TIMEOUT_S} 秒内没有答复；请稍后再试，或检查服务是否过载") from error
        except openai.APIConnectionError as error:
            raise self._error("连接不上；请检查地址、网络和服务是否已启动") from error
        except openai.AuthenticationError as error:
            raise self._error("密钥被拒绝；请检查密钥") from error
        except openai.NotFoundError as error:
            raise self._error("没有这个模型或接口；请检查模型名，地址通常以 /v1 结尾") from error
        except openai.APIStatusError as error:
            reason = " ".join(error.message.split())[:200]
            raise self._error(f"返回错误 {error.status_code}；请按其说明检查（{reason}）") from error
        except (openai.OpenAIError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise self._error("返回的内容不是向量；请检查地址是不是 /v1/embeddings 接口的") from error
        if vectors.ndim != 2 or len(vectors) != len(texts):
            raise self._error(f"返回了 {len(vectors)} 个向量，应为 {len(texts)} 个等长的；请检查服务")
        return unit_rows(vectors)

    def _error(self, what: str) -> EmbedderError:
        return EmbedderError(f"向量服务 {self._base_url}（模型 {self._model}）{what}")

    @cached_property
    def _client(self) -> OpenAIEmbeddings:
        from langchain_openai import OpenAIEmbeddings
        from pydantic import SecretStr

        return OpenAIEmbeddings(
            model=self._model,
            base_url=self._base_url,
            api_key=SecretStr(self._api_key or "none"),
            check_embedding_ctx_length=False,  # else tiktoken downloads a vocabulary and token ids are sent
            chunk_size=BATCH_TEXTS,
            timeout=TIMEOUT_S,
            max_retries=2,
        )
