"""What can go wrong with a knowledge base.

KnowledgeBaseError       the message is one line for the user, in Chinese: what, where, what to do
├── BaseInUse            another process is writing to this base
├── NoLocks              the folder is on a file system that does not keep two writers apart
├── OtherRecipe          the base was made with another embedder or split recipe
├── NewerBase            the base was made by a newer version of the program
├── OlderBase            the base was made by an older version, and cannot be brought up to date just now
├── DamagedBase          the ledger itself cannot be read
├── IndexOutOfReach      the Chroma server that is set does not answer
├── StorageFull          the disk is full or the folder cannot be written
├── BadGroup             an access group has no name
├── BadBackup            a file is not a whole backup, or cannot be restored here
└── UnknownDocument      no document has this id
    └── NoOtherVersion   the document has no other version to compare it with
"""

from __future__ import annotations


class KnowledgeBaseError(Exception):
    """The base cannot do what was asked. The message is one line for the user."""


class BaseInUse(KnowledgeBaseError):
    """Another process holds the base."""


class NoLocks(KnowledgeBaseError):
    """The file system does not keep two writers apart."""


class OtherRecipe(KnowledgeBaseError):
    """The base was made with another embedder or another way of splitting."""


class NewerBase(KnowledgeBaseError):
    """The base was made by a newer version of the program."""


class OlderBase(KnowledgeBaseError):
    """The base was made by an older version of the program, and this process may not change it."""


class DamagedBase(KnowledgeBaseError):
    """The ledger cannot be read."""


class StorageFull(KnowledgeBaseError):
    """The disk is full, or the folder cannot be written."""


class BadGroup(KnowledgeBaseError):
    """An access group has no name."""


class BadBackup(KnowledgeBaseError):
    """A file is not a whole backup, or it cannot be restored to that folder."""


class IndexOutOfReach(KnowledgeBaseError):
    """The Chroma server that holds the vector index does not answer as it should."""


class UnknownDocument(KnowledgeBaseError):
    """No document has this id."""


class NoOtherVersion(UnknownDocument):
    """The document has no other version."""
