"""What may be asked of the trail, and what it answers."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from medshare.kernel.audit import AuditAction, AuditEntry, AuditOutcome
from medshare.kernel.identifiers import FacilityCode, PatientId
from medshare.kernel.principal import PurposeOfUse


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry as the ledger keeps it.

    ``about_salt`` is kept with the entry's words where it has any; else it stands with its leaf.
    """

    entry: AuditEntry
    about_salt: bytes | None = None


class ExportFormat(StrEnum):
    """The forms in which the trail leaves."""

    SEALED = "sealed"
    FHIR = "fhir"
    CSV = "csv"
    DICOM = "dicom"


@dataclass(frozen=True, slots=True)
class EventQuery:
    """An auditor's question; what is ``None`` does not restrict.

    Parameters
    ----------
    who
        Id of the principal or of the person behind it.
    patients
        Every id under which one patient has been recorded; empty: anybody.
    since, until
        Instants; the first included, the second not.
    """

    patients: frozenset[PatientId] = frozenset()
    who: str | None = None
    facility: FacilityCode | None = None
    operation: str | None = None
    purpose: PurposeOfUse | None = None
    action: AuditAction | None = None
    outcome: AuditOutcome | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class LookUpQuery:
    """Whose look-ups of persons since when, the newest ``limit`` of them.

    Parameters
    ----------
    acting_user
        The person behind the principal; empty: all of the principal's.
    missed
        Only those that showed nobody.
    operation
        Only by this operation; empty: by all that need the permission to search persons.
    """

    principal_id: str
    since: datetime
    limit: int
    acting_user: str = ""
    missed: bool = False
    operation: str = ""


@dataclass(frozen=True, slots=True)
class StudyReadKey:
    """Whose reads of what are one run: one actor, one purpose, one study."""

    principal: str
    acting_user: str
    purpose: str
    study: str


def study_read_key(entry: AuditEntry) -> StudyReadKey:
    """Return the run of reads that an entry belongs to."""
    acting = entry.principal.acting_user
    return StudyReadKey(
        principal=f"{entry.principal.kind}:{entry.principal.id}",
        acting_user=acting.id if acting else "",
        purpose=entry.principal.purpose or "",
        study=" ".join(sorted(each.id for each in entry.objects if each.kind == "study")),
    )


def add_counts(total: dict[str, int], counts: dict[str, int]) -> dict[str, int]:
    """Add up what left: counts by the names of both."""
    return {name: total.get(name, 0) + counts.get(name, 0) for name in {*total, *counts}}
