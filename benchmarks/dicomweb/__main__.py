"""Compare medshare with Orthanc over DICOMweb and write down the ratios.

Run ``python -m benchmarks.dicomweb`` from the root of the tree, on a machine that does nothing
else. It takes minutes and about 0.2 GB of disk a round, all of it removed at the end.
"""

import argparse
import json
import shlex
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.dicomweb.clients import rates
from benchmarks.dicomweb.machine import facts, write_and_sync
from benchmarks.dicomweb.measure import (
    Answer,
    Connection,
    Exchange,
    Request,
    Server,
    WrongAnswerError,
    measure,
)
from benchmarks.dicomweb.operations import Operation, all_operations, store
from benchmarks.dicomweb.report import Limits, Rate, Row, Series, document
from benchmarks.dicomweb.servers import (
    IDENTIFIER_SYSTEM,
    ROOT,
    find_orthanc,
    serving_files,
    serving_medshare,
    serving_orthanc,
)
from benchmarks.dicomweb.workload import NEWCOMER, Archive, Patient, batches, make_archive

PATIENTS, SLICES, ROUNDS = 200, 100, 9
QUICK_PATIENTS, QUICK_ROUNDS = 40, 3
CREATED = 201


@dataclass(frozen=True, slots=True)
class Contest:
    """The two servers and everything that was measured of them so far."""

    ours: Server
    theirs: Server
    files: Server
    directory: Path
    rows: dict[str, Row]
    limits: Limits

    def take_turns(self, operation: Operation, round_number: int, *, counts: bool) -> None:
        """Let either server do a round of an operation, and the disk where something is stored."""
        exchanges = operation.prepare(round_number)
        row = self.rows.setdefault(operation.title, Row(operation.title, Series([]), Series([])))
        turns = [(self.ours, row.ours), (self.theirs, row.theirs)]
        for server, series in turns if round_number % 2 == 0 else reversed(turns):
            _sample(server, exchanges, series, counts=counts)
        if any(each.files for each in exchanges):
            taken_ms = write_and_sync(self.directory, [each.files for each in exchanges])
            if counts:
                self.limits.disk.setdefault(operation.title, []).append(taken_ms)
        if operation.sends_files:
            taken_ms = self._sent_plainly(exchanges)
            if counts:
                self.limits.plain_files.setdefault(operation.title, []).append(taken_ms)

    def _sent_plainly(self, exchanges: Sequence[Exchange]) -> float:
        """Let nginx send what medshare answers, as files; return milliseconds an answer."""
        copies = []
        with Connection(self.ours.port) as connection:
            for number, each in enumerate(exchanges):
                answer = connection.ask(each.request, self.ours.authorise())
                (self.directory / f"answer-{number}").write_bytes(answer.body)
                copies.append(_same_bytes(f"/answer-{number}", answer.body))
        return measure(self.files, copies).wall_ms


def _same_bytes(path: str, body: bytes) -> Exchange:
    def check(answer: Answer) -> None:
        if answer.body != body:
            raise WrongAnswerError("other bytes")

    return Exchange(Request("GET", path, {}), check)


def _sample(server: Server, exchanges: Sequence[Exchange], series: Series, *, counts: bool) -> None:
    if series.wrong:
        return
    try:
        sample = measure(server, exchanges)
    except WrongAnswerError as error:
        series.wrong = str(error)
    else:
        if counts:
            series.samples.append(sample)


def compare(
    patients: int, rounds: int, workers: int, directory: Path
) -> tuple[dict[str, str], Contest, list[Rate]]:
    """Start both servers, fill them and measure."""
    machine = facts(directory)
    program = find_orthanc()
    archive = make_archive(patients, SLICES)
    with ExitStack() as stack:
        places = [directory / name for name in ("medshare", "orthanc", "disk")]
        for place in places:
            place.mkdir()
        ours = stack.enter_context(serving_medshare(places[0], workers))
        theirs = stack.enter_context(serving_orthanc(program, places[1]))
        _register(ours, archive.patients)
        for server in (ours, theirs):
            _fill(server, archive)
        files = stack.enter_context(serving_files(places[2]))
        contest = Contest(ours, theirs, files, places[2], {}, Limits())
        operations = all_operations(archive)
        for round_number in range(rounds + 1):  # the first warms both up
            for operation in operations:
                contest.take_turns(operation, round_number, counts=round_number > 0)
            print(f"round {round_number} of {rounds}", file=sys.stderr)
        stored = rates(ours, theirs, rounds)
    versions = {each.name: each.version for each in (ours, theirs, files)}
    held = (
        f"{len(archive.background)} studies of {patients} patients and a study of {SLICES} slices"
    )
    setting = {**machine, **versions, "processes of medshare": str(workers)}
    return {**setting, "archives": held, "rounds": str(rounds)}, contest, stored


def _register(server: Server, patients: Sequence[Patient]) -> None:
    """Tell medshare the people, as a hospital's registration does before it sends images."""
    with Connection(server.port) as connection:
        for patient in (*patients, NEWCOMER):
            born = patient.birth_date
            document = {
                "identifiers": [{"system": IDENTIFIER_SYSTEM, "value": patient.mrn, "type": "MR"}],
                "name": {"text": patient.name, "alphabetic": patient.name},
                "birthDate": f"{born[:4]}-{born[4:6]}-{born[6:]}",
                "sex": "male",
            }
            request = Request(
                "POST",
                "/api/v1/patients",
                {"Content-Type": "application/json"},
                json.dumps(document).encode(),
            )
            answer = connection.ask(request, server.authorise())
            if answer.status != CREATED:
                sys.exit(f"a patient was not registered: {answer.body.decode()}")


def _fill(server: Server, archive: Archive) -> None:
    """Store what is there before anything is measured."""
    for size, instances in ((50, archive.background), (10, archive.long_study)):
        for batch in batches(instances, size):
            measure(server, [store(batch)])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dicomweb", description=__doc__)
    parser.add_argument("--rounds", type=int, help=f"rounds that count (default {ROUNDS})")
    parser.add_argument("--quick", action="store_true", help="a small archive and few rounds")
    parser.add_argument("--workers", type=int, default=1, help="processes of medshare")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "RESULTS.md")
    parser.add_argument("--disk", type=Path, help="a directory on the disk to use, not a tmpfs")
    return parser.parse_args()


def main() -> int:
    """Compare, print and write; return 1 when an answer was wrong."""
    given = _arguments()
    rounds = given.rounds or (QUICK_ROUNDS if given.quick else ROUNDS)
    patients = QUICK_PATIENTS if given.quick else PATIENTS
    with tempfile.TemporaryDirectory(dir=given.disk, prefix="bench-dicomweb-") as name:
        setting, contest, stored = compare(patients, rounds, given.workers, Path(name))
    command = shlex.join(["python", "-m", "benchmarks.dicomweb", *sys.argv[1:]])
    rows = list(contest.rows.values())
    facts_and_command = {**setting, "command": f"`{command}`"}
    report = document(facts_and_command, rows, contest.limits, stored)
    print(report)
    given.out.write_text(report, encoding="utf-8")
    return int(any(row.wrong for row in rows))


if __name__ == "__main__":
    sys.exit(main())
