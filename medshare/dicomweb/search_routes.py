"""QIDO-RS: searches at every level."""

from collections.abc import Sequence
from functools import partial
from http import HTTPStatus

from flask import Response, request

from medshare.access.model import clinical_visibility
from medshare.care.model import CareWindows
from medshare.dicomweb import described, qido
from medshare.dicomweb.media import DICOM_JSON, wants_xml
from medshare.dicomweb.resources import ROOT, SERIES, SERVICE, STUDY, UNRESOLVED, base_of
from medshare.imaging import service
from medshare.imaging.attributes import Level
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction
from medshare.kernel.identifiers import PatientId
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.web.answers import no_content
from medshare.web.conditions import content_tag, unless_held
from medshare.web.endpoint import Routes

SEARCHES = {
    "studies": (f"{ROOT}/studies", Level.STUDY),
    "series": (f"{ROOT}/series", Level.SERIES),
    "instances": (f"{ROOT}/instances", Level.INSTANCE),
    "patient-studies": (f"{ROOT}/patients/<patient>/studies", Level.STUDY),
    "study-series": (f"{STUDY}/series", Level.SERIES),
    "study-instances": (f"{STUDY}/instances", Level.INSTANCE),
    "series-instances": (f"{SERIES}/instances", Level.INSTANCE),
}
KEYWORDS = {
    "study": "StudyInstanceUID",
    "series": "SeriesInstanceUID",
    "instance": "SOPInstanceUID",
}


def add_search_routes(routes: Routes, windows: CareWindows) -> None:
    """Declare the searches."""
    for name, (rule, level) in SEARCHES.items():
        routes.endpoint(
            rule,
            name=f"dicomweb.search-{name}",
            access=Permission.IMAGING_SEARCH,
            audit=Recorded(AuditAction.SEARCH),
        )(partial(_search, level=level, windows=windows))


def _search(context: Context, *, level: Level, windows: CareWindows, **path: str) -> Response:
    """Search the index at one level."""
    as_xml = wants_xml()
    arguments = list(request.args.items(multi=True))
    patient = PatientId(path.pop("patient")) if "patient" in path else None
    named = {KEYWORDS[name]: uid for name, uid in path.items()}
    visibility = clinical_visibility(context.principal)
    query = qido.read_query(level, arguments, named, visibility, patient)
    with context.read() as uow:
        matches = service.find_matches(uow, query, windows)
    subjects = dict.fromkeys(each.subject for each in matches.page if each.subject is not None)
    if subjects:
        context.concerns(*subjects)
    else:
        context.concerns_nobody(UNRESOLVED if matches.page else "nothing was found")
    context.counted(matches=len(matches.page))
    base = base_of(context)
    answer = _answer([qido.show(each, base) for each in matches.page], as_xml=as_xml)
    if answer.status_code == HTTPStatus.NOT_MODIFIED:
        return answer
    for warning in qido.warnings_of(arguments, matches.remaining, SERVICE):
        answer.headers.add("Warning", warning)
    if matches.total is not None:
        answer.headers["X-Total-Count"] = str(matches.total)
    following = qido.next_page(base.removesuffix(ROOT) + request.path, arguments, matches)
    if following:
        answer.headers["Link"] = following
    return answer


def _answer(shown: Sequence[bytes], *, as_xml: bool) -> Response:
    """Answer matches under the tag of their content; 204 where no multipart body can be empty."""
    body = b"[" + b",".join(shown) + b"]"
    tag = content_tag(body)
    if not as_xml:
        return unless_held(tag, partial(Response, body, content_type=DICOM_JSON))
    if not shown:
        return no_content()
    return unless_held(tag, partial(described.parts_answer, shown), weak=True)
