"""The hospitals by name and colour."""

from collections.abc import Mapping
from dataclasses import dataclass

from medshare.facilities import service as facilities
from medshare.facilities.model import Facility
from medshare.infra.paging import LIMIT_MAX
from medshare.infra.uow import UnitOfWork
from medshare.kernel.identifiers import FacilityCode
from medshare.viewer.words import Language

COLOURS = 8  # --facility-0 to --facility-7 in tokens.css


@dataclass(frozen=True, slots=True)
class Hospital:
    """A facility as pages show it; ``colour`` only helps the eye, the name says which it is."""

    facility: Facility
    colour: int

    @property
    def code(self) -> FacilityCode:
        """Return the facility's code."""
        return self.facility.code

    def name(self, language: Language) -> str:
        """Return the name in a language."""
        return language.choose(self.facility.name_zh, self.facility.name_en)


def hospitals(uow: UnitOfWork) -> Mapping[FacilityCode, Hospital]:
    """Return every hospital by its code."""
    found: list[Facility] = []
    cursor: str | None = None
    while not found or cursor is not None:
        page = facilities.page(uow, cursor=cursor, limit=LIMIT_MAX)
        found += page.items
        cursor = page.next_cursor
        if not page.items:
            break
    return {each.code: Hospital(each, n % COLOURS) for n, each in enumerate(found)}
