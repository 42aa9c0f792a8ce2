"""Every table of the index, imported so that the metadata is whole."""

from medshare.access.store import clients, embedding, launches, people
from medshare.audit import store as audit
from medshare.audit.anomalies import store as anomalies
from medshare.audit.digest import store as audit_digest
from medshare.audit.holds import store as audit_holds
from medshare.audit.tree import store as audit_tree
from medshare.audit.vault import store as audit_vault
from medshare.care import store as care
from medshare.care.break_glass import store as break_glass
from medshare.care.consents import store as consents
from medshare.care.sensitivity import store as sensitivity
from medshare.changes import store as changes
from medshare.exams import store as exams
from medshare.facilities import store as facilities
from medshare.imaging import rows as imaging
from medshare.infra import idempotency, lease, outbox
from medshare.infra.db import Row
from medshare.jobs import store as jobs
from medshare.patients import store as patients
from medshare.patients.links import tables as patient_links
from medshare.patients.lookup import tables as patient_lookup
from medshare.patients.matching import tables as patient_matching
from medshare.recognition import revision as recognition_revision
from medshare.recognition.catalogue import store as recognition_catalogue
from medshare.recognition.certificates import store as recognition_certificates
from medshare.recognition.decisions import rows as decisions
from medshare.recognition.defects import store as recognition_defects
from medshare.recognition.evaluations import store as evaluations
from medshare.recognition.policies import store as recognition_policies
from medshare.recognition.reliance import store as reliance

STORES = (
    anomalies,
    audit,
    audit_digest,
    audit_holds,
    audit_tree,
    audit_vault,
    break_glass,
    care,
    changes,
    clients,
    consents,
    decisions,
    embedding,
    launches,
    evaluations,
    exams,
    facilities,
    idempotency,
    imaging,
    jobs,
    lease,
    outbox,
    patient_links,
    patient_lookup,
    patient_matching,
    patients,
    people,
    recognition_catalogue,
    recognition_certificates,
    recognition_defects,
    recognition_policies,
    recognition_revision,
    reliance,
    sensitivity,
)
metadata = Row.metadata
