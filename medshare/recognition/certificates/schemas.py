"""Scopes and certificates in and out of JSON."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from marshmallow import fields

from medshare.kernel.errors import InvalidError, Issue
from medshare.recognition.certificates.model import Basis, Certificate, Scope
from medshare.recognition.programme import QualityCertificate
from medshare.web.body import load, load_json
from medshare.web.fields import Code, Input, Items, OffsetDateTime, Sub, Text, Whole

ITEMS_MAX = 1000
NO_LIST = Issue("", "not-a-list", "A list belongs here.", "此处应为列表。")


class ScopeSchema(Input):
    """A territory or alliance; the same form is sent and shown."""

    code = Code(required=True)
    nameZh = Text(required=True, high=200)  # noqa: N815  # JSON's spelling
    nameEn = Text(required=True, high=200)  # noqa: N815  # JSON's spelling
    rank = Whole(required=True, low=0, high=4)
    contains = Items(Code(), load_default=[], unique=True)


class ScopeListSchema(Input):
    """Every scope, the widest first."""

    items = fields.List(fields.Nested(ScopeSchema), required=True)


class BasisSchema(Input):
    """What a certificate rests on."""

    scheme = Text(required=True, high=200)
    cycle = Text(required=True, high=64)
    score = Text(load_default="", low=0, high=64)


class NewCertificateSchema(Input):
    """A certificate to be registered."""

    id = Code(required=True)
    facility = Code(required=True)
    items = Items(Code(), required=True, low=1, high=ITEMS_MAX, unique=True)
    scope = Code(required=True)
    mark = Text(required=True, high=64)
    issuer = Text(required=True, high=200)
    basis = Sub(BasisSchema, required=True)
    validFrom = OffsetDateTime(required=True)  # noqa: N815  # JSON's spelling
    validTo = OffsetDateTime(required=True)  # noqa: N815  # JSON's spelling


class WithdrawalRequestSchema(Input):
    """Since when a certificate is void, and why."""

    invalidFrom = OffsetDateTime(required=True)  # noqa: N815  # JSON's spelling
    reason = Text(required=True)


class WithdrawalSchema(Input):
    """How a certificate ended before its time."""

    at = OffsetDateTime(required=True)
    invalidFrom = OffsetDateTime(required=True)  # noqa: N815  # JSON's spelling
    reason = fields.String(required=True)


class CertificateSchema(Input):
    """A certificate as it stands."""

    id = fields.String(required=True)
    facility = fields.String(required=True)
    items = fields.List(fields.String(), required=True)
    scope = fields.String(required=True)
    mark = fields.String(required=True)
    issuer = fields.String(required=True)
    basis = fields.Nested(BasisSchema, required=True)
    validFrom = OffsetDateTime(required=True)  # noqa: N815  # JSON's spelling
    validTo = OffsetDateTime(required=True)  # noqa: N815  # JSON's spelling
    withdrawal = Sub(WithdrawalSchema)


class CertificateListSchema(Input):
    """A page of certificates."""

    items = fields.List(fields.Nested(CertificateSchema), required=True)
    next = fields.String()


def load_scope() -> Scope:
    """Load a scope."""
    return _scope(load_json(ScopeSchema()))


def load_certificate() -> Certificate:
    """Load a certificate to be registered."""
    return _certificate(load_json(NewCertificateSchema()))


def load_withdrawal() -> tuple[datetime, str]:
    """Load since when a certificate is void, and why."""
    data = load_json(WithdrawalRequestSchema())
    return data["invalidFrom"], data["reason"]


def read_scopes(document: object) -> list[Scope]:
    """Read a list of scopes.

    Raises
    ------
    InvalidError
        It has another form; the issues name the places.
    """
    return [_scope(each) for each in _each(ScopeSchema(), document)]


def read_certificates(document: object) -> list[Certificate]:
    """Read a list of certificates.

    Raises
    ------
    InvalidError
        It has another form; the issues name the places.
    """
    return [_certificate(each) for each in _each(NewCertificateSchema(), document)]


def _each(schema: Input, document: object) -> Iterator[Mapping[str, Any]]:
    if not isinstance(document, list):
        raise InvalidError(issues=[NO_LIST])
    for number, each in enumerate(document):
        try:
            yield load(schema, each)
        except InvalidError as error:
            raise error.below(f"/{number}") from None


def _scope(data: Mapping[str, Any]) -> Scope:
    contains = tuple(data["contains"])
    return Scope(data["code"], data["nameZh"], data["nameEn"], data["rank"], contains)


def _certificate(data: Mapping[str, Any]) -> Certificate:
    rule = QualityCertificate(
        data["id"],
        data["facility"],
        frozenset(data["items"]),
        data["scope"],
        data["mark"],
        data["validFrom"],
        data["validTo"],
    )
    return Certificate(rule, data["issuer"], Basis(**data["basis"]))


def dump_scope(scope: Scope) -> dict[str, object]:
    """Show a scope."""
    return {
        "code": scope.code,
        "nameZh": scope.name_zh,
        "nameEn": scope.name_en,
        "rank": scope.rank,
        "contains": list(scope.contains),
    }


def dump_certificate(certificate: Certificate) -> dict[str, object]:
    """Show a certificate as it stands."""
    rule, basis = certificate.rule, certificate.basis
    document: dict[str, object] = {
        "id": rule.id,
        "facility": rule.facility,
        "items": sorted(rule.items),
        "scope": rule.scope,
        "mark": rule.mark,
        "issuer": certificate.issuer,
        "basis": {"scheme": basis.scheme, "cycle": basis.cycle, "score": basis.score},
        "validFrom": rule.valid_from,
        "validTo": rule.valid_to,
    }
    if rule.withdrawn is not None:
        document["withdrawal"] = {
            "at": rule.withdrawn.at,
            "invalidFrom": rule.withdrawn.invalid_from,
            "reason": certificate.withdrawal_reason,
        }
    return document
