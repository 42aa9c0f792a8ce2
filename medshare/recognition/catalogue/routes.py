"""``/api/v1/recognition/catalogue``."""

from flask import Response

from medshare.access.model import require_city_wide
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction, AuditObject
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.recognition.catalogue import service
from medshare.recognition.catalogue.model import LocalCode
from medshare.recognition.catalogue.schemas import (
    dump_change,
    dump_code,
    dump_facets,
    dump_unmapped,
    load_code,
    load_import,
    load_unmap,
)
from medshare.web.answers import json_answer, no_content
from medshare.web.endpoint import Routes

routes = Routes()
CATALOGUE = "/api/v1/recognition/catalogue"


@routes.endpoint(
    f"{CATALOGUE}/items",
    name="recognition.list-items",
    access=Permission.CATALOGUE_READ,
    audit=Recorded(AuditAction.SEARCH, about_patients=False),
)
def list_items(context: Context) -> Response:
    """List the catalogue's items by code."""
    with context.read() as uow:
        catalogue = service.load(uow)
    items = [dump_facets(catalogue.facets[code], catalogue) for code in sorted(catalogue.facets)]
    return json_answer({"items": items})


@routes.endpoint(
    f"{CATALOGUE}/items/<item>",
    name="recognition.get-item",
    access=Permission.CATALOGUE_READ,
    audit=Recorded(AuditAction.READ, about_patients=False),
)
def get_item(context: Context, item: str) -> Response:
    """Show an item."""
    with context.read() as uow:
        catalogue = service.load(uow)
        facets = service.facets_of(catalogue, item)
    context.touched(AuditObject("item", facets.item))
    return json_answer(dump_facets(facets, catalogue))


@routes.endpoint(
    f"{CATALOGUE}/import",
    method="POST",
    name="recognition.import-catalogue",
    access=Permission.CATALOGUE_WRITE,
    audit=Recorded(AuditAction.UPDATE, about_patients=False),
)
def bring(context: Context) -> Response:
    """Import CSV files, or only say what they would change."""
    require_city_wide(context.principal)
    asked = load_import()
    with context.write() as uow:
        changes = service.bring(uow, asked.files, dry_run=asked.dry_run)
        context.counted(changes=len(changes))
    return json_answer({"dryRun": asked.dry_run, "items": [dump_change(each) for each in changes]})


@routes.endpoint(
    f"{CATALOGUE}/codes",
    name="recognition.list-codes",
    access=Permission.CATALOGUE_READ,
    audit=Recorded(AuditAction.SEARCH, about_patients=False),
)
def list_codes(context: Context) -> Response:
    """List what codes mean."""
    with context.read() as uow:
        codes = service.load(uow).codes
    items = [dump_code(LocalCode(*key, item)) for key, item in sorted(codes.items())]
    return json_answer({"items": items})


@routes.endpoint(
    f"{CATALOGUE}/codes",
    method="POST",
    name="recognition.map-code",
    access=Permission.CATALOGUE_WRITE,
    audit=Recorded(AuditAction.CREATE, about_patients=False),
)
def map_code(context: Context) -> Response:
    """Say what a code means; the same again changes nothing."""
    require_city_wide(context.principal)
    code = load_code()
    context.touched(AuditObject("code", f"{code.system}|{code.code}"))
    with context.write() as uow:
        service.map_code(uow, code)
    return json_answer(dump_code(code))


@routes.endpoint(
    f"{CATALOGUE}/codes",
    method="DELETE",
    name="recognition.unmap-code",
    access=Permission.CATALOGUE_WRITE,
    audit=Recorded(AuditAction.DELETE, about_patients=False),
)
def unmap_code(context: Context) -> Response:
    """Take a meaning back; exams that bear the code count for nothing from now on."""
    require_city_wide(context.principal)
    system, code = load_unmap()
    context.touched(AuditObject("code", f"{system}|{code}"))
    with context.write() as uow:
        service.unmap_code(uow, system, code)
    return no_content()


@routes.endpoint(
    f"{CATALOGUE}/unmapped",
    name="recognition.list-unmapped",
    access=Permission.CATALOGUE_READ,
    audit=Recorded(AuditAction.SEARCH, about_patients=False),
)
def list_unmapped(context: Context) -> Response:
    """List the codes that wait for a meaning: a facility its own, a city-wide person all."""
    own = context.principal.facility
    with context.read() as uow:
        waiting = [each for each in service.unmapped(uow) if own in (None, each.facility)]
    return json_answer({"items": [dump_unmapped(each) for each in waiting]})
