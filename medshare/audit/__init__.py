"""The append-only trail: who did what to whom, when, why, and how it ended."""
