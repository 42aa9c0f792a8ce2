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
from medshare.recognition.decisions import schemas as decisions
from medshare.recognition.evaluations import schemas as evaluations
from medshare.recognition.reliance import schemas as reliance
from medshare.web import body

# What a body may hold, field by field. A schema that is sent and shown stands here only.
INPUTS: dict[str, type[Schema]] = {
    "ActReason": links.ActReasonSchema,
    "AlertNote": reliance.AcknowledgeSchema,
    "AssignedPatient": imaging.AssignedPatientSchema,
    "ClientChange": access.ClientChangeSchema,
    "Coding": shared.CodingSchema,
    "DecisionBatch": decisions.DecisionBatchSchema,
    "DecisionDraft": decisions.DecisionDraftSchema,
    "EncounterEnd": care.EncounterEndSchema,
    "EncounterRequest": care.EncounterRequestSchema,
    "ExamChange": exams.ExamChangeSchema,
    "ExamOrder": exams.ExamOrderSchema,
    "ExamPatient": shared.IdentifierSchema,
    "ExamSearch": questions.ExamSearchSchema,
    "Explanation": decisions.ExplanationSchema,
    "Facility": facilities.FacilitySchema,
    "FacilityName": facilities.FacilityNameSchema,
    "HandLink": links.HandSchema,
    "HumanName": patients.HumanNameSchema,
    "Lift": reviews.LiftSchema,
    "Login": access.LoginSchema,
    "Merge": links.MergeSchema,
    "NewAccount": access.AccountSchema,
    "NewClient": access.ClientSchema,
    "NewSeparation": reviews.NewSeparationSchema,
    "NewWebhook": changes.NewWebhookSchema,
    "Observation": reports.ObservationSchema,
    "OrderBatch": evaluations.OrderBatchSchema,
    "OrderDraft": evaluations.OrderDraftSchema,
    "OrderedItem": evaluations.OrderedItemSchema,
    "OrderedPatient": evaluations.OrderedPatientSchema,
    "PatientIdentifier": patients.PatientIdentifierSchema,
    "PatientReference": care.PatientReferenceSchema,
    "PatientSearch": patients.PatientSearchSchema,
    "PatientSearchIdentifier": patients.SearchIdentifierSchema,
    "ProposalDecision": links.ProposalDecisionSchema,
    "QuarantineDecision": imaging.QuarantineDecisionSchema,
    "ReferenceRange": reports.ReferenceRangeSchema,
    "Registration": patients.RegistrationSchema,
    "Replay": changes.ReplaySchema,
    "ReportDocument": reports.PdfSchema,
    "ReportDraft": reports.ReportDraftSchema,
    "ReportText": reports.ReportTextSchema,
    "ResultView": decisions.ViewSchema,
    "ReviewVerdict": reviews.ReviewVerdictSchema,
    "SecretRequest": access.SecretRequestSchema,
    "Signer": reports.SignerSchema,
    "StudyAssignmentRequest": imaging.AssignmentRequestSchema,
    "Undo": decisions.UndoSchema,
    "WriteBack": decisions.WriteBackSchema,
}

# What an answer holds.
OUTPUTS: dict[str, type[Schema]] = {
    "Account": access.AccountSchema,
    "Acknowledgement": reliance.AcknowledgementSchema,
    "Alert": reliance.AlertSchema,
    "AlertList": reliance.AlertListSchema,
    "AuditEntry": audit.EventSchema,
    "AuditEntryList": audit.EventListSchema,
    "AuditObject": audit.ObjectSchema,
    "AuditSubject": audit.SubjectSchema,
    "AuditWho": audit.WhoSchema,
    "Change": changes.ChangeSchema,
    "ChangeFeed": changes.FeedSchema,
    "Client": access.ClientSchema,
    "ClientList": access.ClientListSchema,
    "CoveredComponent": evaluations.CoveredSchema,
    "CrossReference": links.CrossReferenceSchema,
    "CrossReferences": links.CrossReferencesSchema,
    "Decision": decisions.DecisionSchema,
    "DecisionList": decisions.DecisionListSchema,
    "DeclineReason": decisions.DeclineReasonSchema,
    "Delivery": changes.DeliverySchema,
    "DeliveryList": changes.DeliveryListSchema,
    "Encounter": care.EncounterSchema,
    "Evaluation": evaluations.EvaluationSchema,
    "EvaluationList": evaluations.EvaluationListSchema,
    "EvaluationReplay": evaluations.ReplaySchema,
    "Exam": exams.ExamSchema,
    "ExamList": exams.ExamListSchema,
    "ExamSummary": exams.ExamSummarySchema,
    "FacilityList": facilities.FacilityListSchema,
    "GoldenAttribute": links.SurvivorSchema,
    "GoldenView": links.GoldenSchema,
    "InstanceWarning": imaging.InstanceWarningSchema,
    "InstanceWarningList": imaging.InstanceWarningListSchema,
    "Introspection": access.IntrospectionSchema,
    "LinkAct": links.ActSchema,
    "LinkHistory": links.LinkHistorySchema,
    "LinkReason": patients.ReasonSchema,
    "LinkStay": links.LinkEventSchema,
    "MergeProposal": links.ProposalSchema,
    "MergeProposalList": links.ProposalListSchema,
    "PanelCoverage": evaluations.PanelSchema,
    "Patient": patients.PatientSchema,
    "PatientList": patients.PatientListSchema,
    "PatientNotice": decisions.WordsSchema,
    "PatientRecord": patients.PatientRecordSchema,
    "PolicyReference": evaluations.PolicyRefSchema,
    "QuarantineList": imaging.QuarantineListSchema,
    "QuarantinedInstance": imaging.QuarantinedInstanceSchema,
    "ReasonSet": decisions.ReasonSetSchema,
    "Registered": patients.RegisteredSchema,
    "Remedy": evaluations.RemedySchema,
    "ReplacedPatient": patients.ReplacedSchema,
    "Replayed": changes.ReplayedSchema,
    "Report": reports.ReportSchema,
    "ReportDocumentLink": reports.PdfLinkSchema,
    "ReportList": reports.ReportListSchema,
    "ReportSummary": exams.ReportSummarySchema,
    "ResultSource": evaluations.ResultSourceSchema,
    "Retraction": imaging.RetractionSchema,
    "RetractionList": imaging.RetractionListSchema,
    "Review": reviews.ReviewSchema,
    "ReviewDetail": reviews.ReviewDetailSchema,
    "ReviewList": reviews.ReviewListSchema,
    "Revocation": decisions.RevocationSchema,
    "Separation": reviews.SeparationSchema,
    "SeparationList": reviews.SeparationListSchema,
    "Session": access.SessionSchema,
    "StudyAssignment": imaging.AssignmentSchema,
    "Token": access.TokenSchema,
    "UnresolvedStudy": imaging.UnresolvedStudySchema,
    "UnresolvedStudyList": imaging.UnresolvedStudyListSchema,
    "Verdict": evaluations.VerdictSchema,
    "VerdictReason": evaluations.VerdictReasonSchema,
    "Webhook": changes.WebhookSchema,
    "WebhookList": changes.WebhookListSchema,
    "WrittenBack": decisions.WrittenSchema,
}

# The query parameters of operations, by operationId.
QUERIES: dict[str, type[Schema]] = {
    "access.list-clients": body.PageSchema,
    "audit.export": audit.EventFilterSchema,
    "audit.search": audit.EventQuerySchema,
    "changes.list-deliveries": changes.DeliveryQuerySchema,
    "changes.read": changes.FeedQuerySchema,
    "dicomweb.retract-instance": dicomweb.RetractionQuerySchema,
    "dicomweb.retract-series": dicomweb.RetractionQuerySchema,
    "dicomweb.retract-study": dicomweb.RetractionQuerySchema,
    "exams.list-reports": body.PageSchema,
    "exams.timeline": questions.TimelineSchema,
    "facilities.list": body.PageSchema,
    "imaging.list-quarantine": imaging.QuarantineListQuerySchema,
    "imaging.list-retractions": body.PageSchema,
    "imaging.list-unresolved": body.PageSchema,
    "patients.list-proposals": links.ProposalQuerySchema,
    "patients.list-reviews": reviews.ReviewQuerySchema,
    "recognition.list-alerts": reliance.AlertQuerySchema,
}

# Searches of DICOMweb, by operationId: their keys are the attributes of the index, each under its
# keyword or its tag, so that dicomweb.keys reads them and no class could list them.
DICOM_SEARCHES: dict[str, Level] = {
    "dicomweb.search-instances": Level.INSTANCE,
    "dicomweb.search-patient-studies": Level.STUDY,
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

# Pictures, which read the parameters of PS3.18 section 8.3.5.
THUMBNAIL_PARAMETERS = {"accept", "viewport"}
RENDERED_PARAMETERS = THUMBNAIL_PARAMETERS | {"annotation", "iccprofile", "quality", "window"}
DICOM_PICTURES = {
    f"dicomweb.retrieve-{what}-{kind}": parameters
    for what in ("study", "series", "instance", "frames")
    for kind, parameters in {
        "rendered": RENDERED_PARAMETERS,
        "thumbnail": THUMBNAIL_PARAMETERS,
    }.items()
}

# Schemas that no marshmallow class describes, each with what does.
OTHERS = {
    "ActKind": "patients.links.model.ActKind",
    "AlertState": "recognition.reliance.model.AlertState",
    "AuditAction": "kernel.audit.AuditAction",
    "AuditOutcome": "kernel.audit.AuditOutcome",
    "CareContext": "recognition.model.CareContext",
    "Cause": "recognition.reliance.model.Cause",
    "CdsCall": "cdshooks",
    "CdsCards": "cdshooks",
    "CdsDone": "cdshooks",
    "CdsFeedback": "cdshooks",
    "CdsServices": "cdshooks",
    "ChangeKind": "changes.model.ChangeKind",
    "Channel": "recognition.evaluations.model.Channel",
    "Comparator": "exams.reports.Comparator",
    "DataSet": "imaging.scanner",
    "DataSets": "imaging.scanner",
    "DateMatch": "dicomweb.keys.READERS",
    "DeliveryState": "changes.model.DeliveryState",
    "Element": "imaging.scanner",
    "EncounterKind": "care.model.EncounterKind",
    "ExamKind": "exams.model.ExamKind",
    "ExamStatus": "exams.model.ExamStatus",
    "ExplanationMethod": "recognition.decisions.model.ExplanationMethod",
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
    "Outcome": "recognition.model.Outcome",
    "Problem": "web.problems",
    "ProblemIssue": "web.problems",
    "ProposalState": "patients.links.model.ProposalState",
    "PurposeOfUse": "kernel.principal.PurposeOfUse",
    "QuarantineReason": "imaging.model.Verdict",
    "QuarantineStatus": "imaging.cases.QuarantineStatus",
    "Readiness": "web.health",
    "ReportStatus": "exams.reports.ReportStatus",
    "RetractionReason": "imaging.cases.RetractionReason",
    "ReviewDecision": "patients.reviews.model.ReviewDecision",
    "ReviewState": "patients.reviews.model.ReviewState",
    "Role": "access.model.Role",
    "Rung": "recognition.reliance.model.Rung",
    "SeriesKeys": "imaging.attributes.ATTRIBUTES",
    "Severity": "recognition.alerts.Severity",
    "Sex": "patients.model.Sex",
    "SmartConfiguration": "access.routes.oauth",
    "StudyKeys": "imaging.attributes.ATTRIBUTES",
    "TextMatch": "dicomweb.keys.READERS",
    "Tier": "recognition.model.Tier",
    "TimeMatch": "dicomweb.keys.READERS",
    "TokenError": "access.routes.oauth_error",
    "TokenQuestion": "access.schemas.load_token_question",
    "TokenRequest": "access.schemas.load_token_request",
    "Uid": "kernel.identifiers.is_uid",
    "UidMatch": "dicomweb.keys.READERS",
    "VerdictReasonCode": "recognition.reasons.Code",
    "ViewKind": "recognition.decisions.model.ViewKind",
    "Weight": "recognition.reasons.Weight",
    "WhyUnresolved": "imaging.cases.WhyUnresolved",
    "WriteBackState": "recognition.decisions.model.WriteBackState",
    "WriteBackStep": "recognition.decisions.model.WriteBackStep",
}

# Everything that leaves no entry in the audit trail. A new line here is a decision.
UNRECORDED = {
    "access.smart-configuration",
    "access.smart-configuration-fhir",
    "cdshooks.discover",
    "documentation.json",
    "documentation.page",
    "documentation.style",
    "documentation.yaml",
    "health.live",
    "health.metrics",
    "health.ready",
}
