"""Chinese citizen identity numbers (GB 11643): their one spelling, and what is wrong with one."""

import re
import unicodedata
from datetime import date
from enum import StrEnum

SYSTEM = "urn:oid:2.16.156.10011.1.3"
_LONG = re.compile(r"[0-9]{17}[0-9X]")
_SHORT = re.compile(r"[0-9]{15}")
_CHECK_CHARACTERS = "10X98765432"
_YEAR_LOW = 1850
_GUARDIAN_YEARS = 13
# First two digits of GB/T 2260: the province-level divisions.
_DIVISIONS = frozenset(
    {*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47)}
    | {*range(50, 55), *range(61, 66), 71, 81, 82, 83}
)
# The region of made-up people: no division has it, and none will.
_NOWHERE = "999999"


class NumberFault(StrEnum):
    """What is wrong with an identity number."""

    FORMAT = "identity-number-format"
    REGION = "identity-number-region"
    DATE = "identity-number-date"
    CHECK_DIGIT = "identity-number-check-digit"


def normalise(text: str) -> str:
    """Write a number in its one spelling: 18 characters, half width, capital ``X``.

    A number of the first generation (15 digits) gets its century and its check character. What
    is no identity number comes back without its spaces, for ``fault_of`` to judge.
    """
    unspaced = "".join(unicodedata.normalize("NFKC", text).split())
    number = unicodedata.normalize("NFKC", unspaced).replace("x", "X")
    if _SHORT.fullmatch(number):
        body = f"{number[:6]}19{number[6:]}"
        return body + check_character(body)
    return number


def check_character(body: str) -> str:
    """Return the check character of 17 digits.

    References
    ----------
    GB 11643-1999 section 4.2.4; ISO/IEC 7064, MOD 11-2.
    """
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(body))
    return _CHECK_CHARACTERS[total % 11]


def fault_of(number: str) -> NumberFault | None:
    """Judge a normalised number; ``None`` means that it can be somebody's."""
    if not _LONG.fullmatch(number):
        return NumberFault.FORMAT
    if check_character(number[:17]) != number[17]:
        return NumberFault.CHECK_DIGIT
    if not _is_region(number[:6]):
        return NumberFault.REGION
    if birth_date_in(number) is None:
        return NumberFault.DATE
    return None


def birth_date_in(number: str) -> date | None:
    """Return the birth date in a normalised number, ``None`` where there cannot be one."""
    try:
        found = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None
    return found if found.year >= _YEAR_LOW else None


def is_a_guardians(number: str, birth_date: date | None) -> bool:
    """Tell whether a number stated for somebody must be their guardian's.

    Children are registered under a parent's number where they have none yet: its birth date lies
    at least 13 years before theirs.
    """
    in_number = birth_date_in(number)
    if birth_date is None or in_number is None:
        return False
    return birth_date.year - in_number.year > _GUARDIAN_YEARS or (
        birth_date.year - in_number.year == _GUARDIAN_YEARS
        and (birth_date.month, birth_date.day) >= (in_number.month, in_number.day)
    )


def _is_region(code: str) -> bool:
    # A foreigner's permanent residence number is a 9, the division and the nationality.
    division = code[1:3] if code.startswith("9") else code[:2]
    return code == _NOWHERE or int(division) in _DIVISIONS
