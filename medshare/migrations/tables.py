"""Every table of the index, imported so that the metadata is whole."""

from medshare.access import store as access
from medshare.audit import store as audit
from medshare.care import store as care
from medshare.changes import store as changes
from medshare.exams import store as exams
from medshare.facilities import store as facilities
from medshare.imaging import rows as imaging
from medshare.infra import lease, outbox
from medshare.infra.db import Row
from medshare.patients import store as patients
from medshare.patients.links import tables as patient_links
from medshare.patients.matching import tables as patient_matching
from medshare.recognition.decisions import rows as decisions
from medshare.recognition.evaluations import store as evaluations
from medshare.recognition.programmes import store as programmes
from medshare.recognition.reliance import store as reliance

STORES = (
    access,
    audit,
    care,
    changes,
    decisions,
    evaluations,
    exams,
    facilities,
    imaging,
    lease,
    outbox,
    patient_links,
    patient_matching,
    patients,
    programmes,
    reliance,
)
metadata = Row.metadata
