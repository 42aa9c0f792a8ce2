"""Records loaded in bulk, on both databases."""

from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import select

from medshare.infra.db import Database
from medshare.infra.outbox import OutboxRow
from medshare.kernel.identifiers import FacilityCode
from medshare.patients import service, store
from medshare.patients.loading.model import Line, Loaded, Refused
from medshare.patients.loading.service import load, load_unmatched
from medshare.patients.lookup.tables import PatientSpellingRow
from medshare.patients.matching.tables import PatientMatchKeyRow
from medshare.patients.model import HumanName, Outcome, Reason
from tests.patient_index import WANG, A, B, ask, change, index, register, rows_of
from tests.registrations import a_registration, an_identity_number

__all__ = ["index"]

ONE = Line(1, A, a_registration("SZ-A", "L1", number=WANG, phone="19900000001"))
SAME_PERSON = Line(2, B, a_registration("SZ-B", "L2", number=WANG))
OTHER = Line(
    3,
    A,
    replace(
        a_registration("SZ-A", "L3", number=an_identity_number(12, date(1970, 1, 2))),
        name=HumanName("赵雨晴", "赵", "雨晴"),
        birth_date=date(1970, 1, 2),
    ),
)


def loaded(database: Database, how: Any, *lines: Line) -> list[Loaded | Refused]:
    done: list[Loaded | Refused] = change(database, lambda uow: how(uow, lines))
    return sorted(done, key=lambda each: each.number)


def outcomes(done: list[Loaded | Refused]) -> list[object]:
    return [
        [issue.code for issue in each.issues] if isinstance(each, Refused) else each.outcome
        for each in done
    ]


def test_lines_are_matched_as_registrations_are(index: Database) -> None:
    done = loaded(index, load, ONE, SAME_PERSON, OTHER)
    assert outcomes(done) == [Outcome.NEW, Outcome.LINKED, Outcome.NEW]
    first, second, _ = done
    assert isinstance(first, Loaded)
    assert isinstance(second, Loaded)
    assert first.record.patient_id == second.record.patient_id


def test_unmatched_lines_are_compared_with_nobody_but_whoever_comes_later_is(
    index: Database,
) -> None:
    done = loaded(index, load_unmatched, ONE, OTHER)
    assert outcomes(done) == [Outcome.NEW, Outcome.NEW]
    later = register(index, SAME_PERSON.registration)
    assert later.outcome is Outcome.LINKED
    assert isinstance(done[0], Loaded)
    assert later.record.patient_id == done[0].record.patient_id


def test_both_ways_leave_the_same_rows(index: Database) -> None:
    """What a record is found and met by does not depend on how it came."""
    facts = {}
    rows = {}
    for how, mrn in ((load, "L1"), (load_unmatched, "L9")):
        stated = a_registration("SZ-A", mrn, number=WANG, phone="19900000001")
        line = replace(ONE, registration=stated)
        (done,) = loaded(index, how, line)
        assert isinstance(done, Loaded)
        key = done.record.record_id
        rows[how] = [
            sorted(getattr(each, name) for each in rows_of(index, row) if each.record_id == key)
            for row, name in (
                (PatientSpellingRow, "spelling"),
                (PatientMatchKeyRow, "key"),
            )
        ]
        entry = ask(index, lambda uow, key=key: store.load(uow.session, key))
        assert entry.registration == line.registration.normalised
        assert entry.version == 1
        facts[how] = ask(
            index,
            lambda uow, key=key: uow.session.scalars(
                select(OutboxRow.kind).where(OutboxRow.subject == key)
            ).all(),
        )
    assert rows[load] == rows[load_unmatched]
    assert facts[load] == facts[load_unmatched] == ["patients.record-registered"]


def test_loading_again_changes_nothing_and_other_content_is_refused(index: Database) -> None:
    for how in (load_unmatched, load):
        first = loaded(index, how, ONE, OTHER)
        again = loaded(index, how, ONE, OTHER)
        assert outcomes(again) == [None, None]
        assert [each.record for each in again if isinstance(each, Loaded)] == [
            each.record for each in first if isinstance(each, Loaded)
        ]
        other = replace(ONE, registration=replace(ONE.registration, phone="19900000002"))
        assert outcomes(loaded(index, how, other)) == [["patient-record-stands"]]


def test_a_number_that_stands_twice_in_a_batch_is_loaded_once(index: Database) -> None:
    other = replace(OTHER, number=6, registration=replace(OTHER.registration, phone="19900000003"))
    for number, how in ((4, load_unmatched), (5, load)):
        twice = replace(OTHER, number=number)
        done = outcomes(loaded(index, how, replace(OTHER, number=1), twice, other))
        assert done[1:] == [None, ["patient-record-stands"]]


def test_faulty_lines_are_refused_and_the_others_loaded(index: Database) -> None:
    unborn = replace(ONE.registration, birth_date=date(2999, 1, 1))
    stranger = Line(7, FacilityCode("NONE"), OTHER.registration)
    for how in (load_unmatched, load):
        done = outcomes(loaded(index, how, replace(ONE, registration=unborn), stranger, OTHER))
        assert "birth-date-in-future" in done[0]  # type: ignore[operator]  # a refusal holds texts
        assert done[1] in (Outcome.NEW, None)
        assert done[2] == ["facility-unknown"]


def test_an_unmatched_record_says_so(index: Database) -> None:
    (done,) = loaded(index, load_unmatched, ONE)
    assert isinstance(done, Loaded)
    again = register(index, ONE.registration)
    assert again.record == done.record
    assert again.explanation == (Reason.LOADED_UNMATCHED,)
    assert ask(index, lambda uow: service.records_of(uow, done.record.patient_id)) == [done.record]
