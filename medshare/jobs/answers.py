"""How a job is shown, and how the door that takes one in answers."""

from http import HTTPStatus

from flask import Response

from medshare.jobs.model import Job
from medshare.web.answers import json_answer

JOBS = "/api/v1/jobs"
ASK_AGAIN_S = 2


def dump_job(job: Job) -> dict[str, object]:
    """Show a job; what has not come to pass is left out."""
    optional: dict[str, object] = {
        "total": job.total,
        "finishedAt": job.finished_at,
        "error": job.error or None,
        "result": job.result,
    }
    return {
        "id": job.id,
        "kind": job.kind,
        "state": job.state,
        "createdAt": job.created_at,
        "done": job.done,
        "parameters": job.parameters,
        **{name: value for name, value in optional.items() if value is not None},
    }


def job_answer(job: Job, status: int = HTTPStatus.OK) -> Response:
    """Answer a job, and when to ask again while it goes on."""
    response = json_answer(dump_job(job), status)
    if not job.state.is_over:
        response.headers["Retry-After"] = str(ASK_AGAIN_S)
    return response


def accepted(job: Job) -> Response:
    """Answer that a job was taken in: 202, and where it is looked at."""
    response = job_answer(job, HTTPStatus.ACCEPTED)
    response.headers["Location"] = f"{JOBS}/{job.id}"
    return response
