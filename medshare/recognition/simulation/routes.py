"""``/api/v1/recognition/simulations``."""

from dataclasses import replace

from flask import Response

from medshare.access.model import within_own_facility
from medshare.infra.perform import Context
from medshare.jobs.answers import accepted
from medshare.kernel.audit import AuditAction, AuditObject
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.recognition.simulation import service
from medshare.recognition.simulation.schemas import load_simulation
from medshare.web.endpoint import Routes
from medshare.web.idempotency import idempotent

routes = Routes()


@routes.endpoint(
    "/api/v1/recognition/simulations",
    method="POST",
    name="recognition.simulate",
    access=Permission.SIMULATION_CREATE,
    audit=Recorded(AuditAction.EXECUTE, about_patients=False),
)
@idempotent
def simulate(context: Context) -> Response:
    """Take in a job that tries a policy on the recorded orders."""
    asked = load_simulation()
    question = replace(asked, facility=within_own_facility(context.principal, asked.facility))
    with context.write() as uow:
        job = service.submit(uow, context.principal.id, question)
        context.touched(AuditObject("policy", question.policy), AuditObject("job", job.id))
    return accepted(job)
