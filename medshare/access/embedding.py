"""One-time tickets for pages in a hospital system's frame, and the pages that they open."""

import secrets

from medshare.access.model import (
    PURPOSE_ISSUE,
    require_acting_user,
)
from medshare.access.model.embedding import (
    NEEDED,
    PAGE_LIFETIME,
    TICKET_LIFETIME,
    Binding,
    Embedding,
    NoEmbedOriginError,
    TicketRefusedError,
)
from medshare.access.sessions import hash_of
from medshare.access.store import clients
from medshare.access.store import embedding as store
from medshare.infra.uow import UnitOfWork
from medshare.kernel.errors import ForbiddenError, InvalidError
from medshare.kernel.principal import Principal, PurposeOfUse

COOKIE = "__Secure-medshare-embedded"


def require_embedder(uow: UnitOfWork, principal: Principal) -> PurposeOfUse:
    """Return the purpose of a caller in whose name a page can be opened.

    Raises
    ------
    ForbiddenError
        It lacks a right that the page needs.
    InvalidError
        It states no acting user, or no purpose.
    NoEmbedOriginError
        Nobody has registered which origin may frame a page for it.
    """
    if not principal.permissions >= NEEDED:
        raise ForbiddenError
    require_acting_user(principal)
    if principal.purpose is None:
        raise InvalidError(issues=[PURPOSE_ISSUE])
    client = clients.find_client(uow.session, principal.id)
    if client is None or client.embed_origin is None:
        raise NoEmbedOriginError
    return principal.purpose


def issue(uow: UnitOfWork, binding: Binding) -> str:
    """Make a ticket and return it; only its hash is kept."""
    ticket = secrets.token_urlsafe(32)
    store.drop_expired(uow.session, uow.now() - PAGE_LIFETIME)
    store.add(uow.session, hash_of(ticket), binding, uow.now() + TICKET_LIFETIME)
    return ticket


def redeem(uow: UnitOfWork, ticket: str, origin: str) -> tuple[str, Embedding]:
    """Use a ticket up; return the fresh key of the page that it opens, and what that is for.

    Parameters
    ----------
    origin
        Of the page that sent the ticket, as the browser says.

    Raises
    ------
    TicketRefusedError
        It is unknown, used or expired, or comes from elsewhere than its client's pages.
    """
    key, now = secrets.token_urlsafe(32), uow.now()
    used = store.redeem(uow.session, hash_of(ticket), hash_of(key), now, now + PAGE_LIFETIME)
    embedding = find(uow, key) if used else None
    if embedding is None or embedding.origin != origin:
        raise TicketRefusedError  # the change is rolled back: a thief does not spend it
    return key, embedding


def find(uow: UnitOfWork, key: str) -> Embedding | None:
    """Return what the page of a key is for, unless it has expired."""
    return store.find_page(uow.session, hash_of(key), uow.now())
