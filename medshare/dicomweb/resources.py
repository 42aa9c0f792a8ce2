"""The resources of DICOMweb: their addresses, and what a read of one owes the trail."""

from collections.abc import Mapping

from flask import request

from medshare.access.model import basis_of, clinical_visibility
from medshare.care.model import CareWindows
from medshare.imaging import service
from medshare.imaging.model import Selection
from medshare.imaging.retrieval import Found
from medshare.infra.perform import Context
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import AuditAction, AuditObject, Subject
from medshare.kernel.identifiers import FacilityCode
from medshare.kernel.operation import Recorded

ROOT = "/dicom-web"
SERVICE = "medshare"
STUDY = f"{ROOT}/studies/<study>"
SERIES = f"{STUDY}/series/<series>"
INSTANCE = f"{SERIES}/instances/<instance>"
FRAMES = f"{INSTANCE}/frames/<frames>"
LEVELS = {"study": STUDY, "series": SERIES, "instance": INSTANCE}
READ = Recorded(AuditAction.READ)
_DEFAULT_PORTS = frozenset({"80", "443"})
UNRESOLVED = "the study's patient is not registered yet"


def base_of(context: Context) -> str:
    """Return the address of the DICOMweb root as callers see it."""
    own = context.house.settings.base_url.rstrip("/")
    return (own or f"{request.scheme}://{_called()}") + ROOT


def _called() -> str:
    """Return the host that was called, with its port.

    The Python dicomweb-client leaves the port out of ``Host`` (against RFC 9110 section 7.2); what
    listens knows it.
    """
    host, port = request.host, request.environ["SERVER_PORT"]
    names_port = host.rpartition(":")[2].isdigit()
    return host if names_port or port in _DEFAULT_PORTS else f"{host}:{port}"


def find(
    context: Context,
    path: Mapping[str, str],
    windows: CareWindows,
    *,
    with_layouts: bool = False,
) -> Found:
    """Find what an address names, and tell the trail whose it is and on what basis it leaves."""
    with context.read() as uow:
        return find_in(uow, context, windows, path, with_layouts=with_layouts)


def find_in(
    uow: UnitOfWork,
    context: Context,
    windows: CareWindows,
    path: Mapping[str, str],
    *,
    with_layouts: bool = False,
) -> Found:
    selection, visibility = selection_of(path), clinical_visibility(context.principal)
    found = service.find_instances(uow, selection, visibility, windows, with_layouts=with_layouts)
    account_for_read(context, selection, found.facility, found.subject)
    return found


def selection_of(path: Mapping[str, str]) -> Selection:
    return Selection(path["study"], path.get("series"), path.get("instance"))


def account_for_read(
    context: Context, selection: Selection, facility: FacilityCode, subject: Subject | None
) -> None:
    """Tell the trail whose study it is and on what basis it leaves."""
    basis = basis_of(clinical_visibility(context.principal), facility)
    context.basis = str(basis or "")
    context.touched(AuditObject("study", selection.study_instance_uid))
    if subject is not None:
        context.concerns(subject)
    else:
        context.concerns_nobody(UNRESOLVED)
    context.reads_study()
