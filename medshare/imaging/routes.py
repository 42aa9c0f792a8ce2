"""``/api/v1/imaging``: what a facility decides about its own images."""

from collections.abc import Iterable
from functools import partial

from flask import Response

from medshare.access.model import own_facility
from medshare.facilities import service as facilities
from medshare.imaging import quarantine, reconciliation, retraction
from medshare.imaging.cases import QuarantineDecision
from medshare.imaging.schemas import (
    dump_assignment,
    dump_quarantined,
    dump_retraction,
    dump_unresolved,
    dump_warnings,
    load_assignment,
    load_decision,
    load_quarantine_query,
)
from medshare.infra.perform import Context
from medshare.infra.spool import Spool
from medshare.kernel.audit import AuditAction, AuditObject, Subject
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.web.answers import json_answer, no_content, page_answer
from medshare.web.body import load_page_arguments
from medshare.web.endpoint import Routes

ROOT = "/api/v1/imaging"
UNKNOWN_PERSON = "the patient is not known"


def case_routes(spool: Spool) -> Routes:
    """Return the resources of quarantine, reconciliation and retraction."""
    routes = Routes()
    _add_quarantine(routes, spool)
    _add_reconciliation(routes)
    _add_retractions(routes)
    return routes


def _add_quarantine(routes: Routes, spool: Spool) -> None:
    routes.endpoint(
        f"{ROOT}/quarantine",
        name="imaging.list-quarantine",
        access=Permission.IMAGING_RESOLVE,
        audit=Recorded(AuditAction.SEARCH),
    )(_list_quarantine)
    routes.endpoint(
        f"{ROOT}/quarantine/<uuid:case>/decision",
        method="POST",
        name="imaging.decide-quarantine",
        access=Permission.IMAGING_RESOLVE,
        audit=Recorded(AuditAction.UPDATE),
    )(partial(_decide_quarantine, spool=spool))


def _add_reconciliation(routes: Routes) -> None:
    routes.endpoint(
        f"{ROOT}/unresolved",
        name="imaging.list-unresolved",
        access=Permission.IMAGING_RESOLVE,
        audit=Recorded(AuditAction.SEARCH),
    )(_list_unresolved)
    routes.endpoint(
        f"{ROOT}/studies/<study>/assignment",
        method="PUT",
        name="imaging.assign-study",
        access=Permission.IMAGING_RESOLVE,
        audit=Recorded(AuditAction.UPDATE),
    )(_assign)
    routes.endpoint(
        f"{ROOT}/studies/<study>/assignment",
        method="DELETE",
        name="imaging.undo-assignment",
        access=Permission.IMAGING_RESOLVE,
        audit=Recorded(AuditAction.UPDATE),
    )(_undo_assignment)
    routes.endpoint(
        f"{ROOT}/studies/<study>/warnings",
        name="imaging.list-warnings",
        access=Permission.IMAGING_RESOLVE,
        audit=Recorded(AuditAction.READ),
    )(_list_warnings)


def _add_retractions(routes: Routes) -> None:
    routes.endpoint(
        f"{ROOT}/retractions",
        name="imaging.list-retractions",
        access=Permission.IMAGING_RETRACT,
        audit=Recorded(AuditAction.SEARCH),
    )(_list_retractions)
    routes.endpoint(
        f"{ROOT}/retractions/<uuid:retraction_id>",
        name="imaging.get-retraction",
        access=Permission.IMAGING_RETRACT,
        audit=Recorded(AuditAction.READ),
    )(_get_retraction)
    routes.endpoint(
        f"{ROOT}/retractions/<uuid:retraction_id>/undo",
        method="POST",
        name="imaging.undo-retraction",
        access=Permission.IMAGING_RETRACT,
        audit=Recorded(AuditAction.UPDATE),
    )(_undo_retraction)


def _list_quarantine(context: Context) -> Response:
    """List what the facility sent and was kept out of the index."""
    facility = own_facility(context.principal)
    status, cursor, limit = load_quarantine_query()
    with context.read() as uow:
        page = quarantine.page(uow, facility, status, cursor=cursor, limit=limit)
    _say_whose(context, (each.subject for each in page.items))
    context.counted(instances=len(page.items))
    return page_answer(page, [dump_quarantined(each) for each in page.items])


def _decide_quarantine(context: Context, *, spool: Spool, case: object) -> Response:
    """Dismiss a quarantined instance, or let it take the place of the stored one."""
    facility, by = own_facility(context.principal), context.principal.id
    decision = load_decision()
    with context.read() as uow:
        instance = quarantine.get(uow, facility, str(case))
        policy = facilities.get_sender(uow, facility).charset_policy
    _say_whose(context, [instance.subject])
    context.touched(AuditObject("quarantined-instance", instance.id))
    if decision is QuarantineDecision.DISMISS:
        with context.write() as uow:
            decided = quarantine.dismiss(uow, instance, by)
    else:
        scanned = quarantine.scan_again(context.house.blobs, spool, instance, policy)
        with context.write() as uow:
            decided = quarantine.accept(uow, instance, scanned, by)
    return json_answer(dump_quarantined(decided))


def _list_unresolved(context: Context) -> Response:
    """List the facility's studies whose patient is not known."""
    facility = own_facility(context.principal)
    arguments = load_page_arguments()
    with context.read() as uow:
        page = reconciliation.page(uow, facility, cursor=arguments.cursor, limit=arguments.limit)
    context.touched(*(AuditObject("study", each.study_instance_uid) for each in page.items))
    context.concerns_nobody(UNKNOWN_PERSON if page.items else "nothing was found")
    context.counted(studies=len(page.items))
    return page_answer(page, [dump_unresolved(each) for each in page.items])


def _assign(context: Context, study: str) -> Response:
    """Say whose a study is."""
    facility, identifier = own_facility(context.principal), load_assignment()
    with context.write() as uow:
        assignment, subject = reconciliation.assign(
            uow, facility, study, identifier, context.principal.id
        )
        context.touched(AuditObject("study", study))
        context.concerns(subject)
    return json_answer(dump_assignment(assignment))


def _undo_assignment(context: Context, study: str) -> Response:
    """Take back whose a study was said to be."""
    facility = own_facility(context.principal)
    with context.write() as uow:
        subject = reconciliation.undo(uow, facility, study, context.principal.id)
        context.touched(AuditObject("study", study))
        context.concerns(subject)
    return no_content()


def _list_warnings(context: Context, study: str) -> Response:
    """List what was remarked about the instances of a study."""
    facility = own_facility(context.principal)
    with context.read() as uow:
        warnings, subject = reconciliation.warnings_of(uow, facility, study)
    context.touched(AuditObject("study", study))
    _say_whose(context, [subject])
    return json_answer(dump_warnings(warnings))


def _list_retractions(context: Context) -> Response:
    """List what the facility has retracted."""
    facility = own_facility(context.principal)
    arguments = load_page_arguments()
    with context.read() as uow:
        page = retraction.page(uow, facility, cursor=arguments.cursor, limit=arguments.limit)
    _say_whose(context, (each.subject for each in page.items))
    return page_answer(page, [dump_retraction(each) for each in page.items])


def _get_retraction(context: Context, retraction_id: object) -> Response:
    """Show a retraction of the facility."""
    facility = own_facility(context.principal)
    with context.read() as uow:
        found = retraction.get(uow, facility, str(retraction_id))
    context.touched(AuditObject("study", found.study_instance_uid))
    _say_whose(context, [found.subject])
    return json_answer(dump_retraction(found))


def _undo_retraction(context: Context, retraction_id: object) -> Response:
    """Bring back what was retracted."""
    facility = own_facility(context.principal)
    with context.write() as uow:
        undone = retraction.undo(uow, facility, str(retraction_id), context.principal.id)
        context.touched(AuditObject("study", undone.study_instance_uid))
        _say_whose(context, [undone.subject])
    return json_answer(dump_retraction(undone))


def _say_whose(context: Context, subjects: Iterable[Subject | None]) -> None:
    """Tell the trail whose data it is, as far as that is known."""
    known = [each for each in subjects if each is not None]
    if known:
        context.concerns(*known)
    else:
        context.concerns_nobody(UNKNOWN_PERSON)
