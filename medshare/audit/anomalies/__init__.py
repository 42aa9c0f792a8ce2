"""Anomalies: accesses that somebody should look at, found by rules that explain themselves."""
