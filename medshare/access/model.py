"""The rules of access: what scopes and roles grant, and whose data a caller may see.

Pure functions; nobody else compares roles, scopes or facilities of callers.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from medshare.kernel.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    Issue,
    NotFoundError,
    UnauthenticatedError,
)
from medshare.kernel.identifiers import FacilityCode
from medshare.kernel.permission import Permission, Public
from medshare.kernel.principal import ActingUser, Principal, PrincipalKind, PurposeOfUse


class Role(StrEnum):
    """What a person does."""

    CLINICIAN = "clinician"
    REGISTRAR = "registrar"
    QUALITY_OFFICER = "quality-officer"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


RECOGNITION = frozenset(
    {
        Permission.EVALUATION_CREATE,
        Permission.EVALUATION_READ,
        Permission.DECISION_WRITE,
        Permission.DECISION_READ,
        Permission.DECISION_UNDO,
        Permission.ALERT_SEARCH,
        Permission.ALERT_ACKNOWLEDGE,
    }
)
CLINICAL = RECOGNITION | frozenset(
    {
        Permission.PATIENT_REGISTER,
        Permission.PATIENT_READ,
        Permission.PATIENT_SEARCH,
        Permission.ENCOUNTER_WRITE,
        Permission.ENCOUNTER_READ,
        Permission.EXAM_WRITE,
        Permission.EXAM_READ,
        Permission.EXAM_SEARCH,
        Permission.IMAGING_STORE,
        Permission.IMAGING_READ,
        Permission.IMAGING_SEARCH,
        Permission.CHANGE_READ,
        Permission.CHANGE_WRITE,
        Permission.IMAGING_RESOLVE,
        Permission.IMAGING_RETRACT,
    }
)
GRANTABLE = CLINICAL | {Permission.FACILITY_READ, Permission.EVALUATION_REPLAY}
ROLE_PERMISSIONS = {
    Role.CLINICIAN: RECOGNITION
    | frozenset(
        {
            Permission.FACILITY_READ,
            Permission.PATIENT_READ,
            Permission.PATIENT_SEARCH,
            Permission.ENCOUNTER_WRITE,
            Permission.ENCOUNTER_READ,
            Permission.EXAM_READ,
            Permission.EXAM_SEARCH,
            Permission.IMAGING_READ,
            Permission.IMAGING_SEARCH,
        }
    ),
    Role.REGISTRAR: frozenset(
        {
            Permission.FACILITY_READ,
            Permission.PATIENT_READ,
            Permission.PATIENT_SEARCH,
            Permission.LINK_READ,
            Permission.LINK_WRITE,
            Permission.IMAGING_RESOLVE,
        }
    ),
    Role.QUALITY_OFFICER: frozenset(
        {
            Permission.FACILITY_READ,
            Permission.IMAGING_RETRACT,
            Permission.EVALUATION_CREATE,
            Permission.EVALUATION_READ,
            Permission.EVALUATION_REPLAY,
            Permission.DECISION_READ,
        }
    ),
    Role.AUDITOR: frozenset(
        {Permission.FACILITY_READ, Permission.AUDIT_READ, Permission.AUDIT_SEARCH}
    ),
    Role.ADMINISTRATOR: frozenset(
        {
            Permission.FACILITY_READ,
            Permission.FACILITY_WRITE,
            Permission.CLIENT_READ,
            Permission.CLIENT_WRITE,
            Permission.USER_WRITE,
        }
    ),
}
PURPOSE_ISSUE = Issue(
    "X-Purpose-Of-Use",
    "purpose-of-use",
    "Send one of: " + ", ".join(PurposeOfUse) + ".",
    "请填写以下之一：" + "、".join(PurposeOfUse) + "。",
)
_SCOPE = re.compile(r"system/([A-Za-z]+|\*)\.(c?r?u?d?s?)")


@dataclass(frozen=True, slots=True)
class Client:
    """A hospital system that asks for tokens; it belongs to one facility.

    ``jwks`` are its public keys as JSON text (RFC 7517), ``jwks_uri`` the address where it keeps
    them; with neither it has a shared secret. ``version`` counts its changes from 1.
    """

    id: str
    name: str
    facility: FacilityCode
    scopes: tuple[str, ...]
    jwks: str | None = None
    disabled: bool = False
    jwks_uri: str | None = None
    version: int = 1

    @property
    def has_keys(self) -> bool:
        """Whether it signs assertions instead of sending a secret."""
        return self.jwks is not None or self.jwks_uri is not None


@dataclass(frozen=True, slots=True)
class ClientProof:
    """What a client brought to the token endpoint: a shared secret, or a signed assertion."""

    client_id: str = ""
    secret: str = ""
    assertion: str = ""


@dataclass(frozen=True, slots=True)
class GrantRequest:
    """What a client asks for: scopes, and the person and purpose behind it."""

    scope: str = ""
    acting_user: ActingUser | None = None
    purpose: PurposeOfUse | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """A person who logs in; ``facility`` is ``None`` for city-wide roles only."""

    id: str
    username: str
    display_name: str
    roles: frozenset[Role]
    facility: FacilityCode | None = None
    department: str = ""
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """A person's session; the cookie holds the key, the row only its hash."""

    account: Account
    created_at: datetime
    last_seen_at: datetime
    csrf_token: str


class ScopeError(InvalidError):
    """A scope is not of the grammar, or not one that a client can have."""

    slug = "invalid-scope"
    title = "A scope is unknown or cannot be given to a client"
    title_zh = "授权范围未知或不可授予客户端"


class InvalidClientError(UnauthenticatedError):
    """The client could not be authenticated; the reason is the same for every cause."""

    slug = "invalid-client"
    title = "The client could not be authenticated"
    title_zh = "客户端认证失败"


class ClientTakenError(ConflictError):
    """A client of this id stands already."""

    slug = "client-taken"
    title = "The client id is taken; choose another"
    title_zh = "客户端标识已被占用，请更换"


class ClientUnknownError(NotFoundError):
    """There is no such client."""

    slug = "client-unknown"
    title = "There is no such client"
    title_zh = "没有该客户端"


class ClientHasKeysError(ConflictError):
    """A client that signs with keys of its own has no secret to renew."""

    slug = "client-has-keys"
    title = "The client signs with its own keys; change those instead"
    title_zh = "该客户端使用自有密钥，请更换密钥"


class ClientWithoutProofError(ConflictError):
    """A client's keys are taken away and nothing is left to prove itself by."""

    slug = "client-without-proof"
    title = "Send the keys that the client signs with; register another client to use a secret"
    title_zh = "请填写该客户端的密钥；如需使用密码，请登记新的客户端"


class FacilityMissingError(InvalidError):
    """A client or an account names a facility that does not take part."""

    slug = "facility-missing"
    title = "The facility does not take part; add it first"
    title_zh = "该机构尚未加入，请先登记机构"


class AccountTakenError(ConflictError):
    """An account of this user name stands already."""

    slug = "account-taken"
    title = "The user name is taken; choose another"
    title_zh = "用户名已被占用，请更换"


def read_purpose(text: str) -> PurposeOfUse:
    """Read a purpose of use.

    Raises
    ------
    InvalidError
        It is not one that medshare knows.
    """
    try:
        return PurposeOfUse(text.strip())
    except ValueError:
        raise InvalidError(issues=[PURPOSE_ISSUE]) from None


def permissions_of(scopes: Iterable[str]) -> frozenset[Permission]:
    """Return what SMART v2 system scopes grant, for example ``system/Patient.rs``.

    ``system/*`` stands for every clinical resource, never for clients, accounts or the trail.

    Raises
    ------
    ScopeError
        A scope is not of the grammar, or grants nothing that a client can have.

    References
    ----------
    SMART App Launch 2.2, section "Scopes for requesting FHIR resources".
    """
    granted: set[Permission] = set()
    for scope in scopes:
        permissions = _permissions_of(scope)
        if not permissions:
            raise ScopeError
        granted |= permissions
    return frozenset(granted)


def _permissions_of(scope: str) -> set[Permission]:
    found = _SCOPE.fullmatch(scope)
    if found is None or not found[2]:
        return set()
    resource, interactions = found[1], found[2]
    candidates = CLINICAL if resource == "*" else GRANTABLE
    return {
        permission
        for permission in candidates
        if resource in ("*", permission.split(".")[0]) and _interaction(permission) in interactions
    }


def _interaction(permission: Permission) -> str:
    return permission.split(".")[1]


def narrow(asked: str, registered: Iterable[str]) -> tuple[str, ...]:
    """Return the scopes of a token: those asked for, or all registered when none is asked for.

    Raises
    ------
    ScopeError
        Something is asked for that was not registered.
    """
    wanted = tuple(asked.split()) or tuple(registered)
    if not permissions_of(wanted) <= permissions_of(registered):
        raise ScopeError
    return wanted


def permissions_of_roles(roles: Iterable[Role]) -> frozenset[Permission]:
    """Return what a person may do by their roles; everyone may look after their own session."""
    granted = {Permission.SESSION}
    return frozenset(granted.union(*(ROLE_PERMISSIONS[role] for role in roles)))


def admit(principal: Principal, access: Permission | Public) -> str:
    """Say on what basis a caller may use an operation at all.

    Raises
    ------
    UnauthenticatedError
        Nobody is asking.
    ForbiddenError
        The caller lacks the permission.
    """
    if isinstance(access, Public):
        return "public"
    if not principal.is_known:
        raise UnauthenticatedError
    if access not in principal.permissions:
        raise ForbiddenError
    return f"permission {access}"


class Basis(StrEnum):
    """Why data of a person was released."""

    OWN_FACILITY = "own-facility"
    CARE_RELATIONSHIP = "care-relationship"
    EVERYTHING = "city-wide"


@dataclass(frozen=True, slots=True)
class Visibility:
    """Whose data a caller may see, as stores put it into their queries.

    Parameters
    ----------
    everything
        No restriction at all.
    own_facility
        Data of this facility is visible.
    facility_in_care
        Other facilities' data is visible for patients in this facility's care; ``None`` where
        the caller may not look beyond its own.
    """

    everything: bool = False
    own_facility: FacilityCode | None = None
    facility_in_care: FacilityCode | None = None


def clinical_visibility(principal: Principal) -> Visibility:
    """Return whose clinical data a caller may see.

    Own data always; other facilities' only of patients in the own facility's care, and only when
    the acting user and the purpose of use are stated.
    """
    if principal.kind is PrincipalKind.SYSTEM:
        return Visibility(everything=True)
    if principal.facility is None:
        return Visibility()
    beyond = principal.acting_user is not None and principal.purpose is not None
    return Visibility(
        own_facility=principal.facility,
        facility_in_care=principal.facility if beyond else None,
    )


def demographic_visibility(principal: Principal) -> Visibility:
    """Return whose demographic data a caller may see: a registrar sees every record."""
    if Role.REGISTRAR in principal.roles:
        return Visibility(everything=True)
    return clinical_visibility(principal)


def basis_of(visibility: Visibility, facility: FacilityCode, *, in_care: bool) -> Basis | None:
    """Judge one object of a facility by the same rule; ``None`` means that it is not there."""
    if visibility.everything:
        return Basis.EVERYTHING
    if visibility.own_facility == facility:
        return Basis.OWN_FACILITY
    if visibility.facility_in_care is not None and in_care:
        return Basis.CARE_RELATIONSHIP
    return None


def own_facility(principal: Principal) -> FacilityCode:
    """Return the facility in whose name a caller writes.

    Raises
    ------
    ForbiddenError
        The caller belongs to none.
    """
    if principal.facility is None:
        raise ForbiddenError(
            "Only a facility's own client or person may write its data.",
            "仅机构自身的客户端或人员可写入其数据。",
        )
    return principal.facility
