"""The patient index on its own, for tests of its store."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from medshare.access.model import Visibility
from medshare.care.model import CareWindows
from medshare.care.sight import sight_at
from medshare.facilities import service as facilities
from medshare.infra.clock import SystemClock
from medshare.infra.db import Database
from medshare.infra.uow import UnitOfWork
from medshare.kernel.identifiers import FacilityCode
from medshare.patients import service
from medshare.patients.model import (
    Registered,
    Registration,
)
from tests.registrations import NUMBER_SYSTEMS, an_identity_number
from tests.site import LEVELS, a_facility

A, B = FacilityCode("SZ-A"), FacilityCode("SZ-B")
NOW = datetime(2026, 11, 20, tzinfo=UTC)
WANG = an_identity_number()
WINDOWS = CareWindows(recent=timedelta(days=30), open=timedelta(days=180))
ONLY_A = sight_at(Visibility(own_facility=A), NOW, WINDOWS)


@pytest.fixture
def index(database: Database) -> Database:
    """A database with the three facilities."""
    for number, (code, level) in enumerate(LEVELS.items(), start=1):
        change(
            database,
            lambda uow, n=number, c=code, lv=level: facilities.add(uow, a_facility(c, n, lv)),
        )
    return database


def change(database: Database, work: Callable[[UnitOfWork], Any]) -> Any:
    with database.write() as session:
        return work(UnitOfWork(session, SystemClock()))


def ask(database: Database, work: Callable[[UnitOfWork], Any]) -> Any:
    with database.read() as session:
        return work(UnitOfWork(session, SystemClock()))


def register(database: Database, registration: Registration) -> Registered:
    owner = {system: code for code, system in NUMBER_SYSTEMS.items()}
    code = next(owner[each.system] for each in registration.identifiers if each.type == "MR")
    done: Registered = change(
        database, lambda uow: service.register(uow, FacilityCode(code), registration)
    )
    return done


def rows_of(database: Database, row: Any) -> list[Any]:
    return list(ask(database, lambda uow: uow.session.scalars(select(row)).all()))
