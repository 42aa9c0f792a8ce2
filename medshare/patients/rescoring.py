"""What matching would decide anew of records that are linked: a dry run, nothing is changed."""

from collections.abc import Iterator
from dataclasses import dataclass

from medshare.infra.uow import UnitOfWork
from medshare.kernel.identifiers import PatientId, RecordId
from medshare.patients import store
from medshare.patients.matching import service as matching
from medshare.patients.matching.weights import Weights
from medshare.patients.model import Outcome, PatientRecord, keeps_link

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Change:
    """A record that would lie elsewhere; ``would_join`` is absent where it would be alone."""

    record_id: RecordId
    patient_id: PatientId
    outcome: Outcome
    would_join: PatientId | None


def changes(uow: UnitOfWork, weights: Weights) -> Iterator[Change]:
    """Decide on every record anew, each against all others as they are linked now.

    Only a registrar moves a record: this says where to look before other weights are shipped.
    """
    after = ""
    while found := store.ids_after(uow.session, after, CHUNK):
        for record_id in found:
            entry = store.load(uow.session, record_id)
            change = _change(uow, weights, entry) if entry else None
            if change:
                yield change
        after = found[-1]
        uow.session.expunge_all()


def _change(uow: UnitOfWork, weights: Weights, entry: PatientRecord) -> Change | None:
    linked = entry.linked
    decision = matching.match(
        uow, linked.facility, entry.registration, but=linked.record_id, weights=weights
    ).decision
    alone = len(store.records_of(uow.session, linked.patient_id)) == 1
    if keeps_link(decision, linked.patient_id, alone=alone):
        return None
    return Change(linked.record_id, linked.patient_id, decision.outcome, decision.patient_id)
