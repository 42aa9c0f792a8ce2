"""What matching leaves to people: the review queue, and records that are never one person."""
