"""Callers that sign each call instead of getting a token first, as CDS Hooks 2.0 has it."""

from collections.abc import Collection
from dataclasses import dataclass

from medshare.access.assertions import AssertionRefusedError, claimed_client, verify_call
from medshare.access.key_sets import KeySets
from medshare.access.model import Client, permissions_of
from medshare.access.proof import spend
from medshare.access.store import clients as store
from medshare.infra.db import Database
from medshare.infra.uow import UnitOfWork
from medshare.kernel.errors import UnauthenticatedError
from medshare.kernel.ports import Authenticator, Clock, Credentials
from medshare.kernel.principal import Principal, PrincipalKind


@dataclass(frozen=True, slots=True)
class SignedCalls:
    """Turns a call's own JWT into a principal, and leaves everything else to the usual way.

    Parameters
    ----------
    usual
        Knows our own access tokens and sessions.
    audiences
        The addresses that a call may be signed for.
    issuer
        The ``iss`` of our own tokens; a JWT of another issuer is a client's.
    """

    database: Database
    clock: Clock
    usual: Authenticator
    key_sets: KeySets
    audiences: Collection[str]
    issuer: str

    def authenticate(self, credentials: Credentials) -> Principal:
        """Return who asks.

        Raises
        ------
        UnauthenticatedError
            Something was presented and does not hold; a signed call holds once.
        """
        scheme, _, text = credentials.headers.get("authorization", "").partition(" ")
        issuer = _issuer_of(text.strip()) if scheme.lower() == "bearer" else None
        if issuer is None or issuer == self.issuer:
            return self.usual.authenticate(credentials)
        client = self._proved(issuer, text.strip())
        return Principal(
            PrincipalKind.CLIENT, client.id, client.facility, permissions_of(client.scopes)
        )

    def _proved(self, client_id: str, text: str) -> Client:
        with self.database.read() as session:
            client = store.find_client(session, client_id)
        try:
            if client is None or client.disabled:
                raise AssertionRefusedError
            jwks = self.key_sets.of(client, text)
            call = verify_call(text, jwks, audiences=self.audiences, now=self.clock.now())
        except AssertionRefusedError:
            raise UnauthenticatedError from None
        with self.database.write() as session:
            spend(UnitOfWork(session, self.clock), call)
        return client


def _issuer_of(text: str) -> str | None:
    try:
        return claimed_client(text, "iss")
    except AssertionRefusedError:
        return None
