"""Which facts there are, and who reacts to them."""

from collections.abc import Sequence

from medshare.care.break_glass.model import GlassBroken
from medshare.exams import service as exams
from medshare.exams.model import ExamRegistered, ReportAmended
from medshare.imaging import attachment
from medshare.imaging.facts import StudyChanged, StudyRestored, StudyRetracted, StudyStored
from medshare.imaging.model import StudyArrived
from medshare.infra.reactions import Reaction
from medshare.kernel.facts import Fact
from medshare.patients.links.model import (
    PatientsMerged,
    PatientsUnmerged,
    RecordLinked,
    RecordUnlinked,
)
from medshare.patients.model import RecordRegistered
from medshare.recognition.certificates.model import MarkWithdrawn
from medshare.recognition.reliance import reactions as reliance

# Every fact that is told: one to which nothing reacts is taken off the outbox all the same.
FACTS: Sequence[type[Fact]] = (
    GlassBroken,
    RecordRegistered,
    PatientsMerged,
    PatientsUnmerged,
    RecordLinked,
    RecordUnlinked,
    ExamRegistered,
    ReportAmended,
    StudyArrived,
    MarkWithdrawn,
    StudyStored,
    StudyChanged,
    StudyRetracted,
    StudyRestored,
)
REACTIONS: Sequence[Reaction] = (
    Reaction(RecordRegistered, exams.attach_to_record),
    Reaction(ExamRegistered, exams.attach_exam),
    Reaction(RecordRegistered, attachment.on_record),
    Reaction(ExamRegistered, attachment.on_exam),
    Reaction(StudyArrived, attachment.on_study),
    Reaction(ReportAmended, reliance.on_report),
    Reaction(ExamRegistered, reliance.on_exam),
    Reaction(PatientsUnmerged, reliance.on_unmerged),
    Reaction(RecordUnlinked, reliance.on_unlinked),
    Reaction(RecordLinked, reliance.on_linked),
    Reaction(StudyRetracted, reliance.on_retracted),
    Reaction(MarkWithdrawn, reliance.on_mark_withdrawn),
)
