"""The rules of access: what scopes and roles grant, and whose data a caller may see.

Pure functions; nobody else compares roles, scopes or facilities of callers.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from medshare.access.model.roles import CLINICAL, GRANTABLE, ROLE_PERMISSIONS, Role
from medshare.kernel.errors import (
    ForbiddenError,
    InvalidError,
    Issue,
    UnauthenticatedError,
)
from medshare.kernel.identifiers import FacilityCode
from medshare.kernel.operation import Operation
from medshare.kernel.permission import Permission, Public
from medshare.kernel.principal import ActingUser, Principal, PrincipalKind, PurposeOfUse

PURPOSE_ISSUE = Issue(
    "X-Purpose-Of-Use",
    "purpose-of-use",
    "Send one of: " + ", ".join(PurposeOfUse) + ".",
    "请填写以下之一：" + "、".join(PurposeOfUse) + "。",
)
ACTING_USER_ISSUE = Issue(
    "X-Acting-User",
    "acting-user-required",
    "Name the person behind the request in X-Acting-User, or in the token request.",
    "请在 X-Acting-User 或令牌申请中填写操作人员。",
)
FACILITY_NOT_OWN = Issue(
    "/facility",
    "facility-not-own",
    "Send the own facility's code, or leave it out.",
    "请填写本机构代码，或省略该字段。",
)
_SCOPE = re.compile(r"system/([A-Za-z]+|\*)\.(c?r?u?d?s?)")


class ScopeError(InvalidError):
    """A scope is not of the grammar, or not one that a client can have."""

    slug = "invalid-scope"
    title = "A scope is unknown or cannot be given to a client"
    title_zh = "授权范围未知或不可授予客户端"


class StepUpRequiredError(ForbiddenError):
    """What is asked for is grave: a session that was left open must not be enough for it."""

    slug = "step-up-required"
    title = "Prove yourself again at POST /api/v1/session/step-up, then repeat the request"
    title_zh = "请先在 POST /api/v1/session/step-up 重新验证身份，然后重试"


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


def admit(principal: Principal, operation: Operation) -> str:
    """Say on what basis a caller may use an operation at all.

    Raises
    ------
    UnauthenticatedError
        Nobody is asking.
    ForbiddenError
        The caller lacks the permission.
    StepUpRequiredError
        The operation is grave, and the person has not proved themselves in the last minutes.
    """
    access = operation.access
    if isinstance(access, Public):
        return "public"
    if not principal.is_known:
        raise UnauthenticatedError
    if access not in principal.permissions:
        raise ForbiddenError
    is_person = principal.kind is PrincipalKind.PERSON
    if operation.step_up and is_person and not principal.recently_proved:
        raise StepUpRequiredError
    return f"permission {access}"


class Basis(StrEnum):
    """Why data of a person was released."""

    OWN_FACILITY = "own-facility"
    CARE_RELATIONSHIP = "care-relationship"
    BREAK_GLASS = "break-glass"
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
    breaking_as
        The user to whom emergency access of the facility opens data, refused or not.
    """

    everything: bool = False
    own_facility: FacilityCode | None = None
    facility_in_care: FacilityCode | None = None
    breaking_as: str | None = None


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
        breaking_as=_breaking_as(principal),
    )


def _breaking_as(principal: Principal) -> str | None:
    """Return the user who says that they look by emergency access, if somebody does."""
    acting = principal.acting_user
    return acting.id if acting is not None and principal.purpose is PurposeOfUse.BTG else None


def demographic_visibility(principal: Principal) -> Visibility:
    """Return whose demographic data a caller may see: a registrar sees every record."""
    if Role.REGISTRAR in principal.roles:
        return Visibility(everything=True)
    return clinical_visibility(principal)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What stands about one object and the person it is about, as of now.

    Parameters
    ----------
    in_care
        The person is in the caller's facility's care.
    opened
        An emergency access of the caller opens the person's data.
    refused
        The person refused to share the object: all, its facility's, or its class.
    consent_missing
        Its class is shared with consent only, and the person has given none.
    sealed
        Emergency access does not open its class.
    """

    in_care: bool = False
    opened: bool = False
    refused: bool = False
    consent_missing: bool = False
    sealed: bool = False


RELEASED = Circumstances(in_care=True, opened=True)
"""What must have stood, as far as each way in needs it, of whatever came through a query."""


def basis_of(
    visibility: Visibility, facility: FacilityCode, stands: Circumstances = RELEASED
) -> Basis | None:
    """Judge one object of a facility; ``None`` means that it is not there."""
    if visibility.everything:
        return Basis.EVERYTHING
    if visibility.own_facility == facility:
        return Basis.OWN_FACILITY
    if visibility.breaking_as is not None and stands.opened and not stands.sealed:
        return Basis.BREAK_GLASS
    kept_back = stands.refused or stands.consent_missing
    if visibility.facility_in_care is not None and stands.in_care and not kept_back:
        return Basis.CARE_RELATIONSHIP
    return None


def require_acting_user(principal: Principal) -> ActingUser:
    """Return the person behind a request.

    Raises
    ------
    InvalidError
        It names none.
    """
    if principal.acting_user is None:
        raise InvalidError(issues=[ACTING_USER_ISSUE])
    return principal.acting_user


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


def within_own_facility(principal: Principal, asked: str) -> str:
    """Return the facility whose figures a caller gets: the own one, or what city-wide people ask.

    Parameters
    ----------
    asked
        A code, empty for all.

    Raises
    ------
    InvalidError
        Another facility than the own one is asked for.
    """
    if principal.facility is None:
        return asked
    if asked not in ("", principal.facility):
        raise InvalidError(issues=[FACILITY_NOT_OWN])
    return principal.facility


def require_city_wide(principal: Principal) -> None:
    """Refuse a caller who belongs to one facility.

    Raises
    ------
    ForbiddenError
        What is asked for holds for all facilities.
    """
    if principal.facility is not None:
        raise ForbiddenError(
            "Only a person of a city-wide role may change what holds for all facilities.",
            "仅市级角色可更改适用于所有机构的内容。",
        )
