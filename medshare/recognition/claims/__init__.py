"""Marks that facilities put on their results themselves, held against the certificates."""
