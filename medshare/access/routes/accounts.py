"""``/api/v1/accounts``: the people who may log in, as administrators look after them."""

from uuid import UUID

from flask import Response

from medshare.access import accounts
from medshare.access.schemas import (
    dump_account,
    load_account,
    load_account_change,
)
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction, AuditObject
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.web.answers import created, json_answer, page_answer
from medshare.web.body import load_page_arguments
from medshare.web.conditions import load_version, tagged
from medshare.web.endpoint import Routes

CHANGE = Recorded(AuditAction.UPDATE, about_patients=False)
routes = Routes()


@routes.endpoint(
    "/api/v1/accounts",
    method="POST",
    name="access.add-account",
    access=Permission.USER_WRITE,
    audit=Recorded(AuditAction.CREATE, about_patients=False),
)
def add_account(context: Context) -> Response:
    """Open an account for a person."""
    account, password = load_account(context.house.clock.new_key())
    context.touched(AuditObject("account", account.id))
    with context.write() as uow:
        accounts.add_account(uow, account, password)
    answer = created(dump_account(account), f"/api/v1/accounts/{account.id}")
    return tagged(answer, account.version)


@routes.endpoint(
    "/api/v1/accounts",
    name="access.list-accounts",
    access=Permission.USER_READ,
    audit=Recorded(AuditAction.SEARCH, about_patients=False),
)
def list_accounts(context: Context) -> Response:
    """List accounts by user name."""
    arguments = load_page_arguments()
    with context.read() as uow:
        page = accounts.page_accounts(uow, cursor=arguments.cursor, limit=arguments.limit)
    return page_answer(page, [dump_account(each) for each in page.items])


@routes.endpoint(
    "/api/v1/accounts/<uuid:account_id>",
    name="access.get-account",
    access=Permission.USER_READ,
    audit=Recorded(AuditAction.READ, about_patients=False),
)
def get_account(context: Context, account_id: UUID) -> Response:
    """Show an account."""
    context.touched(AuditObject("account", str(account_id)))
    with context.read() as uow:
        account = accounts.get_account(uow, str(account_id))
    return tagged(json_answer(dump_account(account)), account.version)


@routes.endpoint(
    "/api/v1/accounts/<uuid:account_id>",
    method="PUT",
    name="access.replace-account",
    access=Permission.USER_WRITE,
    audit=CHANGE,
)
def replace_account(context: Context, account_id: UUID) -> Response:
    """Change an account."""
    version = load_version()
    changed = load_account_change(str(account_id))
    context.touched(AuditObject("account", changed.id))
    with context.write() as uow:
        account = accounts.replace_account(uow, changed, version)
    return tagged(json_answer(dump_account(account)), account.version)


@routes.endpoint(
    "/api/v1/accounts/<uuid:account_id>/password",
    method="POST",
    name="access.reset-password",
    access=Permission.USER_WRITE,
    audit=CHANGE,
)
def reset_password(context: Context, account_id: UUID) -> Response:
    """Give an account a temporary password."""
    context.touched(AuditObject("account", str(account_id)))
    with context.write() as uow:
        password = accounts.reset_password(uow, str(account_id))
    return json_answer({"password": password})
