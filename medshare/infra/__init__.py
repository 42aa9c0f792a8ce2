"""The machinery below the rules: database, blobs, outbox, clock, logging and ``perform``."""
