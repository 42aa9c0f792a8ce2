"""What the managed items mean for recognition: facets, code maps, covers and panels."""
