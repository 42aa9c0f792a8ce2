"""What an operation asks of its caller.

Permissions are ``Resource.interaction`` in the words of SMART App Launch 2 scopes
(c create, r read, u update, d delete, s search), so that a client's scope
``system/Patient.rs`` grants them by reading it.
"""

from dataclasses import dataclass
from enum import StrEnum


class Permission(StrEnum):
    """One right to use an operation; whose data it may meet is decided per object."""

    FACILITY_READ = "Organization.r"
    FACILITY_WRITE = "Organization.c"
    CLIENT_READ = "Client.r"
    CLIENT_WRITE = "Client.c"
    USER_READ = "User.r"
    USER_WRITE = "User.c"
    PATIENT_REGISTER = "Patient.c"
    PATIENT_READ = "Patient.r"
    PATIENT_SEARCH = "Patient.s"
    LINK_WRITE = "Linkage.c"
    LINK_READ = "Linkage.r"
    ENCOUNTER_WRITE = "Encounter.c"
    ENCOUNTER_READ = "Encounter.r"
    CONSENT_WRITE = "Consent.c"
    CONSENT_READ = "Consent.r"
    SENSITIVITY_READ = "SensitivityClass.r"
    SENSITIVITY_WRITE = "SensitivityClass.u"
    GLASS_BREAK = "BreakGlass.c"
    GLASS_REVIEW = "BreakGlass.u"
    EXAM_WRITE = "DiagnosticReport.c"
    EXAM_READ = "DiagnosticReport.r"
    EXAM_SEARCH = "DiagnosticReport.s"
    IMAGING_STORE = "ImagingStudy.c"
    IMAGING_READ = "ImagingStudy.r"
    IMAGING_SEARCH = "ImagingStudy.s"
    CHANGE_READ = "Subscription.r"
    CHANGE_WRITE = "Subscription.c"
    IMAGING_RESOLVE = "ImagingStudy.u"
    IMAGING_RETRACT = "ImagingStudy.d"
    EVALUATION_CREATE = "RecognitionEvaluation.c"
    EVALUATION_READ = "RecognitionEvaluation.r"
    EVALUATION_REPLAY = "RecognitionReplay.c"
    DECISION_WRITE = "RecognitionDecision.c"
    DECISION_READ = "RecognitionDecision.r"
    DECISION_UNDO = "RecognitionDecision.d"
    ALERT_SEARCH = "RecognitionAlert.s"
    ALERT_ACKNOWLEDGE = "RecognitionAlert.u"
    CATALOGUE_READ = "RecognitionCatalogue.r"
    CATALOGUE_WRITE = "RecognitionCatalogue.u"
    CERTIFICATE_READ = "RecognitionCertificate.r"
    CERTIFICATE_WRITE = "RecognitionCertificate.c"
    POLICY_READ = "RecognitionPolicy.r"
    POLICY_WRITE = "RecognitionPolicy.c"
    DEFECT_SEARCH = "RecognitionDefect.s"
    DEFECT_WRITE = "RecognitionDefect.u"
    STATISTICS_READ = "RecognitionStatistics.r"
    SIMULATION_CREATE = "RecognitionSimulation.c"
    JOB_READ = "Job.r"
    JOB_CANCEL = "Job.d"
    AUDIT_READ = "AuditEvent.r"
    AUDIT_SEARCH = "AuditEvent.s"
    AUDIT_ACKNOWLEDGE = "AuditEvent.u"
    AUDIT_ERASE = "AuditEvent.d"
    HOLD_READ = "LegalHold.r"
    HOLD_WRITE = "LegalHold.c"
    HOLD_LIFT = "LegalHold.d"
    SESSION = "Session.r"
    TICKET_CREATE = "RecognitionTicket.c"
    EMBEDDED = "Embedded.r"
    """What a page in another system's frame has, and nothing else."""


@dataclass(frozen=True, slots=True)
class Public:
    """An operation that anybody may use, with the reason why."""

    reason: str
