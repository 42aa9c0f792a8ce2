"""Entries of the trail for tests."""

import itertools
from dataclasses import replace
from typing import Any

from medshare.kernel.audit import AuditAction, AuditEntry, AuditOutcome
from medshare.kernel.identifiers import FacilityCode, new_key
from medshare.kernel.principal import ActingUser, Principal, PrincipalKind, PurposeOfUse
from tests.site import NOW

_numbers = itertools.count(1)

CLIENT = Principal(
    PrincipalKind.CLIENT,
    "his-SZ-A",
    FacilityCode("SZ-A"),
    acting_user=ActingUser("d-007", "Dr Test", "Radiology"),
    purpose=PurposeOfUse.TREAT,
)


def an_entry(**changes: Any) -> AuditEntry:
    """Return an entry of a successful read; its key sorts by the instant, then by the making."""
    at = changes.get("recorded_at", NOW)
    entry = AuditEntry(
        id=new_key(at, next(_numbers).to_bytes(10, "big")),
        recorded_at=at,
        operation="imaging.read",
        action=AuditAction.READ,
        outcome=AuditOutcome.SUCCESS,
        principal=CLIENT,
        request_id="request-1",
    )
    return replace(entry, **changes)
