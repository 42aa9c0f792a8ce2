"""Values of search parameters, written alike for every resource (FHIR R4, section 3.1.1)."""

import re
from collections.abc import Iterator

_COMMA = re.compile(r"(?<!\\),")
_ESCAPED = re.compile(r"\\([\\,|$])")


def alternatives(text: str) -> Iterator[str]:
    """Yield the values that commas separate, without their escapes."""
    for each in _COMMA.split(text):
        yield _ESCAPED.sub(r"\1", each)


def token(value: str) -> tuple[str | None, str]:
    """Read ``system|code`` or ``code``, of which the system is ``None``: any."""
    system, bar, code = value.rpartition("|")
    return (system if bar else None), code
