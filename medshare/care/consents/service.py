"""Use cases of opt-outs."""

from collections.abc import Sequence

from medshare.care.consents import store
from medshare.care.consents.model import (
    OptOut,
    OptOutRequest,
    OptOutUnknownError,
    OptOutWithdrawnError,
    Word,
    faults_of,
)
from medshare.care.service import NO_OWN_RECORD, own_record
from medshare.facilities import service as facilities
from medshare.infra.uow import UnitOfWork
from medshare.kernel.errors import InvalidError, Issue
from medshare.kernel.identifiers import FacilityCode, PatientId

FACILITY_UNKNOWN = Issue(
    "/facilities",
    "facility-unknown",
    "Name facilities that take part, or leave the list out for all of them.",
    "请填写已加入的机构，或省略以表示全部机构。",
)


def record(uow: UnitOfWork, facility: FacilityCode, request: OptOutRequest) -> OptOut:
    """Take down that a person whom the facility registered refuses to share.

    Raises
    ------
    InvalidError
        The facility has no such record, a facility does not take part, or whose word it is
        stays unclear.
    """
    faults = faults_of(request.word)
    patient = own_record(uow, facility, request.patient)
    if patient is None:
        faults.append(NO_OWN_RECORD)
    if not facilities.all_known(uow, request.facilities):
        faults.append(FACILITY_UNKNOWN)
    if patient is None or faults:
        raise InvalidError(issues=faults)
    opt_out = OptOut(
        id=uow.new_key(),
        facility=facility,
        record_id=patient.record_id,
        patient_id=patient.patient_id,
        facilities=tuple(sorted(set(request.facilities))),
        word=request.word,
        recorded_at=uow.now(),
    )
    store.add(uow.session, opt_out)
    return opt_out


def withdraw(uow: UnitOfWork, facility: FacilityCode, opt_out_id: str, word: Word) -> OptOut:
    """Take down that a person shares again what an opt-out hid.

    Raises
    ------
    OptOutUnknownError, OptOutWithdrawnError
        The facility took down no such opt-out, or it was withdrawn before.
    InvalidError
        Whose word it is stays unclear.
    """
    opt_out = store.find_to_change(uow.session, opt_out_id)
    if opt_out is None or opt_out.facility != facility:
        raise OptOutUnknownError
    if opt_out.withdrawn_at is not None:
        raise OptOutWithdrawnError
    faults = faults_of(word)
    if faults:
        raise InvalidError(issues=faults)
    store.withdraw(uow.session, opt_out_id, word, uow.now())
    found = store.find_to_change(uow.session, opt_out_id)
    if found is None:
        raise OptOutUnknownError
    return found


def of_person(uow: UnitOfWork, facility: FacilityCode, patient_id: PatientId) -> Sequence[OptOut]:
    """Return the opt-outs of a person that the facility took down, oldest first.

    Those that others took down stay unknown to it: a person who opted out looks like one of whom
    there is nothing.
    """
    return store.of_person(uow.session, facility, patient_id)
