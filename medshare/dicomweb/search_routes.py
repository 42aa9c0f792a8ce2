"""QIDO-RS: searches at every level."""

from collections.abc import Callable, Sequence
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
from medshare.imaging.model import Match, Matches
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction
from medshare.kernel.identifiers import PatientId
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.web.answers import no_content
from medshare.web.conditions import content_tag, unless_held
from medshare.web.endpoint import Routes, View

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
Show = Callable[[Match, str], bytes]
"""Writes a match as DICOM JSON, given the address of the DICOMweb root."""


def add_search_routes(routes: Routes, windows: CareWindows) -> None:
    """Declare the searches."""

    def declare(name: str, rule: str, view: View) -> None:
        routes.endpoint(
            rule,
            name=f"dicomweb.search-{name}",
            access=Permission.IMAGING_SEARCH,
            audit=Recorded(AuditAction.SEARCH),
        )(view)

    for name, (rule, level) in SEARCHES.items():
        declare(name, rule, partial(_search, level=level, windows=windows))
    declare("patients", f"{ROOT}/patients", partial(_search_people, windows=windows))


def _search(context: Context, *, level: Level, windows: CareWindows, **path: str) -> Response:
    """Search the index at one level."""
    as_xml, arguments = wants_xml(), _arguments()
    patient = PatientId(path.pop("patient")) if "patient" in path else None
    named = {KEYWORDS[name]: uid for name, uid in path.items()}
    query = qido.read_query(level, arguments, named, _asker(context), patient)
    fields = qido.fields_of(arguments)
    with context.read() as uow:
        matches = service.find_matches(uow, query, windows)
        if paths := fields.beyond_the_index(level):
            service.add_fields(uow, matches, paths, base_of(context))
    answer = _released(context, matches, arguments, qido.show, as_xml=as_xml)
    return _warned(answer, fields.left_out(level), matches)


def _search_people(context: Context, *, windows: CareWindows) -> Response:
    """Search the persons of whom there are studies."""
    as_xml, arguments = wants_xml(), _arguments()
    query = qido.read_people_query(arguments, _asker(context))
    with context.read() as uow:
        matches = service.find_people(uow, query, windows)
    answer = _released(context, matches, arguments, qido.show_person, as_xml=as_xml)
    return _warned(answer, qido.fields_of(arguments).left_out(Level.STUDY), matches)


def _arguments() -> qido.Arguments:
    return list(request.args.items(multi=True))


def _asker(context: Context) -> qido.Asker:
    return qido.Asker(clinical_visibility(context.principal), context.principal.facility)


def _released(
    context: Context, matches: Matches, arguments: qido.Arguments, show: Show, *, as_xml: bool
) -> Response:
    """Tell the trail whom matches are about, and answer them with what goes beside them."""
    subjects = dict.fromkeys(each.subject for each in matches.page if each.subject is not None)
    if subjects:
        context.concerns(*subjects)
    else:
        context.concerns_nobody(UNRESOLVED if matches.page else "nothing was found")
    context.counted(matches=len(matches.page))
    base = base_of(context)
    answer = _answer([show(each, base) for each in matches.page], as_xml=as_xml)
    if answer.status_code == HTTPStatus.NOT_MODIFIED:
        return answer
    if matches.total is not None:
        answer.headers["X-Total-Count"] = str(matches.total)
    following = qido.next_page(base.removesuffix(ROOT) + request.path, arguments, matches)
    if following:
        answer.headers["Link"] = following
    return answer


def _warned(answer: Response, left_out: Sequence[str], matches: Matches) -> Response:
    """Say beside an answer what it leaves out."""
    if answer.status_code != HTTPStatus.NOT_MODIFIED:
        for warning in qido.warnings_of(left_out, matches.remaining, SERVICE):
            answer.headers.add("Warning", warning)
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
