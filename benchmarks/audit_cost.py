"""What the trail costs: the same requests to the same build, with its trail and without.

    python -m benchmarks.audit_cost [--rounds N]

Two sites in one process on SQLite take turns, in random order. The second one's trail is replaced
here by one that keeps nothing; no setting does that. Goals: changes at 0.90 of the rate or better
(seconds that passed, commits to disk included), reads at 1.5 times the processor time or less. The
last column adds what sealing and digest take for these entries later, in the background.
"""

import argparse
import logging
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import structlog

from benchmarks.dicomweb.machine import facts
from medshare.cli import prepare
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import AuditEntry
from medshare.settings import Settings
from tests.dicom import a_ct, multipart
from tests.exams import an_exam, post_exam, register
from tests.registrations import a_body
from tests.site import Caller, Site

ROUNDS, BLOCK, WARMING = 40, 10, 3
WRITES_GOAL, READS_GOAL = 0.90, 1.5
SIDE = 512
SEED = 20261126
Send = Callable[["Side", int], Any]


class NoTrail:
    """Keeps nothing."""

    def append_within(self, change: UnitOfWork, entry: AuditEntry) -> None:
        """Drop an entry."""

    def append(self, entry: AuditEntry) -> None:
        """Drop an entry."""

    def append_study_read(self, entry: AuditEntry) -> None:
        """Drop an entry."""


@dataclass
class Side:
    """One of the two sites, a system of a hospital that calls it, and what it takes."""

    site: Site
    caller: Caller
    exam: str
    wall_s: dict[str, list[float]] = field(default_factory=dict)
    cpu_s: dict[str, list[float]] = field(default_factory=dict)
    later_s: dict[str, list[float]] = field(default_factory=dict)

    def send(self, method: str, path: str, **options: Any) -> None:  # noqa: ANN401  # the client's
        """Send one request and read its answer whole."""
        answer = self.caller.http.open(
            path,
            method=method,
            headers=self.caller.headers,
            base_url="https://medshare.test",
            **options,
        )
        answer.get_data()
        if answer.status_code not in (200, 201):
            raise SystemExit(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        answer.close()

    def seal(self) -> float:
        """Seal and digest what waits; return the processor time of it in seconds."""
        began = time.process_time()
        self.site.application.sealing.settle()
        return time.process_time() - began


def a_side(directory: Path, *, audited: bool) -> Side:
    """Build a site with one patient, exam and study."""
    settings = Settings(
        data_dir=directory, low_water_bytes=0, requests_per_minute=0, look_ups_per_person=0
    )
    prepare(settings)
    site = Site(settings)
    caller = site.facility_client("SZ-A").acting()
    register(caller)
    exam = post_exam(caller)["id"]
    if not audited:
        object.__setattr__(site.application.house, "trail", NoTrail())
    side = Side(site, caller, exam)
    slices = (a_slice(1, each) for each in range(1, 6))
    side.send("POST", "/dicom-web/studies", **multipart(*slices))
    return side


def a_slice(study: int, number: int) -> bytes:
    """Return a slice of an ordinary size."""
    pixels = np.full((SIDE, SIDE), number, np.uint16).tobytes()
    own = {"StudyInstanceUID": f"2.999.9.{study}", "SeriesInstanceUID": f"2.999.9.{study}.1"}
    return a_ct(
        number,
        1,
        Rows=SIDE,
        Columns=SIDE,
        PixelData=pixels,
        **own,
        SOPInstanceUID=f"2.999.9.{study}.1.{number}",
    )


def _store(side: Side, number: int) -> None:
    files = (a_slice(1000 + number, each) for each in range(1, 11))
    side.send("POST", "/dicom-web/studies", **multipart(*files))


WRITES: Mapping[str, Send] = {
    "patient registered": lambda side, number: side.send(
        "POST",
        "/api/v1/patients",
        json=a_body("SZ-A", f"W{number}", birthDate="1970-01-01")
        | {"name": {"text": f"TEST W{number}"}},
    ),
    "exam registered": lambda side, number: side.send(
        "POST",
        "/api/v1/exams",
        json=an_exam(accessionNumber=f"W{number}", studyInstanceUids=[f"2.999.8.{number}"]),
    ),
    "STOW, 10 slices of 512 by 512": _store,
}
READS: Mapping[str, Send] = {
    "exam by id": lambda side, _: side.send("GET", f"/api/v1/exams/{side.exam}"),
    "patients searched (FHIR)": lambda side, _: side.send(
        "GET", "/fhir/Patient?identifier=urn:oid:2.999.1.1|MRN-1"
    ),
    "studies searched (QIDO)": lambda side, _: side.send("GET", "/dicom-web/studies?limit=10"),
    "metadata of a study (WADO)": lambda side, _: side.send(
        "GET", "/dicom-web/studies/2.999.9.1/metadata"
    ),
    "one instance (WADO)": lambda side, number: side.send(
        "GET",
        f"/dicom-web/studies/2.999.9.1/series/2.999.9.1.1/instances/2.999.9.1.1.{1 + number % 5}",
    ),
}


def measure(sides: Sequence[Side], rounds: int) -> None:
    """Let both sides do every operation, a block of requests each, in random order."""
    dice = random.Random(SEED)  # noqa: S311  # an order
    number = 0
    for each in range(rounds + WARMING):
        for name, send in (WRITES | READS).items():
            number += BLOCK
            for side in dice.sample(sides, 2):
                wall, cpu = time.perf_counter(), time.process_time()
                for request in range(BLOCK):
                    send(side, number + request)
                took = time.perf_counter() - wall, time.process_time() - cpu, side.seal()
                if each >= WARMING:
                    for kept, seconds in zip(
                        (side.wall_s, side.cpu_s, side.later_s), took, strict=True
                    ):
                        kept.setdefault(name, []).append(seconds / BLOCK)


def report(audited: Side, plain: Side) -> None:
    """Print the tables."""
    print("| change | audited, a second | without | rate | goal 0.90 | times the CPU |")
    print("| --- | ---: | ---: | ---: | --- | ---: |")
    for name in WRITES:
        with_, without = (statistics.median(each.wall_s[name]) for each in (audited, plain))
        met = "met" if without / with_ >= WRITES_GOAL else "**missed**"
        cpu = statistics.median(audited.cpu_s[name]) / statistics.median(plain.cpu_s[name])
        print(
            f"| {name} | {1 / with_:,.1f} | {1 / without:,.1f} | {without / with_:.2f} | {met} "
            f"| {cpu:.2f} |"
        )
    print("\n| read | audited, ms of CPU | without | times | goal 1.5 | with sealing and digest |")
    print("| --- | ---: | ---: | ---: | --- | ---: |")
    for name in READS:
        with_, without = (statistics.median(each.cpu_s[name]) for each in (audited, plain))
        later = statistics.median(audited.later_s[name]) - statistics.median(plain.later_s[name])
        met = "met" if with_ / without <= READS_GOAL else "**missed**"
        print(
            f"| {name} | {1000 * with_:.2f} | {1000 * without:.2f} | {with_ / without:.2f} | {met} "
            f"| {(with_ + later) / without:.2f} |"
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        for fact, value in facts(directory).items():
            print(f"- {fact}: {value}")
        print(f"- rounds: {options.rounds} of {BLOCK} requests each\n")
        audited = a_side(directory / "audited", audited=True)
        plain = a_side(directory / "plain", audited=False)
        measure((audited, plain), options.rounds)
        report(audited, plain)
        for side in (audited, plain):
            side.site.close()


if __name__ == "__main__":
    main()
