"""Registering records one at a time with the real service, on an SQLite file of its own."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import select

from benchmarks.matching.truth import Outcome, Stated, system_of
from medshare.facilities import service as facilities
from medshare.facilities.model import Facility
from medshare.infra.clock import SystemClock
from medshare.infra.db import Database
from medshare.infra.uow import UnitOfWork
from medshare.kernel.errors import InvalidError
from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId
from medshare.migrations import upgrade
from medshare.patients import service
from medshare.patients.links import graph
from medshare.patients.matching.tables import PatientReviewRow
from medshare.patients.selectables import live_links

FACILITIES = 6


class Registry:
    """An index to register with; ``register_s`` are seconds, ``refused`` counts faulty records."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._placed: list[tuple[Stated, RecordId]] = []
        self.register_s: list[float] = []
        self.refused = 0

    def register(self, stated: Stated) -> None:
        """Register a record, and note how long it took with its commit."""
        started = time.perf_counter()
        try:
            with self._database.write() as session:
                uow = UnitOfWork(session, SystemClock())
                done = service.register(uow, stated.facility_code, stated.registration)
        except InvalidError:
            self.refused += 1
            return
        self.register_s.append(time.perf_counter() - started)
        self._placed.append((stated, done.record.record_id))

    def outcomes(self) -> list[Outcome]:
        """Return where every record came to and which reviews were opened for it."""
        with self._database.read() as session:
            uow = UnitOfWork(session, SystemClock())
            links = live_links()
            persons = dict(session.execute(select(links.c.record_id, links.c.patient_id)).all())
            rows = session.execute(select(PatientReviewRow.record_id, PatientReviewRow.patient_id))
            reviews: dict[str, list[str]] = {}
            for record_id, patient_id in rows.all():
                current = graph.current_id(uow, PatientId(patient_id))
                reviews.setdefault(record_id, []).append(current)
        return [
            Outcome(stated, persons[record_id], tuple(reviews.get(record_id, ())))
            for stated, record_id in self._placed
        ]


@contextmanager
def registry() -> Iterator[Registry]:
    """Open an empty index with the facilities of the data; put TMPDIR on a disk of your choice."""
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'index.db'}")
        upgrade(database)
        with database.write() as session:
            uow = UnitOfWork(session, SystemClock())
            for number in range(FACILITIES):
                facilities.add(uow, facility_of(number))
        yield Registry(database)
        database.dispose()


def facility_of(number: int) -> Facility:
    """Return one of the facilities of the data."""
    return Facility(
        code=FacilityCode(f"M{number}"),
        name_zh=f"测试医院{number}",
        name_en=f"Test Hospital {number}",
        level=3,
        oid=f"2.999.{100 + number}",
        patient_identifier_system=system_of(number),
        ae_titles=(),
        scopes=(),
    )
