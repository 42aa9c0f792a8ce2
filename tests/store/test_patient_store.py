"""None"""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from medshare.infra.db import Database
from medshare.infra.uow import UnitOfWork
from medshare.kernel.errors import InvalidError, PreconditionFailedError
from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId
from medshare.patients import reestimating, rescoring, service, store
from medshare.patients.aliases import LinkAliases
from medshare.patients.matching import store as matching_store
from medshare.patients.matching.tables import PatientMatchDecisionRow, PatientReviewRow
from medshare.patients.matching.weights import (
    Scheme,
    Weights,
    read_weights,
    shipped,
    shipped_document,
)
from medshare.patients.model import (
    HumanName,
    Outcome,
    PatientIdentifier,
    Reason,
    RecordStandsError,
    RecordUnknownError,
    Registration,
    SearchQuery,
)
from medshare.patients.rescoring import Change
from medshare.patients.selectables import live_links
from medshare.patients.sight import everything
from medshare.patients.tables import PatientLinkRow
from tests.patient_index import NOW, ONLY_A, WANG, A, B, ask, change, index, register, rows_of
from tests.registrations import NUMBER_SYSTEMS, a_registration, an_identity_number

__all__ = ["index"]


def find(database: Database, query: SearchQuery, sight: Any = everything) -> list[PatientId]:
    page = ask(database, lambda uow: service.search(uow, query, sight, cursor=None, limit=50))
    return [each.patient_id for each in page.items]


def test_two_facilities_records_of_one_number_are_one_person(index: Database) -> None:
    first = register(index, a_registration("SZ-A", number=WANG))
    second = register(index, a_registration("SZ-B", number=WANG[:6] + WANG[8:17]))
    assert (first.outcome, second.outcome) == (Outcome.NEW, Outcome.LINKED)
    assert first.record.patient_id == second.record.patient_id
    linked = ask(index, lambda uow: service.records_of(uow, first.record.patient_id))
    assert linked == [second.record, first.record]


def test_what_was_registered_comes_back_whole(index: Database) -> None:
    registration = a_registration(number=WANG, phone="19900000001").normalised
    done = register(index, registration)
    loaded = ask(index, lambda uow: store.load(uow.session, done.record.record_id))
    assert loaded.registration == registration
    assert loaded.version == 1


def test_a_record_read_by_the_driver_is_the_one_that_the_mapper_reads(index: Database) -> None:
    told = {"phone": "19900000001", "address": "1_0%/ Test Street", "deceased_on": NOW.date()}
    for each in (a_registration(mrn="M1"), replace(a_registration(mrn="M2"), **told)):
        linked = register(index, each).record
        mapped = ask(index, lambda uow, n=linked: service.load_record(uow, n.record_id))
        found = ask(index, lambda uow, n=linked: service.get_patient(uow, n.patient_id, everything))
        assert mapped in found.records


def test_the_very_same_registration_changes_nothing(index: Database) -> None:
    first = register(index, a_registration(number=WANG.lower()))
    again = register(index, a_registration(number=WANG))
    assert again == replace(first, fresh=False)


def test_the_same_number_with_other_content_is_refused(index: Database) -> None:
    done = register(index, a_registration())
    with pytest.raises(RecordStandsError) as refusal:
        register(index, a_registration(name=HumanName("赵雨晴")))
    assert refusal.value.params == {"recordId": done.record.record_id}


def test_a_facilitys_two_records_of_one_person_are_flagged(index: Database) -> None:
    register(index, a_registration(mrn="M1", number=WANG))
    second = register(index, a_registration(mrn="M2", number=WANG))
    assert second.explanation == (Reason.IDENTITY_NUMBER_AND_NAME, Reason.POSSIBLE_DUPLICATE)


def test_a_record_is_found_by_any_identifier_at_its_facility_only(index: Database) -> None:
    done = register(index, a_registration("SZ-A", "M1", number=WANG))

    def found(facility: FacilityCode, system: str, value: str) -> object:
        return ask(index, lambda uow: service.find_record(uow, facility, system, value))

    assert found(A, NUMBER_SYSTEMS["SZ-A"], "M1") == done.record
    assert found(A, "urn:oid:2.16.156.10011.1.3", WANG[:6] + WANG[8:17]) == done.record
    assert found(B, NUMBER_SYSTEMS["SZ-A"], "M1") is None
    assert ask(index, lambda uow: service.get_record(uow, done.record.record_id)) == done.record
    assert ask(index, lambda uow: service.get_record(uow, RecordId("none"))) is None
    patient_id = done.record.patient_id
    assert ask(index, lambda uow: service.own_record(uow, A, patient_id)) == done.record
    assert ask(index, lambda uow: service.own_record(uow, B, patient_id)) is None


def test_a_change_makes_a_version_and_keeps_the_link(index: Database) -> None:
    first = register(index, a_registration("SZ-A", number=WANG))
    second = register(index, a_registration("SZ-B", number=WANG))
    other = a_registration("SZ-B", number=an_identity_number(13))
    changed = change(
        index, lambda uow: service.replace_record(uow, B, second.record.record_id, other, 1)
    )
    assert changed.entry.version == 2
    assert changed.record.patient_id == first.record.patient_id
    assert changed.explanation[-1] is Reason.LINK_KEPT
    third = register(index, a_registration("SZ-C", number=WANG))
    assert third.outcome is Outcome.NEW, "a person with two numbers is joined by nobody"


def test_a_change_that_leaves_the_decision_says_nothing_of_it(index: Database) -> None:
    done = register(index, a_registration(number=WANG))
    named = a_registration(number=WANG, name=HumanName("王大明"))
    changed = change(
        index, lambda uow: service.replace_record(uow, A, done.record.record_id, named, 1)
    )
    assert changed.explanation == done.explanation
    same = change(
        index, lambda uow: service.replace_record(uow, A, done.record.record_id, named, 2)
    )
    assert same.entry.version == 2


def test_only_the_owner_changes_the_version_that_stands(index: Database) -> None:
    record_id = register(index, a_registration()).record.record_id

    def attempt(facility: FacilityCode, registration: Registration, version: int) -> None:
        change(
            index,
            lambda uow: service.replace_record(uow, facility, record_id, registration, version),
        )

    with pytest.raises(PreconditionFailedError):
        attempt(A, a_registration(), 2)
    with pytest.raises(RecordUnknownError):
        attempt(B, a_registration("SZ-B"), 1)
    with pytest.raises(InvalidError) as fault:
        attempt(A, a_registration(mrn="M2"), 1)
    assert [each.code for each in fault.value.issues] == ["record-number-fixed"]


def test_a_search_looks_only_at_what_may_be_seen(index: Database) -> None:
    register(index, a_registration("SZ-A", "M1", number=WANG))
    theirs = register(index, a_registration("SZ-B", "M7", number=WANG))
    number_of_b = SearchQuery(PatientIdentifier(NUMBER_SYSTEMS["SZ-B"], "M7", ""))
    assert find(index, number_of_b) == [theirs.record.patient_id]
    assert find(index, number_of_b, ONLY_A) == [], "B's number must not lead to A's record"


def test_a_search_by_name_folds_and_needs_every_part_to_fit(index: Database) -> None:
    done = register(index, a_registration(phone="19900000001"))
    query = SearchQuery(name="wang xiaoming", birth_date=done.entry.registration.birth_date)
    assert find(index, query) == [done.record.patient_id]
    assert find(index, replace(query, name="王 小明")) == [done.record.patient_id]
    assert find(index, replace(query, phone="19900000001")) == [done.record.patient_id]
    assert find(index, replace(query, phone="19900000002")) == []
    assert find(index, replace(query, name="王小")) == []
    assert find(index, replace(query, birth_date=NOW.date())) == []


def test_pages_of_a_search_are_whole_and_without_repetition(index: Database) -> None:
    made = {register(index, a_registration(mrn=f"M{each}")).record.patient_id for each in range(5)}
    query = SearchQuery(name="王小明", birth_date=a_registration().birth_date)
    seen: list[PatientId] = []
    cursor = None
    for size in (2, 2, 1):
        page = ask(
            index,
            lambda uow, c=cursor: service.search(uow, query, everything, cursor=c, limit=2),
        )
        assert len(page.items) == size
        seen += [each.patient_id for each in page.items]
        cursor = page.next_cursor
    assert cursor is None
    assert seen == sorted(made)


def test_a_name_longer_than_an_index_entry_is_stored_and_found(index: Database) -> None:
    # One ligature folds to 18 letters.
    long = HumanName("\ufdfa" * 200)
    done = register(index, a_registration(name=long))
    query = SearchQuery(name=long.text, birth_date=a_registration().birth_date)
    assert find(index, query) == [done.record.patient_id]


@pytest.mark.parametrize(
    "statement",
    [
        (
            "INSERT INTO patient_links (id, record_id, patient_id, made_at, outcome, explanation,"
            " made_by) SELECT 'x', record_id, patient_id, made_at, outcome, explanation, made_by"
            " FROM patient_links"
        ),
        (
            "INSERT INTO patient_identifiers (record_id, system, value, type)"
            " SELECT (SELECT max(id) FROM patient_records), system, value, type"
            " FROM patient_identifiers WHERE value = 'M1'"
        ),
    ],
    ids=["two live links of a record", "two records of a number"],
)
def test_the_database_itself_refuses(index: Database, statement: str) -> None:
    register(index, a_registration(mrn="M1"))
    if "identifiers" in statement:
        register(index, a_registration(mrn="M2"))
    with pytest.raises(IntegrityError):
        change(index, lambda uow: uow.session.execute(text(statement)))


def test_live_links_hold_each_record_once_and_aliases_hold_the_ended_too(index: Database) -> None:
    done = register(index, a_registration(number=WANG))
    other = register(index, a_registration("SZ-B", "M9"))

    def move(uow: UnitOfWork) -> None:
        uow.session.execute(
            text("UPDATE patient_links SET ended_at = made_at WHERE record_id = :record"),
            {"record": done.record.record_id},
        )
        uow.session.add(
            PatientLinkRow(
                id=uow.new_key(),
                record_id=done.record.record_id,
                patient_id=other.record.patient_id,
                made_at=NOW,
                outcome=Outcome.NEW,
                explanation=[Reason.NO_AGREEING_PERSON],
                made_by="test",
            )
        )

    change(index, move)
    links = live_links()
    rows = ask(
        index,
        lambda uow: uow.session.execute(
            select(links.c.record_id, links.c.patient_id, links.c.facility_code)
        ).all(),
    )
    assert sorted(tuple(row) for row in rows) == [
        (done.record.record_id, other.record.patient_id, "SZ-A"),
        (other.record.record_id, other.record.patient_id, "SZ-B"),
    ]
    both = {done.record.patient_id, other.record.patient_id}
    aliases = LinkAliases(index)
    assert aliases.aliases(other.record.patient_id) == both
    assert aliases.aliases(done.record.patient_id) == both


def test_every_decision_is_kept_with_its_evidence_and_a_doubt_opens_a_review(
    index: Database,
) -> None:
    first = register(index, a_registration("SZ-A"))
    second = register(index, a_registration("SZ-B"))
    assert second.outcome is Outcome.REVIEW
    decisions = rows_of(index, PatientMatchDecisionRow)
    assert {each.record_id for each in decisions} == {
        first.record.record_id,
        second.record.record_id,
    }
    (review,) = rows_of(index, PatientReviewRow)
    assert (review.record_id, review.patient_id, review.state) == (
        second.record.record_id,
        first.record.patient_id,
        "open",
    )
    assert review.evidence["doubts"] == ["name-and-birth-date-alone"]
    assert review.weights_version == shipped().version


def test_a_changed_record_that_conflicts_with_its_person_opens_a_review(index: Database) -> None:
    first = register(index, a_registration("SZ-A", number=WANG))
    second = register(index, a_registration("SZ-B", number=WANG))
    other = a_registration("SZ-B", number=an_identity_number(13))
    record_id = second.record.record_id
    for version in (1, 2):
        change(index, lambda uow, v=version: service.replace_record(uow, B, record_id, other, v))
    (review,) = rows_of(index, PatientReviewRow)
    assert (review.patient_id, review.grade) == (first.record.patient_id, "conflict")


def test_a_changed_record_is_met_by_what_it_says_now(index: Database) -> None:
    done = register(index, a_registration("SZ-A", phone="19900000001"))
    moved = a_registration("SZ-A", phone="19900000002")
    change(index, lambda uow: service.replace_record(uow, A, done.record.record_id, moved, 1))
    joined = register(index, a_registration("SZ-B", phone="19900000002"))
    assert joined.record.patient_id == done.record.patient_id
    assert register(index, a_registration("SZ-C", phone="19900000001")).outcome is Outcome.REVIEW


def test_a_key_that_hundreds_share_meets_nobody_and_is_told(index: Database) -> None:
    shared = [RecordId(f"00000000-0000-7000-8000-{number:012d}") for number in range(200)]
    keys = {each: frozenset({1}) for each in shared}
    keys[shared[0]] |= {2, 3}
    keys[shared[1]] |= {3}
    change(index, lambda uow: matching_store.add_keys(uow.session, keys))

    def met(*asked: int) -> matching_store.Met:
        return ask(index, lambda uow: matching_store.meet(uow.session, frozenset(asked)))

    assert met(1, 2, 3, 4) == matching_store.Met(shared[:2], frozenset({1}))
    change(index, lambda uow: matching_store.drop_keys(uow.session, shared[5], frozenset({1})))
    assert set(met(1).record_ids) == set(shared) - {shared[5]}
    assert met(1).worn_out == frozenset()


def test_rescoring_tells_what_other_weights_would_decide_and_changes_nothing(
    index: Database,
) -> None:
    phone = "19900000001"
    first = register(index, a_registration("SZ-A", phone=phone)).record
    second = register(index, a_registration("SZ-B", phone=phone)).record
    register(index, a_registration("SZ-C", number=an_identity_number(13)))
    assert first.patient_id == second.patient_id

    def rescored(weights: Weights) -> list[Change]:
        return list(ask(index, lambda uow: rescoring.chunk(uow, weights, "")).changes)

    assert rescored(shipped()) == []
    strict = {**shipped().schemes[Scheme.HAN].thresholds, "certain": 1000.0}
    han = replace(shipped().schemes[Scheme.HAN], thresholds=strict)
    assert rescored(replace(shipped(), schemes={**shipped().schemes, Scheme.HAN: han})) == [
        Change(each.record_id, first.patient_id, Outcome.REVIEW, None) for each in (first, second)
    ]
    assert ask(index, lambda uow: rescoring.chunk(uow, shipped(), "g")).last is None
    linked = ask(index, lambda uow: service.records_of(uow, first.patient_id))
    assert linked == [second, first]


def test_rescoring_tells_which_reviews_would_be_opened_and_which_not_be_asked_for(
    index: Database,
) -> None:
    first = register(index, a_registration("SZ-A"))
    second = register(index, a_registration("SZ-B"))
    assert second.outcome is Outcome.REVIEW
    one, other = first.record, second.record

    def rescored(weights: Weights) -> list[Change]:
        return list(ask(index, lambda uow: rescoring.chunk(uow, weights, "")).changes)

    assert rescored(shipped()) == [], "the pair waits already, from whichever side"
    schemes = shipped().schemes
    lax = {**schemes[Scheme.HAN].thresholds, "probable": 1000.0}
    none = replace(
        shipped(), schemes={**schemes, Scheme.HAN: replace(schemes[Scheme.HAN], thresholds=lax)}
    )
    assert [(each.record_id, each.moves, each.closes) for each in rescored(none)] == [
        (one.record_id, False, (other.patient_id,)),
        (other.record_id, False, (one.patient_id,)),
    ]
    change(index, lambda uow: uow.session.execute(text("DELETE FROM patient_reviews")))
    assert [(each.record_id, each.opens) for each in rescored(shipped())] == [
        (one.record_id, (other.patient_id,)),
        (other.record_id, (one.patient_id,)),
    ]


def test_weights_are_learnt_from_records_and_not_from_links(index: Database) -> None:
    document = shipped_document()
    for place in range(60):
        born = date(1950, 1, 1) + timedelta(days=61 * place)
        name = HumanName(f"王{'伟芳娜敏静丽'[place % 6]}{'强磊军洋秀霞平刚英华'[place % 10]}")
        for facility in ("SZ-A", "SZ-B"):
            stated = a_registration(facility, f"M{place}", name=name, phone=f"199{place:08d}")
            register(index, replace(stated, birth_date=born))

    def learnt(uow: UnitOfWork) -> Any:
        ids = reestimating.drawn_ids(uow, 1000, seed=1)
        return len(ids), *reestimating.reestimate(uow, document, ids, "2030-01.1")

    drawn, after, pairs = ask(index, learnt)
    assert drawn == 120
    assert pairs >= 120
    read_weights(after)
    assert after["version"] == "2030-01.1"
    phone_same = after["schemes"]["han"]["levels"]["phone"]["same"]
    assert phone_same["match"] > 0.8, "everybody keeps one phone here; shipped says .6"
    assert (
        phone_same["stranger"] == document["schemes"]["han"]["levels"]["phone"]["same"]["stranger"]
    )
    told = {(each["field"], each["level"]) for each in reestimating.differences(document, after)}
    assert ("phone", "same") in told
    change(index, lambda uow: uow.session.execute(text("DELETE FROM patient_reviews")))
    change(index, lambda uow: uow.session.execute(text("UPDATE patient_links SET outcome = 'new'")))
    assert ask(index, learnt) == (drawn, after, pairs)
