"""What is told from a shape is what projecting in full tells."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest

from medshare.audit.balp import audit_events
from medshare.audit.leaf import Withheld, entry_of, leaf_of, new_salt, withheld_of
from medshare.audit.projection import Projections
from medshare.kernel.audit import AuditAction, AuditObject, AuditOutcome, Subject
from medshare.kernel.identifiers import PatientId, RecordId, new_key
from tests.entries import CLIENT, an_entry

SERVER = "medshare.test"
INSTANT = an_entry().recorded_at + timedelta(microseconds=17)


def person() -> Subject:
    patient, record = (new_key(INSTANT, secrets.token_bytes(10)) for _ in range(2))
    return Subject(PatientId(patient), RecordId(record))


def sealed(**changes: Any) -> tuple[str, Withheld]:
    entry = an_entry(**({"recorded_at": INSTANT} | changes))
    withheld = withheld_of(entry, new_salt(), new_salt())
    return leaf_of(entry, withheld), withheld


def projected(leaf: str, withheld: Withheld) -> bytes:
    return orjson.dumps(list(audit_events(entry_of(leaf, withheld), SERVER)))


def follow(shapes: Projections, leaf: str, withheld: Withheld, events: bytes) -> bool:
    assert withheld.who
    assert withheld.about
    told = shapes.events(*map(orjson.loads, (leaf, withheld.who.text, withheld.about.text)))
    return told == events


@pytest.mark.parametrize("action", AuditAction)
@pytest.mark.parametrize("objects", [(), (AuditObject("study", "2.999.9.1"),)])
def test_entries_of_a_shape_follow_and_no_byte_may_differ(
    action: AuditAction, objects: Sequence[AuditObject]
) -> None:
    shapes = Projections(SERVER)
    for number in range(3):
        who = replace(CLIENT, id=f"his 100% {number}")
        leaf, withheld = sealed(
            action=action, principal=who, subjects=(person(),), objects=tuple(objects)
        )
        events = projected(leaf, withheld)
        assert follow(shapes, leaf, withheld, events)
        for at in range(0, len(events), 97):
            edited = events[:at] + bytes([events[at] ^ 1]) + events[at + 1 :]
            assert not follow(shapes, leaf, withheld, edited)


def test_events_of_another_entry_of_the_shape_do_not_follow() -> None:
    shapes = Projections(SERVER)
    first, second = sealed(subjects=(person(),)), sealed(subjects=(person(),))
    assert follow(shapes, *first, projected(*first))
    assert not follow(shapes, *second, projected(*first))


def test_two_records_of_one_person_are_not_the_shape_of_two_persons() -> None:
    shapes = Projections(SERVER)
    one, other = person(), person()
    for subjects in ((one, other), (one, replace(other, patient_id=one.patient_id))):
        entry = sealed(subjects=subjects)
        assert follow(shapes, *entry, projected(*entry))


@pytest.mark.parametrize(
    "unusual",
    [
        {"reason": 'a "quoted" reason'},
        {"source_address": "a\\u0041"},
        {"reason": "a\x7f"},
        {"recorded_at": INSTANT.replace(microsecond=0)},
    ],
    ids=["quote", "escape", "control", "whole second"],
)
def test_what_is_unusual_is_left_to_the_full_projection(unusual: dict[str, str]) -> None:
    entry = sealed(**unusual)
    assert not follow(Projections(SERVER), *entry, projected(*entry))


def test_an_instant_that_is_none_is_not_told_from_the_shape() -> None:
    shapes = Projections(SERVER)
    leaf, withheld = sealed()
    events = projected(leaf, withheld)
    assert follow(shapes, leaf, withheld, events)
    month = f"{INSTANT:%Y-%m-}"
    broken = leaf.replace(month, "2026-13-"), events.replace(month.encode(), b"2026-13-")
    with pytest.raises(ValueError, match="month"):
        follow(shapes, broken[0], withheld, broken[1])
    week = leaf.replace(f"{INSTANT:%Y-%m-%d}", "2026-W47-5")
    assert not follow(shapes, week, withheld, projected(week, withheld))


def test_queries_follow_in_base64_and_no_byte_of_them_may_differ() -> None:
    shapes = Projections(SERVER)
    for query in ("patient=p-1", "name=%E6%9D%8E&_count=5", "姓名=李"):
        entry = sealed(action=AuditAction.SEARCH, query=query)
        events = projected(*entry)
        assert follow(shapes, *entry, events)
        at = events.index(b'"query":"') + 9
        for step in range(12):
            edited = events[: at + step] + b"A" + events[at + step + 1 :]
            assert follow(shapes, *entry, edited) == (edited == events)
    assert len(shapes._fills) == 1


def test_an_empty_value_is_not_the_shape_of_one_that_is_there() -> None:
    shapes = Projections(SERVER)
    for reason, address in (("because", "192.0.2.1"), ("", "192.0.2.1"), ("because", "")):
        entry = sealed(reason=reason, source_address=address)
        assert follow(shapes, *entry, projected(*entry))
        assert not follow(shapes, *entry, projected(*sealed(reason="other")))


def test_a_leaf_that_says_a_member_twice_is_told_as_it_is_projected() -> None:
    shapes = Projections(SERVER)
    leaf, withheld = sealed()
    doubled = leaf.replace('"outcome":', '"outcome":"failed","outcome":', 1)
    assert doubled != leaf
    assert follow(shapes, doubled, withheld, projected(doubled, withheld))
    assert not follow(shapes, doubled, withheld, projected(*sealed(outcome=AuditOutcome.FAILED)))
