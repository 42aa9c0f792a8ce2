"""Use cases of the FHIR door over the patient index: cross-reference, match, feed."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from medshare.facilities import service as facilities
from medshare.fhir.parameters import domains_of, search_of
from medshare.fhir.questions import (
    DomainUnknownError,
    GradedPatient,
    OtherRecordError,
    PixQuestion,
    SourceDomainError,
    SourceIdentifierError,
    TargetDomainError,
    TooWideError,
)
from medshare.fhir.reading import SentPatient
from medshare.fhir.schemas import PatientQuery
from medshare.infra.paging import Page
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import Subject
from medshare.kernel.errors import InvalidError
from medshare.kernel.identifiers import FacilityCode, PatientId
from medshare.patients import demographics, identity_numbers, service
from medshare.patients.demographics import Is, States
from medshare.patients.links import by_hand, graph
from medshare.patients.links.by_hand import HandRequest
from medshare.patients.links.model import RECORD_UNKNOWN, Actor
from medshare.patients.matching import service as matching
from medshare.patients.matching.decide import Grade
from medshare.patients.model import (
    FoundPatient,
    LinkedRecord,
    PatientIdentifier,
    PatientUnknownError,
    Registration,
)
from medshare.patients.sight import Sight

CANDIDATES_MAX = 50


@dataclass(frozen=True, slots=True)
class Fed:
    """What a feed came to: the person, whether the record is new, and whose data it touched."""

    patient_id: PatientId
    fresh: bool
    subjects: tuple[Subject, ...]


def cross_reference(
    uow: UnitOfWork, question: PixQuestion, sight: Sight, base: str
) -> Sequence[FoundPatient]:
    """Return the persons whom an identifier names, with the records that may be seen.

    Parameters
    ----------
    base
        This server's own domain, of the ids of Patient resources; a retired one leads on.

    Raises
    ------
    SourceDomainError, SourceIdentifierError, TargetDomainError
        As ITI-83 tells them apart; what may not be seen is not known.
    """
    source = question.source
    if source.system != base and not _is_domain(uow, source.system):
        raise SourceDomainError
    if not all(each == base or _is_domain(uow, each) for each in question.targets):
        raise TargetDomainError
    if not source.value:
        raise SourceIdentifierError
    wanted = Is(_current(uow, source.value)) if source.system == base else States(source)
    page = demographics.find(uow, ((wanted,),), sight, cursor=None, limit=CANDIDATES_MAX)
    if not page.items:
        raise SourceIdentifierError
    return page.items


def search(
    uow: UnitOfWork, query: PatientQuery, sight: Sight
) -> tuple[Page[FoundPatient], frozenset[str]]:
    """Find persons by their demographics; with the domains of which alone identifiers are wanted.

    Raises
    ------
    InvalidError, TooWideError
        A value cannot be read, or the search would list the city.
    DomainUnknownError
        Nobody here assigns from a domain that is wanted.
    """
    wanted = search_of(query.values)
    if demographics.is_too_wide(wanted):
        raise TooWideError
    domains = domains_of(query.values)
    if not all(_is_domain(uow, each) for each in domains):
        raise DomainUnknownError
    page = demographics.find(uow, wanted, sight, cursor=query.cursor, limit=query.count)
    return page, domains


def _current(uow: UnitOfWork, reference: str) -> PatientId:
    """Return whom ``Patient/ID`` names by now."""
    return graph.current_id(uow, PatientId(reference.removeprefix("Patient/")))


def match(
    uow: UnitOfWork, facility: FacilityCode | None, described: Registration, sight: Sight
) -> list[GradedPatient]:
    """Return who may be the one described, the surest first; nothing is created.

    The index's own matching grades them; told are those of whom the caller may see a record.
    """
    graded = []
    for each in matching.search(uow, facility, described):
        with suppress(PatientUnknownError):
            patient = service.get_patient(uow, each.patient_id, sight)
            graded.append(GradedPatient(patient, each.grade or Grade.POSSIBLE))
    return graded


def feed(
    uow: UnitOfWork, actor: Actor, facility: FacilityCode, key: PatientIdentifier, sent: SentPatient
) -> Fed:
    """Create or change the sender's own record, or say which of its records replaces it (ITI-104).

    Raises
    ------
    OtherRecordError
        The resource is about another record than ``key``.
    InvalidError
        Something is wrong with the content, or the record that replaces it is not the sender's.
    MedshareError
        The two records cannot be one person: a mark or two identity numbers stand against it.
    """
    registration = _typed(uow, facility, sent.registration)
    held = {(each.system, each.normalised.value) for each in registration.identifiers}
    if (key.system, key.value) not in held:
        raise OtherRecordError
    standing = service.find_record(uow, facility, key.system, key.value)
    if standing is not None and sent.replaced_by is not None:
        return _replace(uow, actor, standing, sent.replaced_by)
    if standing is None:
        done = service.register(uow, facility, registration)
    else:
        version = service.version_of(uow, standing.record_id)
        done = service.replace_record(uow, facility, standing.record_id, registration, version)
    concerned = (done.record, *done.united)
    subjects = tuple(Subject(each.patient_id, each.record_id) for each in concerned)
    return Fed(done.record.patient_id, done.fresh and standing is None, subjects)


def _replace(uow: UnitOfWork, actor: Actor, retired: LinkedRecord, by: PatientIdentifier) -> Fed:
    """Put the retired record to the person of the one that replaces it."""
    wanted = by.normalised
    survivor = service.find_record(uow, retired.facility, wanted.system, wanted.value)
    if survivor is None or survivor.record_id == retired.record_id:
        raise InvalidError(issues=[RECORD_UNKNOWN])
    subjects = (
        Subject(survivor.patient_id, survivor.record_id),
        Subject(retired.patient_id, retired.record_id),
    )
    if survivor.patient_id != retired.patient_id:
        by_hand.require_no_conflict(uow, retired, survivor)
        version = graph.version_of(uow, survivor.patient_id)
        reason = "Replaced by another record of the facility (FHIR Patient.link)."
        request = HandRequest(survivor.patient_id, retired.record_id, version, reason)
        by_hand.link(uow, actor, request)
    return Fed(survivor.patient_id, fresh=False, subjects=subjects)


def _typed(uow: UnitOfWork, facility: FacilityCode, stated: Registration) -> Registration:
    """Give the identifiers that everybody here knows the types that registration wants."""
    own = facilities.get(uow, facility).patient_identifier_system
    types = {own: "MR", identity_numbers.SYSTEM: "NNCHN"}
    identifiers = tuple(
        PatientIdentifier(each.system, each.value, types.get(each.system, each.type))
        for each in stated.identifiers
    )
    return Registration(
        identifiers=identifiers,
        name=stated.name,
        sex=stated.sex,
        birth_date=stated.birth_date,
        phone=stated.phone,
        address=stated.address,
        deceased_on=stated.deceased_on,
    )


def _is_domain(uow: UnitOfWork, system: str) -> bool:
    if system == identity_numbers.SYSTEM:
        return True
    return facilities.find_by_identifier_system(uow, system) is not None
