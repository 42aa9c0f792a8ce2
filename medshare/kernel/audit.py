"""The terms of the audit trail that every package uses to say what it did."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from medshare.kernel.identifiers import PatientId, RecordId
from medshare.kernel.principal import Principal


class AuditAction(StrEnum):
    """The verbs of the trail (DICOM PS3.15 A.5 and FHIR AuditEvent.action stand behind them)."""

    CREATE = "create"
    READ = "read"
    UPDATE = "update"
    DELETE = "delete"
    SEARCH = "search"
    EXPORT = "export"
    LOGIN = "login"
    LOGOUT = "logout"
    EXECUTE = "execute"


class AuditOutcome(StrEnum):
    """How an operation ended, as the caller saw it."""

    SUCCESS = "success"
    PARTIAL = "partial"
    DENIED = "denied"
    UNAUTHENTICATED = "unauthenticated"
    MALFORMED = "malformed"
    REFUSED = "refused"
    MISSING = "missing"
    FAILED = "failed"


class AuditPhase(StrEnum):
    """Whether an entry stands alone or opens or closes the reads of one study."""

    SINGLE = "single"
    OPENING = "opening"
    CLOSING = "closing"


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """An operation that leaves no entry (health, metrics, assets, documentation): why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Subject:
    """A person whose data was touched: the record, and the patient it belonged to then."""

    patient_id: PatientId | None
    record_id: RecordId | None = None


@dataclass(frozen=True, slots=True)
class AuditObject:
    """A thing that was touched: a kind such as ``exam`` or ``study`` and its id."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the trail: who did what to whom, when, why, and how it ended.

    ``id`` is a UUID version 7, so entries sort by time. ``operation`` is the declared name of
    the operation, for example ``patients.register``. ``query`` is the search as it was asked.
    ``counts`` says how much left (for example ``{"instances": 12}``). ``erased`` tells that the
    query was forgotten at somebody's wish.
    """

    id: str
    recorded_at: datetime
    operation: str
    action: AuditAction
    outcome: AuditOutcome
    principal: Principal
    request_id: str
    reason: str = ""
    basis: str = ""
    source_address: str = ""
    query: str = ""
    phase: AuditPhase = AuditPhase.SINGLE
    subjects: tuple[Subject, ...] = ()
    objects: tuple[AuditObject, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    erased: bool = False
