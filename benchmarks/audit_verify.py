"""How many entries a second one core verifies offline, against the goal of 100,000.

    python -m benchmarks.audit_verify

Shows the whole check (tree, parts, projection) and the tree alone, best of three.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from medshare.audit.balp import audit_events, server_of
from medshare.audit.leaf import EXPORT_FORMAT, entry_of, leaf_of, new_salt, withheld_of
from medshare.audit.tree.merkle import hash_leaf
from medshare.audit.tree.notes import Checkpoint, Signer
from medshare.audit.verify import Root, Verification
from medshare.kernel.audit import AuditAction, AuditEntry, AuditObject, AuditOutcome, Subject
from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId
from medshare.kernel.principal import ActingUser, Principal, PrincipalKind, PurposeOfUse

ENTRIES = 20_000
ROUNDS = 3
READ = AuditEntry(
    id="",
    recorded_at=datetime(2026, 11, 20, 2, 0, tzinfo=UTC),
    operation="dicomweb.retrieve-study",
    action=AuditAction.READ,
    outcome=AuditOutcome.SUCCESS,
    principal=Principal(
        PrincipalKind.CLIENT,
        "his-SZ-A",
        FacilityCode("SZ-A"),
        acting_user=ActingUser("d-007", "Dr Test", "Radiology"),
        purpose=PurposeOfUse.TREAT,
    ),
    request_id="019aa1f0-6c00-7000-8000-0000000000a7",
    basis="care-relationship",
    source_address="192.0.2.17",
    subjects=(Subject(PatientId("019aa1f0-p"), RecordId("019aa1f0-r")),),
    objects=(AuditObject("study", "2.999.9.1"),),
    counts={"instances": 12},
)


def _entry(index: int) -> AuditEntry:
    """Return a read as others: another patient, study, person, count and instant each time."""
    return replace(
        READ,
        id=f"019aa1f0-6c00-7000-8000-{index:012}",
        recorded_at=READ.recorded_at + timedelta(microseconds=1 + 1_370_003 * index),
        principal=replace(
            READ.principal,
            acting_user=ActingUser(f"d-{index % 499}", f"Dr Test {index % 499}", "Radiology"),
        ),
        request_id=f"019aa1f0-6c00-7000-9000-{index:012}",
        subjects=(
            Subject(
                PatientId(f"019aa1f0-6c00-7000-a000-{index % 7919:012}"),
                RecordId(f"019aa1f0-6c00-7000-b000-{index % 7919:012}"),
            ),
        ),
        objects=(AuditObject("study", f"2.999.9.{index % 7919}"),),
        counts={"instances": index % 37},
    )


def lines(signer: Signer) -> Iterator[bytes]:
    """Yield an export as the server writes it."""
    yield orjson.dumps({"format": EXPORT_FORMAT, "version": 1, "key": "", "filtered": False})
    root = Root()
    for index in range(ENTRIES):
        entry = _entry(index)
        withheld = withheld_of(entry, new_salt(), new_salt())
        leaf = leaf_of(entry, withheld)
        root.add(hash_leaf(leaf.encode()))
        parts = {
            name: {"salt": part.salt.hex(), "text": part.text}
            for name, part in (("who", withheld.who), ("about", withheld.about))
            if part
        }
        events = list(audit_events(entry_of(leaf, withheld), server_of(signer.name)))
        head = {"index": index, "hash": hash_leaf(leaf.encode()).hex(), "leaf": leaf}
        yield orjson.dumps(head | parts | {"events": events})
    yield orjson.dumps(
        {"checkpoint": signer.sign(Checkpoint(signer.name, root.size, root.value()))}
    )


def best(work: Callable[[], None]) -> float:
    """Return entries a second of CPU, the best of some rounds."""
    seconds = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        seconds.append(time.process_time() - began)
    return ENTRIES / min(seconds)


def main() -> None:
    """Measure and print."""
    signer = Signer("medshare.test/audit", Ed25519PrivateKey.generate())
    exported = list(lines(signer))

    def whole() -> None:
        verification = Verification(signer.verifier)
        verification.read(exported)
        if verification.findings:
            raise SystemExit(str(verification.findings[0]))

    def tree_alone() -> None:
        root = Root()
        for line in exported[1:-1]:
            root.add(hash_leaf(orjson.loads(line)["leaf"].encode()))

    print(f"whole check: {best(whole):,.0f} entries/s")
    print(f"tree alone:  {best(tree_alone):,.0f} entries/s")
    print(f"bytes a line: {sum(map(len, exported)) // len(exported)}")


if __name__ == "__main__":
    main()
