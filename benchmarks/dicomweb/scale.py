"""Ask an index of a million studies what an index of twenty thousand is asked, in turns.

Run ``python -m benchmarks.dicomweb.scale`` from the root of the tree. In process, on SQLite,
audited and committed as every call is. A first study is stored as a modality stores it; the others
are its rows again under other UIDs, patients, numbers, names and dates, written by the database
itself: what is measured is the index, and no blob stands behind them. Takes some minutes and 4 GB
of disk.

The goals: p50 at 1,000,000 studies within 2 times of that at 20,000 for keys that are indexed, and
storing within 1.3 times.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from sqlalchemy import Connection, text

from benchmarks.dicomweb.operations import STUDIES, store
from benchmarks.dicomweb.workload import Patient, Study, make_instances
from fixtures.demo import client_of, facility_of
from fixtures.places import FACILITIES
from medshare.access import service as access
from medshare.access.model import Client
from medshare.app import Application, build
from medshare.cli import prepare
from medshare.facilities import service as facilities
from medshare.imaging.names import forms_of
from medshare.imaging.rows import PersonNameFormRow, PersonNameRow
from medshare.infra.compiled import Insertion
from medshare.infra.db import Row
from medshare.infra.logging import configure_logging
from medshare.infra.uow import UnitOfWork
from medshare.kernel.identifiers import FacilityCode
from medshare.settings import Settings

SMALL, LARGE = 20_000, 1_000_000
STUDIES_A_PATIENT = 5
ROUNDS, WARM = 60, 5
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
SYLLABLES = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉萍红鹏飞宇欣怡浩然梓涵子轩雨泽思远晨曦"
)
SOUGHT = "*梓涵*"
CALL = {"Accept": "application/dicom+json", "X-Acting-User": "bench", "X-Purpose-Of-Use": "TREAT"}

COPIES = (
    """INSERT INTO studies (study_instance_uid, facility_code, patient_identifier_system,
         patient_id, patient_name_key, patient_birth_date, patient_sex, issuer_of_patient_id,
         study_date, study_time, accession_number, study_id, study_description, series_count,
         instance_count, modalities, excerpt, stored_at)
       WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < :count)
       SELECT '2.999.88.' || i, facility_code, patient_identifier_system,
         printf('S%07d', i / :each), 1 + (i / :each) % :names, patient_birth_date, patient_sex,
         issuer_of_patient_id,
         printf('%04d%02d%02d', 2016 + i % 10, 1 + i / 10 % 12, 1 + i / 120 % 28),
         printf('%02d%02d00', i % 24, i / 24 % 60), 'N' || i, study_id, study_description,
         series_count, instance_count, modalities, excerpt, stored_at
       FROM n JOIN studies ON studies.id = 1""",
    """INSERT INTO series (study_key, series_instance_uid, modality, series_number,
         series_description, body_part_examined, laterality, performed_procedure_step_start_date,
         performed_procedure_step_start_time, instance_count, excerpt)
       SELECT studies.id, studies.study_instance_uid || '.1', modality, series_number,
         series_description, body_part_examined, laterality, performed_procedure_step_start_date,
         performed_procedure_step_start_time, series.instance_count, series.excerpt
       FROM studies JOIN series ON series.id = 1 WHERE studies.id > 1""",
    """INSERT INTO instances (series_key, sop_instance_uid, sop_class_uid, transfer_syntax_uid,
         instance_number, number_of_frames, "rows", "columns", bits_allocated, excerpt, blob_key,
         sha256, size_bytes, warnings, stored_at)
       SELECT series.id, series.series_instance_uid || '.1', sop_class_uid, transfer_syntax_uid,
         instance_number, number_of_frames, "rows", "columns", bits_allocated, instances.excerpt,
         blob_key, sha256, size_bytes, warnings, stored_at
       FROM series JOIN instances ON instances.id = 1 WHERE series.id > 1""",
    "ANALYZE",
)


@dataclass
class Archive:
    """An application over an index of so many studies, and the calls that are made of it."""

    application: Application
    secret: str
    studies: int

    def __post_init__(self) -> None:
        self.http = self.application.flask.test_client()
        self._until = 0.0

    def headers(self) -> dict[str, str]:
        """Return the headers of a call, with a token that holds for some time yet."""
        if time.monotonic() > self._until:
            answer = self.http.post(
                "/oauth/token",
                data={"grant_type": "client_credentials"},
                auth=(client_of(FacilityCode(FACILITIES[0].code)), self.secret),
            )
            self._token, self._until = answer.get_json()["access_token"], time.monotonic() + 240
        return CALL | {"Authorization": f"Bearer {self._token}"}

    def search(self, query: str) -> int:
        """Ask for studies; return how many matched."""
        answer = self.http.get(f"{STUDIES}{query}", headers=self.headers())
        if answer.status_code != 200:
            raise RuntimeError(answer.text)
        return len(answer.get_json(force=True))

    def page_in_the_middle(self) -> str:
        """Return the address of a page by cursor, half of the way through the archive."""
        newest = f"?limit=25&StudyDate=-{MIDDLE}"
        answer = self.http.get(f"{STUDIES}{newest}", headers=self.headers())
        return "?" + answer.headers["Link"].partition("?")[2].partition(">")[0]

    def put(self, number: int, slices: int) -> int:
        """Store a new study; return how many instances it has."""
        study = Study(number, Patient(number % 100_000))
        request = store(list(make_instances(study, slices, 64))).request
        answer = self.http.post(
            request.path, data=request.body, headers=self.headers() | dict(request.headers)
        )
        if answer.status_code not in (200, 202):
            raise RuntimeError(answer.text)
        return slices


MIDDLE = "20201215"


def operations() -> dict[str, Callable[[Archive, int], int]]:
    """Return what is asked, each as (archive, number of the round) -> matches."""
    pages: dict[int, str] = {}

    def deep(archive: Archive, _number: int) -> int:
        if archive.studies not in pages:
            pages[archive.studies] = archive.page_in_the_middle()
        return archive.search(pages[archive.studies])

    def some(archive: Archive, number: int) -> int:
        return 2 + (number * 7919) % (archive.studies - 2)

    return {
        "by PatientID": lambda a, n: a.search(f"?PatientID=S{some(a, n) // STUDIES_A_PATIENT:07d}"),
        "by StudyInstanceUID": lambda a, n: a.search(f"?StudyInstanceUID=2.999.88.{some(a, n)}"),
        "by AccessionNumber": lambda a, n: a.search(f"?AccessionNumber=N{some(a, n)}"),
        "by PatientName, whole": lambda a, n: a.search(f"?PatientName={NAMES[n % 400]}&limit=25"),
        "by StudyDate, first 25 of a day": lambda a, n: a.search(
            f"?StudyDate=2021{1 + n % 12:02d}{1 + n % 28:02d}&limit=25"
        ),
        f"by PatientName {SOUGHT}, 25": lambda a, _n: a.search(f"?PatientName={SOUGHT}&limit=25"),
        "first page of 25": lambda a, _n: a.search("?limit=25"),
        "page of 25 by cursor, in the middle": deep,
        "STOW, 10 small slices": lambda a, n: a.put(5_000_000 + n, 10),
    }


NAMES = [
    f"{surname}^{first}{second}"
    for surname, first, second in product(SURNAMES, SYLLABLES, SYLLABLES)
]


def multiply(connection: Connection, studies: int) -> None:
    """Fill an index that holds one study with so many of its like."""
    Insertion(Row.metadata.tables[PersonNameRow.__tablename__]).run(
        connection, [{"id": number + 2, "text": each} for number, each in enumerate(NAMES)]
    )
    Insertion(Row.metadata.tables[PersonNameFormRow.__tablename__]).run(connection, list(_forms()))
    for statement in COPIES:
        values = {"count": studies, "each": STUDIES_A_PATIENT, "names": len(NAMES)}
        named = {name: value for name, value in values.items() if f":{name}" in statement}
        connection.execute(text(statement), named)


def _forms() -> Iterator[dict[str, object]]:
    for number, name in enumerate(NAMES):
        for each in forms_of(name):
            yield {"name_key": number + 2, "component": str(each.component), "form": each.form}


def open_archive(directory: Path, studies: int) -> Archive:
    """Build an application of its own and fill its index."""
    settings = replace(Settings(), data_dir=directory, low_water_bytes=0, statement_timeout_s=0)
    prepare(settings)
    application = build(settings)
    code = FacilityCode(FACILITIES[0].code)
    with application.house.database.write() as session:
        uow = UnitOfWork(session, application.house.clock)
        facilities.add(uow, facility_of(FACILITIES[0]))
        client = Client(client_of(code), "Benchmark", code, ("system/*.cruds",))
        secret = access.add_client(uow, application.keys, client) or ""
    archive = Archive(application, secret, studies)
    archive.put(1, 1)
    with application.house.database.append() as connection:
        multiply(connection, studies)
    return archive


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--small", type=int, default=SMALL)
    parser.add_argument("--large", type=int, default=LARGE)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    configure_logging("ERROR")
    with ExitStack() as stack:
        archives = []
        for studies in (options.small, options.large):
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            started = time.perf_counter()
            archives.append(open_archive(directory, studies))
            size = (directory / "index.db").stat().st_size
            print(f"{studies:,} studies: {size / studies:,.0f} bytes each, ", end="")
            print(f"filled in {time.perf_counter() - started:.0f} s")
        print(
            f"| operation | matches | p50 at {options.small:,}, ms | at {options.large:,} | ratio "
            "| CPU, ms | CPU | ratio |"
        )
        print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
        for title, operation in operations().items():
            compare(title, operation, archives, options.rounds)
        for archive in archives:
            archive.application.stop_quietly()


def compare(
    title: str, operation: Callable[[Archive, int], int], archives: list[Archive], rounds: int
) -> None:
    """Time an operation on both in turns and print its row: by the clock, and its thread's CPU."""
    walls: list[list[float]] = [[] for _ in archives]
    cpus: list[list[float]] = [[] for _ in archives]
    matches = [0 for _ in archives]
    for number in range(rounds + WARM):
        for place, archive in enumerate(archives):
            wall, cpu = time.perf_counter(), time.thread_time()
            matches[place] = operation(archive, number)
            if number >= WARM:
                cpus[place].append((time.thread_time() - cpu) * 1000)
                walls[place].append((time.perf_counter() - wall) * 1000)
    found = " / ".join(map(str, matches))
    print(f"| {title} | {found} | {_compared(walls)} | {_compared(cpus)} |")


def _compared(taken: list[list[float]]) -> str:
    small, large = map(statistics.median, taken)
    return f"{small:.2f} | {large:.2f} | **{large / small:.2f}**"


if __name__ == "__main__":
    main()
