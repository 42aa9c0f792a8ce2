"""Rows and queries of access: ``clients`` for hospital systems, ``people`` for those who log in."""
