"""``/api/v1/sensitivity-classes``: which results are sensitive, and what policy asks of them."""

from flask import Response

from medshare.care.sensitivity import service
from medshare.care.sensitivity.schemas import dump_class, load_class
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction, AuditObject
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.web.answers import json_answer
from medshare.web.endpoint import Routes

routes = Routes()


@routes.endpoint(
    "/api/v1/sensitivity-classes",
    name="sensitivity.list",
    access=Permission.SENSITIVITY_READ,
    audit=Recorded(AuditAction.READ, about_patients=False),
)
def list_all(context: Context) -> Response:
    """List the classes by code."""
    with context.read() as uow:
        found = service.all_classes(uow)
    return json_answer({"items": [dump_class(each) for each in found]})


@routes.endpoint(
    "/api/v1/sensitivity-classes/<code>",
    method="PUT",
    name="sensitivity.put",
    access=Permission.SENSITIVITY_WRITE,
    audit=Recorded(AuditAction.UPDATE, about_patients=False),
    step_up=True,
)
def put(context: Context, code: str) -> Response:
    """Add a class, or change what policy asks of it."""
    wanted = load_class(code)
    context.touched(AuditObject("sensitivity-class", code))
    with context.write() as uow:
        service.put(uow, wanted)
    return json_answer(dump_class(wanted))
