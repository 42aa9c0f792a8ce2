"""What matching would decide anew of records that are linked: a dry run, nothing is changed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from medshare.infra.uow import UnitOfWork
from medshare.kernel.identifiers import PatientId, RecordId
from medshare.patients import store
from medshare.patients.matching import service as matching
from medshare.patients.matching.service import Matched
from medshare.patients.matching.store import Pair, reviewed_pairs
from medshare.patients.matching.weights import Weights
from medshare.patients.model import Outcome, PatientRecord, keeps_link

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Change:
    """A record of which matching would say something else than what stands.

    ``moves`` tells whether it would lie elsewhere; ``would_join`` is absent where it would be
    alone. ``opens`` are persons with whom no registrar has been asked to compare it, ``closes``
    those with whom one still is and would not be.
    """

    record_id: RecordId
    patient_id: PatientId
    outcome: Outcome
    would_join: PatientId | None
    moves: bool = True
    opens: tuple[PatientId, ...] = ()
    closes: tuple[PatientId, ...] = ()


@dataclass(frozen=True, slots=True)
class Chunk:
    """The changes of some records, and the last of these; absent after the end."""

    records: int
    changes: tuple[Change, ...]
    last: RecordId | None


def chunk(uow: UnitOfWork, weights: Weights, after: str) -> Chunk:
    """Decide anew on the records after one of them, each against all others as they are linked.

    Only a registrar moves a record: this says where to look before other weights are shipped.
    A chunk a transaction: one that lasted for a city would keep a database from tidying up.
    """
    found = store.ids_after(uow.session, after, CHUNK)
    entries = [entry for each in found if (entry := store.load(uow.session, each))]
    known = reviewed_pairs(uow.session, [each.linked.patient_id for each in entries])
    changes = tuple(_changes(uow, weights, entries, known))
    uow.session.expunge_all()
    return Chunk(len(found), changes, found[-1] if found else None)


def _changes(
    uow: UnitOfWork, weights: Weights, entries: list[PatientRecord], known: Mapping[Pair, bool]
) -> Iterator[Change]:
    for entry in entries:
        linked = entry.linked
        matched = matching.match(
            uow, linked.facility, entry.registration, but=linked.record_id, weights=weights
        )
        change = _change(entry, matched, known, alone=_is_alone(uow, linked.patient_id))
        if change.moves or change.opens or change.closes:
            yield change


def _is_alone(uow: UnitOfWork, patient_id: PatientId) -> bool:
    return len(store.records_of(uow.session, patient_id)) == 1


def _change(
    entry: PatientRecord, matched: Matched, known: Mapping[Pair, bool], *, alone: bool
) -> Change:
    own, decision = entry.linked.patient_id, matched.decision
    asked = {each.patient_id for each in matched.judgement.reviews} - {own}
    waiting = {
        other
        for pair, is_open in known.items()
        if is_open and own in pair
        for other in pair - {own}
    }
    met = {each.patient_id for each in matched.judgement.persons}
    return Change(
        entry.linked.record_id,
        own,
        decision.outcome,
        decision.patient_id,
        moves=not keeps_link(decision, own, alone=alone),
        opens=tuple(sorted(each for each in asked if frozenset({own, each}) not in known)),
        # Of a person of several records another one may be what is asked about.
        closes=tuple(sorted((waiting & met) - asked)) if alone else (),
    )
