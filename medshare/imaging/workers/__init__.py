"""Processes that touch pixels for the server: a decoder that fails costs one request, no more."""
