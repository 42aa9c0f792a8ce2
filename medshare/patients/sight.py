"""What a caller may see, as the stores of patients are told it."""

from collections.abc import Callable, Hashable
from datetime import UTC, datetime
from typing import Protocol

from sqlalchemy import ColumnElement, SQLColumnExpression, true

from medshare.access.model import Visibility


class Sight(Protocol):
    """What a caller may see, as a condition on columns: facility, person, class of a result.

    The class is ``None`` where there can be none, as of a patient's record.

    It comes in from above: what opens a person's records is care, of which patients know nothing.
    """

    @property
    def shape(self) -> Hashable:
        """What the condition depends on besides the present: statements are kept by it."""
        ...

    @property
    def now(self) -> datetime:
        """The present that it holds at."""
        ...

    def __call__(
        self,
        facility: SQLColumnExpression[str],
        patient: SQLColumnExpression[str],
        sensitivity: SQLColumnExpression[str | None] | None,
    ) -> ColumnElement[bool]:
        """Return the condition."""
        ...


# Turns whose data a caller may see into the condition that holds at an instant.
SightOf = Callable[[Visibility, datetime], Sight]


class _Everything:
    """Implements ``Sight``."""

    shape: Hashable = "everything"
    now = datetime.min.replace(tzinfo=UTC)  # nothing depends on it

    def __call__(
        self,
        facility: SQLColumnExpression[str],
        patient: SQLColumnExpression[str],
        sensitivity: SQLColumnExpression[str | None] | None,
    ) -> ColumnElement[bool]:
        del facility, patient, sensitivity
        return true()


everything: Sight = _Everything()
"""See everything: for duties of our own, which release nothing by themselves."""
