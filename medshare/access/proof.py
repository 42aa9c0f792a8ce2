"""How a client proves itself at the token, introspection and revocation endpoints.

Three steps, so that no unit of work is open while keys are fetched: read what is known of the
client, prove, spend the assertion.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime
from itertools import product

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
    offered = rules.keys.hash_secret(proof.secret), rules.keys.former_hash_of(proof.secret) or ""
    # Compared with each, so that the time tells nothing of how many there are.
    pairs = product((*claimed.secret_hashes, " "), offered)
    matches = [hmac.compare_digest(*each) for each in pairs]
    if not rules.basic or claimed.client is None or claimed.client.disabled or not any(matches):
        raise InvalidClientError
    return claimed.client, None


def renew(uow: UnitOfWork, claimed: Claimant, secret: str, keys: ServerKeys) -> None:
    """Hash the secret of a client that proved itself anew, by the key that counts from now on."""
    former = keys.former_hash_of(secret)
    if claimed.client is not None and former is not None:
        store.renew_hash(uow.session, claimed.client.id, former, keys.hash_secret(secret))


def is_stale(claimed: Claimant, proof: ClientProof, keys: ServerKeys) -> bool:
    """Tell whether a client proved itself by a secret that the former key has hashed."""
    return bool(proof.secret) and keys.former_hash_of(proof.secret) in claimed.secret_hashes


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
