"""Cases of a matching defect: what was offered was not what it should have been."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from medshare.kernel.errors import ConflictError, NotFoundError


class DefectKind(StrEnum):
    """Who has to look: those who map items, or those who judge images."""

    MAPPING = "mapping"
    QUALITY = "quality"


class CaseState(StrEnum):
    """Which cases a list holds, where not all."""

    OPEN = "open"


class DefectOutcome(StrEnum):
    """What became of a case."""

    CORRECTED = "corrected"
    NO_DEFECT = "no-defect"
    REFERRED = "referred"


@dataclass(frozen=True, slots=True)
class Declined:
    """A decline that says that the offer was unfit.

    Parameters
    ----------
    reason
        The code of the programme's reason.
    exam, facility
        The result that was offered, and whose it is.
    reported_by
        The facility that declined it.
    """

    decision: str
    reason: str
    item: str
    exam: str
    facility: str
    reported_by: str
    kind: DefectKind = DefectKind.MAPPING


@dataclass(frozen=True, slots=True)
class DefectCase:
    """A case, and how far it has come."""

    id: str
    declined: Declined
    opened_at: datetime
    claimed_by: str | None = None
    claimed_at: datetime | None = None
    outcome: DefectOutcome | None = None
    note: str = ""
    resolved_at: datetime | None = None


class CaseUnknownError(NotFoundError):
    """There is no such case."""

    slug = "defect-unknown"
    title = "There is no such case"
    title_zh = "没有该匹配缺陷记录"


class CaseClaimedError(ConflictError):
    """Somebody else works on the case."""

    slug = "defect-claimed"
    title = "Another person has claimed the case; ask them, or take another one"
    title_zh = "该记录已由他人处理，请与其联系或选择其他记录"


class CaseResolvedError(ConflictError):
    """The case is closed."""

    slug = "defect-resolved"
    title = "The case is resolved already and stays so"
    title_zh = "该记录已办结，不可更改"


class CaseUnclaimedError(ConflictError):
    """Nobody has claimed the case."""

    slug = "defect-unclaimed"
    title = "Claim the case before it is resolved"
    title_zh = "请先认领该记录，再办结"


def check_claim(case: DefectCase, by: str) -> None:
    """Hold a claim to its rules; claiming one's own case again is harmless."""
    if case.outcome is not None:
        raise CaseResolvedError
    if case.claimed_by not in (None, by):
        raise CaseClaimedError


def check_resolution(case: DefectCase, by: str) -> None:
    """Hold a resolution to its rules: by the one who claimed the case, once."""
    check_claim(case, by)
    if case.claimed_by is None:
        raise CaseUnclaimedError
