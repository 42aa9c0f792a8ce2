"""Access in an emergency without a reason in the books: short, explained, reviewed."""
