"""``/oauth``: tokens are given, asked about and taken back; and the server's own description.

References
----------
RFC 6749 section 4.4, RFC 7662, RFC 7009; SMART App Launch 2.2, "Backend Services" and
"Conformance".
"""

from dataclasses import dataclass
from http import HTTPStatus

import orjson
from flask import Response

from medshare.access import service
from medshare.access.assertions import ALGORITHMS, Assertion
from medshare.access.model import GRANTABLE, Client, ScopeError
from medshare.access.proof import ProofRules, claimant, is_stale, prove, renew, spend
from medshare.access.revocations import Revocations
from medshare.access.schemas import GrantTypeError, load_token_question, load_token_request
from medshare.access.tokens import Bearer, Grant, TokenError, TokenMaker
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction, AuditObject, Unrecorded
from medshare.kernel.errors import ErrorKind, MedshareError
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Public
from medshare.kernel.principal import Principal, PrincipalKind
from medshare.web.answers import json_answer
from medshare.web.endpoint import Routes
from medshare.web.problems import STATUSES

TOKEN_PATH = "/oauth/token"  # noqa: S105  # an address, not a secret
INTROSPECTION_PATH = "/oauth/introspect"
REVOCATION_PATH = "/oauth/revoke"
PROVES_ITSELF = Public("A client proves itself here.")
INACTIVE: dict[str, object] = {"active": False}


@dataclass(frozen=True, slots=True)
class TokenDesk:
    """What the endpoints share."""

    tokens: TokenMaker
    rules: ProofRules
    revocations: Revocations


def oauth_error(error: MedshareError) -> Response:
    """Write an error as the OAuth endpoints must (RFC 6749 section 5.2)."""
    code = "invalid_request"
    if error.kind is ErrorKind.UNAUTHENTICATED:
        code = "invalid_client"
    elif isinstance(error, ScopeError):
        code = "invalid_scope"
    elif isinstance(error, GrantTypeError):
        code = "unsupported_grant_type"
    elif error.kind in (ErrorKind.UNAVAILABLE, ErrorKind.INTERNAL, ErrorKind.STORAGE_FULL):
        code = "temporarily_unavailable"
    status = STATUSES[error.kind]
    if error.kind is ErrorKind.INVALID:
        status = HTTPStatus.BAD_REQUEST
    body = orjson.dumps({"error": code, "error_description": error.detail})
    response = Response(body, status=status.value, content_type="application/json")
    if status is HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Basic realm="medshare"'
    return response


def oauth_routes(desk: TokenDesk, issuer: str) -> Routes:
    """Return the endpoints of a server whose address is ``issuer``."""
    routes = Routes(error_face=oauth_error)
    _add_token(routes, desk)
    _add_introspection(routes, desk, issuer)
    _add_revocation(routes, desk)
    _add_description(routes, issuer, basic=desk.rules.basic)
    return routes


def _add_token(routes: Routes, desk: TokenDesk) -> None:
    @routes.endpoint(
        TOKEN_PATH,
        method="POST",
        name="access.token",
        access=PROVES_ITSELF,
        audit=Recorded(AuditAction.LOGIN, about_patients=False),
    )
    def token(context: Context) -> Response:
        """Give a client its access token."""
        proof, wanted = load_token_request()
        with context.read() as uow:
            claimed, now = claimant(uow, proof), uow.now()
        client, assertion = prove(claimed, proof, desk.rules, now)
        if is_stale(claimed, proof, desk.rules.keys):
            with context.write() as uow:
                renew(uow, claimed, proof.secret, desk.rules.keys)
        context.principal = Principal(
            PrincipalKind.CLIENT,
            client.id,
            client.facility,
            acting_user=wanted.acting_user,
            purpose=wanted.purpose,
        )
        with context.read() as uow:
            text, grant = service.issue_token(uow, desk.tokens, client, wanted)
        _spend(context, assertion)
        return json_answer(_token(text, grant, desk.tokens))


def _token(text: str, grant: Grant, tokens: TokenMaker) -> dict[str, object]:
    return {
        "access_token": text,
        "token_type": "Bearer",
        "expires_in": int(tokens.lifetime.total_seconds()),
        "scope": " ".join(grant.scopes),
    }


def _add_introspection(routes: Routes, desk: TokenDesk, issuer: str) -> None:
    @routes.endpoint(
        INTROSPECTION_PATH,
        method="POST",
        name="access.introspect",
        access=PROVES_ITSELF,
        audit=Recorded(AuditAction.READ, about_patients=False),
    )
    def introspect(context: Context) -> Response:
        """Tell a client what a token of its own facility says."""
        client, assertion, text = _asker(context, desk)
        _spend(context, assertion)
        try:
            bearer = desk.tokens.read(text, context.house.clock.now())
        except TokenError:
            return json_answer(INACTIVE)
        with context.read() as uow:
            owner = service.find_client(uow, bearer.grant.client_id)
        if owner is None or owner.disabled or owner.facility != client.facility:
            return json_answer(INACTIVE)
        if desk.revocations.holds(bearer.token_id):
            return json_answer(INACTIVE)
        return json_answer(_described(bearer, owner, issuer))


def _described(bearer: Bearer, owner: Client, issuer: str) -> dict[str, object]:
    grant = bearer.grant
    shown: dict[str, object] = {
        "active": True,
        "scope": " ".join(grant.scopes),
        "client_id": grant.client_id,
        "sub": grant.client_id,
        "iss": issuer,
        "aud": issuer,
        "jti": bearer.token_id,
        "iat": int(bearer.issued_at.timestamp()),
        "exp": int(bearer.expires_at.timestamp()),
        "token_type": "Bearer",
        "facility": owner.facility,
    }
    if grant.acting_user is not None:
        acting = grant.acting_user
        shown["act"] = {"sub": acting.id, "name": acting.name, "dept": acting.department}
    if grant.purpose is not None:
        shown["purpose_of_use"] = str(grant.purpose)
    return shown


def _add_revocation(routes: Routes, desk: TokenDesk) -> None:
    @routes.endpoint(
        REVOCATION_PATH,
        method="POST",
        name="access.revoke",
        access=PROVES_ITSELF,
        audit=Recorded(AuditAction.LOGOUT, about_patients=False),
    )
    def revoke(context: Context) -> Response:
        """Take a client's own token back; every process knows within half a minute."""
        client, assertion, text = _asker(context, desk)
        with context.write() as uow:
            if assertion is not None:
                spend(uow, assertion)
            token_id = service.revoke_token(uow, desk.tokens, client, text)
            if token_id is not None:
                context.touched(AuditObject("token", token_id))
        desk.revocations.forget()
        return Response(status=HTTPStatus.OK)


def _asker(context: Context, desk: TokenDesk) -> tuple[Client, Assertion | None, str]:
    """Return the client that asks, the assertion to spend for it, and the token it asks about."""
    proof, text = load_token_question()
    with context.read() as uow:
        claimed, now = claimant(uow, proof), uow.now()
    client, assertion = prove(claimed, proof, desk.rules, now)
    context.principal = Principal(PrincipalKind.CLIENT, client.id, client.facility)
    return client, assertion, text


def _spend(context: Context, assertion: Assertion | None) -> None:
    if assertion is not None:
        with context.write() as uow:
            spend(uow, assertion)


def _add_description(routes: Routes, issuer: str, *, basic: bool) -> None:
    document = _configuration(issuer, basic=basic)

    def configuration(_context: Context) -> Response:
        """Tell clients where the endpoints are and what they take."""
        return json_answer(document)

    for place in ("/fhir", ""):
        routes.endpoint(
            f"{place}/.well-known/smart-configuration",
            name=f"access.smart-configuration{place.replace('/', '-')}",
            access=Public("Clients read it before they can prove themselves."),
            audit=Unrecorded("It is documentation and holds no data of persons."),
        )(configuration)


def _configuration(issuer: str, *, basic: bool) -> dict[str, object]:
    """Write the SMART configuration (SMART App Launch 2.2, section "Conformance")."""
    methods = ["private_key_jwt", *(["client_secret_basic"] if basic else [])]
    algorithms = list(ALGORITHMS)
    endpoints = {
        "token": TOKEN_PATH,
        "introspection": INTROSPECTION_PATH,
        "revocation": REVOCATION_PATH,
    }
    document: dict[str, object] = {
        "issuer": issuer,
        "grant_types_supported": ["client_credentials"],
        "scopes_supported": [
            "system/*.cruds",
            *sorted({f"system/{each.split('.')[0]}.cruds" for each in GRANTABLE}),
        ],
        "capabilities": ["client-confidential-asymmetric", "permission-v2"],
    }
    for name, path in endpoints.items():
        document[f"{name}_endpoint"] = issuer + path
        document[f"{name}_endpoint_auth_methods_supported"] = methods
        document[f"{name}_endpoint_auth_signing_alg_values_supported"] = algorithms
    return document
