"""``/dicom-web``: thin views over the services of imaging."""

from contextlib import ExitStack
from functools import partial

import orjson
from flask import Response, request

from medshare.access.model import own_facility
from medshare.care.model import CareWindows
from medshare.dicomweb import stow
from medshare.dicomweb.capabilities import add_capabilities
from medshare.dicomweb.media import DICOM_JSON, DICOM_XML, JSON_OFFERS, XML, wanted
from medshare.dicomweb.picture_routes import add_picture_routes
from medshare.dicomweb.resources import LEVELS, ROOT, STUDY, UNRESOLVED, base_of, find, selection_of
from medshare.dicomweb.retrieve_routes import add_retrieve_routes
from medshare.dicomweb.schemas import load_retraction_reason
from medshare.dicomweb.search_routes import add_search_routes
from medshare.dicomweb.uri_routes import add_uri_routes
from medshare.facilities import service as facilities
from medshare.imaging import ingest, retraction
from medshare.imaging.ingest import Kept, Outcome
from medshare.imaging.native_model import write_model
from medshare.imaging.pictures import Pictures
from medshare.imaging.repeats import KnownElements
from medshare.infra.perform import Context
from medshare.infra.spool import Spool
from medshare.kernel.audit import AuditAction, AuditObject, AuditOutcome
from medshare.kernel.errors import TooLargeError
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.web.answers import no_content
from medshare.web.body import require_uncoded
from medshare.web.endpoint import Routes
from medshare.web.negotiation import best_of

UNCLAIMED = "stored under no registered patient of the sender"


def dicomweb_routes(spool: Spool, windows: CareWindows, pictures: Pictures) -> Routes:
    """Return every resource of the DICOMweb service."""
    routes = Routes()
    _add_store(routes, spool)
    add_search_routes(routes, windows)
    add_retrieve_routes(routes, windows, pictures)
    for name, rule in LEVELS.items():
        _add_retraction(routes, name, rule)
    add_picture_routes(routes, pictures, partial(find, windows=windows))
    add_uri_routes(routes, windows, pictures)
    add_capabilities(routes)
    return routes


def _add_store(routes: Routes, spool: Spool) -> None:
    known = KnownElements()
    for name, rule in {"store": f"{ROOT}/studies", "store-in-study": STUDY}.items():
        routes.endpoint(
            rule,
            method="POST",
            name=f"dicomweb.{name}",
            access=Permission.IMAGING_STORE,
            audit=Recorded(AuditAction.CREATE),
        )(partial(_store, spool=spool, known=known))


def _add_retraction(routes: Routes, name: str, rule: str) -> None:
    routes.endpoint(
        rule,
        method="DELETE",
        name=f"dicomweb.retract-{name}",
        access=Permission.IMAGING_RETRACT,
        audit=Recorded(AuditAction.DELETE),
    )(_retract)


def _store(
    context: Context, *, spool: Spool, known: KnownElements, study: str | None = None
) -> Response:
    """Take instances in: spool, scan, make durable, then one short transaction."""
    house, sender = context.house, own_facility(context.principal)
    limit = house.settings.upload_limit_bytes
    require_uncoded()
    if (request.content_length or 0) > limit:
        raise TooLargeError(params={"limit_bytes": limit})
    with context.read() as uow:
        taken_from = facilities.get_sender(uow, sender)
    with ExitStack() as stack:
        reception = stow.Reception(spool, stack, limit, taken_from.charset_policy, known)
        received = reception.take(request.stream, request.headers.get("Content-Type", ""))
        if request.mimetype == "application/dicom":
            stow.require_whole(received, request.content_length)
        received = stow.hold_to_study(received, study)
        ingest.make_durable(house.blobs, received)
        with context.write() as uow:
            outcomes = ingest.index(uow, taken_from, received, base_of(context))
            _account_for(context, outcomes)
    document = stow.store_response(outcomes, base_of(context))
    media, body = DICOM_JSON, orjson.dumps(document)
    if best_of(wanted(), (*JSON_OFFERS, XML)) is XML:
        media, body = DICOM_XML, write_model(document)
    return Response(body, status=stow.status_of(outcomes), content_type=media)


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
    selection = selection_of(path)
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
