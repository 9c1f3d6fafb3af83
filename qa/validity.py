"""Whether a document is in force on a day, from the dates it states itself."""

from __future__ import annotations

from datetime import date

from ingest.document import Metadata
from qa.answer import Validity


def validity_of(metadata: Metadata, as_of: date) -> Validity:
    """The document's state on `as_of`; UNKNOWN unless it states when it takes effect or ends."""
    if metadata.expires_on is not None and metadata.expires_on < as_of:
        return Validity.EXPIRED
    if metadata.effective_on is not None:
        return Validity.NOT_YET if metadata.effective_on > as_of else Validity.IN_FORCE
    if metadata.expires_on is not None:
        return Validity.IN_FORCE
    return Validity.UNKNOWN
