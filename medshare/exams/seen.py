"""What the trail is told of exams."""

from collections.abc import Sequence

from medshare.access.model import basis_of, clinical_visibility
from medshare.exams.model import Exam
from medshare.exams.service import subject_of
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditObject


def say_what(context: Context, exams: Sequence[Exam]) -> None:
    """Tell the trail which exams leave or change, whose they are, and on what basis."""
    visibility = clinical_visibility(context.principal)
    # Only care lets another facility's exam through the query.
    bases = {basis_of(visibility, each.facility) for each in exams}
    context.basis = ", ".join([context.basis, *sorted(str(each) for each in bases if each)])
    context.counted(exams=len(exams))
    context.touched(*(AuditObject("exam", each.id) for each in exams))
    subjects = [subject for each in exams if (subject := subject_of(each))]
    if subjects:
        context.concerns(*subjects)
    else:
        context.concerns_nobody("patient not registered yet" if exams else "nothing found")
