"""A legal hold, and what it keeps."""

from dataclasses import dataclass
from datetime import datetime

from medshare.kernel.errors import ConflictError, InvalidError, Issue
from medshare.kernel.identifiers import PatientId

NOTHING_HELD = Issue(
    "/hold",
    "hold-empty",
    "Name an entry, a patient or both ends of a period, one of the three.",
    "请指定条目、患者或起止时间，三者择一。",
)


class HeldError(ConflictError):
    """A legal hold keeps what was to be erased."""

    slug = "legal-hold"
    title = "A legal hold keeps it; lift the hold first"
    title_zh = "该内容处于法律保全中，请先解除保全"


@dataclass(frozen=True, slots=True)
class Hold:
    """What must stay: one entry, what names a patient, or what was recorded in a period.

    Parameters
    ----------
    since, until
        Aware instants; the first is included, the last is not.
    placed_by, lifted_by
        Whose word it was.
    lifted_at
        ``None`` while the hold is in force.
    """

    id: str
    reason: str
    placed_by: str
    placed_at: datetime
    entry_id: str | None = None
    patient_id: PatientId | None = None
    since: datetime | None = None
    until: datetime | None = None
    lifted_by: str = ""
    lifted_at: datetime | None = None

    def __post_init__(self) -> None:
        period = self.since is not None and self.until is not None and self.since < self.until
        named = [self.entry_id is not None, self.patient_id is not None, period]
        halves = (self.since is None) != (self.until is None)
        if named.count(True) != 1 or halves or not self.reason.strip():
            raise InvalidError(issues=[NOTHING_HELD])
