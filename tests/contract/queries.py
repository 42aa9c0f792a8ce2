"""Which class or set of names stands behind the query parameters of openapi.yaml."""

from collections.abc import Collection

from marshmallow import Schema

from medshare.access import schemas as access
from medshare.audit import schemas as audit
from medshare.audit.anomalies import schemas as anomalies
from medshare.audit.questions import schemas as questioning
from medshare.care.break_glass import schemas as break_glass
from medshare.care.consents import schemas as consents
from medshare.changes import schemas as changes
from medshare.dicomweb import schemas as dicomweb
from medshare.dicomweb import uri
from medshare.dicomweb.keys import key_names
from medshare.exams.schemas import questions
from medshare.fhir import schemas as fhir
from medshare.fhir.audit_events import schemas as audit_events
from medshare.imaging import people
from medshare.imaging import schemas as imaging
from medshare.imaging.attributes import Level
from medshare.patients.links import schemas as links
from medshare.patients.reviews import schemas as reviews
from medshare.recognition.catalogue import schemas as catalogue
from medshare.recognition.claims import schemas as claims
from medshare.recognition.defects import schemas as defects
from medshare.recognition.policies import schemas as policies
from medshare.recognition.reliance import schemas as reliance
from medshare.recognition.statistics import schemas as statistics
from medshare.viewer import schemas as viewer
from medshare.viewer.consoles import schemas as consoles
from medshare.viewer.consoles.schemas import audit as audit_forms
from medshare.web import body

# The query parameters of operations, by operationId.
QUERIES: dict[str, type[Schema]] = {
    "access.begin-provider-login": access.ProviderLoginSchema,
    "access.end-provider-login": access.ProviderAnswerSchema,
    "access.list-accounts": body.PageSchema,
    "access.list-clients": body.PageSchema,
    "audit.ask-across": questioning.AcrossQuestionSchema,
    "audit.ask-break-glass": questioning.PagedSchema,
    "audit.ask-bulk": questioning.BulkQuestionSchema,
    "audit.ask-denied": questioning.DeniedQuestionSchema,
    "audit.ask-missing": questioning.CompletenessQuestionSchema,
    "audit.ask-patient": questioning.PatientQuestionSchema,
    "audit.ask-seal": questioning.CompletenessQuestionSchema,
    "audit.ask-user": questioning.ActorQuestionSchema,
    "audit.export": audit.ExportSchema,
    "audit.figures-days": questioning.DaysQuestionSchema,
    "audit.figures-readers": questioning.ReadersQuestionSchema,
    "audit.list-anomalies": anomalies.AnomalyQuerySchema,
    "audit.list-holds": body.PageSchema,
    "audit.prove-consistency": audit.ConsistencyQuerySchema,
    "audit.search": audit.EventQuerySchema,
    "break-glass.list": break_glass.GlassQuerySchema,
    "changes.list-deliveries": changes.DeliveryQuerySchema,
    "changes.read": changes.FeedQuerySchema,
    "audit.checkpoint": audit.CheckpointQuerySchema,
    "consents.list-opt-ins": consents.ConsentQuerySchema,
    "consents.list-opt-outs": consents.ConsentQuerySchema,
    "dicomweb.retract-instance": dicomweb.RetractionQuerySchema,
    "dicomweb.retract-series": dicomweb.RetractionQuerySchema,
    "dicomweb.retract-study": dicomweb.RetractionQuerySchema,
    "exams.list-reports": body.PageSchema,
    "exams.timeline": questions.TimelineSchema,
    "facilities.list": body.PageSchema,
    "fhir.feed-patient": fhir.FeedQuerySchema,
    "fhir.match": fhir.FormatSchema,
    "fhir.metadata": fhir.FormatSchema,
    "fhir.pix": fhir.PixQuerySchema,
    "fhir.pix-by-post": fhir.FormatSchema,
    "fhir.read-audit-event": fhir.FormatSchema,
    "fhir.read-patient": fhir.FormatSchema,
    "fhir.search-audit-events": audit_events.AuditEventQuerySchema,
    "fhir.search-audit-events-by-post": fhir.FormatSchema,
    "fhir.search-patients": fhir.PatientQuerySchema,
    "fhir.search-patients-by-post": fhir.FormatSchema,
    "imaging.list-quarantine": imaging.QuarantineListQuerySchema,
    "imaging.list-retractions": body.PageSchema,
    "imaging.list-unresolved": body.PageSchema,
    "jobs.list": body.PageSchema,
    "patients.list-proposals": links.ProposalQuerySchema,
    "patients.list-reviews": reviews.ReviewQuerySchema,
    "recognition.compare-policies": policies.DifferencesQuerySchema,
    "recognition.list-alerts": reliance.AlertQuerySchema,
    "recognition.list-certificates": body.PageSchema,
    "recognition.list-claimed-marks": claims.ClaimQuerySchema,
    "recognition.list-defects": defects.DefectQuerySchema,
    "recognition.list-policies": body.PageSchema,
    "recognition.statistics": statistics.BrokenDownSchema,
    "recognition.statistics-flags": statistics.QuestionSchema,
    "recognition.statistics-flow": statistics.QuestionSchema,
    "recognition.statistics-reasons": statistics.QuestionSchema,
    "recognition.statistics-savings": statistics.QuestionSchema,
    "recognition.unmap-code": catalogue.UnmapQuerySchema,
    "iid.invoke": viewer.ImageDisplaySchema,
    "viewer.audit-anomalies": audit_forms.AnomalyListForm,
    "viewer.audit-entries": audit_forms.EntryListForm,
    "viewer.audit-glass": audit_forms.GlassListForm,
    "viewer.audit-overview": audit_forms.OverviewForm,
    "viewer.audit-patient": audit_forms.WhoSawForm,
    "viewer.audit-questions": audit_forms.UserForm,
    "viewer.accounts": consoles.ListSchema,
    "viewer.certificates": consoles.ListSchema,
    "viewer.claims": consoles.ListSchema,
    "viewer.clients": consoles.ListSchema,
    "viewer.defects": consoles.DefectListSchema,
    "viewer.facilities": consoles.ListSchema,
    "viewer.images": viewer.ImagesViewSchema,
    "viewer.patient": viewer.PatientViewSchema,
    "viewer.proposals": consoles.ProposalListSchema,
    "viewer.quarantine": consoles.QuarantineViewSchema,
    "viewer.recognition-figures": consoles.PeriodSchema,
    "viewer.reviews": consoles.ReviewListSchema,
    "viewer.unresolved": consoles.ListSchema,
}

# Searches of DICOMweb, by operationId: their keys are the attributes of the index, each under its
# keyword or its tag, so that dicomweb.keys reads them and no class could list them.
DICOM_SEARCHES: dict[str, Collection[str]] = {
    "dicomweb.search-instances": key_names(Level.INSTANCE),
    "dicomweb.search-patient-studies": key_names(Level.STUDY),
    "dicomweb.search-patients": people.KEYWORDS,
    "dicomweb.search-series": key_names(Level.SERIES),
    "dicomweb.search-series-instances": key_names(Level.INSTANCE),
    "dicomweb.search-studies": key_names(Level.STUDY),
    "dicomweb.search-study-instances": key_names(Level.INSTANCE),
    "dicomweb.search-study-series": key_names(Level.SERIES),
}

# Retrievals of DICOMweb, which read ``accept`` alone (PS3.18 section 8.3.3.1).
DICOM_RETRIEVALS = {
    "dicomweb.retrieve-bulk-data",
    "dicomweb.retrieve-frames",
    "dicomweb.retrieve-instance",
    "dicomweb.retrieve-instance-bulk-data",
    "dicomweb.retrieve-instance-pixel-data",
    "dicomweb.retrieve-series",
    "dicomweb.retrieve-series-bulk-data",
    "dicomweb.retrieve-series-pixel-data",
    "dicomweb.retrieve-study",
    "dicomweb.retrieve-study-bulk-data",
    "dicomweb.retrieve-study-pixel-data",
}

# Metadata, which tell of the patient's numbers where they are asked to.
DICOM_METADATA = {
    f"dicomweb.retrieve-{what}-metadata": {"accept", "includefield"}
    for what in ("study", "series", "instance")
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

DICOM_PICTURES["dicomweb.retrieve-uri"] = set(uri.PARAMETERS)
