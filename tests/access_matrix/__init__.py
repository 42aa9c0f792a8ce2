"""Who gets what: one row an operation, one column an actor, one file a room.

Every operation of openapi.yaml has a row in the ``TABLE`` of its room. The columns:

=======  ========================================================================================
own      the system of SZ-A, whose patient, exams, images and decisions it is all about
care     the system of SZ-B, which has the patient in its care
other    the system of SZ-C, which has registered the patient and nothing more
shut     the system of SZ-B, about another patient in its care, who opted out
glass    the same in an emergency
doctor   a clinician of SZ-B who logged in, about the first patient
desk     a registrar of the patient index, like all that follow logged in and of no facility
quality  a quality-control officer
audit    an auditor
admin    an administrator
none     nobody: without credentials
=======  ========================================================================================

A cell is ``yes`` (2xx or a redirect, and what the row says that it shows is there), ``nil`` (2xx,
and nothing of it is there) or the status of the refusal. A row of the one word ``everybody`` is
``yes`` for all. What a request needs besides its method and its address, its ``Ask``, stands
below the table; identifiers in addresses are filled in from the world.
"""

from tests.access_matrix import (
    access,
    audit,
    care,
    cdshooks,
    changes,
    dicomweb,
    documentation,
    exams,
    facilities,
    fhir,
    imaging,
    jobs,
    patients,
    recognition,
    viewer,
)
from tests.access_matrix.world import AskMaker

ROOMS = (
    access,
    audit,
    care,
    cdshooks,
    changes,
    dicomweb,
    documentation,
    exams,
    facilities,
    fhir,
    imaging,
    jobs,
    patients,
    recognition,
    viewer,
)
COLUMNS = [
    "own",
    "care",
    "other",
    "shut",
    "glass",
    "doctor",
    "desk",
    "quality",
    "audit",
    "admin",
    "none",
]


def rows() -> dict[str, list[str]]:
    """Return the cells of every operation."""
    found: dict[str, list[str]] = {}
    for room in ROOMS:
        head, *lines = [line.split() for line in room.TABLE.strip().splitlines()]
        assert head == ["operation", *COLUMNS]
        for name, *cells in lines:
            assert name not in found, f"{name} has two rows"
            found[name] = ["yes"] * len(COLUMNS) if cells == ["everybody"] else cells
            assert len(found[name]) == len(COLUMNS), f"the row of {name} has a gap"
    return found


def asks() -> dict[str, AskMaker]:
    """Return what makes the request of an operation, where it needs more than its address."""
    return {name: make for room in ROOMS for name, make in room.ASKS.items()}
