"""Jobs in JSON."""

from marshmallow import fields

from medshare.jobs.model import JobState
from medshare.web.fields import Input, OffsetDateTime, OneOf


class JobSchema(Input):
    """A job as it stands."""

    id = fields.String(required=True)
    kind = fields.String(required=True)
    state = OneOf(JobState, required=True)
    createdAt = OffsetDateTime(required=True)  # noqa: N815  # JSON's spelling
    finishedAt = OffsetDateTime()  # noqa: N815  # JSON's spelling
    done = fields.Integer(required=True)
    total = fields.Integer()
    error = fields.String()
    parameters = fields.Raw(required=True)
    result = fields.Raw()


class JobListSchema(Input):
    """A page of jobs."""

    items = fields.List(fields.Nested(JobSchema), required=True)
    next = fields.String()
