"""``perform``: authorise, run, audit and commit one operation. Every door is a face of it.

Exactly one entry stands in the trail for each operation that is recorded:

* a change carries its entry in its own transaction, so neither stands without the other;
* a read, a search or a refusal gets its entry before the answer is released;
* where the trail cannot be written, nothing is changed or released.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TypeVar

import structlog
from sqlalchemy.orm import Session

from medshare.infra.db import Database
from medshare.infra.gate import Gate
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import (
    AuditAction,
    AuditEntry,
    AuditObject,
    AuditOutcome,
    AuditPhase,
    Subject,
)
from medshare.kernel.errors import (
    ErrorKind,
    MedshareError,
    TrailUnavailableError,
    UnauthenticatedError,
)
from medshare.kernel.operation import Operation, Origin, Recorded
from medshare.kernel.ports import AuditSink, BlobStore, Clock, Decider, Throttle
from medshare.kernel.principal import ANONYMOUS, Principal, PrincipalKind
from medshare.kernel.throttle import Allowance
from medshare.settings import Settings

log = structlog.get_logger(__name__)
Result = TypeVar("Result")

OUTCOMES = {
    ErrorKind.UNAUTHENTICATED: AuditOutcome.UNAUTHENTICATED,
    ErrorKind.FORBIDDEN: AuditOutcome.DENIED,
    ErrorKind.NOT_FOUND: AuditOutcome.MISSING,
    ErrorKind.GONE: AuditOutcome.MISSING,
    ErrorKind.MALFORMED: AuditOutcome.MALFORMED,
    ErrorKind.INVALID: AuditOutcome.MALFORMED,
    ErrorKind.TOO_LARGE: AuditOutcome.MALFORMED,
    ErrorKind.UNSUPPORTED_MEDIA_TYPE: AuditOutcome.MALFORMED,
    ErrorKind.NOT_ACCEPTABLE: AuditOutcome.MALFORMED,
    ErrorKind.METHOD_NOT_ALLOWED: AuditOutcome.MALFORMED,
    ErrorKind.RANGE_NOT_SATISFIABLE: AuditOutcome.MALFORMED,
    ErrorKind.CONFLICT: AuditOutcome.REFUSED,
    ErrorKind.PRECONDITION_FAILED: AuditOutcome.REFUSED,
    ErrorKind.PRECONDITION_REQUIRED: AuditOutcome.REFUSED,
    ErrorKind.TOO_MANY_REQUESTS: AuditOutcome.REFUSED,
    ErrorKind.STORAGE_FULL: AuditOutcome.FAILED,
    ErrorKind.UNAVAILABLE: AuditOutcome.FAILED,
    ErrorKind.INTERNAL: AuditOutcome.FAILED,
}


class UnansweredConcernError(MedshareError):
    """A view about patients said neither whose data it touched nor that it touched nobody's."""

    slug = "unanswered-concern"


class LateWordError(MedshareError):
    """A view named what it touched after its entry was written."""

    slug = "late-word"


@dataclass(frozen=True, slots=True)
class House:
    """The collaborators of one process, bound once in ``medshare.app``."""

    settings: Settings
    database: Database
    blobs: BlobStore
    clock: Clock
    decider: Decider
    trail: AuditSink[UnitOfWork]
    throttles: Sequence[Throttle] = ()
    gate: Gate = field(default_factory=Gate)


@dataclass(slots=True)
class Context:
    """What the work of one operation holds: who asks, the stores, and what the trail will say."""

    house: House
    operation: Operation
    origin: Origin
    principal: Principal = ANONYMOUS
    basis: str = ""
    query: str = ""
    outcome: AuditOutcome = AuditOutcome.SUCCESS
    reason: str = ""
    allowances: tuple[Allowance, ...] = ()
    _subjects: list[Subject] = field(default_factory=list)
    _objects: list[AuditObject] = field(default_factory=list)
    _counts: dict[str, int] = field(default_factory=dict)
    _answered: bool = False
    _recorded: bool = False
    _changing: bool = False
    _study_read: bool = False
    _exported: bool = False
    _whole: Session | None = None

    @contextmanager
    def read(self) -> Iterator[UnitOfWork]:
        """Open a unit of work that changes nothing."""
        with self.house.database.read() as session:
            yield UnitOfWork(session, self.house.clock)

    @contextmanager
    def write(self) -> Iterator[UnitOfWork]:
        """Open the operation's one change; its entry commits with it, or neither does."""
        if self._recorded or self._changing:
            raise MedshareError("An operation makes one change only.")
        self._changing = True
        try:
            with self._session() as session:
                change = UnitOfWork(session, self.house.clock)
                yield change
                if isinstance(self.operation.audit, Recorded) and not self._recorded:
                    self.house.trail.append_within(change, self._entry())
            self._recorded = True
        finally:
            self._changing = False

    @contextmanager
    def whole(self) -> Iterator[UnitOfWork]:
        """Open one transaction around the operation: its change commits with what is added to it.

        Where it cannot be committed the operation has not happened, and is recorded as failed.
        """
        try:
            with self.house.database.write() as session:
                self._whole = session
                yield UnitOfWork(session, self.house.clock)
        except BaseException:
            self._recorded = False
            raise
        finally:
            self._whole = None

    def _session(self) -> AbstractContextManager[Session]:
        """Return the session of a change: of the whole operation where there is one."""
        if self._whole is not None:
            return nullcontext(self._whole)
        return self.house.database.write()

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """Return whose data the operation has named so far."""
        return tuple(self._subjects)

    @property
    def objects(self) -> tuple[AuditObject, ...]:
        """Return the things that the operation has named so far."""
        return tuple(self._objects)

    def concerns(self, *subjects: Subject) -> None:
        """Name the records whose data the operation touches or releases.

        Raises
        ------
        LateWordError
            The entry is written already: what comes after it would be lost.
        """
        self._still_open()
        self._answered = True
        self._subjects += [each for each in subjects if each not in self._subjects]

    def concerns_nobody(self, reason: str) -> None:
        """Say that no person's data is touched, and why (an empty result, say)."""
        self._still_open()
        self._answered = True
        self.reason = self.reason or reason

    def touched(self, *objects: AuditObject) -> None:
        """Name the things that the operation created, changed or released."""
        self._still_open()
        self._objects += [each for each in objects if each not in self._objects]

    def counted(self, **counts: int) -> None:
        """Say how much was stored or left, for example ``instances=12``."""
        self._still_open()
        self._counts.update(counts)

    def reads_study(self) -> None:
        """Let the entry open, or be counted into, a run of reads of one study."""
        self._study_read = True

    def exports(self) -> None:
        """Say that what a read releases is made to be taken away.

        The trail calls it an export, which stands alone even where reads are counted together.
        """
        self._still_open()
        self._exported, self._study_read = True, False

    def leave_no_entry(self) -> None:
        """Leave no trace of a job of our own that found nothing to do.

        Raises
        ------
        MedshareError
            Somebody else asked for the operation.
        """
        if self.principal.kind is not PrincipalKind.SYSTEM:
            raise MedshareError("What a caller asked for is always recorded.")
        self._recorded = True

    def _still_open(self) -> None:
        if self._recorded:
            raise LateWordError

    def _entry(self, phase: AuditPhase = AuditPhase.SINGLE) -> AuditEntry:
        audit = self.operation.audit
        if not isinstance(audit, Recorded):
            raise MedshareError("An unrecorded operation has no entry.")
        if audit.about_patients and not self._answered and self.outcome in RELEASED:
            raise UnansweredConcernError
        return AuditEntry(
            id=self.house.clock.new_key(),
            recorded_at=self.house.clock.now(),
            operation=self.operation.name,
            action=AuditAction.EXPORT if self._exported else audit.action,
            outcome=self.outcome,
            principal=self.principal,
            request_id=self.origin.request_id,
            reason=self.reason,
            basis=self.basis,
            source_address=self.origin.source_address,
            query=self.query or self.origin.query,
            subjects=tuple(self._subjects),
            objects=tuple(self._objects),
            counts=dict(self._counts),
            phase=phase,
        )

    def settle(self) -> None:
        """Append the entry of an operation that made no change."""
        if self._recorded or not isinstance(self.operation.audit, Recorded):
            return
        entry = self._entry(AuditPhase.OPENING if self._study_read else AuditPhase.SINGLE)
        with self.house.gate.laid_aside():
            if self._study_read:
                self.house.trail.append_study_read(entry)
            else:
                self.house.trail.append(entry)
        self._recorded = True

    def settle_failure(self, error: Exception) -> None:
        """Append the entry of an operation that was refused or broke."""
        kind = error.kind if isinstance(error, MedshareError) else ErrorKind.INTERNAL
        self.outcome = OUTCOMES[kind]
        self.reason = error.slug if isinstance(error, MedshareError) else "internal"
        self._study_read = False
        self._subjects.clear()
        self._counts.clear()
        self.settle()


RELEASED = frozenset({AuditOutcome.SUCCESS, AuditOutcome.PARTIAL})


def perform(
    house: House,
    operation: Operation,
    origin: Origin,
    identify: Callable[[], Principal],
    work: Callable[[Context], Result],
) -> Result:
    """Do one operation for one caller and leave exactly one entry in the trail.

    Parameters
    ----------
    identify
        Returns who asks, or raises ``UnauthenticatedError``; called first, so that a failed
        authentication is recorded as such.
    work
        Opens at most one ``context.write()``.

    Raises
    ------
    MedshareError
        Whatever ``identify``, the decider or ``work`` raised, once it is recorded.
    TooManyRequestsError
        The caller has asked for too much in a short time.
    TrailUnavailableError
        The entry cannot be written; nothing was changed and nothing may be released.
    """
    context = Context(house, operation, origin)
    try:
        context.principal = _identified(context, identify)
        context.basis = house.decider.admit(context.principal, operation)
        result = work(context)
        context.settle()
    except TrailUnavailableError:
        raise
    except Exception as error:
        _record_failure(context, error)
        raise
    return result


def take_part(
    house: House,
    within: Session,
    operation: Operation,
    origin: Origin,
    principal: Principal,
    work: Callable[[Context], None],
) -> None:
    """Do one operation of our own, and write its entry, in a transaction that others share.

    A failure leaves no entry: who shares the transaction takes all of it back.
    """
    context = Context(house, operation, origin, principal, _whole=within)
    context.basis = house.decider.admit(principal, operation)
    work(context)


def _identified(context: Context, identify: Callable[[], Principal]) -> Principal:
    """Return who asks, held to what they may ask for; who fails to prove themselves is, too."""
    try:
        principal = identify()
    except UnauthenticatedError:
        _throttle(context, ANONYMOUS)
        raise
    _throttle(context, principal)
    return principal


def _throttle(context: Context, principal: Principal) -> None:
    for each in context.house.throttles:
        context.allowances += (*each.admit(principal, context.operation, context.origin),)


def _record_failure(context: Context, error: Exception) -> None:
    try:
        context.settle_failure(error)
    except TrailUnavailableError:
        raise
    except Exception as cause:
        log.exception("failure not recorded", request_id=context.origin.request_id)
        raise TrailUnavailableError from cause
