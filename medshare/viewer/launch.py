"""What another system's link asks to see (IHE Invoke Image Display), and the page that shows it.

References
----------
IHE Radiology Technical Framework, Invoke Image Display [RAD-106]: section 4.106.4.1.2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

import orjson

from medshare.access.model import clinical_visibility
from medshare.care import service as care
from medshare.care.sight import demographic_sight_of, sight_of
from medshare.exams import service as exams
from medshare.exams.model import Exam, ExamFilter
from medshare.imaging import service as imaging
from medshare.imaging.model import Selection, StudyNotFoundError
from medshare.imaging.retrieval import Seen
from medshare.infra.paging import LIMIT_MAX
from medshare.infra.perform import Context
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import Subject
from medshare.kernel.errors import NotFoundError
from medshare.kernel.identifiers import FacilityCode
from medshare.patients import demographics
from medshare.patients.demographics import States
from medshare.patients.model import PatientIdentifier
from medshare.viewer.hospitals import hospitals
from medshare.viewer.narrowing import Narrowing


class RequestType(StrEnum):
    """What a link is about."""

    PATIENT = "PATIENT"
    STUDY = "STUDY"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a link asks to see.

    Parameters
    ----------
    patient_id
        An identifier as HL7 v2 writes it (CX): the number, and after ``^^^`` who assigned it.
    modalities, since, until, latest
        Which of a patient's examinations, as of ``Narrowing``; instants by RFC 3339 or empty.
    """

    request_type: RequestType
    patient_id: str = ""
    study_instance_uids: Sequence[str] = ()
    accession_numbers: Sequence[str] = ()
    modalities: str = ""
    since: str = ""
    until: str = ""
    latest: int | None = None

    @property
    def narrowing(self) -> Narrowing:
        """Return which of a patient's examinations are asked for."""
        since, until = (
            datetime.fromisoformat(each) if each else None for each in (self.since, self.until)
        )
        return Narrowing(self.modalities, since, until, self.latest)

    def write(self) -> str:
        """Write it as a text that is kept."""
        return orjson.dumps(self).decode()

    @classmethod
    def read(cls, text: str) -> Self:
        """Read what ``write`` wrote."""
        kept = orjson.loads(text)
        return cls(**kept | {"request_type": RequestType(kept["request_type"])})


@dataclass(frozen=True, slots=True)
class Place:
    """The page that shows what is wanted, and whose data led to it."""

    address: str
    subjects: Sequence[Subject]


def place_of(context: Context, uow: UnitOfWork, wanted: Wanted) -> Place:
    """Find the page that shows what a link asks for.

    Raises
    ------
    NotFoundError
        There is nothing, or nothing that the caller may see; or a number means several persons.
    """
    if wanted.request_type is RequestType.PATIENT:
        return _patient(context, uow, wanted)
    place = _studies(context, uow, wanted.study_instance_uids)
    if place is not None:
        return place
    for number in wanted.accession_numbers:
        place = _exam(context, uow, number)
        if place is not None:
            return place
    raise NotFoundError


def read_cx(text: str) -> tuple[str, str, str]:
    """Return the number of an identifier, and its authority's name and OID, empty where missing."""
    number, _, _, authority = [*text.split("^"), "", "", ""][:4]
    name, oid, kind = [*authority.split("&"), "", ""][:3]
    return number.strip(), name.strip(), oid.strip() if kind == "ISO" else ""


def _patient(context: Context, uow: UnitOfWork, asked: Wanted) -> Place:
    number, name, oid = read_cx(asked.patient_id)
    system = f"urn:oid:{oid}" if oid else _system_of(context, uow, name)
    wanted = States(PatientIdentifier(system, number, "").normalised)
    sight = demographic_sight_of(context, uow)
    found = demographics.find(uow, ((wanted,),), sight, cursor=None, limit=2).items
    if len(found) != 1:
        raise NotFoundError
    linked = [each.linked for each in found[0].records]
    subjects = [Subject(each.patient_id, each.record_id) for each in linked]
    narrowed = f"?{asked.narrowing.address}" if asked.narrowing.is_set else ""
    return Place(f"/viewer/patients/{found[0].patient_id}{narrowed}", subjects)


def _system_of(context: Context, uow: UnitOfWork, name: str) -> str:
    """Return the patient numbers' system of the facility that is named, else of the own one."""
    known = hospitals(uow)
    code = FacilityCode(name) if name else context.principal.facility
    if code is None or code not in known:
        raise NotFoundError
    return known[code].facility.patient_identifier_system


def _studies(context: Context, uow: UnitOfWork, uids: Sequence[str]) -> Place | None:
    """Return the images of the first study that may be seen, the others of its person beside it."""
    seen = {uid: each for uid in uids if (each := _see(context, uow, uid)) is not None}
    if not seen:
        return None
    (first, opened), *others = seen.items()
    subjects = [each.subject for each in seen.values() if each.subject and opened.subject]
    beside = [
        uid
        for uid, each in others
        if each.subject and opened.subject
        if each.subject.patient_id == opened.subject.patient_id
    ]
    query = f"?beside={','.join(beside)}" if beside else ""
    return Place(f"/viewer/studies/{first}/images{query}", subjects)


def _see(context: Context, uow: UnitOfWork, uid: str) -> Seen | None:
    visibility = clinical_visibility(context.principal)
    windows = care.windows(context.house.settings)
    try:
        return imaging.see_study(uow, Selection(uid), visibility, windows)
    except StudyNotFoundError:
        return None


def _exam(context: Context, uow: UnitOfWork, number: str) -> Place | None:
    """Return the images of an exam, else its report on its patient's page."""
    wanted = ExamFilter(accession_number=number)
    found = exams.page(uow, sight_of(context, uow), wanted, cursor=None, limit=LIMIT_MAX).items
    exam = _meant(context, found)
    if exam is None or exam.patient_id is None or exam.record_id is None:
        return None
    if exam.id in imaging.exams_with_images(uow, [exam.id]):
        place = _studies(context, uow, exam.order.details.study_instance_uids)
        if place is not None:
            return place
    address = f"/viewer/patients/{exam.patient_id}#{exam.id}"
    return Place(address, [Subject(exam.patient_id, exam.record_id)])


def _meant(context: Context, found: Sequence[Exam]) -> Exam | None:
    """Return the own facility's exam, else the only one: another's would be another person's."""
    own = [each for each in found if each.facility == context.principal.facility]
    meant = own or found
    return meant[0] if len(meant) == 1 else None
