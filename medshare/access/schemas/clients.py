"""Clients in and out of JSON."""

from datetime import timedelta
from typing import Any, cast

import orjson
from marshmallow import ValidationError, fields, post_load, validates, validates_schema

from medshare.access import assertions
from medshare.access.model import Client
from medshare.access.outbound import may_be_asked
from medshare.kernel.identifiers import FacilityCode
from medshare.web.body import load, load_json
from medshare.web.faults import Fault
from medshare.web.fields import Code, Flag, Input, Items, Text, Whole

JWKS_FAULT = Fault(
    "jwks",
    "Send a JWK Set of public RSA keys or EC keys on P-384.",
    "请填写由 RSA 或 P-384 公钥组成的 JWK Set。",
)
JWKS_URI_FAULT = Fault(
    "jwks-uri",
    "Send an https address, without a user name, where the client keeps its JWK Set.",
    "请填写客户端公布 JWK Set 的 https 地址，不含用户名。",
)
TWO_KEY_SETS_FAULT = Fault(
    "two-key-sets",
    "Send jwks or jwksUri, not both.",
    "jwks 与 jwksUri 只能填写其一。",
)
CLIENT_FAULT = Fault(
    "client-id",
    "Use letters, digits, dots, hyphens and underscores, at most 64.",
    "请使用字母、数字、点、连字符和下划线，最长 64 位。",
)
ORIGIN_FAULT = Fault(
    "embed-origin",
    "Send scheme://host[:port] alone: https, or http on the own machine.",
    "请仅填写 scheme://host[:port]：须为 https，本机可用 http。",
)
ORIGIN = r"(https://[a-z0-9.-]+(:\d{1,5})?|http://(localhost|127\.0\.0\.1)(:\d{1,5})?)"
OVERLAP_HOURS_MAX = 72


class ClientChangeSchema(Input):
    """What can be changed of a client."""

    name = Text(required=True, high=200)
    scopes = Items(Text(high=100), required=True, low=1, high=50)
    jwks = fields.Raw(load_default=None)
    jwksUri = Text(load_default=None, allow_none=False, high=500)  # noqa: N815  # JSON's spelling
    embedOrigin = Text(  # noqa: N815  # JSON's spelling
        load_default=None, allow_none=False, high=200, pattern=(ORIGIN, ORIGIN_FAULT)
    )
    disabled = Flag(load_default=False)

    @validates("jwks")
    def check_jwks(self, value: object, **_: object) -> None:
        """Hold the key set to public keys that can be used."""
        if value is not None and not assertions.is_key_set(value):
            raise ValidationError(JWKS_FAULT)

    @validates("jwksUri")
    def check_jwks_uri(self, value: str | None, **_: object) -> None:
        """Hold the address to one that may be fetched from."""
        if value is not None and not may_be_asked(value):
            raise ValidationError(JWKS_URI_FAULT)

    @validates_schema
    def check_one(self, data: dict[str, Any], **_: object) -> None:
        """Leave no doubt which keys count."""
        if data.get("jwks") and data.get("jwksUri"):
            raise ValidationError(TWO_KEY_SETS_FAULT, "jwksUri")


class ClientSchema(ClientChangeSchema):
    """A client as an administrator registers it."""

    id = Text(required=True, high=64, pattern=(r"[A-Za-z0-9][A-Za-z0-9._-]*", CLIENT_FAULT))
    facility = Code(required=True)
    disabled = Flag(dump_only=True)
    secret = fields.String(dump_only=True)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Client:
        """Make the model."""
        return _client(data, data["id"], FacilityCode(data["facility"]))


class ClientListSchema(Input):
    """A page of clients."""

    items = fields.List(fields.Nested(ClientSchema), required=True)
    next = fields.String()


class SecretRequestSchema(Input):
    """How long the secret that a client had still counts."""

    overlapHours = Whole(load_default=0, low=0, high=OVERLAP_HOURS_MAX)  # noqa: N815  # JSON's


def _client(data: dict[str, Any], client_id: str, facility: FacilityCode) -> Client:
    return Client(
        id=client_id,
        name=data["name"],
        facility=facility,
        scopes=tuple(data["scopes"]),
        jwks=orjson.dumps(data["jwks"]).decode() if data["jwks"] else None,
        disabled=data.get("disabled", False),
        jwks_uri=data["jwksUri"],
        embed_origin=data["embedOrigin"],
    )


def load_client() -> Client:
    """Load the client in the request's body."""
    return cast("Client", load_json(ClientSchema()))


def read_client(document: object) -> Client:
    """Load a client from a document that did not come over HTTP."""
    return cast("Client", load(ClientSchema(), document))


def load_change(client_id: str) -> Client:
    """Load what a client is to be; whose it is cannot be changed."""
    return _client(load_json(ClientChangeSchema()), client_id, FacilityCode(""))


def load_overlap() -> timedelta:
    """Load for how long a client's former secret is to count."""
    return timedelta(hours=load_json(SecretRequestSchema())["overlapHours"])


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
    if client.jwks_uri:
        shown["jwksUri"] = client.jwks_uri
    if client.embed_origin:
        shown["embedOrigin"] = client.embed_origin
    if secret:
        shown["secret"] = secret
    return shown
