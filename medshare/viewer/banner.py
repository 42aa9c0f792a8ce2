"""The patient banner: who somebody is, said in the same way wherever a person's data are shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from medshare.facilities.model import Facility
from medshare.patients.model import HumanName, Registration
from medshare.viewer.words import Language, Translate

TAIL = 4
NEWBORN_DAYS, INFANT_MONTHS = 28, 24


class AgeUnit(StrEnum):
    """In what an age is counted."""

    DAYS = "days"
    MONTHS = "months"
    YEARS = "years"


@dataclass(frozen=True, slots=True)
class Banner:
    """A name, and what tells its bearer from namesakes, in the words of the page."""

    name: str
    details: tuple[str, ...]

    @property
    def document(self) -> Mapping[str, object]:
        """Return it for a script."""
        return {"name": self.name, "details": self.details}


def banner_of(
    registration: Registration, facility: Facility, today: date, t: Translate, language: Language
) -> Banner:
    """Say who a record is of: sex, birth and age, the identifiers' tails, who issued the number."""
    number = registration.own_number(facility.patient_identifier_system)
    place = language.choose(facility.name_zh, facility.name_en)
    identity = registration.identity_number
    details = (
        t(f"banner.sex.{registration.sex}"),
        _born(registration.birth_date, today, t),
        t("banner.identity", tail=identity[-TAIL:]) if identity else "",
        t("banner.number", number=number.value if number else "–", facility=place),
    )
    return Banner(name_of(registration.name), tuple(filter(None, details)))


def name_of(name: HumanName) -> str:
    """Write a name as on a form, else as its parts, else in Latin letters."""
    alphabetic = name.alphabetic.replace("^", " ").strip()
    return name.text or name.family + name.given or alphabetic


def age_on(birth_date: date, today: date) -> tuple[int, AgeUnit]:
    """Count an age as it is told at a bedside: days, from 28 on months, from two years on years."""
    months = 12 * (today.year - birth_date.year) + today.month - birth_date.month
    months -= today.day < birth_date.day
    days = (today - birth_date).days
    if days < NEWBORN_DAYS:
        return days, AgeUnit.DAYS
    if months < INFANT_MONTHS:
        return max(months, 1), AgeUnit.MONTHS  # a February is a month
    return months // 12, AgeUnit.YEARS


def _born(birth_date: date | None, today: date, t: Translate) -> str:
    if birth_date is None:
        return t("banner.born-unknown")
    count, unit = age_on(birth_date, today)
    age = t(f"banner.age.{unit}", count=count)
    return t("banner.born", date=birth_date.isoformat(), age=age)
