"""Accounts and sessions in and out of JSON."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from medshare.access.model import (
    Account,
    Role,
    Session,
)
from medshare.kernel.identifiers import FacilityCode
from medshare.web.body import load, load_json
from medshare.web.faults import Fault
from medshare.web.fields import Code, Input, Items, OneOf, Sub, Text

FACILITY_FAULT = Fault(
    "facility-required",
    "A clinician belongs to a facility; name it.",
    "临床医生须隶属机构，请填写。",
)
PASSWORD_LOW = 12


class LoginSchema(Input):
    """A person's login."""

    username = Text(required=True, high=64)
    password = Text(required=True, high=200)


class AccountSchema(Input):
    """A person's account as an administrator opens it."""

    id = fields.String(dump_only=True)
    username = Code(required=True)
    displayName = Text(required=True, high=200)  # noqa: N815  # JSON's spelling
    password = Text(required=True, low=PASSWORD_LOW, high=200, load_only=True)
    roles = Items(OneOf(Role), required=True, low=1, high=len(Role))
    facility = Code(load_default=None, allow_none=True)
    department = Text(load_default="", low=0, high=200)

    @validates_schema
    def check_facility(self, data: dict[str, Any], **_: object) -> None:
        """Give every clinician a facility."""
        if Role.CLINICIAN in data.get("roles", ()) and not data.get("facility"):
            raise ValidationError(FACILITY_FAULT, "facility")


class SessionSchema(Schema):
    """A session as its owner sees it."""

    account = Sub(AccountSchema, required=True)
    csrfToken = fields.String(required=True)  # noqa: N815  # JSON's spelling


def load_login() -> tuple[str, str]:
    """Load user name and password from the request's body."""
    data = load_json(LoginSchema())
    return data["username"], data["password"]


def load_account(key: str) -> tuple[Account, str]:
    """Load the account in the request's body, to stand under ``key``, and its password."""
    return read_account(load_json(AccountSchema()), key)


def account_of(document: object, key: str) -> tuple[Account, str]:
    """Load an account from a document that did not come over HTTP."""
    return read_account(load(AccountSchema(), document), key)


def read_account(data: dict[str, Any], key: str) -> tuple[Account, str]:
    """Make the model from loaded data."""
    account = Account(
        id=key,
        username=data["username"],
        display_name=data["displayName"],
        roles=frozenset(data["roles"]),
        facility=FacilityCode(data["facility"]) if data["facility"] else None,
        department=data["department"],
    )
    return account, data["password"]


def dump_account(account: Account) -> dict[str, object]:
    """Show an account, never its password."""
    return {
        "id": account.id,
        "username": account.username,
        "displayName": account.display_name,
        "roles": sorted(account.roles),
        "facility": account.facility,
        "department": account.department,
    }


def dump_session(session: Session) -> dict[str, object]:
    """Show a session to its owner."""
    return {"account": dump_account(session.account), "csrfToken": session.csrf_token}
