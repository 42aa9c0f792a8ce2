"""Which marshmallow class stands behind which schema and which query of openapi.yaml."""

from marshmallow import Schema

from medshare.access import schemas as access
from medshare.audit import schemas as audit
from medshare.care import schemas as care
from medshare.changes import schemas as changes
from medshare.dicomweb import schemas as dicomweb
from medshare.exams.schemas import exams, questions, reports
from medshare.exams.schemas import fields as shared
from medshare.facilities import schemas as facilities
from medshare.imaging import schemas as imaging
from medshare.imaging.attributes import Level
from medshare.patients import schemas as patients
from medshare.patients.links import schemas as links
from medshare.patients.reviews import schemas as reviews
from medshare.web import body

# What a body may hold, field by field. A schema that is sent and shown stands here only.
INPUTS: dict[str, type[Schema]] = {
    "AssignedPatient": imaging.AssignedPatientSchema,
    "QuarantineDecision": imaging.QuarantineDecisionSchema,
    "StudyAssignmentRequest": imaging.AssignmentRequestSchema,
    "ActReason": links.ActReasonSchema,
    "ClientChange": access.ClientChangeSchema,
    "Coding": shared.CodingSchema,
    "EncounterEnd": care.EncounterEndSchema,
    "EncounterRequest": care.EncounterRequestSchema,
    "ExamChange": exams.ExamChangeSchema,
    "ExamOrder": exams.ExamOrderSchema,
    "ExamPatient": shared.IdentifierSchema,
    "ExamSearch": questions.ExamSearchSchema,
    "Facility": facilities.FacilitySchema,
    "FacilityName": facilities.FacilityNameSchema,
    "HandLink": links.HandSchema,
    "HumanName": patients.HumanNameSchema,
    "Login": access.LoginSchema,
    "Lift": reviews.LiftSchema,
    "Merge": links.MergeSchema,
    "NewAccount": access.AccountSchema,
    "NewClient": access.ClientSchema,
    "NewSeparation": reviews.NewSeparationSchema,
    "NewWebhook": changes.NewWebhookSchema,
    "Observation": reports.ObservationSchema,
    "PatientIdentifier": patients.PatientIdentifierSchema,
    "PatientReference": care.PatientReferenceSchema,
    "PatientSearch": patients.PatientSearchSchema,
    "PatientSearchIdentifier": patients.SearchIdentifierSchema,
    "ProposalDecision": links.ProposalDecisionSchema,
    "ReferenceRange": reports.ReferenceRangeSchema,
    "Registration": patients.RegistrationSchema,
    "Replay": changes.ReplaySchema,
    "ReportDocument": reports.PdfSchema,
    "ReportDraft": reports.ReportDraftSchema,
    "ReportText": reports.ReportTextSchema,
    "SecretRequest": access.SecretRequestSchema,
    "ReviewVerdict": reviews.ReviewVerdictSchema,
    "Signer": reports.SignerSchema,
}

# What an answer holds.
OUTPUTS: dict[str, type[Schema]] = {
    "InstanceWarning": imaging.InstanceWarningSchema,
    "InstanceWarningList": imaging.InstanceWarningListSchema,
    "QuarantineList": imaging.QuarantineListSchema,
    "QuarantinedInstance": imaging.QuarantinedInstanceSchema,
    "Retraction": imaging.RetractionSchema,
    "RetractionList": imaging.RetractionListSchema,
    "StudyAssignment": imaging.AssignmentSchema,
    "UnresolvedStudy": imaging.UnresolvedStudySchema,
    "UnresolvedStudyList": imaging.UnresolvedStudyListSchema,
    "Account": access.AccountSchema,
    "AuditEntry": audit.EventSchema,
    "AuditEntryList": audit.EventListSchema,
    "AuditObject": audit.ObjectSchema,
    "AuditSubject": audit.SubjectSchema,
    "AuditWho": audit.WhoSchema,
    "Change": changes.ChangeSchema,
    "ChangeFeed": changes.FeedSchema,
    "Client": access.ClientSchema,
    "ClientList": access.ClientListSchema,
    "CrossReference": links.CrossReferenceSchema,
    "CrossReferences": links.CrossReferencesSchema,
    "Delivery": changes.DeliverySchema,
    "DeliveryList": changes.DeliveryListSchema,
    "Encounter": care.EncounterSchema,
    "Exam": exams.ExamSchema,
    "ExamList": exams.ExamListSchema,
    "ExamSummary": exams.ExamSummarySchema,
    "FacilityList": facilities.FacilityListSchema,
    "GoldenAttribute": links.SurvivorSchema,
    "GoldenView": links.GoldenSchema,
    "Introspection": access.IntrospectionSchema,
    "LinkAct": links.ActSchema,
    "LinkHistory": links.LinkHistorySchema,
    "LinkReason": patients.ReasonSchema,
    "LinkStay": links.LinkEventSchema,
    "MergeProposal": links.ProposalSchema,
    "MergeProposalList": links.ProposalListSchema,
    "Patient": patients.PatientSchema,
    "PatientList": patients.PatientListSchema,
    "PatientRecord": patients.PatientRecordSchema,
    "Registered": patients.RegisteredSchema,
    "ReplacedPatient": patients.ReplacedSchema,
    "Replayed": changes.ReplayedSchema,
    "Report": reports.ReportSchema,
    "ReportDocumentLink": reports.PdfLinkSchema,
    "ReportList": reports.ReportListSchema,
    "ReportSummary": exams.ReportSummarySchema,
    "Review": reviews.ReviewSchema,
    "ReviewDetail": reviews.ReviewDetailSchema,
    "ReviewList": reviews.ReviewListSchema,
    "Separation": reviews.SeparationSchema,
    "SeparationList": reviews.SeparationListSchema,
    "Session": access.SessionSchema,
    "Token": access.TokenSchema,
    "Webhook": changes.WebhookSchema,
    "WebhookList": changes.WebhookListSchema,
}

# The query parameters of operations, by operationId.
QUERIES: dict[str, type[Schema]] = {
    "dicomweb.retract-instance": dicomweb.RetractionQuerySchema,
    "dicomweb.retract-series": dicomweb.RetractionQuerySchema,
    "dicomweb.retract-study": dicomweb.RetractionQuerySchema,
    "imaging.list-quarantine": imaging.QuarantineListQuerySchema,
    "imaging.list-retractions": body.PageSchema,
    "imaging.list-unresolved": body.PageSchema,
    "access.list-clients": body.PageSchema,
    "audit.export": audit.EventFilterSchema,
    "audit.search": audit.EventQuerySchema,
    "changes.list-deliveries": changes.DeliveryQuerySchema,
    "changes.read": changes.FeedQuerySchema,
    "exams.list-reports": body.PageSchema,
    "exams.timeline": questions.TimelineSchema,
    "facilities.list": body.PageSchema,
    "patients.list-reviews": reviews.ReviewQuerySchema,
    "patients.list-proposals": links.ProposalQuerySchema,
}

# Searches of DICOMweb, by operationId: their keys are the attributes of the index, each under its
# keyword or its tag, so that dicomweb.keys reads them and no class could list them.
DICOM_SEARCHES: dict[str, Level] = {
    "dicomweb.search-instances": Level.INSTANCE,
    "dicomweb.search-series": Level.SERIES,
    "dicomweb.search-series-instances": Level.INSTANCE,
    "dicomweb.search-studies": Level.STUDY,
    "dicomweb.search-study-instances": Level.INSTANCE,
    "dicomweb.search-study-series": Level.SERIES,
}

# Retrievals of DICOMweb, which read ``accept`` alone (PS3.18 section 8.3.3.1).
DICOM_RETRIEVALS = {
    "dicomweb.retrieve-bulk-data",
    "dicomweb.retrieve-frames",
    "dicomweb.retrieve-instance",
    "dicomweb.retrieve-instance-metadata",
    "dicomweb.retrieve-series",
    "dicomweb.retrieve-series-metadata",
    "dicomweb.retrieve-study",
    "dicomweb.retrieve-study-metadata",
}

# Schemas that no marshmallow class describes, each with what does.
OTHERS = {
    "ActKind": "patients.links.model.ActKind",
    "AuditAction": "kernel.audit.AuditAction",
    "AuditOutcome": "kernel.audit.AuditOutcome",
    "ChangeKind": "changes.model.ChangeKind",
    "Comparator": "exams.reports.Comparator",
    "DataSet": "imaging.scanner",
    "DataSets": "imaging.scanner",
    "DateMatch": "dicomweb.keys.READERS",
    "DeliveryState": "changes.model.DeliveryState",
    "Element": "imaging.scanner",
    "EncounterKind": "care.model.EncounterKind",
    "ExamKind": "exams.model.ExamKind",
    "ExamStatus": "exams.model.ExamStatus",
    "Flag": "exams.reports.Flag",
    "InstanceKeys": "imaging.attributes.ATTRIBUTES",
    "KeySet": "access.assertions.is_key_set",
    "Language": "exams.reports.Language",
    "Laterality": "exams.model.Laterality",
    "Liveness": "web.health",
    "Modality": "exams.items.MODALITIES",
    "ModalityMatch": "dicomweb.keys.READERS",
    "NameMatch": "dicomweb.keys.READERS",
    "NumberMatch": "dicomweb.keys.READERS",
    "Problem": "web.problems",
    "ProblemIssue": "web.problems",
    "ProposalState": "patients.links.model.ProposalState",
    "PurposeOfUse": "kernel.principal.PurposeOfUse",
    "Readiness": "web.health",
    "QuarantineReason": "imaging.model.Verdict",
    "QuarantineStatus": "imaging.cases.QuarantineStatus",
    "ReportStatus": "exams.reports.ReportStatus",
    "RetractionReason": "imaging.cases.RetractionReason",
    "ReviewDecision": "patients.reviews.model.ReviewDecision",
    "ReviewState": "patients.reviews.model.ReviewState",
    "Role": "access.model.Role",
    "SeriesKeys": "imaging.attributes.ATTRIBUTES",
    "Sex": "patients.model.Sex",
    "SmartConfiguration": "access.routes.oauth",
    "StudyKeys": "imaging.attributes.ATTRIBUTES",
    "TextMatch": "dicomweb.keys.READERS",
    "TimeMatch": "dicomweb.keys.READERS",
    "TokenError": "access.routes.oauth_error",
    "TokenQuestion": "access.schemas.load_token_question",
    "TokenRequest": "access.schemas.load_token_request",
    "Uid": "kernel.identifiers.is_uid",
    "UidMatch": "dicomweb.keys.READERS",
    "WhyUnresolved": "imaging.cases.WhyUnresolved",
}

# Everything that leaves no entry in the audit trail. A new line here is a decision.
UNRECORDED = {
    "access.smart-configuration",
    "access.smart-configuration-fhir",
    "documentation.json",
    "documentation.page",
    "documentation.style",
    "documentation.yaml",
    "health.live",
    "health.metrics",
    "health.ready",
}
