"""``/api/v1/facilities``."""

from flask import Response

from medshare.facilities import service
from medshare.facilities.schemas import dump_facility, load_facility
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction, AuditObject
from medshare.kernel.errors import InvalidError, Issue
from medshare.kernel.identifiers import FacilityCode
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.web.answers import created, json_answer, page_answer
from medshare.web.body import load_page_arguments
from medshare.web.endpoint import Routes

routes = Routes()
CODE_ISSUE = Issue(
    "/code",
    "code-mismatch",
    "Send the code that stands in the address; a code never changes.",
    "请填写与地址中一致的机构代码；代码不可更改。",
)


@routes.endpoint(
    "/api/v1/facilities",
    method="POST",
    name="facilities.add",
    access=Permission.FACILITY_WRITE,
    audit=Recorded(AuditAction.CREATE, about_patients=False),
)
def add(context: Context) -> Response:
    """Let a facility take part."""
    facility = load_facility()
    context.touched(AuditObject("facility", facility.code))
    with context.write() as uow:
        service.add(uow, facility)
    return created(dump_facility(facility), f"/api/v1/facilities/{facility.code}")


@routes.endpoint(
    "/api/v1/facilities/<code>",
    method="PUT",
    name="facilities.replace",
    access=Permission.FACILITY_WRITE,
    audit=Recorded(AuditAction.UPDATE, about_patients=False),
)
def replace(context: Context, code: str) -> Response:
    """Change a facility."""
    facility = load_facility()
    if facility.code != code:
        raise InvalidError(issues=[CODE_ISSUE])
    context.touched(AuditObject("facility", facility.code))
    with context.write() as uow:
        service.replace(uow, facility)
    return json_answer(dump_facility(facility))


@routes.endpoint(
    "/api/v1/facilities/<code>",
    name="facilities.get",
    access=Permission.FACILITY_READ,
    audit=Recorded(AuditAction.READ, about_patients=False),
)
def get(context: Context, code: str) -> Response:
    """Show a facility."""
    with context.read() as uow:
        facility = service.get(uow, FacilityCode(code))
    context.touched(AuditObject("facility", facility.code))
    return json_answer(dump_facility(facility))


@routes.endpoint(
    "/api/v1/facilities",
    name="facilities.list",
    access=Permission.FACILITY_READ,
    audit=Recorded(AuditAction.SEARCH, about_patients=False),
)
def list_all(context: Context) -> Response:
    """List facilities by code."""
    arguments = load_page_arguments()
    with context.read() as uow:
        page = service.page(uow, cursor=arguments.cursor, limit=arguments.limit)
    return page_answer(page, [dump_facility(each) for each in page.items])
