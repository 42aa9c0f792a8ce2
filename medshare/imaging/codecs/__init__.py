"""Frames in and out of the transfer syntaxes, by imagecodecs; runs in workers only."""
