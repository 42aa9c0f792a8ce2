"""The public keys of clients: registered, or fetched from an address that the client keeps.

References
----------
SMART App Launch 2.2, "Registering a client (communicating public keys)"; RFC 7517 section 5.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
import structlog

from medshare.access.assertions import (
    AssertionRefusedError,
    claimed_key,
    is_key_set,
)
from medshare.access.model import Client
from medshare.access.outbound import ask
from medshare.kernel.ports import Clock

FRESH = timedelta(minutes=5)
"""After which a set is fetched again, so that a key taken out of it ceases to count."""
KEEP = timedelta(minutes=15)
"""For how long the last set counts while its address does not answer."""
AGAIN = timedelta(seconds=30)
"""How soon a key that the set lacks lets us look for a newer set."""
CACHE_MAX = 1024

log = structlog.get_logger(__name__)


def fetch_key_set(url: str) -> str:
    """Fetch a JWK Set and return it as JSON text.

    Raises
    ------
    OSError, ValueError
        The address does not answer in time, or not with public keys that can be used.
    """
    text = ask(url)
    if not is_key_set(orjson.loads(text)):
        raise ValueError
    return str(text, "utf-8")


@dataclass(frozen=True, slots=True)
class _Fetched:
    jwks: str
    key_ids: frozenset[str]
    at: datetime


class KeySets:
    """Knows every client's keys; fetched ones are remembered for a while.

    Parameters
    ----------
    fetch
        Returns the JWK Set at an address as JSON text, or raises ``OSError`` or ``ValueError``.
    """

    def __init__(self, clock: Clock, fetch: Callable[[str], str] = fetch_key_set) -> None:
        self._clock = clock
        self._fetch = fetch
        self._lock = threading.Lock()
        self._known: dict[str, _Fetched] = {}
        self._tried: dict[str, datetime] = {}

    def of(self, client: Client, assertion: str) -> str:
        """Return the keys that may have signed a client's assertion, as JSON text.

        Raises
        ------
        AssertionRefusedError
            The client has none, or they cannot be had now.
        """
        if client.jwks_uri is None:
            if client.jwks is None:
                raise AssertionRefusedError
            return client.jwks
        now, url = self._clock.now(), client.jwks_uri
        if self._is_due(url, claimed_key(assertion), now):
            self._renew(url, now)
        known = self._known.get(url)
        if known is None or now - known.at > KEEP:
            raise AssertionRefusedError
        return known.jwks

    def _is_due(self, url: str, key_id: str, now: datetime) -> bool:
        """Tell whether to fetch, and note that it is being done: one caller does it at a time."""
        with self._lock:
            known, tried = self._known.get(url), self._tried.get(url)
            if known and now - known.at < FRESH and key_id in known.key_ids:
                return False
            if tried is not None and now - tried < AGAIN:
                return False
            if len(self._tried) >= CACHE_MAX:
                self._tried.clear()
                self._known.clear()
            self._tried[url] = now
            return True

    def _renew(self, url: str, now: datetime) -> None:
        try:
            jwks = self._fetch(url)
        except (OSError, ValueError):
            log.warning("a client's keys could not be fetched")
            return
        keys = orjson.loads(jwks)["keys"]
        key_ids = frozenset(str(each.get("kid", "")) for each in keys)
        with self._lock:
            self._known[url] = _Fetched(jwks, key_ids, now)
