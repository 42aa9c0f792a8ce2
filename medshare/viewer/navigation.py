"""Which pages there are, and for whom."""

from dataclasses import dataclass

from medshare.kernel.permission import Permission
from medshare.kernel.principal import Principal

HOME = "/viewer"


@dataclass(frozen=True, slots=True)
class Place:
    """A page that the navigation leads to: its words' key, its address, who may open it."""

    key: str
    address: str
    permission: Permission


PLACES = (
    Place("nav.search", HOME, Permission.PATIENT_SEARCH),
    Place("nav.registrar", "/viewer/registrar", Permission.LINK_READ),
    Place("nav.quality", "/viewer/quality", Permission.STATISTICS_READ),
    Place("nav.auditor", "/viewer/auditor", Permission.AUDIT_SEARCH),
    Place("nav.administration", "/viewer/administration", Permission.CLIENT_READ),
)


def places_of(principal: Principal) -> tuple[Place, ...]:
    """Return the pages that somebody may open, in their order."""
    return tuple(each for each in PLACES if each.permission in principal.permissions)
