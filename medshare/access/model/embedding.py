"""A page of ours in the frame of a hospital's system: what it is bound to, and who asks by it."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from medshare.kernel.errors import ConflictError, ForbiddenError
from medshare.kernel.identifiers import FacilityCode
from medshare.kernel.permission import Permission
from medshare.kernel.principal import ActingUser, Principal, PrincipalKind, PurposeOfUse

TICKET_LIFETIME = timedelta(seconds=60)
PAGE_LIFETIME = timedelta(minutes=15)
NEEDED = frozenset({Permission.EVALUATION_CREATE, Permission.EXAM_READ, Permission.DECISION_WRITE})
"""What a system needs itself before a page can do it in its name."""


class PageLanguage(StrEnum):
    """What an embedded page can be read in (BCP 47)."""

    CHINESE = "zh-CN"
    ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Binding:
    """What a ticket, and the page that it opens, is for.

    Parameters
    ----------
    about
        The id of the one evaluation that the page shows.
    """

    client_id: str
    acting_user: ActingUser
    purpose: PurposeOfUse
    about: str
    language: PageLanguage


@dataclass(frozen=True, slots=True)
class Embedding:
    """A binding, with what its client is now."""

    binding: Binding
    facility: FacilityCode
    origin: str

    @property
    def principal(self) -> Principal:
        """Return who asks: the client for its user, who may do nothing but use the page."""
        return Principal(
            kind=PrincipalKind.CLIENT,
            id=self.binding.client_id,
            facility=self.facility,
            permissions=frozenset({Permission.EMBEDDED}),
            acting_user=self.binding.acting_user,
            purpose=self.binding.purpose,
        )


class NoEmbedOriginError(ConflictError):
    """The client may not embed: nobody has registered where."""

    slug = "no-embed-origin"
    title = "No embedOrigin is registered for the client; ask an administrator"
    title_zh = "该客户端未登记 embedOrigin，请联系管理员"


class TicketRefusedError(ForbiddenError):
    """A ticket is unknown, used, expired or shown elsewhere; each looks the same."""

    slug = "ticket-refused"
    title = "The ticket does not hold; open the page again from the hospital's system"
    title_zh = "票据无效，请从医院系统重新打开本页面"
