"""The servers that other tests stand on."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests import servers
from tests.conftest import CityServers
from tests.e2e.served import ROOT
from tests.servers import MissingPartError, PostgresServer, require


@contextmanager
def a_missing_server() -> Iterator[None]:
    raise MissingPartError("no such server: install it")
    yield


@pytest.fixture
def postgres(city_servers: CityServers) -> PostgresServer:
    return city_servers.postgres


def run(server: PostgresServer, name: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(server.url_of(name).replace("+psycopg", "")) as connection:
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
    run(postgres, original, "CREATE TABLE kept (id int)")
    copy = postgres.new_database(template=original)
    tables = "SELECT relname FROM pg_class WHERE relname = 'kept'"
    assert run(postgres, copy, tables) == [("kept",)]
    assert run(postgres, postgres.new_database(), tables) == []


def test_text_is_sorted_by_code_point_as_in_sqlite(postgres):
    statement = "SELECT x FROM (VALUES ('a'), ('B'), ('李'), ('_')) AS t(x) ORDER BY x"
    assert [row[0] for row in run(postgres, postgres.new_database(), statement)] == [
        "B",
        "_",
        "a",
        "李",
    ]


KILLED = """
import time
from tests.servers import postgres_server
with postgres_server() as server:
    print(server.port, flush=True)
    time.sleep(600)
"""


def test_a_run_that_is_killed_leaves_no_server_and_the_next_removes_its_directory(postgres):
    command = [sys.executable, "-c", KILLED]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as run_before:
        assert run_before.stdout is not None
        left = PostgresServer(int(run_before.stdout.readline()))
        ((directory,),) = run(left, "postgres", "SHOW data_directory")
        run_before.kill()
    deadline = time.monotonic() + 30
    while answers(left):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    with servers._directory():
        assert not Path(directory).exists()


def answers(server: PostgresServer) -> bool:
    try:
        run(server, "postgres", "SELECT 1")
    except psycopg.OperationalError:
        return False
    return True
