"""Scopes, and the certificates from which the marks of results are derived."""
