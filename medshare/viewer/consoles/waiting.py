"""Studies that wait for their patient, as what their senders said of them."""

from dataclasses import dataclass

from medshare.imaging.attributes import DataSet, name_groups, text
from medshare.imaging.cases import UnresolvedStudy

DATE_LENGTH = 8


@dataclass(frozen=True, slots=True)
class Told:
    """What the sender said; empty where it said nothing."""

    name: str
    number: str
    born: str
    date: str
    description: str
    accession: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A study that waits."""

    study: UnresolvedStudy
    told: Told


def waiting(study: UnresolvedStudy) -> Waiting:
    """Read what the sender said of a study that waits."""
    return Waiting(study, told_by(study.stated))


def told_by(stated: DataSet) -> Told:
    """Read what a sender said; the name is ideographic where there is one."""
    alphabetic, ideographic, _phonetic = name_groups(stated, "00100010")
    return Told(
        name=(ideographic or alphabetic).replace("^", " ").strip(),
        number=text(stated, "00100020"),
        born=_day(text(stated, "00100030")),
        date=_day(text(stated, "00080020")),
        description=text(stated, "00081030"),
        accession=text(stated, "00080050"),
    )


def _day(value: str) -> str:
    """Write a DA value as pages write dates; one that is none stays as it was sent."""
    if len(value) != DATE_LENGTH or not value.isdecimal():
        return value
    return f"{value[:4]}-{value[4:6]}-{value[6:]}"
