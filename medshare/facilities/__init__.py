"""Hospitals: codes, names, assigning authorities, application entities and scopes."""
