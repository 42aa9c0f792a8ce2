"""What the trail is told of the patient records that leave or change."""

from collections.abc import Iterable
from dataclasses import asdict

import orjson

from medshare.access.model import Visibility, basis_of
from medshare.infra.perform import Context
from medshare.kernel.audit import Subject
from medshare.patients.model import FoundPatient, LinkedRecord, Registration, SearchQuery


def say_who(context: Context, visibility: Visibility, patients: Iterable[FoundPatient]) -> None:
    """Tell the trail whose records leave, and on what basis."""
    shown = [record.linked for patient in patients for record in patient.records]
    context.counted(records=len(shown))
    if not shown:
        context.concerns_nobody("nothing found")
        return
    # Only care lets another facility's record through the query.
    bases = {basis_of(visibility, each.facility) for each in shown}
    context.basis = ", ".join([context.basis, *sorted(str(each) for each in bases if each)])
    context.concerns(*map(subject_of, shown))


def subject_of(record: LinkedRecord) -> Subject:
    """Return a record and the person that it belongs to now."""
    return Subject(record.patient_id, record.record_id)


def in_words(asked: SearchQuery | Registration) -> str:
    """Write down who was looked for, as the trail keeps it: what was stated, in JSON."""
    return orjson.dumps(_stated(asdict(asked))).decode("utf-8")


def _stated(value: object) -> object:
    """Leave out, at every depth, what is empty."""
    if isinstance(value, dict):
        return {name: _stated(each) for name, each in value.items() if each}
    if isinstance(value, (list, tuple)):
        return [_stated(each) for each in value]
    return value
