"""The digest of the trail: what is sealed, laid out as auditors ask for it.

Everything here follows from the entries and can be made again: it is neither sealed nor exported.
"""
