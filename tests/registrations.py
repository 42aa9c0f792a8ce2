"""Made-up people as facilities register them: the model, and the JSON of it."""

from datetime import date
from typing import Any

from medshare.patients.identity_numbers import SYSTEM, check_character
from medshare.patients.model import (
    MEDICAL_RECORD,
    HumanName,
    PatientIdentifier,
    Registration,
    Sex,
)

BORN = date(1962, 5, 17)
NUMBER_SYSTEMS = {
    "SZ-A": "urn:oid:2.999.1.1",
    "SZ-B": "urn:oid:2.999.2.1",
    "SZ-C": "urn:oid:2.999.3.1",
}


def an_identity_number(sequence: int = 11, born: date = BORN) -> str:
    """Make a valid identity number of a region that does not exist."""
    body = f"999999{born.year:04d}{born:%m%d}{sequence:03d}"
    return body + check_character(body)


def a_registration(
    facility: str = "SZ-A",
    mrn: str = "M1",
    *,
    number: str | None = None,
    name: HumanName | None = None,
    phone: str = "",
) -> Registration:
    """Make what a facility says about Wang Xiaoming."""
    own = PatientIdentifier(NUMBER_SYSTEMS[facility], mrn, MEDICAL_RECORD)
    identity = () if number is None else (PatientIdentifier(SYSTEM, number, "NNCHN"),)
    return Registration(
        identifiers=(own, *identity),
        name=name or HumanName("王小明", "王", "小明", "Wang^XiaoMing"),
        sex=Sex.MALE,
        birth_date=BORN,
        phone=phone,
    )


def a_body(
    facility: str = "SZ-A", mrn: str = "M1", number: str | None = None, **changes: object
) -> dict[str, Any]:
    """Make the same as the JSON of a request."""
    identifiers = [{"system": NUMBER_SYSTEMS[facility], "value": mrn, "type": "MR"}]
    if number is not None:
        identifiers.append({"system": SYSTEM, "value": number, "type": "NNCHN"})
    return {
        "identifiers": identifiers,
        "name": {"text": "王小明", "alphabetic": "Wang^XiaoMing"},
        "birthDate": "1962-05-17",
        "sex": "male",
        **changes,
    }
