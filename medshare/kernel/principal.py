"""Who is asking, and on whose behalf."""

from dataclasses import dataclass, field
from enum import StrEnum

from medshare.kernel.identifiers import FacilityCode
from medshare.kernel.permission import Permission


class PrincipalKind(StrEnum):
    """The four kinds of actor that the trail tells apart."""

    CLIENT = "client"
    PERSON = "person"
    SYSTEM = "system"
    ANONYMOUS = "anonymous"


class PurposeOfUse(StrEnum):
    """Why data is asked for (HL7 PurposeOfUse, the subset that medshare knows)."""

    TREAT = "TREAT"
    ETREAT = "ETREAT"
    BTG = "BTG"
    HOPERAT = "HOPERAT"
    HQUALIMP = "HQUALIMP"
    HSYSADMIN = "HSYSADMIN"
    PATRQT = "PATRQT"


@dataclass(frozen=True, slots=True)
class ActingUser:
    """The person behind a system, as the facility asserts it (IHE IUA style)."""

    id: str
    name: str = ""
    department: str = ""


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated caller, or nobody.

    ``id`` is the client's or the account's id; ``facility`` is the one facility that it belongs
    to, ``None`` for a city-wide role. ``purpose`` is ``None`` when it was not stated.
    ``recently_proved`` tells of a person whether they have just given password or second factor.
    """

    kind: PrincipalKind
    id: str
    facility: FacilityCode | None = None
    permissions: frozenset[Permission] = field(default_factory=frozenset)
    roles: frozenset[str] = field(default_factory=frozenset)
    acting_user: ActingUser | None = None
    purpose: PurposeOfUse | None = None
    recently_proved: bool = False

    @property
    def is_known(self) -> bool:
        """Whether somebody has been authenticated."""
        return self.kind is not PrincipalKind.ANONYMOUS


ANONYMOUS = Principal(PrincipalKind.ANONYMOUS, "anonymous")


def system_principal(name: str) -> Principal:
    """Return the principal of a job, a gateway or a command run on the server itself."""
    return Principal(PrincipalKind.SYSTEM, name, permissions=frozenset(Permission))
