"""How long auditors wait for each answer at a million entries, against the goal of 300 ms (p95).

    python -m benchmarks.audit_questions [--entries N] [--rounds N] [--database URL]
                                         [--directory DIR]

Fills trail, tree, digest and anomalies by the code of the server (a year of 20 hospitals), then
asks every question by REST in process, in turns, each round about other people and days. Beside
the milliseconds that passed stand those of the processor, which other work changes little.
A directory is kept and, where it is full already, used again.
"""

import argparse
import logging
import random
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from urllib.parse import quote

import structlog

from benchmarks.dicomweb.machine import facts
from medshare.access.model import Role
from medshare.app import collect_garbage_less
from medshare.audit import store
from medshare.audit.anomalies.service import Detector, load_limits
from medshare.audit.digest.follower import Digest
from medshare.cli import prepare
from medshare.infra.db import Database
from medshare.kernel.audit import AuditAction, AuditEntry, AuditObject, AuditOutcome, Subject
from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId, new_key
from medshare.kernel.ports import RecordOwner
from medshare.kernel.principal import ActingUser, Principal, PrincipalKind, PurposeOfUse
from medshare.settings import Settings
from tests.site import NOW, Caller, Site

ENTRIES, ROUNDS, GOAL_MS = 1_000_000, 40, 300
FACILITIES, USERS, PATIENTS = 20, 2_000, 50_000
YEAR = timedelta(days=365)
CHUNK = 5_000
SEED = 20261126
WARMING = 3
CHANGES = frozenset({AuditAction.CREATE, AuditAction.UPDATE})


def patient(number: int) -> PatientId:
    """Return a patient's id."""
    return PatientId(f"019aa1f0-6c00-7000-a000-{number:012}")


def record(number: int, facility: int) -> RecordId:
    """Return the id of a patient's record at a facility, which can be read from it."""
    return RecordId(f"019aa1f0-6c00-7000-b{facility:03}-{number:012}")


def facility(number: int) -> FacilityCode:
    """Return a facility's code."""
    return FacilityCode(f"BENCH-{number:02}")


class Owners:
    """Tells whose a record is from its id, in place of the patient index."""

    def owners(self, record_ids: Collection[RecordId]) -> Mapping[RecordId, RecordOwner]:
        """Return the owner of each."""
        return {each: RecordOwner(facility(int(each[20:23])), "Bench") for each in record_ids}


KINDS = (
    # share, operation, action, outcome, what is touched
    (60, "dicomweb.retrieve-study", AuditAction.READ, AuditOutcome.SUCCESS, "study"),
    (14, "exams.search", AuditAction.SEARCH, AuditOutcome.SUCCESS, ""),
    (8, "exams.get", AuditAction.READ, AuditOutcome.SUCCESS, "exam"),
    (8, "exams.register", AuditAction.CREATE, AuditOutcome.SUCCESS, "exam"),
    (4, "exams.get", AuditAction.READ, AuditOutcome.DENIED, ""),
    (3, "exams.get", AuditAction.READ, AuditOutcome.MISSING, ""),
    (2, "access.login", AuditAction.LOGIN, AuditOutcome.SUCCESS, ""),
    (1, "break-glass.open", AuditAction.CREATE, AuditOutcome.SUCCESS, "break-glass"),
)


def entries(count: int) -> Iterator[AuditEntry]:
    """Yield a year of entries, oldest first; patient, user and facility 0 are asked for most."""
    dice = random.Random(SEED)  # noqa: S311  # a likeness
    shares = [each[0] for each in KINDS]
    for index in range(count):
        at = NOW - YEAR * (1 - index / count)
        _share, operation, action, outcome, kind = dice.choices(KINDS, shares)[0]
        number = 0 if dice.random() < 0.002 else dice.randrange(PATIENTS)
        user = int(dice.paretovariate(1.1)) % USERS
        home = user % FACILITIES
        named = action is not AuditAction.LOGIN and outcome is AuditOutcome.SUCCESS
        object_id = new_key(at, index.to_bytes(10, "big")) if kind else ""
        yield AuditEntry(
            id=new_key(at, index.to_bytes(10, "big")),
            recorded_at=at,
            operation=operation,
            action=action,
            outcome=outcome,
            principal=_principal(user, home, emergency=dice.random() < 0.005),
            request_id=f"019aa1f0-6c00-7000-9000-{index:012}",
            basis="care-relationship",
            source_address=f"192.0.{home}.{user % 250}",
            query=f"name=TEST{number}" if action is AuditAction.SEARCH else "",
            subjects=(Subject(patient(number), record(number, number % FACILITIES)),) * named,
            objects=(AuditObject(kind, object_id or f"2.999.9.{number}"),) if kind else (),
            counts={"instances": index % 37} if kind == "study" else {},
        )


def _principal(user: int, home: int, *, emergency: bool) -> Principal:
    return Principal(
        PrincipalKind.CLIENT,
        f"his-{home}",
        facility(home),
        acting_user=ActingUser(f"d-{user}", f"Dr Test {user}", "Radiology"),
        purpose=PurposeOfUse.BTG if emergency else PurposeOfUse.TREAT,
    )


def fill(site: Site, count: int) -> None:
    """Fill trail, tree, digest and anomalies."""
    application = site.application
    ledgers = application.trail.ledgers
    vault = application.trail.vault
    digest = Digest(ledgers, vault, Owners())
    detector = Detector(
        ledgers[0], ledgers[-1], site.clock, load_limits(None, site.settings.time_zone)
    )
    made = entries(count)
    began = time.perf_counter()
    for done in range(0, count, CHUNK):
        chunk = list(islice(made, CHUNK))
        for ledger in ledgers:
            mine = [each for each in chunk if _ledger_of(each, ledgers) is ledger]
            with ledger.append() as connection:
                store.append(connection, vault, mine)
        application.sequencer.seal_all()
        digest.catch_up()
        detector.catch_up()
        if done % (20 * CHUNK) == 0:
            rate = (done + CHUNK) / (time.perf_counter() - began)
            print(f"{done + CHUNK:,} entries, {rate:,.0f}/s", file=sys.stderr, flush=True)


def _ledger_of(entry: AuditEntry, ledgers: list[Database]) -> Database:
    return ledgers[0] if entry.action in CHANGES else ledgers[-1]


@dataclass(frozen=True)
class Dice:
    """What one round asks about."""

    patient: str
    user: str
    facility: str
    owner: str
    index: int
    entry: str
    since: datetime

    def period(self, days: int) -> str:
        """Return a period that begins with the round's day, as parameters of a question."""
        return f"since={_instant(self.since)}&until={_instant(self.since + timedelta(days=days))}"

    def dates(self, days: int) -> str:
        """Return the same as parameters of FHIR."""
        end = _instant(self.since + timedelta(days=days))
        return f"date=ge{_instant(self.since)}&date=lt{end}"


def _instant(at: datetime) -> str:
    return quote(at.isoformat(), safe="")


WHOLE = f"since={_instant(NOW - YEAR)}&until={_instant(NOW)}"
ASK = "/api/v1/audit"
FHIR = "/fhir/AuditEvent?"
QUESTIONS: dict[str, Callable[[Dice], str]] = {
    "who saw this patient, a year": lambda d: (
        f"{ASK}/questions/patient?{WHOLE}&patient={d.patient}"
    ),
    "the same, one whom very many saw": lambda _: (
        f"{ASK}/questions/patient?{WHOLE}&patient={patient(0)}"
    ),
    "what did this user see, a month": lambda d: (
        f"{ASK}/questions/user?{d.period(30)}&who={d.user}"
    ),
    "the same, the busiest, a year": lambda _: f"{ASK}/questions/user?{WHOLE}&who=d-1",
    "emergency accesses and reviews": lambda d: f"{ASK}/questions/break-glass?{d.period(30)}",
    "denied attempts, a year": lambda _: f"{ASK}/questions/denied?{WHOLE}",
    "denied attempts of a facility": lambda d: (
        f"{ASK}/questions/denied?{d.period(30)}&facility={d.facility}"
    ),
    "bulk access, a month": lambda d: f"{ASK}/questions/bulk?{d.period(30)}&patients=5",
    "bulk access, a year": lambda _: f"{ASK}/questions/bulk?{WHOLE}&patients=20",
    "accesses of A to B's data, a year": lambda d: (
        f"{ASK}/questions/across?{WHOLE}&facility={d.facility}&owner={d.owner}"
    ),
    "anomalies that wait": lambda _: f"{ASK}/anomalies",
    "anomalies of one rule": lambda _: f"{ASK}/anomalies?rule=out-of-hours",
    "was this entry altered": lambda d: f"{ASK}/events/{d.entry}/integrity",
    "its proof of inclusion": lambda d: f"{ASK}/events/{d.entry}/proof",
    "is anything missing, 5,000 leaves": lambda d: f"{ASK}/questions/missing?begin={d.index}",
    "figures by day, a month": lambda d: f"{ASK}/figures/days?{d.period(30)}",
    "figures by day, a year": lambda _: f"{ASK}/figures/days?{WHOLE}",
    "who read most, a month": lambda d: f"{ASK}/figures/readers?{d.period(30)}",
    "who read most, a year": lambda _: f"{ASK}/figures/readers?{WHOLE}",
    "events: newest": lambda _: f"{ASK}/events",
    "events: of a user": lambda d: f"{ASK}/events?who={d.user}",
    "events: of a system": lambda d: f"{ASK}/events?who=his-{int(d.facility[-2:])}",
    "events: of a patient": lambda d: f"{ASK}/events?patient={d.patient}",
    "events: of a facility, a day": lambda d: f"{ASK}/events?{d.period(1)}&facility={d.facility}",
    "events: a day in the middle": lambda d: f"{ASK}/events?{d.period(1)}",
    "events: failed ones, of which there are none": lambda _: f"{ASK}/events?outcome=failed",
    "ITI-81: a patient, a month": lambda d: f"{FHIR}{d.dates(30)}&patient={d.patient}",
    "ITI-81: a patient whom very many saw": lambda _: f"{FHIR}patient={patient(0)}",
    "ITI-81: an agent, a month": lambda d: f"{FHIR}{d.dates(30)}&agent.identifier={d.user}",
    "ITI-81: an agent": lambda d: (
        f"{FHIR}agent.identifier=urn:medshare:client|his-{int(d.facility[-2:])}"
    ),
    "ITI-81: a study": lambda d: f"{FHIR}entity.identifier=urn:medshare:study|{d.entry}",
    "ITI-81: a request": lambda d: (
        f"{FHIR}entity.identifier=urn:medshare:request|019aa1f0-6c00-7000-9000-{d.index:012}"
    ),
    "ITI-81: an action, a day": lambda d: f"{FHIR}{d.dates(1)}&action=C",
    "ITI-81: an operation, a month": lambda d: (
        f"{FHIR}{d.dates(30)}&subtype=urn:medshare:operation|access.login"
    ),
    "ITI-81: minor failures, a month": lambda d: f"{FHIR}{d.dates(30)}&outcome=4",
    "ITI-81: serious failures, none in a month": lambda d: f"{FHIR}{d.dates(30)}&outcome=8",
    "ITI-81: an address, a month": lambda d: f"{FHIR}{d.dates(30)}&address=192.0.1.1",
    "ITI-81: an address that called nobody": lambda _: f"{FHIR}address=203.0.113.9",
}


def ask(auditor: Caller, rounds: int, count: int) -> Iterator[tuple[str, list[float], list[float]]]:
    """Ask every question in turns; yield the milliseconds of each, and those of the processor."""
    dice = random.Random(SEED + 1)  # noqa: S311  # a likeness
    times: dict[str, list[float]] = {name: [] for name in QUESTIONS}
    work: dict[str, list[float]] = {name: [] for name in QUESTIONS}
    for each in range(rounds + WARMING):
        round_ = _round(dice, count)
        for name in dice.sample(list(QUESTIONS), len(QUESTIONS)):
            path = QUESTIONS[name](round_)
            began, worked = time.perf_counter(), time.process_time()
            answer = auditor.http.get(
                path, headers=auditor.headers, base_url="https://medshare.test"
            )
            took, worked = time.perf_counter() - began, time.process_time() - worked
            if answer.status_code != 200:  # what an answer is
                raise SystemExit(f"{name}: {answer.status_code} {answer.text}")
            if each >= WARMING:
                times[name].append(1000 * took)
                work[name].append(1000 * worked)
    yield from ((name, times[name], work[name]) for name in QUESTIONS)


def _round(dice: random.Random, count: int) -> Dice:
    index = dice.randrange(count)
    at = NOW - YEAR * (1 - index / count)
    return Dice(
        patient(dice.randrange(1, PATIENTS)),
        f"d-{int(dice.paretovariate(1.1)) % USERS}",
        facility(dice.randrange(FACILITIES)),
        facility(dice.randrange(FACILITIES)),
        min(index, count - 5_000) if count > 5_000 else 0,  # a whole check
        new_key(at, index.to_bytes(10, "big")),
        NOW - timedelta(days=dice.randrange(30, 364)),
    )


def main() -> None:
    """Fill, ask and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=ENTRIES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--database", default="", help="empty: SQLite in the directory")
    parser.add_argument("--directory", type=Path)
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with ExitStack() as stack:
        directory = options.directory
        if directory is None:
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        settings = Settings(
            data_dir=directory, low_water_bytes=0, requests_per_minute=0, look_ups_per_person=0
        )
        settings = replace(settings, database_url=options.database)
        full = (directory / "full").exists()
        prepare(settings)
        site = Site(settings, fresh=not full)
        site.clock.instant = NOW + timedelta(minutes=1)
        if not full:
            fill(site, options.entries)
            (directory / "full").touch()
        collect_garbage_less()
        report(site, options.rounds, options.entries)
        site.close()


def report(site: Site, rounds: int, count: int) -> None:
    """Ask and print the table."""
    for name, fact in facts(site.settings.data_dir).items():
        print(f"- {name}: {fact}")
    print(f"- store: {'SQLite' if site.application.house.database.is_sqlite else 'PostgreSQL'}")
    print(f"- entries: {count:,}; rounds: {rounds}\n")
    print("| question | p50, ms | p95, ms | | CPU p50 | CPU p95 |")
    print("| --- | ---: | ---: | --- | ---: | ---: |")
    for name, times, work in ask(_auditor(site), rounds, count):
        half, p95, cpu_half, cpu_p95 = (
            each for some in (times, work) for each in (statistics.median(some), _p95(some))
        )
        met = "" if p95 <= GOAL_MS else "**missed**"
        print(f"| {name} | {half:.1f} | {p95:.1f} | {met} | {cpu_half:.1f} | {cpu_p95:.1f} |")


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


def _auditor(site: Site) -> Caller:
    """Return somebody new, later than whoever asked in this directory before."""
    site.clock.advance(seconds=secrets.randbelow(86_400))
    return site.person(Role.AUDITOR, username=f"auditor-{secrets.token_hex(4)}")


if __name__ == "__main__":
    main()
