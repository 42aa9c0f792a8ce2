"""What a claimed mark is that no certificate covers."""

from dataclasses import dataclass
from datetime import datetime

from medshare.kernel.audit import Subject


@dataclass(frozen=True, slots=True)
class UncoveredClaim:
    """A result that bears a mark of its facility's own making.

    Parameters
    ----------
    item
        The managed item, ``None`` where nobody has mapped the facility's code.
    subject
        Whom it is about, ``None`` while the patient has not been registered.
    """

    exam_id: str
    facility: str
    accession_number: str
    item: str | None
    mark: str
    performed_at: datetime
    subject: Subject | None
