from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import String, column, select, values
from sqlalchemy.exc import IntegrityError

from medshare.access.model import Circumstances, Visibility, basis_of
from medshare.care import service, store
from medshare.care.break_glass.model import GlassReason, GlassRequest
from medshare.care.break_glass.service import break_glass
from medshare.care.consents import service as consents
from medshare.care.consents.model import (
    Consent,
    ConsentRequest,
    GivenBy,
    Provision,
    Scope,
    Word,
)
from medshare.care.model import (
    CLOCK_SKEW,
    CareWindows,
    Encounter,
    EncounterEndedError,
    EncounterKind,
    EncounterRequest,
    EncounterStandsError,
    EncounterUnknownError,
    PatientReference,
    opens,
)
from medshare.care.selectables import patients_in_care, visible
from medshare.care.sensitivity import service as sensitivity_service
from medshare.care.sensitivity.model import SensitivityClass
from medshare.facilities import service as facilities
from medshare.infra.db import Database
from medshare.infra.uow import UnitOfWork
from medshare.kernel.errors import InvalidError
from medshare.kernel.identifiers import FacilityCode
from medshare.patients import service as patients
from medshare.patients.model import LinkedRecord, PatientIdentifier
from tests.registrations import NUMBER_SYSTEMS, a_registration
from tests.site import LEVELS, NOW, StandingClock, a_facility

A, B, C = FacilityCode("SZ-A"), FacilityCode("SZ-B"), FacilityCode("SZ-C")
WINDOWS = CareWindows(recent=timedelta(days=30), open=timedelta(days=180))
TICK = timedelta(microseconds=1)


class Index:
    """A database with the three facilities, and a clock that stands."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = StandingClock()
        for number, (code, level) in enumerate(LEVELS.items(), start=1):
            facility = a_facility(code, number, level)
            self.change(lambda uow, each=facility: facilities.add(uow, each))

    def change(self, work: Callable[[UnitOfWork], Any]) -> Any:
        with self.database.write() as session:
            return work(UnitOfWork(session, self.clock))

    def ask(self, work: Callable[[UnitOfWork], Any]) -> Any:
        with self.database.read() as session:
            return work(UnitOfWork(session, self.clock))

    def patient(self, facility: str = "SZ-A", mrn: str = "M1") -> LinkedRecord:
        registration = a_registration(facility, mrn)
        done = self.change(lambda uow: patients.register(uow, FacilityCode(facility), registration))
        record: LinkedRecord = done.record
        return record

    def record(self, request: EncounterRequest, facility: FacilityCode = A) -> service.Recorded:
        recorded: service.Recorded = self.change(lambda uow: service.record(uow, facility, request))
        return recorded


@pytest.fixture
def index(database: Database) -> Index:
    return Index(database)


def an_encounter(**changes: Any) -> EncounterRequest:
    by_number = PatientReference(PatientIdentifier(NUMBER_SYSTEMS["SZ-A"], "M1", ""))
    given: dict[str, Any] = {
        "kind": EncounterKind.ENCOUNTER,
        "number": "V1",
        "patient": by_number,
        "started_at": NOW,
    }
    return EncounterRequest(**given | changes)


@contextmanager
def issue(code: str) -> Iterator[None]:
    with pytest.raises(InvalidError) as fault:
        yield
    assert [each.code for each in fault.value.issues] == [code]


def test_a_number_names_one_encounter_of_its_kind(index: Index) -> None:
    index.patient()
    first = index.record(an_encounter())
    assert first.fresh
    assert index.record(an_encounter()) == service.Recorded(first.encounter, fresh=False)
    order = index.record(an_encounter(kind=EncounterKind.ORDER))
    assert order.encounter.id != first.encounter.id
    with pytest.raises(EncounterStandsError):
        index.record(an_encounter(department="Radiology"))


def test_the_database_itself_keeps_numbers_apart(index: Index) -> None:
    index.patient()
    standing = index.record(an_encounter()).encounter
    twin = Encounter(
        "other", A, standing.kind, "V1", standing.record_id, standing.patient_id, NOW, None
    )
    with pytest.raises(IntegrityError):
        index.change(lambda uow: store.add(uow.session, twin, NOW))


def test_a_facility_treats_only_whom_it_has_registered(index: Index) -> None:
    theirs = index.patient("SZ-B", "M1")
    for reference in (
        PatientReference(PatientIdentifier(NUMBER_SYSTEMS["SZ-B"], "M1", "")),
        PatientReference(PatientIdentifier(NUMBER_SYSTEMS["SZ-A"], "M404", "")),
        PatientReference(patient_id=theirs.patient_id),
    ):
        with issue("no-own-record"):
            index.record(an_encounter(patient=reference))


def test_our_own_id_of_a_patient_will_do(index: Index) -> None:
    mine = index.patient()
    recorded = index.record(an_encounter(patient=PatientReference(patient_id=mine.patient_id)))
    assert recorded.encounter.record_id == mine.record_id


def test_an_end_is_recorded_once(index: Index) -> None:
    index.patient()
    encounter_id = index.record(an_encounter()).encounter.id
    index.clock.advance(days=1)

    def end(facility: FacilityCode, ended_at: datetime) -> Encounter:
        ended: Encounter = index.change(
            lambda uow: service.end(uow, facility, encounter_id, ended_at)
        )
        return ended

    with pytest.raises(EncounterUnknownError):
        end(B, NOW)
    with issue("end-before-start"):
        end(A, NOW - TICK)
    ended_at = NOW + timedelta(hours=3)
    assert end(A, ended_at).ended_at == ended_at
    assert end(A, ended_at).ended_at == ended_at
    with pytest.raises(EncounterEndedError):
        end(A, NOW)
    assert not index.record(an_encounter()).fresh, "a late repetition knows of no end"


def test_care_follows_the_encounter_through_its_life(index: Index) -> None:
    patient_id = index.patient().patient_id

    def in_care(facility: FacilityCode = A) -> bool:
        found: bool = index.ask(lambda uow: service.in_care(uow, facility, patient_id, WINDOWS))
        return found

    assert not in_care(), "registering opens nothing"
    encounter_id = index.record(an_encounter()).encounter.id
    assert in_care()
    assert not in_care(B)
    index.clock.advance(days=180, microseconds=1)
    assert not in_care()
    now = index.clock.now()
    index.change(lambda uow: service.end(uow, A, encounter_id, now))
    assert in_care()
    index.clock.advance(days=30)
    assert in_care()
    index.clock.advance(microseconds=1)
    assert not in_care()


def times_around_the_boundaries() -> Iterator[tuple[datetime, datetime | None]]:
    edges = (timedelta(0), WINDOWS.recent, WINDOWS.open, -CLOCK_SKEW)
    instants = [NOW - edge + step for edge in edges for step in (-TICK, 0 * TICK, TICK)]
    for started_at, ended_at in product(instants, [None, *instants]):
        if ended_at is None or ended_at >= started_at:
            yield started_at, ended_at


def test_the_sql_form_of_the_windows_is_the_pure_form(index: Index) -> None:
    patient = index.patient()
    times = {f"V{n}": pair for n, pair in enumerate(times_around_the_boundaries())}

    def fill(uow: UnitOfWork) -> None:
        for number, (started_at, ended_at) in times.items():
            encounter = Encounter(
                id=uow.new_key(),
                facility=A,
                kind=EncounterKind.ENCOUNTER,
                number=number,
                record_id=patient.record_id,
                patient_id=patient.patient_id,
                started_at=started_at,
                ended_at=ended_at,
            )
            store.add(uow.session, encounter, NOW)

    index.change(fill)
    opened = index.ask(
        lambda uow: set(
            uow.session.scalars(select(store.EncounterRow.number).where(store.opens(NOW, WINDOWS)))
        )
    )
    pure = {number for number, pair in times.items() if opens(*pair, NOW, WINDOWS)}
    assert opened == pure
    assert 0 < len(pure) < len(times)


def test_the_sql_form_of_sight_is_the_pure_form(index: Index) -> None:
    treated, other = index.patient("SZ-A", "M1"), index.patient("SZ-A", "M2")
    index.record(an_encounter())
    asked = index.ask(lambda uow: set(uow.session.scalars(patients_in_care(A, uow.now(), WINDOWS))))
    assert asked == {treated.patient_id}
    index.change(lambda uow: _classify(uow, {"ASKED": (True, False), "SHUT": (False, True)}))
    index.change(lambda uow: _classify(uow, {"BOTH": (True, True), "PLAIN": (False, False)}))
    said = [
        _speak(index, treated, Provision.DENY, Scope(sensitivity="SHUT")),
        _speak(index, treated, Provision.DENY, Scope((B,), "PLAIN")),
        _speak(index, treated, Provision.DENY, Scope((C,))),
        _speak(index, treated, Provision.PERMIT, Scope((B,), "ASKED")),
        _speak(index, other, Provision.PERMIT, Scope(sensitivity="BOTH")),
    ]
    index.change(lambda uow: _break(uow, other, "d-1"))
    classes = [None, "ASKED", "SHUT", "BOTH", "PLAIN"]
    objects = list(product([A, B, C], [treated.patient_id, other.patient_id], classes))
    names = ("facility", "patient", "sensitivity")
    table = values(*(column(each, String) for each in names)).data(objects).cte("objects")
    ways = product([False, True], [None, A, B], [None, A, B], [None, "d-1", "d-2"])
    for sight in (Visibility(*each) for each in ways):
        condition = visible(
            sight, table.c.facility, table.c.patient, table.c.sensitivity, NOW, WINDOWS
        )
        seen = index.ask(
            lambda uow, only=condition: {
                tuple(row) for row in uow.session.execute(select(table).where(only))
            }
        )

        def stands(
            facility: FacilityCode,
            patient: str,
            sensitivity: str | None,
            sight: Visibility = sight,
        ) -> Circumstances:
            covering = {
                each.provision
                for each in said
                if each.patient_id == patient and each.scope.covers(facility, sensitivity)
            }
            return Circumstances(
                in_care=sight.facility_in_care == A and patient == treated.patient_id,
                opened=(sight.own_facility, sight.breaking_as) == (A, "d-1")
                and patient == other.patient_id,
                refused=Provision.DENY in covering,
                consent_missing=sensitivity in ("ASKED", "BOTH")
                and Provision.PERMIT not in covering,
                sealed=sensitivity in ("SHUT", "BOTH"),
            )

        pure = {each for each in objects if basis_of(sight, each[0], stands(*each))}
        assert seen == pure, sight


def _classify(uow: UnitOfWork, classes: dict[str, tuple[bool, bool]]) -> None:
    for code, (consent_required, sealed) in classes.items():
        wanted = SensitivityClass(code, code, code, consent_required, sealed, "Tested.")
        sensitivity_service.put(uow, wanted)


def _speak(index: Index, person: LinkedRecord, provision: Provision, scope: Scope) -> Consent:
    word = Word(GivenBy.PATIENT, "", "form", "n-1")
    patient = PatientReference(patient_id=person.patient_id)
    request = ConsentRequest(provision, patient, scope, word)
    said: Consent = index.change(lambda uow: consents.record(uow, A, request))
    return said


def _break(uow: UnitOfWork, person: LinkedRecord, user: str) -> None:
    patient = PatientReference(patient_id=person.patient_id)
    break_glass(uow, A, user, GlassRequest(patient, GlassReason.EMERGENCY, "Tested."))


def test_an_instant_keeps_its_microseconds(index: Index) -> None:
    index.patient()
    started_at = datetime(2026, 11, 19, 23, 59, 59, 999_999, UTC)
    encounter_id = index.record(an_encounter(started_at=started_at)).encounter.id
    found = index.ask(lambda uow: service.get(uow, A, encounter_id))
    assert found.started_at == started_at
