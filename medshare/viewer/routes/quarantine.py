"""What a facility sent and was kept out of the index: listed, held against what stands, decided."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from flask import Response

from medshare.access.model import own_facility
from medshare.facilities import service as facilities
from medshare.imaging import quarantine
from medshare.imaging.cases import QuarantinedInstance, QuarantineStatus
from medshare.imaging.differences import differences
from medshare.imaging.model import Verdict
from medshare.infra.perform import Context
from medshare.infra.spool import Spool
from medshare.kernel.audit import AuditAction, AuditObject
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.viewer.consoles.people import names_of
from medshare.viewer.consoles.schemas import load_quarantine
from medshare.viewer.consoles.waiting import told_by
from medshare.viewer.pages import Pages
from medshare.web.endpoint import Routes

QUARANTINE = "/viewer/registrar/quarantine"
SHOWN = 50
UNKNOWN_PERSON = "the patient is not known"


def quarantine_routes(pages: Pages, spool: Spool) -> Routes:
    """Return the registrar's pages of the quarantine."""
    routes = Routes(error_face=pages.refusal)
    routes.endpoint(
        QUARANTINE,
        name="viewer.quarantine",
        access=Permission.IMAGING_RESOLVE,
        audit=Recorded(AuditAction.SEARCH),
    )(partial(_listed, pages=pages))
    routes.endpoint(
        f"{QUARANTINE}/<uuid:case>",
        name="viewer.quarantined",
        access=Permission.IMAGING_RESOLVE,
        audit=Recorded(AuditAction.READ),
    )(partial(_shown, pages=pages, spool=spool))
    return routes


def _listed(context: Context, *, pages: Pages) -> Response:
    """Show what the facility sent and was kept out."""
    facility, asked = own_facility(context.principal), load_quarantine()
    with context.read() as uow:
        page = quarantine.page(uow, facility, asked.status, cursor=asked.cursor, limit=SHOWN)
        names = names_of(uow, [each.decided_by for each in page.items])
    context.counted(instances=len(page.items))
    _say_whose(context, page.items)
    return pages.answer(
        context.principal,
        "registrar_quarantine",
        cases=page.items,
        next_cursor=page.next_cursor,
        state=asked.status,
        names=names,
    )


def _shown(context: Context, *, case: UUID, pages: Pages, spool: Spool) -> Response:
    """Show what was kept out beside what stands in its place."""
    facility, blobs = own_facility(context.principal), context.house.blobs
    with context.read() as uow:
        found = quarantine.get(uow, facility, str(case))
        policy = facilities.get_sender(uow, facility).charset_policy
        standing = quarantine.standing_of(uow, found)
        names = names_of(uow, [found.decided_by])
    scanned = quarantine.scan_again(blobs, spool, found, policy)
    arrived, is_instance = scanned.described, standing is not None and bool(standing.blob_key)
    if standing and not is_instance:  # of a study the index keeps less than an instance says
        arrived = {tag: arrived[tag] for tag in standing.dataset if tag in arrived}
    _say_whose(context, [found])
    return pages.answer(
        context.principal,
        "registrar_quarantined",
        case=found,
        told=told_by(scanned.dataset),
        is_compared=standing is not None,
        differences=differences(standing.dataset, arrived) if standing else [],
        same_pixels=quarantine.has_same_pixels(blobs, found, scanned, standing)
        if standing
        else None,
        is_acceptable=found.reason is Verdict.OTHER_BYTES and is_instance,
        is_waiting=found.status is QuarantineStatus.WAITING,
        names=names,
    )


def _say_whose(context: Context, cases: Sequence[QuarantinedInstance]) -> None:
    context.touched(*(AuditObject("quarantined-instance", each.id) for each in cases))
    subjects = [each.subject for each in cases if each.subject]
    if subjects:
        context.concerns(*subjects)
    else:
        context.concerns_nobody(UNKNOWN_PERSON if cases else "nothing was found")
