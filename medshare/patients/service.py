"""Use cases of the patient index."""

from collections.abc import Sequence

from medshare.facilities import service as facilities
from medshare.facilities.model import Facility
from medshare.infra.paging import Page, read_cursor, write_cursor
from medshare.infra.uow import UnitOfWork
from medshare.kernel.errors import InvalidError, Issue, PreconditionFailedError
from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId
from medshare.patients import insertion, store
from medshare.patients.checks import faults_of
from medshare.patients.links import merges
from medshare.patients.links.store import hold_persons
from medshare.patients.lookup import service as lookup
from medshare.patients.matching import service as matching
from medshare.patients.matching.service import Matched
from medshare.patients.model import (
    Decision,
    FoundPatient,
    LinkedRecord,
    PatientIdentifier,
    PatientRecord,
    PatientUnknownError,
    Reason,
    RecordStandsError,
    RecordUnknownError,
    Registered,
    Registration,
    SearchQuery,
    keeps_link,
)
from medshare.patients.sight import Sight

NUMBER_FIXED = Issue(
    "/identifiers",
    "record-number-fixed",
    "Send the record's own number unchanged; register another number by POST.",
    "病历号不可更改；新病历号请使用 POST 登记。",
)


def register(uow: UnitOfWork, facility: FacilityCode, registration: Registration) -> Registered:
    """Register somebody under a facility's own number, and link the record to its person.

    The same registration again changes nothing. Several processes that register one person at
    once make one person.

    Raises
    ------
    InvalidError
        Something is wrong with the content; the issues name each.
    RecordStandsError
        The number stands with other content.
    """
    number, registration = check(uow, facilities.get(uow, facility), registration)
    store.take_turns(uow.session, number)
    standing = store.find_by_identifier(uow.session, facility, number.system, number.value)
    if standing is not None:
        return _repeat(uow, standing, registration)
    matching.hold(uow, registration)
    matched = _match_and_hold(uow, facility, registration)
    united = _unite(uow, matched)
    entry = _add(uow, facility, registration, matched.decision)
    matching.keep(uow, entry.linked.record_id, matched)
    outcome, explanation = matched.decision.outcome, matched.decision.explanation
    return Registered(entry, outcome, explanation, fresh=True, united=united)


def replace_record(
    uow: UnitOfWork,
    facility: FacilityCode,
    record_id: RecordId,
    registration: Registration,
    version: int,
) -> Registered:
    """Change what a facility's record says. Its link stays; the answer says if it would not.

    Parameters
    ----------
    version
        The version that the change was made on.

    Raises
    ------
    RecordUnknownError
        The facility has no such record.
    PreconditionFailedError
        The record has another version by now.
    InvalidError
        Something is wrong with the content, or it names another record number.
    """
    store.lock_record(uow.session, record_id)
    standing = store.load(uow.session, record_id)
    if standing is None or standing.linked.facility != facility:
        raise RecordUnknownError
    if standing.version != version:
        raise PreconditionFailedError
    number, registration = check(uow, facilities.get(uow, facility), registration)
    if standing.registration.own_number(number.system) != number:
        raise InvalidError(issues=[NUMBER_FIXED])
    matching.hold(uow, standing.registration, registration)
    if registration != standing.registration:
        store.replace_record(uow.session, record_id, registration, uow.now())
        matching.reindex(uow, record_id, standing.registration, registration)
        lookup.reindex(uow, record_id, standing.registration.name, registration.name)
    outcome, explanation = store.live_link(uow.session, record_id)
    if not _keeps_link(uow, standing.linked, registration):
        explanation = (*explanation, Reason.LINK_KEPT)
    return Registered(_loaded(uow, record_id), outcome, explanation, fresh=False)


def find_record(
    uow: UnitOfWork, facility: FacilityCode, system: str, value: str
) -> LinkedRecord | None:
    """Return a facility's own record by one of its identifiers, the newest of several."""
    wanted = PatientIdentifier(system, value, "").normalised
    return store.find_by_identifier(uow.session, facility, wanted.system, wanted.value)


def get_record(uow: UnitOfWork, record_id: RecordId) -> LinkedRecord | None:
    """Return a record, if there is one."""
    return store.find_record(uow.session, record_id)


def load_record(uow: UnitOfWork, record_id: RecordId) -> PatientRecord | None:
    """Return a record with its content, if there is one."""
    return store.load(uow.session, record_id)


def version_of(uow: UnitOfWork, record_id: RecordId) -> int:
    """Return the version of a record's content, held until the transaction ends.

    Raises
    ------
    RecordUnknownError
        There is no such record.
    """
    store.lock_record(uow.session, record_id)
    return _loaded(uow, record_id).version


def own_record(
    uow: UnitOfWork, facility: FacilityCode, patient_id: PatientId
) -> LinkedRecord | None:
    """Return the newest record that a facility has of a person, if any."""
    return store.find_own(uow.session, facility, patient_id)


def records_of(uow: UnitOfWork, patient_id: PatientId) -> Sequence[LinkedRecord]:
    """Return a person's records, newest first."""
    return store.records_of(uow.session, patient_id)


def get_patient(uow: UnitOfWork, patient_id: PatientId, sight: Sight) -> FoundPatient:
    """Return a person with the records that may be seen.

    Raises
    ------
    PatientUnknownError
        None may, or there is no such person.
    """
    records = store.visible_records(uow.session, [patient_id], sight)
    if not records:
        raise PatientUnknownError
    return FoundPatient(patient_id, tuple(records))


def search(
    uow: UnitOfWork, query: SearchQuery, sight: Sight, *, cursor: str | None, limit: int
) -> Page[FoundPatient]:
    """Find the persons of whom a record that may be seen fits the query, by their ids."""
    keys = read_cursor(cursor, 1)
    after = keys[0] if keys else ""
    found = store.matching_patients(uow.session, query, sight, after=after, limit=limit + 1)
    shown = found[:limit]
    records = store.visible_records(uow.session, shown, sight)
    patients = [
        FoundPatient(each, tuple(one for one in records if one.linked.patient_id == each))
        for each in shown
    ]
    return Page(patients, write_cursor(shown[-1]) if len(found) > limit else None)


def check(
    uow: UnitOfWork, home: Facility, registration: Registration
) -> tuple[PatientIdentifier, Registration]:
    """Return a facility's own number and the normalised registration.

    Raises
    ------
    InvalidError
        Something is wrong with the content; the issues name each.
    """
    today = uow.now().astimezone(home.zone).date()
    faults = faults_of(registration, home.patient_identifier_system, today)
    number = registration.own_number(home.patient_identifier_system)
    if faults or number is None:
        raise InvalidError(issues=faults)
    return number, registration.normalised


def _repeat(uow: UnitOfWork, standing: LinkedRecord, registration: Registration) -> Registered:
    entry = _loaded(uow, standing.record_id)
    if entry.registration != registration:
        raise RecordStandsError(params={"recordId": standing.record_id})
    outcome, explanation = store.live_link(uow.session, standing.record_id)
    return Registered(entry, outcome, explanation, fresh=False)


def _match_and_hold(uow: UnitOfWork, facility: FacilityCode, registration: Registration) -> Matched:
    """Decide, and keep whoever is joined as they were judged until the commit.

    A merge holds no keys: until their person is held, records may come there and go.
    """
    matched = matching.match(uow, facility, registration)
    while (joins := matched.judgement.joins) is not None:
        persons = (joins, *matched.judgement.unites)
        hold_persons(uow.session, [each.patient_id for each in persons])
        if all(each.record_ids == _record_ids(uow, each.patient_id) for each in persons):
            break
        matched = matching.match(uow, facility, registration)
    return matched


def _record_ids(uow: UnitOfWork, patient_id: PatientId) -> frozenset[RecordId]:
    return frozenset(each.record_id for each in store.records_of(uow.session, patient_id))


def _unite(uow: UnitOfWork, matched: Matched) -> tuple[LinkedRecord, ...]:
    """Make one person of whoever the record shows to be one, and return the records that moved."""
    survivor, by = matched.decision.patient_id, matched.decision.made_by
    if survivor is None:
        return ()
    return tuple(
        record
        for each in matched.judgement.unites
        for record in merges.unite(uow, each.patient_id, survivor, by)
    )


def _add(
    uow: UnitOfWork, facility: FacilityCode, registration: Registration, decision: Decision
) -> PatientRecord:
    patient_id = decision.patient_id or PatientId(uow.new_key())
    record = LinkedRecord(RecordId(uow.new_key()), patient_id, facility)
    return insertion.add(uow, [insertion.Entry(record, registration, decision)])[0]


def _keeps_link(uow: UnitOfWork, linked: LinkedRecord, registration: Registration) -> bool:
    matched = matching.match(uow, linked.facility, registration, but=linked.record_id)
    matching.keep(uow, linked.record_id, matched, current=linked.patient_id)
    alone = len(store.records_of(uow.session, linked.patient_id)) == 1
    return keeps_link(matched.decision, linked.patient_id, alone=alone)


def _loaded(uow: UnitOfWork, record_id: RecordId) -> PatientRecord:
    entry = store.load(uow.session, record_id)
    if entry is None:
        raise RecordUnknownError
    return entry
