"""What people do, and what each role may use."""

from enum import StrEnum

from medshare.kernel.permission import Permission


class Role(StrEnum):
    """What a person does."""

    CLINICIAN = "clinician"
    REGISTRAR = "registrar"
    QUALITY_OFFICER = "quality-officer"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


RECOGNITION = frozenset(
    {
        Permission.EVALUATION_CREATE,
        Permission.EVALUATION_READ,
        Permission.DECISION_WRITE,
        Permission.DECISION_READ,
        Permission.DECISION_UNDO,
        Permission.ALERT_SEARCH,
        Permission.ALERT_ACKNOWLEDGE,
    }
)
REGISTERS = frozenset(
    {
        Permission.CATALOGUE_READ,
        Permission.CERTIFICATE_READ,
        Permission.POLICY_READ,
        Permission.SENSITIVITY_READ,
    }
)
CLINICAL = RECOGNITION | frozenset(
    {
        Permission.PATIENT_REGISTER,
        Permission.PATIENT_READ,
        Permission.PATIENT_SEARCH,
        Permission.ENCOUNTER_WRITE,
        Permission.ENCOUNTER_READ,
        Permission.CONSENT_WRITE,
        Permission.CONSENT_READ,
        Permission.GLASS_BREAK,
        Permission.EXAM_WRITE,
        Permission.EXAM_READ,
        Permission.EXAM_SEARCH,
        Permission.IMAGING_STORE,
        Permission.IMAGING_READ,
        Permission.IMAGING_SEARCH,
        Permission.CHANGE_READ,
        Permission.CHANGE_WRITE,
        Permission.IMAGING_RESOLVE,
        Permission.IMAGING_RETRACT,
        Permission.TICKET_CREATE,
    }
)
GRANTABLE = CLINICAL | REGISTERS | {Permission.FACILITY_READ, Permission.EVALUATION_REPLAY}
ROLE_PERMISSIONS = {
    Role.CLINICIAN: RECOGNITION
    | frozenset(
        {
            Permission.FACILITY_READ,
            Permission.PATIENT_READ,
            Permission.PATIENT_SEARCH,
            Permission.ENCOUNTER_WRITE,
            Permission.ENCOUNTER_READ,
            Permission.CONSENT_WRITE,
            Permission.CONSENT_READ,
            Permission.SENSITIVITY_READ,
            Permission.GLASS_BREAK,
            Permission.EXAM_READ,
            Permission.EXAM_SEARCH,
            Permission.IMAGING_READ,
            Permission.IMAGING_SEARCH,
        }
    ),
    Role.REGISTRAR: frozenset(
        {
            Permission.FACILITY_READ,
            Permission.PATIENT_READ,
            Permission.PATIENT_SEARCH,
            Permission.LINK_READ,
            Permission.LINK_WRITE,
            Permission.IMAGING_RESOLVE,
        }
    ),
    Role.QUALITY_OFFICER: REGISTERS
    | frozenset(
        {
            Permission.CATALOGUE_WRITE,
            Permission.CERTIFICATE_WRITE,
            Permission.POLICY_WRITE,
            Permission.DEFECT_SEARCH,
            Permission.DEFECT_WRITE,
            Permission.FACILITY_READ,
            Permission.IMAGING_RETRACT,
            Permission.EVALUATION_CREATE,
            Permission.EVALUATION_READ,
            Permission.EVALUATION_REPLAY,
            Permission.DECISION_READ,
            Permission.STATISTICS_READ,
            Permission.SIMULATION_CREATE,
            Permission.JOB_READ,
            Permission.JOB_CANCEL,
        }
    ),
    Role.AUDITOR: frozenset(
        {
            Permission.FACILITY_READ,
            Permission.AUDIT_READ,
            Permission.AUDIT_SEARCH,
            Permission.AUDIT_ACKNOWLEDGE,
            Permission.HOLD_READ,
            Permission.HOLD_WRITE,
            Permission.HOLD_LIFT,
            Permission.GLASS_REVIEW,
        }
    ),
    Role.ADMINISTRATOR: REGISTERS
    | frozenset(
        {
            Permission.FACILITY_READ,
            Permission.FACILITY_WRITE,
            Permission.CLIENT_READ,
            Permission.CLIENT_WRITE,
            Permission.USER_READ,
            Permission.USER_WRITE,
            Permission.SENSITIVITY_WRITE,
            Permission.AUDIT_ERASE,
            Permission.HOLD_READ,
        }
    ),
}
