"""What another system asked a browser to show, kept until the person before it has signed in.

The asking address holds identifiers; the ticket that takes its place holds none. It opens nothing
by itself: whoever takes it is shown what they may see.
"""

import secrets
from datetime import timedelta

from medshare.access.sessions import hash_of
from medshare.access.store import launches as store
from medshare.infra.uow import UnitOfWork

LIFETIME = timedelta(minutes=10)  # long enough to sign in


def keep(uow: UnitOfWork, asked: str) -> str:
    """Keep what was asked for and return its ticket; only the ticket's hash is kept."""
    ticket = secrets.token_urlsafe(32)
    store.drop_expired(uow.session, uow.now())
    store.add(uow.session, hash_of(ticket), asked, uow.now() + LIFETIME)
    return ticket


def take(uow: UnitOfWork, ticket: str) -> str | None:
    """Return what a ticket stands for and use it up; ``None`` where it is used, old or forged."""
    return store.take(uow.session, hash_of(ticket), uow.now())
