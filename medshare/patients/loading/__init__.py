"""Bringing a facility's records in bulk, from a file with one JSON object a line."""
