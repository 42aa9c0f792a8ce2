"""What matching is worth on data with the truth, one record at a time through the real service.

``python -m benchmarks.matching all`` writes the table of ``RESULTS-matching.md``. The weights were
tuned on FEBRL 1 and 2 and on Chinese seeds below 7000; what is reported is FEBRL 3 and 4 and the
seeds in ``REPORTED``. ``planted`` puts twins into FEBRL 1 and 2, which hold none. FEBRL
needs the ``bench`` extra. Put ``TMPDIR`` where the index shall be.

``--serve`` starts a server for each of the data and feeds it over HTTP, as a foreign evaluator
would; ``--http URL --clients FILE`` feeds a running one that holds no patients yet with one of the
data. FILE is JSON, ``{"M0": {"id": "…", "secret": "…"}, …, "registrar": {…}}``: a client of each of
the facilities M0 to M5, whose numbers are of the systems ``urn:oid:2.999.100.1`` to
``urn:oid:2.999.105.1``, and a registrar's account, by which reviews are read.
"""

import argparse
import json
import random
import statistics
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.matching import febrl
from benchmarks.matching.memory import MemoryRegistry
from benchmarks.matching.over_http import Credentials, HttpRegistry
from benchmarks.matching.population import Population
from benchmarks.matching.registry import Registry, registry
from benchmarks.matching.rows import write_rows
from benchmarks.matching.serving import REGISTRAR, prepare_facilities, serving
from benchmarks.matching.truth import Figures, Outcome, Stated, figures
from medshare.kernel.identifiers import FacilityCode

AnyRegistry = Registry | MemoryRegistry | HttpRegistry
REPORTED = (7001, 7002)
ORDER_SEED = 7100
TWINS = 400
HEAD = (
    "| data | records | precision | recall | with review | F1 | over-merged | reviews per 1,000 |"
    " of them right | register, ms p50 / p99 |\n"
    "| --- | ---: | ---: | ---: | ---: | ---: | --- | ---: | ---: | ---: |"
)


def main() -> None:
    options = _options()
    if options.rows:
        write_rows(options.rows, _data(options.data, options.persons))
        return
    print(HEAD)
    for name, records in _data(options.data, options.persons):
        _report(name, records, options)
    if options.orders > 1:
        _orders(options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.matching", description=__doc__)
    parser.add_argument("data", choices=["all", "febrl", "chinese", "twins", "planted", "none"])
    parser.add_argument("--persons", type=int, default=5000, help="of a Chinese population")
    parser.add_argument("--orders", type=int, default=0, help="arrival orders to compare")
    parser.add_argument(
        "--in-memory", action="store_true", help="the rules without service and database"
    )
    parser.add_argument(
        "--rows", type=Path, metavar="FOLDER", help="only write the data, for splink"
    )
    parser.add_argument("--serve", action="store_true", help="over HTTP, to a server of its own")
    parser.add_argument("--http", metavar="URL", help="over HTTP, to a running server")
    parser.add_argument("--clients", type=argparse.FileType("r"), help="with --http: a JSON file")
    options = parser.parse_args()
    if (options.http is None) != (options.clients is None):
        parser.error("--http and --clients go together")
    return options


def _data(wanted: str, persons: int) -> Iterator[tuple[str, list[Stated]]]:
    if wanted in {"all", "febrl"}:
        for number in (4, 3):
            for hard in (False, True):
                name = f"FEBRL {number}{', hard' if hard else ''}"
                yield name, febrl.read(number, hard=hard, seed=ORDER_SEED)
    if wanted in {"all", "chinese"}:
        for seed in REPORTED:
            yield f"Chinese, seed {seed}", Population(seed).records(persons)
    if wanted in {"all", "twins"}:
        seed = REPORTED[0]
        yield f"a third twins, seed {seed}", Population(seed).records(persons, twins=1 / 3)
    if wanted == "planted":
        for number in (1, 2):
            records = febrl.read(number, hard=False, seed=ORDER_SEED)
            yield f"FEBRL {number} and {TWINS} twins", febrl.with_twins(records, TWINS, number)


def _report(name: str, records: Sequence[Stated], options: argparse.Namespace) -> None:
    outcomes, seconds = _registered(records, options)
    print(_line(name, figures(outcomes), seconds), flush=True)
    for kind, recall in figures(outcomes).recall_by_kind.items():
        print(f"|   {kind} | | | {recall:.4f} | | | | | | |")


def _registered(
    records: Sequence[Stated], options: argparse.Namespace
) -> tuple[list[Outcome], list[float]]:
    with _registry(options) as index:
        for each in records:
            index.register(each)
        return index.outcomes(), index.register_s


def _registry(options: argparse.Namespace) -> AbstractContextManager[AnyRegistry]:
    if options.serve:
        return _served()
    if options.http:
        known = {each: Credentials(**said) for each, said in json.load(options.clients).items()}
        registrar = known.pop("registrar")
        clients = {FacilityCode(each): client for each, client in known.items()}
        return nullcontext(HttpRegistry(options.http, clients, registrar))
    return nullcontext(MemoryRegistry()) if options.in_memory else registry()


@contextmanager
def _served() -> Iterator[HttpRegistry]:
    with TemporaryDirectory() as folder:
        clients = prepare_facilities(Path(folder))
        with serving(Path(folder)) as url:
            yield HttpRegistry(url, clients, REGISTRAR)


def _line(name: str, found: Figures, seconds: Sequence[float]) -> str:
    quantiles = statistics.quantiles(seconds, n=100)
    mixed = ", ".join(f"{kind}: {count}" for kind, count in found.over_merged.items()) or "none"
    cells: list[object] = [
        name,
        found.records,
        f"{found.precision:.5f}",
        f"{found.recall:.4f}",
        f"{found.recall_with_review:.4f}",
        f"{found.f1:.4f}",
        mixed,
        f"{found.reviews_per_1000:.1f}",
        f"{found.review_precision:.3f}",
        f"{1000 * quantiles[49]:.1f} / {1000 * quantiles[98]:.1f}",
    ]
    return f"| {' | '.join(map(str, cells))} |"


def _orders(options: argparse.Namespace) -> None:
    """Tell of how many persons the records fall together alike in every order of arrival."""
    records = Population(REPORTED[0]).records(options.persons)
    partitions = []
    for number in range(options.orders):
        random.Random(ORDER_SEED + number).shuffle(records)  # noqa: S311  # can be had again
        partitions.append(_partition(_registered(records, options)[0]))
    people = {each.person for each in records}
    alike = sum(len({partition[each] for partition in partitions}) == 1 for each in people)
    print(
        f"\nthe same in {options.orders} orders: {alike / len(people):.4f} of {len(people)} persons"
    )


def _partition(outcomes: Sequence[Outcome]) -> dict[str, frozenset[frozenset[str]]]:
    """Return by person how their records lie: groups of record numbers."""
    groups: dict[str, dict[str, set[str]]] = {}
    for each in outcomes:
        own = groups.setdefault(each.stated.person, {})
        own.setdefault(each.patient, set()).add(each.stated.mrn)
    return {person: frozenset(map(frozenset, own.values())) for person, own in groups.items()}


if __name__ == "__main__":
    main()
