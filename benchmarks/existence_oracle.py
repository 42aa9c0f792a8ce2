"""Whether the time of a refusal tells that something is there: what is not allowed, and nothing.

    python -m benchmarks.existence_oracle [ROUNDS]

Asks in turn for what exists and may not be seen and for what does not exist, in random order, as a
facility about a patient in its care who opted out, or whom it does not know. For each operation it
shows both medians and a bootstrap interval of their difference: an interval without zero is an
oracle whose size is the difference. The intervals hold together at 95 % (Bonferroni), so that one
in twenty runs, not one in twenty rows, accuses wrongly. Run it on a machine that does nothing else.
"""

import logging
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import structlog

from medshare.cli import prepare
from medshare.settings import Settings
from tests.access_matrix.world import Actor, Ask, World
from tests.site import Site

ROUNDS = 300
WARMING = 20
RESAMPLES = 5000
SURE = 0.95
SEED = 20261126
OTHER_STUDY = "2.999.9.99"
Maker = Callable[[str], Ask]

# Operation: which of the person's ids is asked for, and how.
BY_ID = {
    "exams.get": "exam_id",
    "exams.list-reports": "exam_id",
    "exams.change": "exam_id",
    "care.get": "encounter_id",
    "recognition.get-evaluation": "evaluation_id",
    "recognition.get-decision": "decision_id",
    "dicomweb.retrieve-study": "study",
    "dicomweb.retrieve-study-metadata": "study",
    "dicomweb.retrieve-instance": "study",
    "dicomweb.retrieve-frames": "study",
    "dicomweb.retrieve-study-rendered": "study",
    "dicomweb.search-study-series": "study",
    "dicomweb.retract-study": "study",
}
QUERIES: dict[str, Maker] = {
    "dicomweb.search-studies": lambda value: Ask(query=f"PatientID={value}"),
    "exams.search": lambda value: Ask(json={"accessionNumber": value}),
    "patients.search": lambda value: Ask(
        json={"identifier": {"system": "urn:oid:2.999.1.1", "value": value}}
    ),
    "fhir.search-patients": lambda value: Ask(query=f"identifier=urn:oid:2.999.1.1|{value}"),
    "fhir.pix": lambda value: Ask(query=f"sourceIdentifier=urn:oid:2.999.1.1|{value}"),
}
# M6 is a patient of SZ-A whom nobody else knows; the others are of the patient who opted out.
PRESENT = {
    "dicomweb.search-studies": "SZ-A-2",
    "exams.search": "ACC-2",
    "patients.search": "M6",
    "fhir.search-patients": "M6",
    "fhir.pix": "M6",
}


def pair_of(world: World, operation: str, actor: Actor) -> tuple[Ask, Ask]:
    """Return how to ask for what is there, and for what is not."""
    if operation in QUERIES:
        make, present = QUERIES[operation], PRESENT[operation]
        return make(present), make(present[:-1] + "9")
    name = BY_ID[operation]
    usual = {
        "exams.change": {"json": {"status": "completed"}, "headers": {"If-Match": '"1"'}},
        "dicomweb.retract-study": {"query": "reason=patient-safety"},
    }.get(operation, {})
    absent = OTHER_STUDY if name == "study" else world.site.clock.new_key()
    present = str(actor.about.ids[name])
    return Ask(ids={name: present}, **usual), Ask(ids={name: absent}, **usual)


def measured(world: World, operation: str, rounds: int, dice: random.Random) -> np.ndarray:
    """Return the milliseconds of each kind: a row of what is there, a row of what is not."""
    actor = world.actors["shut"]
    asks = pair_of(world, operation, actor)
    times: list[list[float]] = [[], []]
    answers = set()
    for each in range(rounds + WARMING):
        for kind in dice.sample((0, 1), 2):
            began = time.perf_counter()
            answer = world.asked(operation, actor, asks[kind])
            took = time.perf_counter() - began
            answers.add((answer.status_code, len(answer.get_data())))
            answer.close()
            if each >= WARMING:
                times[kind].append(took * 1000)
    if len(answers) != 1:
        raise SystemExit(f"{operation}: the answers differ, not only their time: {answers}")
    return np.array(times)


def interval(times: np.ndarray, dice: np.random.Generator) -> tuple[float, float]:
    """Return the bootstrap interval of the difference of medians, in milliseconds."""
    count = times.shape[1]
    picked = [row[dice.integers(0, count, (RESAMPLES, count))] for row in times]
    differences = np.median(picked[0], axis=1) - np.median(picked[1], axis=1)
    tail = (1 - SURE) / (len(BY_ID) + len(QUERIES)) / 2
    low, high = np.quantile(differences, [tail, 1 - tail])
    return float(low), float(high)


def main() -> None:
    """Measure and print the table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    dice, numbers = random.Random(SEED), np.random.default_rng(SEED)  # noqa: S311  # an order
    with tempfile.TemporaryDirectory() as directory:
        settings = Settings(
            data_dir=Path(directory),
            low_water_bytes=0,
            two_person_merge=True,
            requests_per_minute=0,
            look_ups_per_person=0,
            missed_look_ups_per_client=0,
        )
        prepare(settings)
        world = World(Site(settings))
        print("| operation | there, ms | not there, ms | difference, ms | interval | |")
        print("| --- | ---: | ---: | ---: | --- | --- |")
        for operation in (*BY_ID, *QUERIES):
            times = measured(world, operation, rounds, dice)
            low, high = interval(times, numbers)
            there, absent = (float(np.median(row)) for row in times)
            verdict = "alike" if low <= 0 <= high else "**tells**"
            print(
                f"| {operation} | {there:.2f} | {absent:.2f} | {there - absent:+.3f} "
                f"| {low:+.3f} to {high:+.3f} | {verdict} |"
            )
        world.close()


if __name__ == "__main__":
    main()
