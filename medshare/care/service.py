"""Use cases of care."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from medshare.care import store
from medshare.care.model import (
    CareWindows,
    Encounter,
    EncounterEndedError,
    EncounterRequest,
    EncounterStandsError,
    EncounterUnknownError,
    PatientReference,
    faults_of,
    repeats,
)
from medshare.infra.locks import take_turns
from medshare.infra.uow import UnitOfWork
from medshare.kernel.errors import InvalidError, Issue
from medshare.kernel.identifiers import FacilityCode, PatientId
from medshare.patients import service as patients
from medshare.patients.model import LinkedRecord
from medshare.settings import Settings

NO_OWN_RECORD = Issue(
    "/patient",
    "no-own-record",
    "The facility has registered no such patient; register the patient first.",
    "本机构未登记该患者，请先登记患者。",
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """An encounter, and whether it was new."""

    encounter: Encounter
    fresh: bool


def windows(settings: Settings) -> CareWindows:
    """Return for how long encounters open data here."""
    return CareWindows(
        recent=timedelta(days=settings.care_window_days),
        open=timedelta(days=settings.care_open_days),
    )


def record(uow: UnitOfWork, facility: FacilityCode, request: EncounterRequest) -> Recorded:
    """Record an encounter of a facility with a patient whom it has registered.

    The same request again changes nothing.

    Raises
    ------
    InvalidError
        The facility has no such record, or the times are wrong.
    EncounterStandsError
        The number stands with other content.
    """
    faults = faults_of(request.started_at, request.ended_at, uow.now())
    patient = own_record(uow, facility, request.patient)
    if patient is None:
        raise InvalidError(issues=[*faults, NO_OWN_RECORD])
    if faults:
        raise InvalidError(issues=faults)
    take_turns(uow.session, f"encounter:{facility}|{request.kind}|{request.number}")
    standing = store.find_by_number(uow.session, facility, request.kind, request.number)
    if standing is None:
        return Recorded(_add(uow, request, patient), fresh=True)
    if not repeats(request, patient.record_id, standing):
        raise EncounterStandsError(params={"encounterId": standing.id})
    return Recorded(standing, fresh=False)


def get(uow: UnitOfWork, facility: FacilityCode, encounter_id: str) -> Encounter:
    """Return an encounter of a facility: whom another treats, and when, is open to nobody else.

    Raises
    ------
    EncounterUnknownError
        It has no such encounter.
    """
    encounter = store.find(uow.session, facility, encounter_id)
    if encounter is None:
        raise EncounterUnknownError
    return encounter


def end(
    uow: UnitOfWork, facility: FacilityCode, encounter_id: str, ended_at: datetime
) -> Encounter:
    """End a facility's encounter; the same end again changes nothing.

    Raises
    ------
    EncounterUnknownError
        The facility has no such encounter.
    EncounterEndedError
        It has ended at another time.
    InvalidError
        The end is before the start, or in the future.
    """
    encounter = store.find_to_change(uow.session, facility, encounter_id)
    if encounter is None:
        raise EncounterUnknownError
    if encounter.ended_at not in (None, ended_at):
        raise EncounterEndedError
    faults = faults_of(encounter.started_at, ended_at, uow.now())
    if faults:
        raise InvalidError(issues=faults)
    store.end(uow.session, encounter_id, ended_at)
    return get(uow, facility, encounter_id)


def in_care(
    uow: UnitOfWork, facility: FacilityCode, patient_id: PatientId, windows: CareWindows
) -> bool:
    """Tell whether a facility's encounters open a patient's data now."""
    return store.is_in_care(uow.session, facility, patient_id, uow.now(), windows)


def own_record(
    uow: UnitOfWork, facility: FacilityCode, reference: PatientReference
) -> LinkedRecord | None:
    """Return a facility's own record of whom a reference names, if it has one."""
    if reference.identifier is not None:
        wanted = reference.identifier
        return patients.find_record(uow, facility, wanted.system, wanted.value)
    if reference.patient_id is not None:
        return patients.own_record(uow, facility, reference.patient_id)
    return None


def _add(uow: UnitOfWork, request: EncounterRequest, patient: LinkedRecord) -> Encounter:
    encounter = Encounter(
        id=uow.new_key(),
        facility=patient.facility,
        kind=request.kind,
        number=request.number,
        record_id=patient.record_id,
        patient_id=patient.patient_id,
        started_at=request.started_at,
        ended_at=request.ended_at,
        department=request.department,
    )
    store.add(uow.session, encounter, uow.now())
    return encounter
