"""Registrations as they are stated in tests, and what matching makes of them."""

from dataclasses import replace
from datetime import date
from typing import Any

from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId
from medshare.patients.identity_numbers import SYSTEM, check_character
from medshare.patients.matching.decide import Candidate, Judgement, Subject, judge
from medshare.patients.matching.explain import decision_of
from medshare.patients.matching.profile import profile_of
from medshare.patients.matching.weights import shipped
from medshare.patients.model import HumanName, Outcome, PatientIdentifier, Registration, Sex

A, B = FacilityCode("SZ-A"), FacilityCode("SZ-B")
PHONE = "19900000001"
ADDRESS = "广东省深圳市示例区虚构路12号3栋501室"
BORN = date(1980, 3, 5)


def a_number(sequence: int = 11, born: date = BORN) -> str:
    body = f"999999{born:%Y%m%d}{sequence:03d}"
    return body + check_character(body)


def stated(name: str | HumanName = "王小明", number: str = "", **changes: Any) -> Registration:
    identifiers = (PatientIdentifier(SYSTEM, number, "NNCHN"),) if number else ()
    made = Registration(
        identifiers=identifiers,
        name=name if isinstance(name, HumanName) else HumanName(name),
        sex=Sex.MALE,
        birth_date=BORN,
    )
    return replace(made, **changes)


def judged(asked: Registration, *known: Registration, separated: str = "") -> Judgement:
    candidates = [
        Candidate(RecordId(f"r{place}"), PatientId(f"p{place}"), B, profile_of(each))
        for place, each in enumerate(known)
    ]
    subject = Subject(A, profile_of(asked), frozenset({RecordId(separated)}))
    return judge(shipped(), subject, candidates)


def outcome(asked: Registration, *known: Registration) -> Outcome:
    return decision_of(shipped(), judged(asked, *known)).outcome


def mistyped(number: str) -> str:
    """Exchange the fifteenth digit: the number fails its check."""
    return number[:14] + str((int(number[14]) + 1) % 10) + number[15:]
