"""Accounts and sessions in and out of JSON."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from medshare.access.model import (
    Account,
    LoginAttempt,
    Role,
    Session,
)
from medshare.access.passwords import LENGTH_LOW
from medshare.kernel.identifiers import FacilityCode
from medshare.web.body import load, load_arguments, load_json
from medshare.web.faults import Fault
from medshare.web.fields import Code, Flag, Input, Items, OneOf, Sub, Text

FACILITY_FAULT = Fault(
    "facility-required",
    "A clinician belongs to a facility; name it.",
    "临床医生须隶属机构，请填写。",
)
CODE = (
    r"[0-9]{6}",
    Fault("code", "Send the six digits that the authenticator shows.", "请填写六位动态口令。"),
)


class LoginSchema(Input):
    """A person's login."""

    username = Text(required=True, high=64)
    password = Text(required=True, high=200)
    code = Text(load_default="", high=6, pattern=CODE)


class ProofSchema(Input):
    """What a person who is logged in proves themselves by once more."""

    password = Text(required=True, high=200)
    code = Text(load_default="", high=6, pattern=CODE)


class PasswordChangeSchema(Input):
    """A person's own change of password."""

    current = Text(required=True, high=200)
    password = Text(required=True, low=LENGTH_LOW, high=200)


class CodeSchema(Input):
    """A code of a second factor."""

    code = Text(required=True, high=6, pattern=CODE)


class SecondFactorSchema(Schema):
    """A new second factor, shown this once."""

    secret = fields.String(required=True)
    address = fields.String(required=True)


class TemporaryPasswordSchema(Schema):
    """A password that an administrator made, shown this once."""

    password = fields.String(required=True)


class ProviderLoginSchema(Input):
    """Where to go on to after a login at the identity provider."""

    next = Text(load_default="", high=500)


class ProviderAnswerSchema(Input):
    """What identity providers send the browser back with; all but the first two is ignored."""

    state = Text(load_default="", high=100)
    code = Text(load_default="", high=2000)
    iss = Text(load_default="", high=500)
    session_state = Text(load_default="", high=2000)
    scope = Text(load_default="", high=2000)
    error = Text(load_default="", high=200)
    error_description = Text(load_default="", high=2000)


class AccountChangeSchema(Input):
    """What can be changed of an account."""

    displayName = Text(required=True, high=200)  # noqa: N815  # JSON's spelling
    roles = Items(OneOf(Role), required=True, low=1, high=len(Role))
    facility = Code(load_default=None, allow_none=True)
    department = Text(load_default="", low=0, high=200)
    providerSubject = Text(load_default=None, allow_none=True, high=255)  # noqa: N815  # JSON's
    disabled = Flag(load_default=False)

    @validates_schema
    def check_facility(self, data: dict[str, Any], **_: object) -> None:
        """Give every clinician a facility."""
        if Role.CLINICIAN in data.get("roles", ()) and not data.get("facility"):
            raise ValidationError(FACILITY_FAULT, "facility")


class AccountSchema(AccountChangeSchema):
    """A person's account as an administrator opens it."""

    id = fields.String(dump_only=True)
    username = Code(required=True)
    password = Text(required=True, low=LENGTH_LOW, high=200, load_only=True)
    disabled = Flag(dump_only=True)
    mustChangePassword = Flag(dump_only=True)  # noqa: N815  # JSON's spelling
    secondFactor = Flag(dump_only=True)  # noqa: N815  # JSON's spelling


class AccountListSchema(Input):
    """A page of accounts."""

    items = fields.List(fields.Nested(AccountSchema), required=True)
    next = fields.String()


class SessionSchema(Schema):
    """A session as its owner sees it."""

    account = Sub(AccountSchema, required=True)
    csrfToken = fields.String(required=True)  # noqa: N815  # JSON's spelling


def load_login() -> LoginAttempt:
    """Load what a person typed to log in."""
    return LoginAttempt(**load_json(LoginSchema()))


def load_proof(username: str) -> LoginAttempt:
    """Load what the person of a session proves themselves by once more."""
    return LoginAttempt(username, **load_json(ProofSchema()))


def load_password_change() -> tuple[str, str]:
    """Load the current password and the new one."""
    data = load_json(PasswordChangeSchema())
    return data["current"], data["password"]


def load_next_path() -> str:
    """Load where to go on to after a login."""
    return str(load_arguments(ProviderLoginSchema())["next"])


def load_provider_answer() -> tuple[str, str]:
    """Load the state and the code that the identity provider sends the browser back with."""
    data = load_arguments(ProviderAnswerSchema())
    return data["state"], data["code"]


def load_code() -> str:
    """Load the code of a second factor."""
    return str(load_json(CodeSchema())["code"])


def load_account_change(key: str) -> Account:
    """Load what an account is to be; its user name cannot be changed."""
    return _account(load_json(AccountChangeSchema()), key, "")


def load_account(key: str) -> tuple[Account, str]:
    """Load the account in the request's body, to stand under ``key``, and its password."""
    return read_account(load_json(AccountSchema()), key)


def account_of(document: object, key: str) -> tuple[Account, str]:
    """Load an account from a document that did not come over HTTP."""
    return read_account(load(AccountSchema(), document), key)


def read_account(data: dict[str, Any], key: str) -> tuple[Account, str]:
    """Make the model from loaded data."""
    return _account(data, key, data["username"]), data["password"]


def _account(data: dict[str, Any], key: str, username: str) -> Account:
    return Account(
        id=key,
        username=username,
        display_name=data["displayName"],
        roles=frozenset(data["roles"]),
        facility=FacilityCode(data["facility"]) if data["facility"] else None,
        department=data["department"],
        disabled=data.get("disabled", False),
        provider_subject=data["providerSubject"],
    )


def dump_account(account: Account) -> dict[str, object]:
    """Show an account, never its password."""
    return {
        "id": account.id,
        "username": account.username,
        "displayName": account.display_name,
        "roles": sorted(account.roles),
        "facility": account.facility,
        "department": account.department,
        "providerSubject": account.provider_subject,
        "disabled": account.disabled,
        "mustChangePassword": account.must_change_password,
        "secondFactor": account.has_second_factor,
    }


def dump_session(session: Session) -> dict[str, object]:
    """Show a session to its owner."""
    return {"account": dump_account(session.account), "csrfToken": session.csrf_token}
