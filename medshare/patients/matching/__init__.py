"""Who is the same person: pure rules over what was registered, and the index of candidates."""
