"""Persons who turn out to be one when a later record agrees with both."""

from dataclasses import replace

import pytest

from medshare.infra.db import Database
from medshare.kernel.identifiers import PatientId
from medshare.patients import service
from medshare.patients.links import by_hand, graph, merges
from medshare.patients.links.by_hand import HandRequest
from medshare.patients.links.model import Actor, UnmergeRequest
from medshare.patients.links.tables import PatientActRow
from medshare.patients.matching.tables import PatientReviewRow
from medshare.patients.model import HumanName, Outcome, Reason, Registered
from medshare.patients.reviews import service as reviews
from tests.patient_index import WANG, ask, change, index, register, rows_of
from tests.registrations import a_registration, an_identity_number

__all__ = ["index"]
PHONE = "19900000001"
REGISTRAR = Actor("registrar")


def two_then_one(index: Database) -> tuple[Registered, Registered, Registered]:
    """One states the phone, one the number, and the third both."""
    return (
        register(index, a_registration("SZ-A", phone=PHONE)),
        register(index, a_registration("SZ-B", number=WANG)),
        register(index, a_registration("SZ-C", number=WANG, phone=PHONE)),
    )


def persons(index: Database, *registered: Registered) -> set[PatientId]:
    found = [
        ask(index, lambda uow, r=each.record.record_id: service.get_record(uow, r))
        for each in registered
    ]
    return {each.patient_id for each in found}


def test_a_record_that_agrees_with_two_persons_makes_them_one(index: Database) -> None:
    first, second, third = two_then_one(index)
    assert second.outcome is Outcome.REVIEW
    assert third.outcome is Outcome.LINKED
    assert third.united == (first.record,)
    assert persons(index, first, second, third) == {second.record.patient_id}
    retired = ask(index, lambda uow: graph.current_id(uow, first.record.patient_id))
    assert retired == second.record.patient_id
    (act,) = rows_of(index, PatientActRow)
    assert (act.kind, act.actor.startswith("matching/")) == ("merge", True)
    why = ask(index, lambda uow: service.store.live_link(uow.session, first.record.record_id))
    assert why == (Outcome.LINKED, (Reason.VOUCHED_FOR,))


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)])
def test_whatever_the_order_they_become_one(index: Database, order: tuple[int, ...]) -> None:
    stated = [
        a_registration("SZ-A", phone=PHONE),
        a_registration("SZ-B", number=WANG),
        a_registration("SZ-C", number=WANG, phone=PHONE),
    ]
    assert len(persons(index, *(register(index, stated[each]) for each in order))) == 1


def test_what_a_registrar_undid_is_not_done_again(index: Database) -> None:
    first, second, third = two_then_one(index)
    (act,) = rows_of(index, PatientActRow)
    survivor = second.record.patient_id
    version = ask(index, lambda uow: graph.version_of(uow, survivor))
    undo = UnmergeRequest(act.id, "Two people.", version)
    change(index, lambda uow: merges.unmerge(uow, REGISTRAR, undo))
    assert persons(index, first, second, third) == {first.record.patient_id, survivor}
    again = register(index, a_registration("SZ-C", "M2", number=WANG, phone=PHONE))
    assert again.united == ()
    assert persons(index, first, second) == {first.record.patient_id, survivor}
    asked = [(each.record_id, each.patient_id) for each in rows_of(index, PatientReviewRow)]
    assert (again.record.record_id, first.record.patient_id) in asked


def test_who_was_marked_as_two_is_not_united(index: Database) -> None:
    first = register(index, a_registration("SZ-A", phone=PHONE))
    second = register(index, a_registration("SZ-B", number=WANG))
    pair = (first.record.record_id, second.record.record_id)
    change(index, lambda uow: reviews.separate(uow, REGISTRAR, pair, "Two people."))
    third = register(index, a_registration("SZ-C", number=WANG, phone=PHONE))
    assert third.united == ()
    assert len(persons(index, first, second)) == 2


def test_a_record_that_was_taken_out_by_hand_is_not_brought_back(index: Database) -> None:
    first, second, third = two_then_one(index)
    person = second.record.patient_id
    version = ask(index, lambda uow: graph.version_of(uow, person))
    request = HandRequest(person, first.record.record_id, version, "Another's.")
    change(index, lambda uow: by_hand.unlink(uow, REGISTRAR, request))
    again = register(index, a_registration("SZ-C", "M2", number=WANG, phone=PHONE))
    assert again.united == ()
    assert len(persons(index, first, second, third, again)) == 2


def test_twins_are_not_united_by_a_record_that_fits_both(index: Database) -> None:
    twins = [
        register(index, a_registration(code, name=HumanName(name), phone=PHONE))
        for code, name in (("SZ-A", "王小明"), ("SZ-B", "王晓明"))
    ]
    spelled = HumanName("Wang Xiaoming", alphabetic="Wang^Xiaoming")
    third = register(index, a_registration("SZ-C", name=spelled, phone=PHONE))
    assert (third.outcome, third.united) == (Outcome.REVIEW, ())
    assert len(persons(index, *twins, third)) == 3


def test_two_identity_numbers_are_never_united(index: Database) -> None:
    numbers = [an_identity_number(each) for each in (11, 13)]
    known = [
        register(index, a_registration(code, number=number, phone=PHONE))
        for code, number in zip(("SZ-A", "SZ-B"), numbers, strict=True)
    ]
    stated = replace(a_registration("SZ-C", phone=PHONE))
    third = register(index, stated)
    assert (third.outcome, third.united) == (Outcome.REVIEW, ())
    assert len(persons(index, *known)) == 2
