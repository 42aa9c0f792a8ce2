"""Which marshmallow class stands behind which schema and which query of openapi.yaml."""

from marshmallow import Schema

from medshare.access import schemas as access
from medshare.audit import schemas as audit
from medshare.care import schemas as care
from medshare.facilities import schemas as facilities
from medshare.patients import schemas as patients
from medshare.web import body

# What a body may hold, field by field. A schema that is sent and shown stands here only.
INPUTS: dict[str, type[Schema]] = {
    "EncounterEnd": care.EncounterEndSchema,
    "EncounterRequest": care.EncounterRequestSchema,
    "Facility": facilities.FacilitySchema,
    "FacilityName": facilities.FacilityNameSchema,
    "HumanName": patients.HumanNameSchema,
    "Login": access.LoginSchema,
    "NewAccount": access.AccountSchema,
    "NewClient": access.ClientSchema,
    "PatientIdentifier": patients.PatientIdentifierSchema,
    "PatientReference": care.PatientReferenceSchema,
    "PatientSearch": patients.PatientSearchSchema,
    "PatientSearchIdentifier": patients.SearchIdentifierSchema,
    "Registration": patients.RegistrationSchema,
}

# What an answer holds.
OUTPUTS: dict[str, type[Schema]] = {
    "Account": access.AccountSchema,
    "AuditEntry": audit.EventSchema,
    "AuditEntryList": audit.EventListSchema,
    "AuditObject": audit.ObjectSchema,
    "AuditSubject": audit.SubjectSchema,
    "AuditWho": audit.WhoSchema,
    "Client": access.ClientSchema,
    "ClientList": access.ClientListSchema,
    "Encounter": care.EncounterSchema,
    "FacilityList": facilities.FacilityListSchema,
    "LinkReason": patients.ReasonSchema,
    "Patient": patients.PatientSchema,
    "PatientList": patients.PatientListSchema,
    "PatientRecord": patients.PatientRecordSchema,
    "Registered": patients.RegisteredSchema,
    "Session": access.SessionSchema,
    "Token": access.TokenSchema,
}

# The query parameters of operations, by operationId.
QUERIES: dict[str, type[Schema]] = {
    "access.list-clients": body.PageSchema,
    "audit.export": audit.EventFilterSchema,
    "audit.search": audit.EventQuerySchema,
    "facilities.list": body.PageSchema,
}

# Schemas that no marshmallow class describes, each with what does.
OTHERS = {
    "AuditAction": "kernel.audit.AuditAction",
    "AuditOutcome": "kernel.audit.AuditOutcome",
    "EncounterKind": "care.model.EncounterKind",
    "KeySet": "access.assertions.is_key_set",
    "Liveness": "web.health",
    "Problem": "web.problems",
    "ProblemIssue": "web.problems",
    "PurposeOfUse": "kernel.principal.PurposeOfUse",
    "Readiness": "web.health",
    "Role": "access.model.Role",
    "Sex": "patients.model.Sex",
    "TokenError": "access.routes.oauth_error",
    "TokenRequest": "access.schemas.load_token_request",
}

# Everything that leaves no entry in the audit trail. A new line here is a decision.
UNRECORDED = {
    "documentation.json",
    "documentation.page",
    "documentation.style",
    "documentation.yaml",
    "health.live",
    "health.metrics",
    "health.ready",
}
