"""The tree over the trail: RFC 9162 hashing and proofs, C2SP tiles and checkpoints."""
