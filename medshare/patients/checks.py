"""What is wrong with a registration: pure rules over its content."""

from collections.abc import Iterator
from datetime import date

from medshare.kernel.errors import Issue
from medshare.patients import identity_numbers
from medshare.patients.identity_numbers import NumberFault
from medshare.patients.model import MEDICAL_RECORD, Registration

NUMBER_SENTENCES = {
    NumberFault.FORMAT: (
        "Send an identity number of 18 characters, or 15 digits of the first generation.",
        "请填写 18 位或第一代 15 位身份证号。",
    ),
    NumberFault.REGION: (
        "The identity number names no region; check its first six digits.",
        "身份证号地区码无效，请核对前六位。",
    ),
    NumberFault.DATE: (
        "The identity number holds no date; check its digits 7 to 14.",
        "身份证号出生日期无效，请核对第 7 至 14 位。",
    ),
    NumberFault.CHECK_DIGIT: (
        "The check digit of the identity number is wrong; read the number again.",
        "身份证号校验位错误，请重新核对。",
    ),
}
_BIRTH_DATE_DIFFERS = Issue(
    "/birthDate",
    "identity-number-birth-date",
    "The birth date is not the one in the identity number; check both, or whose number it is.",
    "出生日期与身份证号不一致，请核对两者及证件归属。",
)
_SEVERAL_NUMBERS = Issue(
    "/identifiers",
    "several-identity-numbers",
    "Send one identity number: nobody has two.",
    "每人仅有一个身份证号，请只填写一个。",
)


def faults_of(registration: Registration, own_system: str, today: date) -> list[Issue]:
    """Return what is wrong with a registration, as it was sent.

    Parameters
    ----------
    own_system
        The system of the facility's own patient numbers.
    today
        The date where the facility is.
    """
    return [
        *_own_number_faults(registration, own_system),
        *_repetition_faults(registration),
        *_identity_number_faults(registration),
        *_date_faults(registration, today),
    ]


def warnings_of(registration: Registration) -> list[Issue]:
    """Return what is doubtful in a registration and is taken as it was stated."""
    return [
        Issue(f"/identifiers/{place}/value", fault, *NUMBER_SENTENCES[fault])
        for place, each in enumerate(registration.identifiers)
        if each.system == identity_numbers.SYSTEM
        and (fault := identity_numbers.fault_of(each.normalised.value))
    ]


def _own_number_faults(registration: Registration, own_system: str) -> Iterator[Issue]:
    own = [
        each
        for each in registration.identifiers
        if each.system == own_system or each.type == MEDICAL_RECORD
    ]
    if len(own) != 1 or (own[0].system, own[0].type) != (own_system, MEDICAL_RECORD):
        yield Issue(
            "/identifiers",
            "own-record-number",
            "Send exactly one number of type MR, of the facility's own patientIdentifierSystem.",
            "须且仅须一个 MR 类型的标识符，其体系为本机构的 patientIdentifierSystem。",
        )


def _repetition_faults(registration: Registration) -> Iterator[Issue]:
    seen: set[tuple[str, str]] = set()
    for place, each in enumerate(registration.identifiers):
        key = (each.system, each.normalised.value)
        if key in seen:
            yield Issue(
                f"/identifiers/{place}",
                "repeated-identifier",
                "The identifier stands twice; send it once.",
                "标识符重复，请只填写一次。",
            )
        seen.add(key)


def _identity_number_faults(registration: Registration) -> Iterator[Issue]:
    seen: set[str] = set()
    for place, each in enumerate(registration.identifiers):
        if each.system != identity_numbers.SYSTEM:
            continue
        number = each.normalised.value
        fault = identity_numbers.fault_of(number)
        if fault not in {None, NumberFault.CHECK_DIGIT}:
            yield Issue(f"/identifiers/{place}/value", fault, *NUMBER_SENTENCES[fault])
        elif fault is None and _contradicts(number, registration.birth_date):
            yield _BIRTH_DATE_DIFFERS
        seen.add(number)
    if len(seen) > 1:
        yield _SEVERAL_NUMBERS


def _contradicts(number: str, birth_date: date | None) -> bool:
    if birth_date is None or identity_numbers.is_a_guardians(number, birth_date):
        return False
    return birth_date != identity_numbers.birth_date_in(number)


def _date_faults(registration: Registration, today: date) -> Iterator[Issue]:
    born, died = registration.birth_date, registration.deceased_on
    if born is not None and born > today:
        yield Issue(
            "/birthDate",
            "birth-date-in-future",
            "Send a birth date that is not in the future.",
            "出生日期不能晚于今天。",
        )
    if died is not None and (died > today or (born is not None and died < born)):
        yield Issue(
            "/deceased",
            "date-of-death",
            "Send a date of death between the birth date and today.",
            "死亡日期须在出生日期与今天之间。",
        )
