"""What matching looks at: a registration without what two desks write differently."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from medshare.patients import identity_numbers, names, variants
from medshare.patients.model import MEDICAL_RECORD, HumanName, PatientIdentifier, Registration, Sex

# Types of HL7 table 0203 of which a person has one for good, or for years.
PERSONAL_TYPES = re.compile(r"NN[A-Z]{3}|NI|SS|PPN|HC|NH|JHN|DL|PRC|SB|TAX|NNCHN")
_HAN_ONLY = re.compile("[\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")
_COMPOUND = (
    "欧阳司马上官诸葛东方皇甫尉迟公孙慕容令狐宇文长孙司徒夏侯端木南宫独孤轩辕"
    "百里呼延澹台淳于单于太史申屠公冶宗政濮阳赫连钟离鲜于闻人东郭南门西门"
)
_COMPOUND_SURNAMES = frozenset(
    _COMPOUND[place : place + 2] for place in range(0, len(_COMPOUND), 2)
)
_PLACEHOLDER = re.compile(
    r"无名.?|不详|未知|佚名|某某.?|.某.?|[急门]诊.*[0-9]+.*|三无.*|流浪.*|无法提供.*|"
    r"unknown|unidentified|johndoe|janedoe|noname|anonymous|nn|xx+|trauma[0-9]*"
)
_NEWBORN = re.compile(
    r"(?P<parent>.+)之(?P<rank>[长大次二三四五六幼小双])?(?P<kind>[子女婴])(?P<number>[0-9A-Za-z]*)"
)
_RANKS = {"长": "1", "大": "1", "次": "2", "二": "2", "三": "3", "四": "4", "五": "5", "六": "6"}
_RANKS |= {"a": "1", "b": "2", "c": "3"}
_DUMMY_PHONES = frozenset({"13800138000", "12345678901", "13912345678", "13812345678"})
_RISING = "0123456789012345678901"
_PHONE_MIN = 7
_PHONE_TAIL = 8
_TOKENS = re.compile(r"[0-9]+[a-z]?|[a-z]+|[^\W0-9a-z_]")


@dataclass(frozen=True, slots=True)
class Name:
    """A name in folded parts; ``han`` is empty where only Latin letters are known.

    ``latin`` is the whole in letters, its parts as they were written.
    """

    family: str = ""
    given: str = ""
    latin: tuple[str, ...] = ()

    @property
    def is_han(self) -> bool:
        """Tell whether the characters are known."""
        return bool(_HAN_ONLY.fullmatch(self.family + self.given))


@dataclass(frozen=True, slots=True)
class Newborn:
    """A child that is named after its mother until it gets a name."""

    parent: str
    rank: str
    kind: str


@dataclass(frozen=True, slots=True)
class Profile:
    """A record as it is compared. What is not known, or is no evidence, is empty.

    ``number`` is a valid identity number of the person's own, ``guardian`` one that must be a
    guardian's, ``faulty`` one that fails its check and may be the person's own, mistyped.
    ``numbers`` are other personal identifiers.
    """

    name: Name
    sex: Sex
    born: date | None
    number: str = ""
    guardian: str = ""
    faulty: str = ""
    numbers: frozenset[tuple[str, str]] = frozenset()
    phone: str = ""
    address: tuple[str, ...] = ()
    newborn: Newborn | None = None
    is_placeholder: bool = False

    @property
    def is_listed(self) -> bool:
        """Tell whether it is a line of a list, not of a desk: neither sex, phone nor identity."""
        numbered = self.number or self.guardian or self.faulty
        return self.sex is Sex.UNKNOWN and not self.phone and not numbered


def profile_of(registration: Registration) -> Profile:
    """Return what matching looks at in a registration."""
    number = _identity_number(registration.identifiers)
    is_valid = bool(number) and identity_numbers.fault_of(number) is None
    is_guardians = identity_numbers.is_a_guardians(number, registration.birth_date)
    name = _name(registration.name)
    whole = name.family + name.given
    return Profile(
        name=name,
        sex=registration.sex,
        born=registration.birth_date,
        number=number if is_valid and not is_guardians else "",
        guardian=number if is_valid and is_guardians else "",
        faulty="" if is_valid or is_guardians else number,
        numbers=frozenset(_others(registration.identifiers)),
        phone=telling_phone(registration.phone),
        address=address_tokens(registration.address),
        newborn=_newborn(whole),
        is_placeholder=any(map(_PLACEHOLDER.fullmatch, {whole, *name.latin, "".join(name.latin)})),
    )


def telling_phone(text: str) -> str:
    """Return the digits of a phone without its country, empty where desks type it for want of one.

    All digits alike, counting up or down, or one of the well-known: no evidence of anything.
    """
    digits = "".join(each for each in unicodedata.normalize("NFKC", text) if each.isdecimal())
    if digits.startswith("86") and len(digits) == len("86") + 11:
        digits = digits[2:]
    tail = digits[-_PHONE_TAIL:]
    is_run = tail in _RISING or tail in _RISING[::-1]
    if len(digits) < _PHONE_MIN or len(set(tail)) == 1 or is_run or digits in _DUMMY_PHONES:
        return ""
    return digits


def address_tokens(text: str) -> tuple[str, ...]:
    """Return the words, numbers and characters of an address, in its order."""
    folded = variants.fold(unicodedata.normalize("NFKC", text).casefold())
    return tuple(_TOKENS.findall(folded))


def fold_name(text: str) -> str:
    """Return a name in one spelling: width, case, spaces, and variant characters."""
    return variants.fold(names.fold(text))


def _identity_number(identifiers: tuple[PatientIdentifier, ...]) -> str:
    stated = (each for each in identifiers if each.system == identity_numbers.SYSTEM)
    return next((each.normalised.value for each in stated), "")


def _others(identifiers: tuple[PatientIdentifier, ...]) -> list[tuple[str, str]]:
    return [
        (each.system, names.fold(each.value))
        for each in identifiers
        if each.system != identity_numbers.SYSTEM
        and each.type != MEDICAL_RECORD
        and PERSONAL_TYPES.fullmatch(each.type)
    ]


def _name(name: HumanName) -> Name:
    # Of DICOM PN's three groups the first is the alphabetic one; the ideographic one tells more.
    groups = [each for each in name.text.split("=") if each]
    han = next((each for each in groups if _HAN_ONLY.search(each)), "")
    alphabetic = name.alphabetic or next((each for each in groups if each != han), "")
    latin = tuple(_latin_parts(alphabetic))
    if name.family and name.given:
        family, given = fold_name(name.family), fold_name(name.given)
    else:
        family, given = _split(fold_name(han or name.family or name.given), latin)
    return Name(family, given, latin or (() if _HAN_ONLY.search(family) else (family, given)))


def _split(whole: str, latin: tuple[str, ...]) -> tuple[str, str]:
    if _HAN_ONLY.search(whole) and "·" not in whole:
        is_compound = whole[:2] in _COMPOUND_SURNAMES and whole[2:] != ""
        size = 2 if is_compound else 1
        return whole[:size], whole[size:]
    if latin:
        return latin[0], "".join(latin[1:])
    return "", whole


def _latin_parts(text: str) -> list[str]:
    spelled = unicodedata.normalize("NFKD", text.casefold().replace("ü", "v"))
    letters = "".join(each for each in spelled if not unicodedata.combining(each))
    return [each for each in re.split(r"[^a-z0-9]+", letters) if each]


def _newborn(whole: str) -> Newborn | None:
    found = _NEWBORN.fullmatch(whole)
    if found is None:
        return None
    rank = found["rank"] or found["number"]
    return Newborn(found["parent"], _RANKS.get(rank, rank), found["kind"])
