from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medshare.access.model import (
    CLINICAL,
    GRANTABLE,
    RECOGNITION,
    RELEASED,
    Basis,
    Circumstances,
    Role,
    ScopeError,
    StepUpRequiredError,
    Visibility,
    admit,
    basis_of,
    clinical_visibility,
    demographic_visibility,
    narrow,
    own_facility,
    permissions_of,
    permissions_of_roles,
)
from medshare.kernel.audit import Unrecorded
from medshare.kernel.errors import ForbiddenError, UnauthenticatedError
from medshare.kernel.identifiers import FacilityCode
from medshare.kernel.operation import Operation
from medshare.kernel.permission import Permission, Public
from medshare.kernel.principal import (
    ANONYMOUS,
    ActingUser,
    Principal,
    PrincipalKind,
    PurposeOfUse,
    system_principal,
)

A, B = FacilityCode("SZ-A"), FacilityCode("SZ-B")
CLIENT = Principal(PrincipalKind.CLIENT, "his", A)
ASKING = replace(CLIENT, acting_user=ActingUser("d-1"), purpose=PurposeOfUse.TREAT)
RESOURCES = sorted({each.split(".")[0] for each in GRANTABLE})
INTERACTIONS = st.sets(st.sampled_from("cruds"), min_size=1).map(
    lambda letters: "".join(each for each in "cruds" if each in letters)
)
SCOPES = st.builds(
    lambda resource, letters: f"system/{resource}.{letters}",
    st.sampled_from([*RESOURCES, "*"]),
    INTERACTIONS,
)


def granted(scope: str) -> frozenset[Permission]:
    try:
        return permissions_of([scope])
    except ScopeError:
        return frozenset()


@given(SCOPES)
def test_a_scope_grants_its_interactions_on_its_resource_and_nothing_else(scope: str) -> None:
    resource, letters = scope.removeprefix("system/").split(".")
    for permission in Permission:
        named, letter = permission.split(".")
        candidates = CLINICAL if resource == "*" else GRANTABLE
        expected = permission in candidates and resource in ("*", named) and letter in letters
        assert (permission in granted(scope)) == expected


@given(st.lists(SCOPES, min_size=1, max_size=4), st.lists(SCOPES, min_size=1, max_size=4))
def test_a_token_never_grants_more_than_was_registered(
    asked: list[str], registered: list[str]
) -> None:
    try:
        given_scopes = narrow(" ".join(asked), registered)
    except ScopeError:
        return
    assert permissions_of(given_scopes) <= permissions_of(registered)


def test_asking_for_nothing_gives_all_that_was_registered() -> None:
    assert narrow("", ["system/Patient.rs"]) == ("system/Patient.rs",)
    assert narrow("  ", ["system/Patient.rs"]) == ("system/Patient.rs",)


@pytest.mark.parametrize(
    "scope",
    [
        "",
        "system/Patient.",
        "system/Patient.sr",
        "system/Patient.rr",
        "system/Patient.read",
        "system/Patient.*",
        "system/*.*",
        "system/Patient.rs?_id=1",
        "patient/Patient.rs",
        "user/*.cruds",
        "system/patient.rs",
        "system/Nothing.rs",
        "system/Patient.d",
        "SYSTEM/Patient.rs",
        "system/Client.cr",
        "system/AuditEvent.rs",
        "system/User.c",
        "system/Session.r",
        "system/Organization.c",
        "system/Patient.rs\n",
        "openid",
    ],
)
def test_a_scope_that_no_client_can_have_is_refused(scope: str) -> None:
    with pytest.raises(ScopeError):
        permissions_of([scope])


def test_one_bad_scope_among_good_ones_is_refused_not_dropped() -> None:
    with pytest.raises(ScopeError):
        permissions_of(["system/Patient.rs", "system/AuditEvent.rs"])


def test_the_wildcard_reaches_no_account_client_or_trail() -> None:
    assert permissions_of(["system/*.cruds"]) == CLINICAL


@given(st.sets(st.sampled_from(Role)))
def test_more_roles_never_take_a_permission_away(roles: set[Role]) -> None:
    for role in Role:
        assert permissions_of_roles(roles) <= permissions_of_roles({*roles, role})


def test_auditors_and_administrators_see_no_clinical_data() -> None:
    for role in (Role.AUDITOR, Role.ADMINISTRATOR):
        assert not permissions_of_roles([role]) & CLINICAL
    judging = RECOGNITION | {Permission.IMAGING_RETRACT}
    assert not permissions_of_roles([Role.QUALITY_OFFICER]) & (CLINICAL - judging)


def test_nobody_but_an_auditor_reads_the_trail() -> None:
    for role in set(Role) - {Role.AUDITOR}:
        assert not permissions_of_roles([role]) & {Permission.AUDIT_READ, Permission.AUDIT_SEARCH}


def an_operation(access: Permission | Public, *, step_up: bool = False) -> Operation:
    return Operation("tests.do", access, Unrecorded("a test"), step_up)


@pytest.mark.parametrize("permission", Permission)
def test_nobody_known_is_401_and_lacking_the_permission_is_403(permission: Permission) -> None:
    wanted = an_operation(permission)
    with pytest.raises(UnauthenticatedError):
        admit(ANONYMOUS, wanted)
    with pytest.raises(ForbiddenError):
        admit(replace(CLIENT, permissions=frozenset(Permission) - {permission}), wanted)
    assert permission in admit(replace(CLIENT, permissions=frozenset({permission})), wanted)


def test_what_is_grave_asks_of_a_person_and_of_no_system_that_they_proved_themselves_anew() -> None:
    granted = frozenset({Permission.AUDIT_SEARCH})
    grave = an_operation(Permission.AUDIT_SEARCH, step_up=True)
    person = Principal(PrincipalKind.PERSON, "a", permissions=granted)
    with pytest.raises(StepUpRequiredError):
        admit(person, grave)
    admit(person, an_operation(Permission.AUDIT_SEARCH))
    admit(replace(person, recently_proved=True), grave)
    admit(replace(CLIENT, permissions=granted), grave)
    with pytest.raises(ForbiddenError):
        admit(replace(person, recently_proved=True, permissions=frozenset()), grave)


def test_what_is_public_is_open_to_everybody() -> None:
    assert admit(ANONYMOUS, an_operation(Public("a probe"))) == "public"


def test_a_client_sees_beyond_its_facility_only_for_a_stated_person_and_purpose() -> None:
    assert clinical_visibility(ASKING).facility_in_care == A
    assert clinical_visibility(replace(ASKING, purpose=None)).facility_in_care is None
    assert clinical_visibility(replace(ASKING, acting_user=None)).facility_in_care is None
    assert clinical_visibility(CLIENT) == Visibility(own_facility=A)


def test_a_city_wide_person_sees_no_clinical_data_at_all() -> None:
    auditor = Principal(PrincipalKind.PERSON, "a", roles=frozenset({Role.AUDITOR}))
    for stands in (RELEASED, Circumstances()):
        assert basis_of(clinical_visibility(auditor), A, stands) is None


def test_only_a_registrar_sees_every_demographic_record() -> None:
    for role in Role:
        person = Principal(PrincipalKind.PERSON, "p", roles=frozenset({role}))
        assert demographic_visibility(person).everything == (role is Role.REGISTRAR)


def test_the_house_itself_sees_everything() -> None:
    assert clinical_visibility(system_principal("outbox")) == Visibility(everything=True)


@pytest.mark.parametrize(
    ("asking", "facility", "in_care", "basis"),
    [
        (ASKING, A, False, Basis.OWN_FACILITY),
        (ASKING, A, True, Basis.OWN_FACILITY),
        (ASKING, B, True, Basis.CARE_RELATIONSHIP),
        (ASKING, B, False, None),
        (CLIENT, A, False, Basis.OWN_FACILITY),
        (CLIENT, B, True, None),
        (ANONYMOUS, A, True, None),
    ],
)
def test_the_basis_of_a_release(
    asking: Principal,
    facility: FacilityCode,
    in_care: bool,
    basis: Basis | None,
) -> None:
    assert basis_of(clinical_visibility(asking), facility, Circumstances(in_care)) is basis


def test_an_emergency_opens_what_was_refused_but_not_what_policy_seals() -> None:
    broken = clinical_visibility(replace(ASKING, purpose=PurposeOfUse.BTG))
    kept_back = Circumstances(in_care=True, opened=True, refused=True, consent_missing=True)
    assert basis_of(broken, B, kept_back) is Basis.BREAK_GLASS
    assert basis_of(broken, B, replace(kept_back, sealed=True)) is None
    assert basis_of(broken, B, replace(RELEASED, sealed=True)) is Basis.CARE_RELATIONSHIP
    assert basis_of(clinical_visibility(ASKING), B, kept_back) is None


@pytest.mark.parametrize("kept_back", [{"refused": True}, {"consent_missing": True}])
def test_what_a_person_keeps_back_their_own_facility_sees_alone(kept_back: Any) -> None:
    stands = Circumstances(in_care=True, **kept_back)
    assert basis_of(clinical_visibility(ASKING), A, stands) is Basis.OWN_FACILITY
    assert basis_of(clinical_visibility(ASKING), B, stands) is None


def test_who_belongs_to_no_facility_writes_in_the_name_of_none() -> None:
    assert own_facility(CLIENT) == A
    with pytest.raises(ForbiddenError):
        own_facility(replace(CLIENT, facility=None))
