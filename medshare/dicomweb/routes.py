"""``/dicom-web``: thin views over the services of imaging."""

from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial

import orjson
from flask import Response, request

from medshare.access.model import basis_of, clinical_visibility, own_facility
from medshare.care.model import CareWindows
from medshare.dicomweb import described, qido, stow, wado
from medshare.dicomweb.media import DICOM_JSON, require_json
from medshare.dicomweb.picture_routes import add_picture_routes
from medshare.dicomweb.schemas import load_retraction_reason
from medshare.facilities import service as facilities
from medshare.imaging import ingest, metadata, retraction, service
from medshare.imaging.attributes import Level
from medshare.imaging.ingest import Kept, Outcome
from medshare.imaging.model import Selection, StudyNotFoundError
from medshare.imaging.pictures import Pictures, Source
from medshare.imaging.retrieval import Found
from medshare.infra.perform import Context
from medshare.infra.spool import Spool
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import AuditAction, AuditObject, AuditOutcome, Subject
from medshare.kernel.errors import TooLargeError
from medshare.kernel.identifiers import FacilityCode, PatientId
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.web.answers import no_content
from medshare.web.conditions import content_tag, content_tagged, is_unchanged, not_modified
from medshare.web.endpoint import Routes

ROOT = "/dicom-web"
SERVICE = "medshare"
UNRESOLVED = "the study's patient is not registered yet"
UNCLAIMED = "stored under no registered patient of the sender"
STUDY = f"{ROOT}/studies/<study>"
SERIES = f"{STUDY}/series/<series>"
INSTANCE = f"{SERIES}/instances/<instance>"
SEARCHES = {
    "studies": (f"{ROOT}/studies", Level.STUDY),
    "series": (f"{ROOT}/series", Level.SERIES),
    "instances": (f"{ROOT}/instances", Level.INSTANCE),
    "patient-studies": (f"{ROOT}/patients/<patient>/studies", Level.STUDY),
    "study-series": (f"{STUDY}/series", Level.SERIES),
    "study-instances": (f"{STUDY}/instances", Level.INSTANCE),
    "series-instances": (f"{SERIES}/instances", Level.INSTANCE),
}
RETRIEVALS = {"study": STUDY, "series": SERIES, "instance": INSTANCE}
KEYWORDS = {
    "study": "StudyInstanceUID",
    "series": "SeriesInstanceUID",
    "instance": "SOPInstanceUID",
}
READ = Recorded(AuditAction.READ)


def dicomweb_routes(spool: Spool, windows: CareWindows, pictures: Pictures) -> Routes:
    """Return every resource of the DICOMweb service."""
    routes = Routes()
    _add_store(routes, spool)
    for name, (rule, level) in SEARCHES.items():
        routes.endpoint(
            rule,
            name=f"dicomweb.search-{name}",
            access=Permission.IMAGING_SEARCH,
            audit=Recorded(AuditAction.SEARCH),
        )(partial(_search, level=level, windows=windows))
    for name, rule in RETRIEVALS.items():
        _add_retrievals(routes, name, rule, windows)
        _add_retraction(routes, name, rule)
    routes.endpoint(
        f"{INSTANCE}/frames/<frames>",
        name="dicomweb.retrieve-frames",
        access=Permission.IMAGING_READ,
        audit=READ,
    )(partial(_frames, windows=windows, pictures=pictures))
    routes.endpoint(
        f"{INSTANCE}/bulkdata/<path:path>",
        name="dicomweb.retrieve-bulk-data",
        access=Permission.IMAGING_READ,
        audit=READ,
    )(partial(_bulk, windows=windows))
    add_picture_routes(routes, pictures, partial(_found, windows=windows))
    return routes


def _add_store(routes: Routes, spool: Spool) -> None:
    for name, rule in {"store": f"{ROOT}/studies", "store-in-study": STUDY}.items():
        routes.endpoint(
            rule,
            method="POST",
            name=f"dicomweb.{name}",
            access=Permission.IMAGING_STORE,
            audit=Recorded(AuditAction.CREATE),
        )(partial(_store, spool=spool))


def _add_retrievals(routes: Routes, name: str, rule: str, windows: CareWindows) -> None:
    routes.endpoint(
        rule,
        name=f"dicomweb.retrieve-{name}",
        access=Permission.IMAGING_READ,
        audit=READ,
    )(partial(_retrieve, windows=windows))
    routes.endpoint(
        f"{rule}/metadata",
        name=f"dicomweb.retrieve-{name}-metadata",
        access=Permission.IMAGING_READ,
        audit=READ,
    )(partial(_metadata, windows=windows))


def _add_retraction(routes: Routes, name: str, rule: str) -> None:
    routes.endpoint(
        rule,
        method="DELETE",
        name=f"dicomweb.retract-{name}",
        access=Permission.IMAGING_RETRACT,
        audit=Recorded(AuditAction.DELETE),
    )(_retract)


def base_of(context: Context) -> str:
    """Return the address of the DICOMweb root as callers see it."""
    own = context.house.settings.base_url.rstrip("/")
    return (own or f"{request.scheme}://{request.host}") + ROOT


def _store(context: Context, *, spool: Spool, study: str | None = None) -> Response:
    """Take instances in: spool, scan, make durable, then one short transaction."""
    house, sender = context.house, own_facility(context.principal)
    limit = house.settings.upload_limit_bytes
    if (request.content_length or 0) > limit:
        raise TooLargeError(params={"limit_bytes": limit})
    with context.read() as uow:
        taken_from = facilities.get_sender(uow, sender)
    with ExitStack() as stack:
        reception = stow.Reception(spool, stack, limit, taken_from.charset_policy)
        received = reception.take(request.stream, request.headers.get("Content-Type", ""))
        if request.mimetype == "application/dicom":
            stow.require_whole(received, request.content_length)
        received = stow.hold_to_study(received, study)
        ingest.make_durable(house.blobs, received)
        with context.write() as uow:
            outcomes = ingest.index(uow, taken_from, received, base_of(context))
            _account_for(context, outcomes)
    return Response(
        orjson.dumps(stow.store_response(outcomes, base_of(context))),
        status=stow.status_of(outcomes),
        content_type=DICOM_JSON,
    )


def _account_for(context: Context, outcomes: list[Outcome]) -> None:
    """Tell the trail what was stored and whose it is."""
    kept = [each for each in outcomes if isinstance(each, Kept)]
    subjects = [each.subject for each in kept if each.subject is not None]
    studies = dict.fromkeys(each.scanned.uids.study_instance_uid for each in kept)
    context.touched(*(AuditObject("study", uid) for uid in studies))
    context.counted(instances=len(kept), refused=len(outcomes) - len(kept))
    if len(kept) < len(outcomes):
        context.outcome = AuditOutcome.PARTIAL if kept else AuditOutcome.REFUSED
    if subjects:
        context.concerns(*subjects)
    else:
        context.concerns_nobody(UNCLAIMED if kept else "nothing was stored")


def _retract(context: Context, **path: str) -> Response:
    """Retract a study, a series or an instance of the caller's facility."""
    facility, reason = own_facility(context.principal), load_retraction_reason()
    selection = Selection(path["study"], path.get("series"), path.get("instance"))
    with context.write() as uow:
        retracted = retraction.retract(uow, facility, selection, reason, context.principal.id)
        context.touched(AuditObject("study", retracted.study_instance_uid))
        context.counted(instances=retracted.instances)
        if retracted.subject is not None:
            context.concerns(retracted.subject)
        else:
            context.concerns_nobody(UNRESOLVED)
    response = no_content()
    response.headers["Location"] = f"/api/v1/imaging/retractions/{retracted.id}"
    return response


def _search(context: Context, *, level: Level, windows: CareWindows, **path: str) -> Response:
    """Search the index at one level."""
    require_json()
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
    body = b"[" + b",".join([qido.show(each, base) for each in matches.page]) + b"]"
    tag = content_tag(body)
    if is_unchanged(tag):
        return not_modified(tag)
    response = content_tagged(Response(body, content_type=DICOM_JSON), tag)
    for warning in qido.warnings_of(arguments, matches.remaining, SERVICE):
        response.headers.add("Warning", warning)
    if matches.total is not None:
        response.headers["X-Total-Count"] = str(matches.total)
    following = qido.next_page(base.removesuffix(ROOT) + request.path, arguments, matches)
    if following:
        response.headers["Link"] = following
    return response


def _found(context: Context, path: Mapping[str, str], windows: CareWindows) -> Found:
    """Find what an address names, and tell the trail whose it is and on what basis it leaves."""
    with context.read() as uow:
        return _found_in(uow, context, windows, path)


def _found_in(
    uow: UnitOfWork, context: Context, windows: CareWindows, path: Mapping[str, str]
) -> Found:
    selection, visibility = _selection(path), clinical_visibility(context.principal)
    found = service.find_instances(uow, selection, visibility, windows)
    _account_for_read(context, selection, found.facility, found.subject)
    return found


def _selection(path: Mapping[str, str]) -> Selection:
    return Selection(path["study"], path.get("series"), path.get("instance"))


def _account_for_read(
    context: Context, selection: Selection, facility: FacilityCode, subject: Subject | None
) -> None:
    """Tell the trail whose study it is and on what basis it leaves."""
    basis = basis_of(clinical_visibility(context.principal), facility, in_care=True)
    context.basis = str(basis or "")
    context.touched(AuditObject("study", selection.study_instance_uid))
    if subject is not None:
        context.concerns(subject)
    else:
        context.concerns_nobody(UNRESOLVED)
    context.reads_study()


def _retrieve(context: Context, *, windows: CareWindows, **path: str) -> Response:
    """Retrieve a study, a series or an instance as DICOM files."""
    found = _found(context, path, windows)
    with context.house.gate.laid_aside():
        response = wado.instances_answer(context.house.blobs, found.instances)
    context.counted(instances=len(found.instances))
    return response


def _metadata(context: Context, *, windows: CareWindows, **path: str) -> Response:
    """Retrieve the metadata of a study, a series or an instance as DICOM JSON."""
    require_json()
    selection, base, gzipped = _selection(path), base_of(context), described.takes_gzip()
    with context.read() as uow:
        if selection.sop_instance_uid is not None:
            return _datasets(uow, context, windows, path)
        visibility = clinical_visibility(context.principal)
        seen = service.see_study(uow, selection, visibility, windows)
        marks = service.read_marks(uow, selection)
        if not metadata.are_complete(marks, base, seen.instance_count):
            return _datasets(uow, context, windows, path)
        _account_for_read(context, selection, seen.facility, seen.subject)
        context.counted(metadata=seen.instance_count)
        tag = described.tag_of_pieces(marks, gzipped=gzipped)
        if is_unchanged(tag):
            return not_modified(tag)
        pieces = service.read_pieces(uow, selection)
    return content_tagged(described.pieces_answer(pieces, gzipped=gzipped), tag)


def _datasets(
    uow: UnitOfWork, context: Context, windows: CareWindows, path: Mapping[str, str]
) -> Response:
    """Put metadata together of those of each instance."""
    gzipped, found = described.takes_gzip(), _found_in(uow, context, windows, path)
    context.counted(metadata=len(found.instances))
    text = b"[" + b",".join(service.read_datasets(uow, found, base_of(context))) + b"]"
    tag = described.tag_of_text(text, gzipped=gzipped)
    if is_unchanged(tag):
        return not_modified(tag)
    return content_tagged(described.text_answer(text, gzipped=gzipped), tag)


def _frames(
    context: Context, *, windows: CareWindows, pictures: Pictures, frames: str, **path: str
) -> Response:
    """Retrieve frames of an instance."""
    numbers = wado.read_frame_list(frames)
    with context.read() as uow:
        instance = _found_in(uow, context, windows, path).instances[0]
        layout = service.read_layout(uow, instance.id)
    with context.house.gate.laid_aside():
        read = wado.reader_of(context.house.blobs, instance, layout)

    def transcode(number: int, syntax: str) -> bytes:
        with context.read() as uow:
            dataset = service.read_dataset(uow, instance.id)
        return pictures.transcode(Source(instance, dataset, layout, read), number, syntax)

    with context.house.gate.laid_aside():
        response = wado.frames_answer(instance, layout, read, numbers, transcode)
    context.counted(frames=len(numbers))
    return response


def _bulk(context: Context, *, windows: CareWindows, path: str, **place: str) -> Response:
    """Retrieve one large value of an instance."""
    with context.read() as uow:
        instance = _found_in(uow, context, windows, place).instances[0]
        layout = service.read_layout(uow, instance.id)
    bulk = next((each for each in layout.bulk if each.path == path), None)
    if bulk is None:
        raise StudyNotFoundError
    with context.house.gate.laid_aside():
        read = wado.reader_of(context.house.blobs, instance, layout)
        response = wado.bulk_answer(instance, read, bulk)
    context.counted(bulk=1)
    return response
