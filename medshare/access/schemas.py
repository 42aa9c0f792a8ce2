"""Clients, accounts, sessions and tokens in and out of JSON and forms."""

from typing import Any, cast
from urllib.parse import parse_qsl

import orjson
from flask import request
from marshmallow import Schema, ValidationError, fields, post_load, validates, validates_schema

from medshare.access import assertions
from medshare.access.model import (
    Account,
    Client,
    ClientProof,
    GrantRequest,
    InvalidClientError,
    Role,
    Session,
    read_purpose,
)
from medshare.kernel.errors import InvalidError, MalformedError
from medshare.kernel.identifiers import FacilityCode
from medshare.kernel.principal import ActingUser
from medshare.web.body import load, load_json, read_body
from medshare.web.faults import Fault
from medshare.web.fields import Code, Flag, Input, Items, OneOf, Sub, Text

GRANT_TYPE = "client_credentials"
FORM_LIMIT = 64 << 10
FORM_FIELDS_MAX = 20
JWKS_FAULT = Fault(
    "jwks",
    "Send a JWK Set of public RSA keys or EC keys on P-384.",
    "请填写由 RSA 或 P-384 公钥组成的 JWK Set。",
)
FACILITY_FAULT = Fault(
    "facility-required",
    "A clinician belongs to a facility; name it.",
    "临床医生须隶属机构，请填写。",
)
CLIENT_FAULT = Fault(
    "client-id",
    "Use letters, digits, dots, hyphens and underscores, at most 64.",
    "请使用字母、数字、点、连字符和下划线，最长 64 位。",
)
PASSWORD_LOW = 12


class GrantTypeError(MalformedError):
    """The token endpoint knows one grant."""

    slug = "unsupported-grant-type"
    title = "Ask for a token with grant_type=client_credentials"
    title_zh = "请使用 grant_type=client_credentials 申请令牌"


class FormError(MalformedError):
    """The form of the token request cannot be read."""

    slug = "bad-form"
    title = "The token request cannot be read"
    title_zh = "无法解析令牌请求"


class ClientSchema(Input):
    """A client as an administrator registers it."""

    id = Text(required=True, high=64, pattern=(r"[A-Za-z0-9][A-Za-z0-9._-]*", CLIENT_FAULT))
    name = Text(required=True, high=200)
    facility = Code(required=True)
    scopes = Items(Text(high=100), required=True, low=1, high=50)
    jwks = fields.Raw(load_default=None)
    disabled = Flag(dump_only=True)
    secret = fields.String(dump_only=True)

    @validates("jwks")
    def check_jwks(self, value: object, **_: object) -> None:
        """Hold the key set to public keys that can be used."""
        if value is not None and not assertions.is_key_set(value):
            raise ValidationError(JWKS_FAULT)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Client:
        """Make the model."""
        return Client(
            id=data["id"],
            name=data["name"],
            facility=FacilityCode(data["facility"]),
            scopes=tuple(data["scopes"]),
            jwks=orjson.dumps(data["jwks"]).decode() if data["jwks"] else None,
        )


class ClientListSchema(Input):
    """A page of clients."""

    items = fields.List(fields.Nested(ClientSchema), required=True)
    next = fields.String()


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


class TokenSchema(Schema):
    """The token endpoint's answer (RFC 6749 section 5.1)."""

    access_token = fields.String(required=True)
    token_type = fields.String(required=True)
    expires_in = fields.Integer(required=True)
    scope = fields.String(required=True)


def load_client() -> Client:
    """Load the client in the request's body."""
    return cast("Client", load_json(ClientSchema()))


def read_client(document: object) -> Client:
    """Load a client from a document that did not come over HTTP."""
    return cast("Client", load(ClientSchema(), document))


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


def dump_client(client: Client, secret: str | None = None) -> dict[str, object]:
    """Show a client, and its secret the one time that it is known."""
    shown: dict[str, object] = {
        "id": client.id,
        "name": client.name,
        "facility": client.facility,
        "scopes": list(client.scopes),
        "disabled": client.disabled,
    }
    if client.jwks:
        shown["jwks"] = orjson.loads(client.jwks)
    if secret:
        shown["secret"] = secret
    return shown


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


def load_token_request() -> tuple[ClientProof, GrantRequest]:
    """Load the form of a token request (RFC 6749 section 4.4.2).

    Raises
    ------
    GrantTypeError, InvalidClientError, InvalidError
        Another grant, no proof of the client, or an unknown purpose.
    """
    form = _form()
    if form.get("grant_type") != GRANT_TYPE:
        raise GrantTypeError
    return _proof(form), _grant_request(form)


def _form() -> dict[str, str]:
    if request.mimetype != "application/x-www-form-urlencoded":
        raise FormError("Send the token request as application/x-www-form-urlencoded.")
    try:
        pairs = parse_qsl(
            read_body(FORM_LIMIT).decode("ascii"), errors="strict", max_num_fields=FORM_FIELDS_MAX
        )
    except ValueError:
        raise FormError from None
    form = dict(pairs)
    if len(form) < len(pairs):
        raise FormError("Send each parameter of the token request once.")
    return form


def _proof(form: dict[str, str]) -> ClientProof:
    """Return the one proof that came: RFC 6749 section 2.3 forbids two at once."""
    basic = request.authorization
    assertion = form.get("client_assertion", "")
    if assertion and basic is None:
        if form.get("client_assertion_type") != assertions.TYPE:
            raise InvalidClientError
        return ClientProof(assertion=assertion)
    if assertion or basic is None or basic.type != "basic":
        raise InvalidClientError
    username, password = basic.username or "", basic.password or ""
    if not username.isprintable() or not password.isprintable():
        raise InvalidClientError
    return ClientProof(username, password)


def _grant_request(form: dict[str, str]) -> GrantRequest:
    acting = None
    if form.get("acting_user"):
        acting = ActingUser(
            id=_short(form["acting_user"]),
            name=_short(form.get("acting_user_name", "")),
            department=_short(form.get("department", "")),
        )
    purpose = form.get("purpose_of_use")
    return GrantRequest(
        scope=_short(form.get("scope", ""), 4000),
        acting_user=acting,
        purpose=read_purpose(purpose) if purpose else None,
    )


def _short(text: str, limit: int = 200) -> str:
    if len(text) > limit or not text.isprintable():
        raise InvalidError("A parameter of the token request is too long or not printable.")
    return text
