"""Use cases of words on sharing."""

from collections.abc import Sequence

from medshare.care.consents import store
from medshare.care.consents.model import (
    Consent,
    ConsentRequest,
    ConsentUnknownError,
    ConsentWithdrawnError,
    Provision,
    Scope,
    Word,
    faults_of,
)
from medshare.care.sensitivity import service as sensitivity
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


def record(uow: UnitOfWork, facility: FacilityCode, request: ConsentRequest) -> Consent:
    """Take down what a person whom the facility registered says on sharing.

    Raises
    ------
    InvalidError
        The facility has no such record, a facility does not take part, there is no such class of
        results, or whose word it is stays unclear.
    """
    scope = request.scope
    faults = faults_of(request.word) + sensitivity.faults_of(uow, scope.sensitivity)
    patient = own_record(uow, facility, request.patient)
    if patient is None:
        faults.append(NO_OWN_RECORD)
    if not facilities.all_known(uow, scope.facilities):
        faults.append(FACILITY_UNKNOWN)
    if patient is None or faults:
        raise InvalidError(issues=faults)
    consent = Consent(
        id=uow.new_key(),
        provision=request.provision,
        facility=facility,
        record_id=patient.record_id,
        patient_id=patient.patient_id,
        scope=Scope(tuple(sorted(set(scope.facilities))), scope.sensitivity),
        word=request.word,
        recorded_at=uow.now(),
    )
    store.add(uow.session, consent)
    return consent


def withdraw(
    uow: UnitOfWork, provision: Provision, facility: FacilityCode, consent_id: str, word: Word
) -> Consent:
    """Take down that what a person said on sharing counts no more.

    Raises
    ------
    ConsentUnknownError, ConsentWithdrawnError
        The facility took down no such consent, or it was withdrawn before.
    InvalidError
        Whose word it is stays unclear.
    """
    consent = store.find_to_change(uow.session, consent_id)
    if consent is None or (consent.facility, consent.provision) != (facility, provision):
        raise ConsentUnknownError
    if consent.withdrawn_at is not None:
        raise ConsentWithdrawnError
    faults = faults_of(word)
    if faults:
        raise InvalidError(issues=faults)
    store.withdraw(uow.session, consent_id, word, uow.now())
    found = store.find_to_change(uow.session, consent_id)
    if found is None:
        raise ConsentUnknownError
    return found


def of_person(
    uow: UnitOfWork, provision: Provision, facility: FacilityCode, patient_id: PatientId
) -> Sequence[Consent]:
    """Return the consents of a person that the facility took down, oldest first.

    Those that others took down stay unknown to it: a person who opted out looks like one of whom
    there is nothing.
    """
    return store.of_person(uow.session, provision, facility, patient_id)
