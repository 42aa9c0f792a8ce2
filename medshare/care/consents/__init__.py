"""Refusals to share: who may not see what of whom, by whose word."""
