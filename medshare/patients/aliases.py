"""The patient index as the audit trail asks it: a person's ids, and whose a record is."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from medshare.infra.db import Database
from medshare.kernel.identifiers import PatientId, RecordId
from medshare.kernel.ports import RecordOwner
from medshare.patients import store
from medshare.patients.links import store as links


@dataclass(frozen=True, slots=True)
class LinkAliases:
    """Answers ``PatientAliases`` from the links, ended ones too, and ``RecordOwners``."""

    database: Database

    def aliases(self, patient_id: PatientId) -> frozenset[PatientId]:
        """Return the id, and every other under which the person's records have been linked.

        A retired id stands for the person that it was merged into.
        """
        with self.database.read() as session:
            current = links.current_id(session, patient_id)
            return store.ids_ever_linked(session, current) | {patient_id}

    def ids_now(self, patient_id: PatientId) -> frozenset[PatientId]:
        """Return the same without the ids of those whom the person was once taken for."""
        known = self.aliases(patient_id)
        with self.database.read() as session:
            current = links.current_id(session, patient_id)
            return frozenset(each for each in known if links.current_id(session, each) == current)

    def owners(self, record_ids: Collection[RecordId]) -> Mapping[RecordId, RecordOwner]:
        """Return which facility registered each record, and the family name in it."""
        with self.database.read() as session:
            return store.owners(session, record_ids)
