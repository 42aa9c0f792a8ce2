"""The servers that other tests stand on."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from tests.servers import MissingPartError, PostgresServer, postgres_server, require


@contextmanager
def a_missing_server() -> Iterator[None]:
    raise MissingPartError("no such server: install it")
    yield


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with require(postgres_server()) as server:
        yield server


def run(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def test_a_missing_server_skips_on_a_desk_and_fails_in_the_pipeline(monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="install it"), require(a_missing_server()):
        pass
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="install it"), require(a_missing_server()):
        pass


def test_a_new_database_is_empty_and_a_copy_holds_what_its_template_held(postgres):
    original = postgres.new_database()
    run(original, "CREATE TABLE kept (id int)")
    copy = postgres.new_database(template=original.rpartition("/")[2])
    tables = "SELECT relname FROM pg_class WHERE relname = 'kept'"
    assert run(copy, tables) == [("kept",)]
    assert run(postgres.new_database(), tables) == []


def test_text_is_sorted_by_code_point_as_in_sqlite(postgres):
    statement = "SELECT x FROM (VALUES ('a'), ('B'), ('李'), ('_')) AS t(x) ORDER BY x"
    assert [row[0] for row in run(postgres.new_database(), statement)] == ["B", "_", "a", "李"]
