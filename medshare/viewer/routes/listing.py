"""Pages that list a register, so many entries at a time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from flask import Response

from medshare.infra.paging import Page
from medshare.infra.perform import Context
from medshare.infra.uow import UnitOfWork
from medshare.viewer.consoles.schemas import load_list
from medshare.viewer.hospitals import hospitals
from medshare.viewer.pages import Pages

SHOWN = 50


class PageOf(Protocol):
    """Reads the part of a register that follows a cursor."""

    def __call__(self, uow: UnitOfWork, *, cursor: str | None, limit: int) -> Page[Any]:
        """Return the entries, and the cursor of those that follow."""
        ...


@dataclass(frozen=True, slots=True)
class Listing:
    """A register's page: its template, its entries, and what else the template shows."""

    template: str
    page_of: PageOf
    beside: Callable[[UnitOfWork], Mapping[str, Any]]

    def answer(self, context: Context, pages: Pages) -> Response:
        """Show the entries from where on it is asked for."""
        cursor = load_list()
        with context.read() as uow:
            page = self.page_of(uow, cursor=cursor, limit=SHOWN)
            beside, known = self.beside(uow), hospitals(uow)
        return pages.answer(
            context.principal,
            self.template,
            listed=page.items,
            next_cursor=page.next_cursor,
            known=known,
            **beside,
        )
