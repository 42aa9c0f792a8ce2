"""Adapters to what lies outside the process: database, blob stores, disk, clock, logs."""
