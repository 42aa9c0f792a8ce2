"""Staff by name, where the core knows them by the id of their account."""

from collections.abc import Iterable, Mapping

from medshare.access import accounts
from medshare.infra.uow import UnitOfWork
from medshare.kernel.errors import NotFoundError


def names_of(uow: UnitOfWork, ids: Iterable[str | None]) -> Mapping[str, str]:
    """Return the name of each account; what is none, such as a system, stands for itself."""
    return {each: _name(uow, each) for each in {*ids} if each}


def _name(uow: UnitOfWork, account_id: str) -> str:
    try:
        return accounts.get_account(uow, account_id).display_name
    except NotFoundError:
        return account_id
