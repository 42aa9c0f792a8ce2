"""Typed facts: the only way in which a package speaks to those above it.

A fact is written to the outbox in the transaction that made it true, and delivered to its
handlers afterwards, in order per subject, at least once.
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that has become true. Subclasses hold JSON-ready scalars and lists only.

    ``kind`` names the fact for ever, since rows of it may outlive a release. ``subject`` is the
    key within which order is kept.
    """

    kind: ClassVar[str]

    @property
    def subject(self) -> str:
        """Return the key within which facts of this kind are delivered in order."""
        raise NotImplementedError
