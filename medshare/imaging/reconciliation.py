"""Use cases of reconciliation: studies whose patient the index did not find.

Patient data never refuse a study. One that names nobody known waits here; a registration that
comes later attaches it by itself, and its facility may say whose it is. Links change, stored
bytes never do.
"""

from collections.abc import Sequence

from medshare.imaging import attachment, store
from medshare.imaging import reconciliation_store as waiting
from medshare.imaging.cases import (
    AlreadyAttachedError,
    Assignment,
    InstanceWarning,
    UnknownRecordError,
    UnresolvedStudy,
)
from medshare.imaging.facts import StudyChanged
from medshare.imaging.model import StudyArrived, StudyNotFoundError
from medshare.infra.paging import Page, read_cursor, write_cursor
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import Subject
from medshare.kernel.errors import InvalidError
from medshare.kernel.identifiers import FacilityCode, RecordId
from medshare.patients import service as patients

WARNINGS_MAX = 1000


def page(
    uow: UnitOfWork, facility: FacilityCode, *, cursor: str | None, limit: int
) -> Page[UnresolvedStudy]:
    """List a facility's studies without a patient, in order of arrival."""
    after = _key(cursor)
    found = waiting.page(uow.session, facility, after=after, limit=limit + 1)
    more = len(found) > limit
    return Page(found[:limit], write_cursor(str(found[limit - 1].id)) if more else None)


def _key(cursor: str | None) -> int:
    keys = read_cursor(cursor, 1)
    if keys is None:
        return 0
    if not (keys[0].isascii() and keys[0].isdigit() and len(keys[0]) <= 18):  # noqa: PLR2004  # digits of a key
        raise InvalidError
    return int(keys[0])


def assign(
    uow: UnitOfWork, facility: FacilityCode, uid: str, identifier: tuple[str, str], by: str
) -> tuple[Assignment, Subject]:
    """Attach a study to a record of its own facility; return also whose it is now.

    Raises
    ------
    StudyNotFoundError
        The facility has no such study.
    AlreadyAttachedError
        It has its patient.
    UnknownRecordError
        The facility has no record under the identifier.
    """
    store.take_turns_on_studies(uow.session, [uid])
    study_key, record_id = _own(uow, facility, uid)
    if record_id is not None:
        raise AlreadyAttachedError
    record = patients.find_record(uow, facility, *identifier)
    if record is None:
        raise UnknownRecordError
    assignment = Assignment(uow.new_key(), uid, record.record_id, uow.now(), by)
    waiting.add(uow.session, assignment, study_key)
    _look_for_exam(uow, uid)
    uow.tell(StudyChanged(uid, facility))
    return assignment, attachment.subject_of(uow, record.record_id)


def _look_for_exam(uow: UnitOfWork, uid: str) -> None:
    found = store.find_claim(uow.session, uid)
    if found is not None:
        claim, known = found
        store.attach(uow.session, uid, attachment.find_links(uow, claim, known))


def undo(uow: UnitOfWork, facility: FacilityCode, uid: str, by: str) -> Subject:
    """Take an assignment back; return whose the study was.

    Raises
    ------
    StudyNotFoundError
        The facility has no such study.
    AlreadyAttachedError
        It hangs on no assignment.
    """
    store.take_turns_on_studies(uow.session, [uid])
    study_key, record_id = _own(uow, facility, uid)
    assignment_id = waiting.find_standing(uow.session, study_key)
    if assignment_id is None or record_id is None:
        raise AlreadyAttachedError
    subject = attachment.subject_of(uow, record_id)
    waiting.undo(uow.session, study_key, assignment_id, uow.now(), by)
    # Whoever the sender named may have been registered meanwhile.
    uow.tell(StudyArrived(uid))
    uow.tell(StudyChanged(uid, facility))
    return subject


def warnings_of(
    uow: UnitOfWork, facility: FacilityCode, uid: str
) -> tuple[Sequence[InstanceWarning], Subject | None]:
    """Return the remarks about a facility's study, and whose it is.

    Those of its first thousand instances that earned any.

    Raises
    ------
    StudyNotFoundError
        The facility has no such study.
    """
    study_key, record_id = _own(uow, facility, uid)
    subject = attachment.subject_of(uow, record_id) if record_id else None
    return waiting.warnings_of(uow.session, study_key, WARNINGS_MAX), subject


def _own(uow: UnitOfWork, facility: FacilityCode, uid: str) -> tuple[int, RecordId | None]:
    found = waiting.find_own(uow.session, facility, uid)
    if found is None:
        raise StudyNotFoundError
    return found
