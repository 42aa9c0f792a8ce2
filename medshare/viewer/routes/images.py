"""The images of a study: their page, and what its script asks for to put another beside it."""

from collections.abc import Collection
from dataclasses import replace
from functools import partial

from flask import Response

from medshare.access.model import basis_of, clinical_visibility
from medshare.care.model import CareWindows
from medshare.imaging import service as imaging
from medshare.imaging.attributes import text
from medshare.imaging.opening import Opening
from medshare.infra.perform import Context
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import AuditAction, AuditObject
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.kernel.principal import PurposeOfUse
from medshare.viewer.images import Teller
from medshare.viewer.pages import Pages, look_for
from medshare.viewer.schemas import load_images_view
from medshare.viewer.words import wanted_language
from medshare.web.answers import json_answer
from medshare.web.endpoint import Routes

STUDY = "/viewer/studies/<study>"
STUDY_UID = "0020000D"
READ = Recorded(AuditAction.READ)
UNRESOLVED = "the study's patient is not registered yet"


def image_routes(pages: Pages, windows: CareWindows) -> tuple[Routes, Routes]:
    """Return the page, whose refusals are pages, and what scripts ask for, whose are not."""
    shown, asked = Routes(error_face=pages.refusal), Routes()
    shown.endpoint(
        f"{STUDY}/images", name="viewer.images", access=Permission.IMAGING_READ, audit=READ
    )(partial(_page, pages=pages, windows=windows))
    asked.endpoint(
        f"{STUDY}/opening", name="viewer.study-opening", access=Permission.IMAGING_READ, audit=READ
    )(partial(_opening, windows=windows))
    return shown, asked


def _page(context: Context, *, study: str, pages: Pages, windows: CareWindows) -> Response:
    """Show a study's images."""
    view = load_images_view()
    look_for(context, view.purpose)
    with context.read() as uow:
        opening = _open(uow, context, study, windows, view.beside)
        document = _teller(context, uow).document(opening)
        documents = imaging.documents_in(uow, study)
        report = _report_of(uow, context, opening, study)
    return pages.answer(
        context.principal, "images", opening=document, documents=documents, report=report
    )


def _report_of(uow: UnitOfWork, context: Context, opening: Opening, study: str) -> str:
    """Return the address of the report beside the patient's other results, empty without one."""
    exam_id, subject = imaging.exam_of(uow, study), opening.seen.subject
    may_read = Permission.EXAM_READ in context.principal.permissions
    if exam_id is None or subject is None or subject.patient_id is None or not may_read:
        return ""
    purpose = "?purpose=BTG" if context.principal.purpose is PurposeOfUse.BTG else ""
    return f"/viewer/patients/{subject.patient_id}{purpose}#{exam_id}"


def _opening(context: Context, *, study: str, windows: CareWindows) -> Response:
    """Tell what a study can be opened with."""
    with context.read() as uow:
        opening = _open(uow, context, study, windows)
        return json_answer(_teller(context, uow).document(opening))


def _teller(context: Context, uow: UnitOfWork) -> Teller:
    return Teller(uow, wanted_language(), context.house.settings.time_zone)


def _open(
    uow: UnitOfWork,
    context: Context,
    study: str,
    windows: CareWindows,
    beside: Collection[str] = (),
) -> Opening:
    """Open a study, and tell the trail whose it is, who else is named, and on what basis."""
    visibility = clinical_visibility(context.principal)
    opening = _with(beside, imaging.open_study(uow, study, visibility, windows))
    context.basis = str(basis_of(visibility, opening.seen.facility) or "")
    context.touched(AuditObject("study", study))
    if opening.seen.subject is None:
        context.concerns_nobody(UNRESOLVED)
    else:
        context.concerns(opening.seen.subject, *(each.subject for each in opening.others))
    return opening


def _with(beside: Collection[str], opening: Opening) -> Opening:
    """Leave out the other studies that were not asked for, where any were."""
    if not beside:
        return opening
    others = [each for each in opening.others if text(each.dataset, STUDY_UID) in beside]
    return replace(opening, others=others)
