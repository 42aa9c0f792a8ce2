"""Statistics of mutual recognition: computed live from what was recorded, as it was known."""
