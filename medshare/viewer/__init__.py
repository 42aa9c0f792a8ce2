"""The pages for people: sign-in, search, a patient's results across hospitals, and the consoles.

Pages are rendered here by Jinja2; their scripts and styles are built from ``viewer/`` into
``static`` (``scripts/build-viewer``). Nothing is decided here: a page asks the same services, by
the same operations, as every other door.
"""
