"""The forms of the OAuth endpoints, and their answers."""

from flask import request
from marshmallow import Schema, fields

from medshare.access import assertions
from medshare.access.model import ClientProof, GrantRequest, InvalidClientError, read_purpose
from medshare.kernel.errors import InvalidError, MalformedError
from medshare.kernel.principal import ActingUser
from medshare.web.body import FORM, read_form

GRANT_TYPE = "client_credentials"


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


class TokenSchema(Schema):
    """The token endpoint's answer (RFC 6749 section 5.1)."""

    access_token = fields.String(required=True)
    token_type = fields.String(required=True)
    expires_in = fields.Integer(required=True)
    scope = fields.String(required=True)


class IntrospectionSchema(Schema):
    """What a token says (RFC 7662 section 2.2); ``active`` alone where it says nothing."""

    active = fields.Boolean(required=True)
    scope = fields.String()
    client_id = fields.String()
    sub = fields.String()
    iss = fields.String()
    aud = fields.String()
    jti = fields.String()
    iat = fields.Integer()
    exp = fields.Integer()
    token_type = fields.String()
    facility = fields.String()
    act = fields.Dict(keys=fields.String(), values=fields.String())
    purpose_of_use = fields.String()


def load_token_question() -> tuple[ClientProof, str]:
    """Load a form that asks about one token, or takes it back (RFC 7662, RFC 7009).

    Raises
    ------
    InvalidClientError, MalformedError
        No proof of the client, or no token.
    """
    form = _form()
    proof = _proof(form)
    token = form.get("token", "")
    if not token:
        raise FormError("Send the token in the parameter token.")
    return proof, token


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
    if request.mimetype != FORM:
        raise FormError(f"Send the token request as {FORM}.")
    try:
        pairs = read_form()
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
