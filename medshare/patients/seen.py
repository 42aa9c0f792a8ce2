"""What the trail is told of the patient records that leave or change."""

from collections.abc import Iterable

from medshare.access.model import Visibility, basis_of
from medshare.infra.perform import Context
from medshare.kernel.audit import Subject
from medshare.patients.model import FoundPatient, LinkedRecord


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
