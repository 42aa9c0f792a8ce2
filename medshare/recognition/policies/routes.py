"""``/api/v1/recognition/policies``."""

from flask import Response

from medshare.access.model import require_city_wide
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction, AuditObject
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.recognition.policies import service
from medshare.recognition.policies.schemas import (
    dump_difference,
    dump_policy,
    dump_version,
    load_draft,
    load_other,
)
from medshare.web.answers import created, json_answer, page_answer
from medshare.web.body import load_page_arguments
from medshare.web.endpoint import Routes

routes = Routes()
POLICIES = "/api/v1/recognition/policies"
POLICY = f"{POLICIES}/<content_hash>"


@routes.endpoint(
    POLICIES,
    name="recognition.list-policies",
    access=Permission.POLICY_READ,
    audit=Recorded(AuditAction.SEARCH, about_patients=False),
)
def list_all(context: Context) -> Response:
    """List versions in the order in which they were drafted."""
    asked = load_page_arguments()
    with context.read() as uow:
        page = service.page(uow, cursor=asked.cursor, limit=asked.limit)
    return page_answer(page, [dump_policy(each) for each in page.items])


@routes.endpoint(
    POLICIES,
    method="POST",
    name="recognition.draft-policy",
    access=Permission.POLICY_WRITE,
    audit=Recorded(AuditAction.CREATE, about_patients=False),
)
def draft(context: Context) -> Response:
    """Write down a draft; it binds nobody."""
    require_city_wide(context.principal)
    document = load_draft()
    with context.write() as uow:
        version, fresh = service.draft(uow, document, context.principal.id)
        context.touched(AuditObject("policy", version.content_hash))
    return created(dump_version(version), f"{POLICIES}/{version.content_hash}", fresh=fresh)


@routes.endpoint(
    POLICY,
    name="recognition.get-policy",
    access=Permission.POLICY_READ,
    audit=Recorded(AuditAction.READ, about_patients=False),
)
def get(context: Context, content_hash: str) -> Response:
    """Show a version with its document."""
    with context.read() as uow:
        version = service.get_by_hash(uow, content_hash)
    context.touched(AuditObject("policy", version.content_hash))
    return json_answer(dump_version(version))


@routes.endpoint(
    f"{POLICY}/enactment",
    method="POST",
    name="recognition.enact-policy",
    access=Permission.POLICY_WRITE,
    audit=Recorded(AuditAction.UPDATE, about_patients=False),
    step_up=True,
)
def enact(context: Context, content_hash: str) -> Response:
    """Put a draft into force from its effective date on, as another person than who drafted it."""
    require_city_wide(context.principal)
    with context.write() as uow:
        drafted = service.get_by_hash(uow, content_hash)
        context.touched(AuditObject("policy", drafted.content_hash))
        version = service.enact(uow, drafted.id, context.principal.id)
    return json_answer(dump_version(version))


@routes.endpoint(
    f"{POLICY}/differences",
    name="recognition.compare-policies",
    access=Permission.POLICY_READ,
    audit=Recorded(AuditAction.READ, about_patients=False),
)
def compare(context: Context, content_hash: str) -> Response:
    """Say in which places another version differs from this one."""
    other = load_other()
    with context.read() as uow:
        before = service.get_by_hash(uow, content_hash)
        after = service.get_by_hash(uow, other)
        found = service.compare(uow, before.id, after.id)
    for each in (before, after):
        context.touched(AuditObject("policy", each.content_hash))
    return json_answer({"items": [dump_difference(each) for each in found]})
