"""A file becomes a Document, a Document becomes Chunks. No language model and no database here."""
