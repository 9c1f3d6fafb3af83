"""The errors that are meant for people: str() of each is one line in Chinese saying what, where and what to do."""

from __future__ import annotations

from ingest.document import IngestError
from kb.embed import EmbedderError
from kb.errors import KnowledgeBaseError
from qa.question import QuestionError
from qa.settings import SettingsError
from qa.span_reader import SpanReaderError
from qa.typed import CorrectionError

USER_ERRORS = (
    IngestError,
    KnowledgeBaseError,
    EmbedderError,
    QuestionError,
    CorrectionError,
    SettingsError,
    SpanReaderError,
)
