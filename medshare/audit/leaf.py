"""The leaf of an entry: the exact bytes that the tree seals (docs/audit-format.md).

A leaf is canonical JSON and stays for ever, so nothing in it tells who a person is: patients and
records stand by their keys. The rest is *withheld* in two parts, *who* (the caller) and *about*
(what was asked and touched): the leaf holds the SHA-256 of each under a random salt of its own.
Forgetting salt and text of one part leaves the tree valid, the other part provable, and the text
beyond guessing.

The standard library and the kernel's words only, as an export is verified without a server.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from medshare.audit.tree.tiles import LEAF_LIMIT
from medshare.kernel.audit import (
    AuditAction,
    AuditEntry,
    AuditObject,
    AuditOutcome,
    AuditPhase,
    Subject,
)
from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId
from medshare.kernel.principal import ActingUser, Principal, PrincipalKind, PurposeOfUse

VERSION = 1
EXPORT_FORMAT = "medshare-audit-export"
SALT_BYTES = 16
RETENTION = "audit.retain"
"""The operation of an entry that tells how far the log was dropped, in ``counts``."""
DROPPED_TO = "droppedTo"


@dataclass(frozen=True, slots=True)
class Part:
    """What a leaf withholds, and the salt of its commitment."""

    salt: bytes
    text: str

    @property
    def commitment(self) -> str:
        """Return what the leaf holds in its stead."""
        return sha256(self.salt + self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Withheld:
    """The two parts that a leaf withholds; ``None`` where a part is forgotten."""

    who: Part | None
    about: Part | None


def withheld_of(entry: AuditEntry, who_salt: bytes | None, about_salt: bytes | None) -> Withheld:
    """Return what an entry's leaf only commits to; without its salt a part is forgotten."""
    return Withheld(
        Part(who_salt, _who(entry)) if who_salt is not None else None,
        Part(about_salt, _about(entry)) if about_salt is not None else None,
    )


def new_salt() -> bytes:
    """Return a salt that nobody can guess."""
    return secrets.token_bytes(SALT_BYTES)


def leaf_of(entry: AuditEntry, withheld: Withheld) -> str:
    """Return an entry's leaf, at most 65,535 bytes in UTF-8.

    An entry that names too many persons for a leaf has them sealed by the hash of their list.
    """
    principal = entry.principal
    subjects = [[each.patient_id, each.record_id] for each in entry.subjects]
    content: dict[str, object] = {
        "v": VERSION,
        "id": entry.id,
        "recordedAt": instant(entry.recorded_at),
        "operation": entry.operation,
        "action": str(entry.action),
        "outcome": str(entry.outcome),
        "phase": str(entry.phase),
        "basis": entry.basis,
        "caller": [str(principal.kind), principal.facility, principal.purpose],
        "counts": entry.counts,
        "subjects": subjects,
        "who": withheld.who.commitment if withheld.who else None,
        "about": withheld.about.commitment if withheld.about else None,
    }
    leaf = canonical(content)
    if len(leaf.encode()) > LEAF_LIMIT:
        content["subjects"] = sha256(canonical(subjects).encode()).hexdigest()
        leaf = canonical(content)
    return leaf


def instant(moment: datetime) -> str:
    """Return RFC 3339 in UTC with six decimals and ``Z``: one spelling for each instant."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def _who(entry: AuditEntry) -> str:
    acting = entry.principal.acting_user
    return canonical(
        {
            "actingUser": [acting.id, acting.name, acting.department] if acting else None,
            "principal": entry.principal.id,
            "requestId": entry.request_id,
            "sourceAddress": entry.source_address,
        }
    )


def _about(entry: AuditEntry) -> str:
    return canonical(
        {
            "objects": [[each.kind, each.id] for each in entry.objects],
            "query": entry.query,
            "reason": entry.reason,
        }
    )


def entry_of(leaf: str, withheld: Withheld) -> AuditEntry:
    """Return the entry that a leaf tells of; a part that is forgotten is empty.

    Whether the parts are those that the leaf commits to is for the caller to check.

    Raises
    ------
    ValueError
        It is no leaf of this version.
    """
    content = json.loads(leaf)
    if not isinstance(content, dict) or content.get("v") != VERSION:
        raise ValueError("not a leaf of a known version")
    try:
        return entry_from(content, _opened(withheld.who), _opened(withheld.about))
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError("not a leaf") from error


def _opened(part: Part | None) -> dict[str, Any]:
    return json.loads(part.text) if part else {}


def entry_from(
    content: Mapping[str, Any], who: Mapping[str, Any], about: Mapping[str, Any]
) -> AuditEntry:
    """Return the entry of a leaf and its parts, parsed."""
    subjects = content["subjects"]
    return AuditEntry(
        id=content["id"],
        recorded_at=datetime.fromisoformat(content["recordedAt"]),
        operation=content["operation"],
        action=AuditAction(content["action"]),
        outcome=AuditOutcome(content["outcome"]),
        principal=_principal(content["caller"], who),
        request_id=who.get("requestId", ""),
        reason=about.get("reason", ""),
        basis=content["basis"],
        source_address=who.get("sourceAddress", ""),
        query=about.get("query", ""),
        phase=AuditPhase(content["phase"]),
        subjects=tuple(
            Subject(PatientId(patient) if patient else None, RecordId(record) if record else None)
            for patient, record in (subjects if isinstance(subjects, list) else ())
        ),
        objects=tuple(AuditObject(*each) for each in about.get("objects", ())),
        counts=content["counts"],
    )


def _principal(caller: Sequence[str | None], who: Mapping[str, Any]) -> Principal:
    kind, facility, purpose = caller
    acting = who.get("actingUser")
    return Principal(
        PrincipalKind(kind or ""),
        who.get("principal", ""),
        FacilityCode(facility) if facility else None,
        acting_user=ActingUser(*acting) if acting else None,
        purpose=PurposeOfUse(purpose) if purpose else None,
    )


def canonical(value: object) -> str:
    """Return JSON with sorted keys and without spaces; the same value is the same text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
