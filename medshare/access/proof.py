"""How a client proves itself at the token, introspection and revocation endpoints.

Three steps, so that no unit of work is open while keys are fetched: read what is known of the
client, prove, spend the assertion.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime

from medshare.access.assertions import Assertion, AssertionRefusedError, claimed_client, verify
from medshare.access.key_sets import KeySets
from medshare.access.keys import ServerKeys
from medshare.access.model import Client, ClientProof, InvalidClientError
from medshare.access.store import clients as store
from medshare.infra.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class Claimant:
    """What is known of the client that a proof names, if there is one."""

    client: Client | None
    secret_hashes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProofRules:
    """What a proof is held to.

    Parameters
    ----------
    audience
        The token endpoint's own address, as assertions must name it.
    basic
        Whether shared secrets are allowed at all.
    """

    keys: ServerKeys
    key_sets: KeySets
    audience: str
    basic: bool


def claimant(uow: UnitOfWork, proof: ClientProof) -> Claimant:
    """Return what is known of the client that a proof names.

    Raises
    ------
    InvalidClientError
        The assertion names nobody.
    """
    client_id = proof.client_id
    if proof.assertion:
        try:
            client_id = claimed_client(proof.assertion)
        except AssertionRefusedError:
            raise InvalidClientError from None
    hashes = store.find_secret_hashes(uow.session, client_id, uow.now())
    return Claimant(store.find_client(uow.session, client_id), hashes)


def prove(
    claimed: Claimant, proof: ClientProof, rules: ProofRules, now: datetime
) -> tuple[Client, Assertion | None]:
    """Return the client whose proof holds, and the assertion that must be spent for it.

    Raises
    ------
    InvalidClientError
        Whatever is wrong: an unknown client looks like a wrong key.
    """
    if proof.assertion:
        return _by_assertion(claimed.client, proof.assertion, rules, now)
    offered = rules.keys.hash_secret(proof.secret)
    # Compared with each, so that the time tells nothing of how many there are.
    matches = [hmac.compare_digest(each, offered) for each in (*claimed.secret_hashes, "")]
    if not rules.basic or claimed.client is None or claimed.client.disabled or not any(matches):
        raise InvalidClientError
    return claimed.client, None


def _by_assertion(
    client: Client | None, text: str, rules: ProofRules, now: datetime
) -> tuple[Client, Assertion]:
    try:
        if client is None or client.disabled:
            raise AssertionRefusedError
        jwks = rules.key_sets.of(client, text)
        return client, verify(text, jwks, audience=rules.audience, now=now)
    except AssertionRefusedError:
        raise InvalidClientError from None


def spend(uow: UnitOfWork, assertion: Assertion) -> None:
    """Use an assertion up, across every process that shares the database.

    Raises
    ------
    InvalidClientError
        It was used before.
    """
    first = store.use_assertion(
        uow.session,
        assertion.client_id,
        assertion.jti,
        expires_at=assertion.expires_at,
        now=uow.now(),
    )
    if not first:
        raise InvalidClientError
