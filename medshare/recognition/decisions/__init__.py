"""Decisions: what doctors did with existing results, append-only."""
