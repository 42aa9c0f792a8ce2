"""Reliance: alerts to those whose decision rests on what has changed since."""
