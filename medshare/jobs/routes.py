"""``/api/v1/jobs``: one's own long work."""

from uuid import UUID

from flask import Response

from medshare.infra.perform import Context
from medshare.jobs import service
from medshare.jobs.answers import JOBS, dump_job, job_answer
from medshare.kernel.audit import AuditAction, AuditObject
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.web.answers import page_answer
from medshare.web.body import load_page_arguments
from medshare.web.endpoint import Routes

routes = Routes()
JOB = f"{JOBS}/<uuid:job_id>"


@routes.endpoint(
    JOBS,
    name="jobs.list",
    access=Permission.JOB_READ,
    audit=Recorded(AuditAction.SEARCH, about_patients=False),
)
def list_own(context: Context) -> Response:
    """List one's own jobs, newest first."""
    asked = load_page_arguments()
    with context.read() as uow:
        page = service.page(uow, context.principal.id, cursor=asked.cursor, limit=asked.limit)
    return page_answer(page, [dump_job(each) for each in page.items])


@routes.endpoint(
    JOB,
    name="jobs.get",
    access=Permission.JOB_READ,
    audit=Recorded(AuditAction.READ, about_patients=False),
)
def get(context: Context, job_id: UUID) -> Response:
    """Show how far one of one's own jobs has come, and its result."""
    with context.read() as uow:
        job = service.get(uow, context.principal.id, str(job_id))
    context.touched(AuditObject("job", job.id))
    return job_answer(job)


@routes.endpoint(
    JOB,
    method="DELETE",
    name="jobs.cancel",
    access=Permission.JOB_CANCEL,
    audit=Recorded(AuditAction.UPDATE, about_patients=False),
)
def cancel(context: Context, job_id: UUID) -> Response:
    """Cancel one of one's own jobs; it stays to be seen."""
    with context.write() as uow:
        job = service.cancel(uow, context.principal.id, str(job_id))
        context.touched(AuditObject("job", job.id))
    return job_answer(job)
