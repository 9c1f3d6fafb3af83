"""Hits become a checked, cited answer."""
