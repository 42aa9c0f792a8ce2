"""Statements handed to the driver: the same rows and the same errors as SQLAlchemy's, on both."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import IntegrityError

from medshare.infra.compiled import Fixed, Insertion, UngivenValueError
from medshare.infra.db import Database, Row
from medshare.infra.outbox import OutboxRow

OUTBOX = Row.metadata.tables["outbox"]
NAMES = Row.metadata.tables["person_names"]
DUE = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


def a_fact(key: str) -> dict[str, object]:
    return {
        "id": key,
        "kind": "test",
        "subject": "nobody",
        "payload": b"{}",
        "attempts": 0,
        "due_at": DUE,
    }


def test_rows_read_back_as_the_mapper_reads_them(database: Database) -> None:
    with database.append() as connection:
        Insertion(OUTBOX).run(connection, [a_fact("a"), a_fact("b")])
    with database.read() as session:
        found = session.scalars(select(OutboxRow).order_by(OutboxRow.id)).all()
    assert [(each.id, each.payload, each.due_at) for each in found] == [
        ("a", b"{}", DUE),
        ("b", b"{}", DUE),
    ]


def test_nothing_stands_of_a_transaction_that_failed(database: Database) -> None:
    with pytest.raises(IntegrityError), database.append() as connection:
        Insertion(OUTBOX).run(connection, [a_fact("a")])
        Insertion(OUTBOX).run(connection, [a_fact("a")])
    with database.read() as session:
        assert session.scalars(select(OutboxRow.id)).all() == []


def test_a_key_comes_back_once(database: Database) -> None:
    insertion = Insertion(NAMES, skips_known=True)
    with database.append() as connection:
        key = insertion.key(connection, {"text": "Test^Name"})
        assert insertion.key_if_new(connection, {"text": "Test^Name"}) is None
        found = Fixed(select(NAMES.c.id).where(NAMES.c.text == bindparam("text")))
        assert tuple(found.first(connection, text="Test^Name")) == (key,)
        assert found.first(connection, text="Nobody") is None


def test_keys_come_back_in_the_order_of_their_rows(database: Database) -> None:
    names = [f"Test^{number}" for number in (3, 1, 2)]
    with database.append() as connection:
        keys = Insertion(NAMES).keys(connection, [{"text": each} for each in names])
        assert Insertion(NAMES).keys(connection, []) == []
    with database.read() as session:
        found = dict(session.execute(select(NAMES.c.text, NAMES.c.id)).all())
    assert [found[each] for each in names] == keys


def test_each_run_has_its_own_values(database: Database) -> None:
    change = Fixed(
        update(OUTBOX).where(OUTBOX.c.id == bindparam("key")).values(due_at=bindparam("later"))
    )
    later = DUE.replace(year=2027)
    with database.append() as connection:
        Insertion(OUTBOX).run(connection, [a_fact("a"), a_fact("b")])
        change.run(connection, key="b", later=DUE)
        change.run(connection, key="a", later=later)
    with database.read() as session:
        due = dict(session.execute(select(OutboxRow.id, OutboxRow.due_at)).all())
    assert due == {"a": later, "b": DUE}


def test_a_statement_that_leaves_a_value_open_is_refused(database: Database) -> None:
    statement = Fixed(select(NAMES.c.id).where(NAMES.c.text == bindparam("text")))
    with database.append() as connection, pytest.raises(UngivenValueError):
        statement.rows(connection)
