"""Finding somebody by the few words that one types: part of a name, a number, a phone."""
