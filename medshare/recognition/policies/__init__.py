"""The rules of a programme in immutable versions, drafted by one person, enacted by another."""
