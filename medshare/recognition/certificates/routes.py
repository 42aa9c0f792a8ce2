"""``/api/v1/recognition/scopes`` and ``/certificates``."""

from flask import Response

from medshare.access.model import require_city_wide
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction, AuditObject
from medshare.kernel.errors import InvalidError, Issue
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.recognition.certificates import service
from medshare.recognition.certificates.schemas import (
    dump_certificate,
    dump_scope,
    load_certificate,
    load_scope,
    load_withdrawal,
)
from medshare.web.answers import created, json_answer, page_answer
from medshare.web.body import load_page_arguments
from medshare.web.endpoint import Routes

routes = Routes()
SCOPES = "/api/v1/recognition/scopes"
CERTIFICATES = "/api/v1/recognition/certificates"
CODE_ISSUE = Issue(
    "/code",
    "code-mismatch",
    "Send the code that stands in the address; a code never changes.",
    "请填写与地址中一致的代码；代码不可更改。",
)


@routes.endpoint(
    SCOPES,
    name="recognition.list-scopes",
    access=Permission.CERTIFICATE_READ,
    audit=Recorded(AuditAction.SEARCH, about_patients=False),
)
def list_scopes(context: Context) -> Response:
    """List every scope, the widest first."""
    with context.read() as uow:
        scopes = service.scopes(uow)
    return json_answer({"items": [dump_scope(each) for each in scopes]})


@routes.endpoint(
    f"{SCOPES}/<code>",
    method="PUT",
    name="recognition.put-scope",
    access=Permission.CERTIFICATE_WRITE,
    audit=Recorded(AuditAction.UPDATE, about_patients=False),
)
def put_scope(context: Context, code: str) -> Response:
    """Register a scope, or change the one that stands."""
    require_city_wide(context.principal)
    scope = load_scope()
    if scope.code != code:
        raise InvalidError(issues=[CODE_ISSUE])
    context.touched(AuditObject("scope", code))
    with context.write() as uow:
        service.put_scopes(uow, [scope])
    return json_answer(dump_scope(scope))


@routes.endpoint(
    CERTIFICATES,
    name="recognition.list-certificates",
    access=Permission.CERTIFICATE_READ,
    audit=Recorded(AuditAction.SEARCH, about_patients=False),
)
def list_all(context: Context) -> Response:
    """List certificates by id, of every facility: a mark is public."""
    asked = load_page_arguments()
    with context.read() as uow:
        page = service.page(uow, cursor=asked.cursor, limit=asked.limit)
    return page_answer(page, [dump_certificate(each) for each in page.items])


@routes.endpoint(
    CERTIFICATES,
    method="POST",
    name="recognition.register-certificate",
    access=Permission.CERTIFICATE_WRITE,
    audit=Recorded(AuditAction.CREATE, about_patients=False),
)
def register(context: Context) -> Response:
    """Register a certificate; the same again changes nothing."""
    require_city_wide(context.principal)
    certificate = load_certificate()
    context.touched(AuditObject("certificate", certificate.rule.id))
    with context.write() as uow:
        fresh = service.register(uow, certificate)
        stands = service.get(uow, certificate.rule.id)
    return created(dump_certificate(stands), f"{CERTIFICATES}/{stands.rule.id}", fresh=fresh)


@routes.endpoint(
    f"{CERTIFICATES}/<certificate_id>",
    name="recognition.get-certificate",
    access=Permission.CERTIFICATE_READ,
    audit=Recorded(AuditAction.READ, about_patients=False),
)
def get(context: Context, certificate_id: str) -> Response:
    """Show a certificate."""
    with context.read() as uow:
        certificate = service.get(uow, certificate_id)
    context.touched(AuditObject("certificate", certificate.rule.id))
    return json_answer(dump_certificate(certificate))


@routes.endpoint(
    f"{CERTIFICATES}/<certificate_id>/withdrawal",
    method="POST",
    name="recognition.withdraw-certificate",
    access=Permission.CERTIFICATE_WRITE,
    audit=Recorded(AuditAction.UPDATE, about_patients=False),
)
def withdraw(context: Context, certificate_id: str) -> Response:
    """End a certificate before its time, for earlier results too; those who relied hear of it."""
    require_city_wide(context.principal)
    invalid_from, reason = load_withdrawal()
    with context.write() as uow:
        certificate = service.withdraw(uow, certificate_id, invalid_from, reason)
        context.touched(AuditObject("certificate", certificate.rule.id))
    return json_answer(dump_certificate(certificate))
