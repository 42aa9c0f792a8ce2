"""The golden view of a person: one value an attribute, and which record it came from.

Survivorship, by attribute:

* identity number: the valid one that most records state; of equals the latest changed;
* birth date: the one in that number; else the one that most records state;
* name: of the latest changed record that states that number; else of the latest changed record
  whose name has Chinese characters; else of the latest changed;
* sex: what most records state, ``unknown`` apart;
* phone, address, date of death: of the latest changed record that states one.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from medshare.kernel.identifiers import RecordId
from medshare.patients import identity_numbers
from medshare.patients.model import PatientRecord, Registration, Sex

Value = TypeVar("Value", bound=Hashable)


class Rule(StrEnum):
    """Why a value won."""

    MOST_STATED = "most-stated"
    LATEST = "latest"
    IN_IDENTITY_NUMBER = "in-identity-number"
    WITH_IDENTITY_NUMBER = "with-identity-number"
    IN_CHINESE = "in-chinese-characters"


@dataclass(frozen=True, slots=True)
class Survivor:
    """A value of the golden view, the record that states it, and the rule that chose it."""

    attribute: str
    value: object
    record_id: RecordId
    rule: Rule


def golden_view(records: Sequence[PatientRecord]) -> list[Survivor]:
    """Return what is known of a person from the records given; what nobody states is left out."""
    newest = sorted(records, key=lambda each: (each.updated_at, each.linked.record_id))[::-1]
    number = _most_stated("identityNumber", newest, lambda each: each.identity_number)
    found = [
        number,
        _name(newest, number),
        _most_stated("sex", newest, lambda each: None if each.sex is Sex.UNKNOWN else each.sex),
        _birth_date(newest, number),
        _latest("phone", newest, lambda each: each.phone),
        _latest("address", newest, lambda each: each.address),
        _latest("deceased", newest, lambda each: each.deceased_on),
    ]
    return [each for each in found if each is not None]


def _name(newest: Sequence[PatientRecord], number: Survivor | None) -> Survivor | None:
    def with_number(stated: Registration) -> object:
        return stated.name if number and stated.identity_number == number.value else None

    def in_chinese(stated: Registration) -> object:
        return stated.name if any(map(_has_chinese, stated.name.forms)) else None

    return (
        _latest("name", newest, with_number, Rule.WITH_IDENTITY_NUMBER)
        or _latest("name", newest, in_chinese, Rule.IN_CHINESE)
        or _latest("name", newest, lambda each: each.name)
    )


def _has_chinese(form: str) -> bool:
    return any("\u3400" <= character <= "\u9fff" for character in form)


def _birth_date(newest: Sequence[PatientRecord], number: Survivor | None) -> Survivor | None:
    if number is None:
        return _most_stated("birthDate", newest, lambda each: each.birth_date)
    born = identity_numbers.birth_date_in(str(number.value))
    return Survivor("birthDate", born, number.record_id, Rule.IN_IDENTITY_NUMBER)


def _latest(
    attribute: str,
    newest: Sequence[PatientRecord],
    of: Callable[[Registration], object],
    rule: Rule = Rule.LATEST,
) -> Survivor | None:
    for each in newest:
        if value := of(each.registration):
            return Survivor(attribute, value, each.linked.record_id, rule)
    return None


def _most_stated(
    attribute: str, newest: Sequence[PatientRecord], of: Callable[[Registration], Value | None]
) -> Survivor | None:
    stated = [(value, each) for each in newest if (value := of(each.registration)) is not None]
    if not stated:
        return None
    counts = Counter(value for value, _record in stated)
    # Counter keeps the order of first sight, so of equals the latest changed wins.
    winner = counts.most_common(1)[0][0]
    record = next(each for value, each in stated if value == winner)
    return Survivor(attribute, winner, record.linked.record_id, Rule.MOST_STATED)
