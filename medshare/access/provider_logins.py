"""Logins that go to the identity provider and come back, each once."""

from datetime import timedelta

from medshare.access import sessions
from medshare.access.model import ProviderLogin, ProviderRefusedError
from medshare.access.provider import UNDERWAY
from medshare.access.store import people as store
from medshare.infra.uow import UnitOfWork


def keep(uow: UnitOfWork, state: str, login: ProviderLogin) -> None:
    """Keep a login that goes to the provider under the state that must come back."""
    store.drop_old_provider_logins(uow.session, uow.now() - UNDERWAY)
    store.add_provider_login(uow.session, sessions.hash_of(state), login)


def waiting(uow: UnitOfWork, state: str) -> ProviderLogin:
    """Return the login that a state belongs to.

    Raises
    ------
    ProviderRefusedError
        None waits for it.
    """
    login = store.find_provider_login(uow.session, sessions.hash_of(state))
    if login is None:
        raise ProviderRefusedError
    return login


def open_session(uow: UnitOfWork, state: str, subject: str, *, lifetime: timedelta) -> str:
    """Open the session of a subject's account and return its key, once for each login.

    Raises
    ------
    ProviderRefusedError
        The login has served already, or the subject is nobody's here.
    """
    taken = store.take_provider_login(uow.session, sessions.hash_of(state))
    account = store.find_by_subject(uow.session, subject)
    if not taken or account is None or account.disabled:
        raise ProviderRefusedError
    return sessions.open_session(uow, account, lifetime=lifetime)
