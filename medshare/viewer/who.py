"""Who somebody is, as pages show it: the banner, and the numbers at each hospital."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from medshare.kernel.identifiers import FacilityCode, PatientId
from medshare.patients.model import FoundPatient, PatientRecord
from medshare.viewer.banner import Banner, banner_of
from medshare.viewer.hospitals import Hospital
from medshare.viewer.words import translator, wanted_language


@dataclass(frozen=True, slots=True)
class Number:
    """The number by which a hospital knows somebody."""

    hospital: Hospital
    value: str


@dataclass(frozen=True, slots=True)
class Person:
    """A person as pages show them: by the own hospital's record, else the newest that is seen."""

    patient_id: PatientId
    banner: Banner
    phone: str
    numbers: tuple[Number, ...]


def shown_as(
    found: FoundPatient,
    known: Mapping[FacilityCode, Hospital],
    own: FacilityCode | None,
    today: date,
) -> Person:
    """Return how somebody is shown to a caller of a facility."""
    record = _leading(found, own)
    language = wanted_language()
    facility = known[record.linked.facility].facility
    stated = record.registration
    return Person(
        patient_id=found.patient_id,
        banner=banner_of(stated, facility, today, translator(language), language),
        phone=stated.phone,
        numbers=tuple(_number(each, known[each.linked.facility]) for each in found.records),
    )


def _leading(found: FoundPatient, own: FacilityCode | None) -> PatientRecord:
    """Return the newest record of the own hospital, else the newest of all."""
    return max(found.records, key=lambda each: (each.linked.facility == own, each.linked.record_id))


def _number(record: PatientRecord, hospital: Hospital) -> Number:
    number = record.registration.own_number(hospital.facility.patient_identifier_system)
    return Number(hospital, number.value if number else "–")
