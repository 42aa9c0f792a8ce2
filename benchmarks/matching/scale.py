"""Register patients with an index of ten thousand and with a large one, in turns.

``python -m benchmarks.matching.scale`` from the root of the tree. Both are filled by ``medshare
patients load --unmatched``; then the same arrivals come to each, one at a time: new persons, and
one in five a second visit of somebody who was loaded. Everybody is obviously fake, and can be had
again. On SQLite, in ``TMPDIR``.

The goals: match p99 at most 5 ms, register p99 15 ms in the service and 50 ms over HTTP; match CPU
at most 1.5 times that of the small index; candidates p99 at most 40; at most 1 kB a patient without
explanations; a hot key raises p99 at most 2 times; one false link per 20,000 new persons.
"""

import argparse
import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import text

from benchmarks.matching.over_http import HttpRegistry, body_of
from benchmarks.matching.population import Person, Population
from benchmarks.matching.serving import REGISTRAR, Clients, load_file, prepare_facilities, serving
from benchmarks.matching.truth import Stated
from medshare.infra.checkpoints import CheckpointWorker
from medshare.infra.clock import SystemClock
from medshare.infra.db import Database
from medshare.infra.uow import UnitOfWork
from medshare.patients import service
from medshare.patients.matching import service as matching
from medshare.patients.matching import store
from medshare.patients.matching.keys import keys_of
from medshare.patients.matching.profile import profile_of

SEED = 7200
SMALL, LARGE = 10_000, 1_000_000
ARRIVALS, OVER_HTTP, WARM = 10_000, 1_000, 50
PART = 249  # numbers of one birth date
RETURNING = 5  # one arrival in so many was loaded before
EXPLAINING = ("patient_match_decisions", "ix_patient_match_decisions")
HOT_BORN, HOT_PHONE = date(1962, 5, 17), "19900000000"


class City(Population):
    """Persons one after another, no two with one identity number, nor of two parts of the city."""

    def __init__(self, part: int) -> None:
        super().__init__(SEED + part)
        self.count = self.mrns = 20_000_000 * part
        self._first = PART * part
        self._born: Counter[object] = Counter()

    def person(self) -> Person:
        """Return somebody new."""
        while True:
            made = self._person("ordinary")
            self._born[made.born] += 1
            if self._born[made.born] < PART:
                return replace(made, sequence=self._first + self._born[made.born])

    def visit(self, person: Person) -> Stated:
        """Return a record of somebody; the truth stands in ``person``."""
        return self._stated(person)


@dataclass
class Figures:
    """Times in milliseconds, in the order of the arrivals, and what became of them."""

    match: list[float] = field(default_factory=list)
    match_cpu: list[float] = field(default_factory=list)
    register: list[float] = field(default_factory=list)
    http: list[float] = field(default_factory=list)
    candidates: list[int] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    false_links: int = 0


@dataclass
class Index:
    """A filled index."""

    directory: Path
    patients: int
    known: Sequence[Person]
    clients: Clients
    bytes_each: float
    figures: Figures = field(default_factory=Figures)

    def __post_init__(self) -> None:
        self.database = Database(f"sqlite:///{self.directory / 'index.db'}")
        self.owner: dict[str, str] = {}

    def arrive(self, stated: Stated, *, is_new: bool) -> None:
        """Ask who it is, then register, and note what both took."""
        self._match(stated)
        started = time.perf_counter()
        with self.database.write() as session:
            uow = UnitOfWork(session, SystemClock())
            done = service.register(uow, stated.facility_code, stated.registration)
        self.figures.register.append(1000 * (time.perf_counter() - started))
        self.figures.outcomes[f"{'new' if is_new else 'known'}: {done.outcome}"] += 1
        person = done.record.patient_id
        known = self.owner.setdefault(person, stated.person)
        if done.outcome == "linked" and (is_new or known != stated.person):
            self.figures.false_links += 1

    def _match(self, stated: Stated) -> None:
        registration = stated.registration.normalised
        with self.database.read() as session:
            uow = UnitOfWork(session, SystemClock())
            started, cpu = time.perf_counter(), time.thread_time()
            matching.match(uow, stated.facility_code, registration)
            self.figures.match.append(1000 * (time.perf_counter() - started))
            self.figures.match_cpu.append(1000 * (time.thread_time() - cpu))
            met = store.meet(session, keys_of(profile_of(registration))).record_ids
            self.figures.candidates.append(len(store.candidates(session, met)))


def fill(directory: Path, patients: int, *, hot: int = 0) -> Index:
    """Fill an index by the command, from a file of its own that is thrown away."""
    clients = prepare_facilities(directory)
    city = City(0)
    known: list[Person] = []
    file = directory / "patients.ndjson"
    with file.open("w", encoding="utf-8") as lines:
        for number in range(patients):
            person = city.person()
            if number % max(1, patients // SMALL) == 0:
                known.append(person)
            lines.write(_line(city.visit(person)))
        for _ in range(hot):
            lines.write(_line(_hot(city)))
    started = time.perf_counter()
    memory = load_file(directory, file)
    seconds = time.perf_counter() - started
    file.unlink()
    rate = (patients + hot) / seconds
    print(f"{patients + hot:,} loaded in {seconds:.0f} s: {rate:.0f} a second, {memory:.0f} MiB")
    size = (directory / "index.db").stat().st_size / (patients + hot)
    return Index(directory, patients + hot, known, clients, size)


def _hot(city: City) -> Stated:
    """Return one of many with one name, birth date and phone."""
    blank = replace(city.visit(city.person()), number="", address="", alphabetic="", sex="female")
    return replace(blank, family="王", given="秀英", born=HOT_BORN, phone=HOT_PHONE)


def _line(stated: Stated) -> str:
    return json.dumps({"facility": stated.facility_code, **body_of(stated)}) + "\n"


def arrivals(indexes: Sequence[Index], count: int) -> Iterator[tuple[Index, Stated, bool]]:
    """Yield the same new persons for every index in turns, and its own known ones."""
    city = City(1)
    for number in range(count):
        is_new = number % RETURNING != 0
        stranger = city.visit(city.person())
        for each in indexes:
            known = each.known[number % len(each.known)]
            yield each, stranger if is_new else city.visit(known), is_new


def quantiles(values: Sequence[float]) -> tuple[float, float]:
    """Return p50 and p99, without the first ones that warm up."""
    cut = statistics.quantiles(values[WARM:], n=100)
    return cut[49], cut[98]


def explained(index: Index) -> float:
    """Return the bytes that explanations take a record that was matched."""
    with index.database.read() as session:
        rows = session.execute(text("SELECT name, SUM(pgsize) FROM dbstat GROUP BY name")).all()
        count = session.execute(text("SELECT count(*) FROM patient_match_decisions")).scalar_one()
    size = sum(size for name, size in rows if name.startswith(EXPLAINING))
    return float(size) / max(1, count)


def report(index: Index) -> None:
    """Print what one index took."""
    found = index.figures
    match, register = map(quantiles, (found.match, found.register))
    candidates = statistics.quantiles(found.candidates, n=100)[98]
    http = quantiles(found.http) if found.http else (0.0, 0.0)
    cells = (
        f"{index.patients:,}",
        f"{match[0]:.1f} / {match[1]:.1f}",
        f"{statistics.mean(found.match_cpu[WARM:]):.2f}",
        f"{register[0]:.1f} / {register[1]:.1f} / {max(found.register[WARM:]):.0f}",
        f"{http[0]:.1f} / {http[1]:.1f}",
        f"{statistics.mean(found.candidates):.1f} / {candidates:.0f}",
        f"{index.bytes_each:,.0f}",
        f"{explained(index):,.0f}",
        str(found.false_links),
        ", ".join(f"{count} {name}" for name, count in sorted(found.outcomes.items())),
    )
    print(f"| {' | '.join(cells)} |", flush=True)


HEAD = (
    "| patients | match, ms p50 / p99 | match CPU, ms mean | register, p50 / p99 / worst |"
    " over HTTP, p50 / p99 | candidates, mean / p99 | bytes a patient | bytes an explanation |"
    " false links | arrivals |\n"
    "| ---: | --- | ---: | --- | --- | --- | ---: | ---: | ---: | --- |"
)


def main() -> None:
    options = _options()
    with ExitStack() as stack:
        made = [
            fill(Path(stack.enter_context(TemporaryDirectory())), size)
            for size in (options.small, options.large)
        ]
        with _checkpointing(made):
            for number, (index, stated, is_new) in enumerate(arrivals(made, options.arrivals)):
                index.arrive(stated, is_new=is_new)
                if number % 2000 == 0:
                    print(f"{number // 2} arrivals", file=sys.stderr)
        _over_http(made, options.http)
        print(HEAD)
        for each in made:
            report(each)
        if options.hot:
            _hot_key(Path(stack.enter_context(TemporaryDirectory())), options)


@contextmanager
def _checkpointing(made: Sequence[Index]) -> Iterator[None]:
    """Let a thread move what is committed into the files, as the server does."""
    worker = CheckpointWorker([each.database for each in made])
    worker.start()
    try:
        yield
    finally:
        worker.stop()


def _hot_key(directory: Path, options: argparse.Namespace) -> None:
    """Let ordinary arrivals and those with a hot name, date and phone come in turns."""
    index = fill(directory, options.small, hot=options.hot)
    ordinary, hot = Figures(), Figures()
    city = City(3)
    with _checkpointing([index]):
        for _ in range(options.arrivals // RETURNING):
            for figures, stated in ((ordinary, city.visit(city.person())), (hot, _hot(city))):
                index.figures = figures
                index.arrive(stated, is_new=True)
    for name, index.figures in (("ordinary", ordinary), ("hot", hot)):
        print(f"with {options.hot:,} of one name, date and phone, {name} arrivals:")
        report(index)


def _over_http(made: Sequence[Index], count: int) -> None:
    """Register with each over HTTP, with access and audit, by a client that stays connected.

    What a bulk load left to be delivered is taken away, as if that had been done long since.
    """
    city = City(2)
    records = [city.visit(city.person()) for _ in range(count)]
    for index in made:
        with index.database.write() as session:
            session.execute(text("DELETE FROM outbox"))
        with serving(index.directory) as url:
            registry = HttpRegistry(url, index.clients, REGISTRAR)
            for each in records:
                registry.register(each)
        index.figures.http = [1000 * each for each in registry.register_s]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.matching.scale")
    parser.add_argument("--small", type=int, default=SMALL)
    parser.add_argument("--large", type=int, default=LARGE)
    parser.add_argument("--arrivals", type=int, default=ARRIVALS, help="one by one, to each")
    parser.add_argument("--http", type=int, default=OVER_HTTP, help="arrivals over HTTP")
    parser.add_argument("--hot", type=int, default=50_000, help="of one name, date and phone")
    return parser.parse_args()


if __name__ == "__main__":
    main()
