"""The patient index as the audit trail asks it: under which ids a person has been recorded."""

from dataclasses import dataclass

from medshare.infra.db import Database
from medshare.kernel.identifiers import PatientId
from medshare.patients import store


@dataclass(frozen=True, slots=True)
class LinkAliases:
    """Answers ``PatientAliases`` from the links, ended ones among them."""

    database: Database

    def aliases(self, patient_id: PatientId) -> frozenset[PatientId]:
        """Return the id, and every other under which the person's records have been linked."""
        with self.database.read() as session:
            return store.ids_ever_linked(session, patient_id) | {patient_id}
