"""A legal hold, and what it keeps."""

from dataclasses import dataclass
from datetime import datetime

from medshare.kernel.errors import ConflictError, InvalidError, Issue
from medshare.kernel.identifiers import PatientId

REASON_MAX = 500
REASON_WRONG = Issue(
    "/reason",
    "hold-reason",
    "Say why, in 1 to 500 characters, such as the number of the case.",
    "请填写 1 至 500 个字符的理由，例如案号。",
)
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
    reason
        1 to 500 characters.
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
        if named.count(True) != 1 or halves:
            raise InvalidError(issues=[NOTHING_HELD])
        if not 0 < len(self.reason.strip()) <= REASON_MAX:
            raise InvalidError(issues=[REASON_WRONG])
