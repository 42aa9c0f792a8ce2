"""Placing and lifting holds, and what they keep from being erased or dropped."""

from collections.abc import Callable, Collection, Sequence

from sqlalchemy.orm import Session

from medshare.audit.holds import store
from medshare.audit.holds.model import HeldError, Hold
from medshare.infra.db import Database
from medshare.infra.paging import Page, read_cursor, write_cursor
from medshare.infra.uow import UnitOfWork
from medshare.kernel.errors import NotFoundError
from medshare.kernel.ports import PatientAliases

KIND = "audit-hold"
"""What holds are called among the objects of entries."""
Keeps = Callable[[Session, Sequence[Hold], PatientAliases, Collection[str]], bool]
"""Tells whether holds keep something of what is named."""


class Holds:
    """What is held of the trail.

    Parameters
    ----------
    ledgers
        Where entries stand; the first is the index, which keeps the holds.
    """

    def __init__(self, ledgers: Sequence[Database], aliases: PatientAliases) -> None:
        self._ledgers = ledgers
        self._aliases = aliases

    def keep_entries(self, entry_ids: Collection[str]) -> bool:
        """Tell whether one of these entries must stay."""
        return self._any(store.keeps_entry, entry_ids)

    def refuse_erasure(self, holders: Collection[str]) -> None:
        """Refuse that the keys of these holders are destroyed.

        Raises
        ------
        HeldError
            An entry whose words they open must stay.
        """
        if self._any(store.keeps_words, holders):
            raise HeldError

    def _any(self, keeps: Keeps, named: Collection[str]) -> bool:
        holds = self._in_force()
        if not holds:
            return False
        for ledger in self._ledgers:
            with ledger.read() as session:
                if keeps(session, holds, self._aliases, named):
                    return True
        return False

    def _in_force(self) -> list[Hold]:
        with self._ledgers[0].read() as session:
            return store.in_force(session)


def place(uow: UnitOfWork, hold: Hold) -> None:
    """Keep something from now on."""
    store.add(uow.session, hold)


def lift(uow: UnitOfWork, hold_id: str, by: str) -> None:
    """Let a hold count no more.

    Raises
    ------
    NotFoundError
        None of this id is in force.
    """
    if not store.lift(uow.session, hold_id, by, uow.now()):
        raise NotFoundError


def all_holds(uow: UnitOfWork) -> list[Hold]:
    """Return every hold there ever was, oldest first."""
    return store.all_holds(uow.session)


def page(uow: UnitOfWork, cursor: str | None, limit: int) -> Page[Hold]:
    """Return some of them."""
    keys = read_cursor(cursor, 1)
    found = store.page(uow.session, keys[0] if keys else "", limit + 1)
    more = len(found) > limit
    return Page(found[:limit], write_cursor(found[limit - 1].id) if more else None)
