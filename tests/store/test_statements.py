"""Prepared statements never answer one caller with what was bound for another."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    bindparam,
    literal,
    literal_column,
    select,
    union_all,
)

from medshare.access.model import Visibility
from medshare.care.model import CareWindows
from medshare.imaging import retrieval, sight
from medshare.imaging.model import Selection
from medshare.imaging.sight import Sight
from medshare.infra.db import Database
from medshare.infra.statements import Statements, UnkeyedValueError, padded
from medshare.kernel.identifiers import FacilityCode
from tests.site import NOW

OBJECTS = union_all(
    *(select(literal_column(f"'{each}'").label("owner")) for each in ("SZ-A", "SZ-B"))
).subquery("objects")
WINDOWS = CareWindows(recent=timedelta(days=30), open=timedelta(days=180))
A, B = FacilityCode("SZ-A"), FacilityCode("SZ-B")


def of(owner: str) -> Select[str]:
    return select(OBJECTS.c.owner).where(OBJECTS.c.owner == owner)


def test_two_callers_of_one_shape_with_their_own_values_each_get_their_own(
    database: Database,
) -> None:
    statements = Statements()

    def ask(owner: str, *, in_shape: bool) -> list[str]:
        given = {} if in_shape else {"owner": owner}
        wanted = literal(owner) if in_shape else bindparam("owner", type_=String)
        with database.read() as session:
            rows = statements.rows(
                session,
                ("objects", Visibility(own_facility=FacilityCode(owner)) if in_shape else ""),
                lambda: select(OBJECTS.c.owner).where(OBJECTS.c.owner == wanted),
                given,
                NOW,
            )
        return [row[0] for row in rows]

    for owner in ("SZ-A", "SZ-B", "SZ-A"):
        assert ask(owner, in_shape=True) == [owner]
        assert ask(owner, in_shape=False) == [owner]


def test_a_value_that_neither_shape_nor_run_tells_is_refused_at_the_first_run(
    database: Database,
) -> None:
    statements = Statements()
    for owner in ("SZ-A", "SZ-B"):
        with database.read() as session, pytest.raises(UnkeyedValueError, match="owner_1"):
            statements.rows(session, "objects", lambda each=owner: of(each), {}, NOW)


@pytest.mark.parametrize("shift", [timedelta(days=2), timedelta(days=-2)])
def test_an_instant_is_the_present_shifted_by_a_span_that_is_told(
    database: Database, shift: timedelta
) -> None:
    def ask(statements: Statements, shape: object, now: datetime) -> str:
        with database.read() as session:
            build = lambda: select(literal(now + shift))  # noqa: E731  # what a store would write
            return str(statements.rows(session, (shape,), build, {}, now)[0][0])

    tomorrow = NOW + timedelta(days=1)
    with pytest.raises(UnkeyedValueError):
        ask(Statements(), "no span", NOW)
    for statements, shape in ((Statements(), timedelta(days=2)), (Statements(shift, -shift), "")):
        answers = [ask(statements, shape, each) for each in (NOW, tomorrow)]
        assert [each[:10] for each in answers] == [
            (each + shift).isoformat()[:10] for each in (NOW, tomorrow)
        ]


def test_a_rule_of_visibility_that_binds_what_no_shape_tells_fails_and_shows_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    callers = iter(("d-001", "d-002"))
    lawful = sight.visible

    def with_a_consent(*rule: object) -> ColumnElement[bool]:
        person = rule[2]
        return lawful(*rule) & (person != literal(f"withheld from {next(callers)}"))  # type: ignore[arg-type,operator,return-value]  # the fault that is tried

    monkeypatch.setattr(sight, "visible", with_a_consent)
    monkeypatch.setattr(retrieval, "STATEMENTS", Statements("", retrieval.LAST_NUMBER))
    for _ in range(2):
        with database.read() as session, pytest.raises(UnkeyedValueError):
            retrieval.see(
                session,
                Selection("2.999.1"),
                Visibility(own_facility=A),
                Sight(NOW, WINDOWS),
            )


def test_every_visibility_is_told_by_its_shape(database: Database) -> None:
    sights = [
        Visibility(everything=True),
        Visibility(),
        *(Visibility(own_facility=own) for own in (A, B)),
        *(Visibility(own_facility=own, facility_in_care=own) for own in (A, B)),
    ]
    for each in sights:
        with database.read() as session:
            seen = retrieval.see(session, Selection("2.999.1"), each, Sight(NOW, WINDOWS))
        assert seen is None


def test_lists_of_many_lengths_are_few_shapes_and_hold_what_was_given() -> None:
    for length in range(70):
        values = list(range(length))
        assert dict.fromkeys(padded(values)) == dict.fromkeys(values)
    assert {len(padded(list(range(each)))) for each in range(1, 65)} == {1, 2, 4, 8, 16, 32, 64}
