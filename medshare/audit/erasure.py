"""Forgetting for good what entries say of a person in words; the tree stays as it is."""

from collections.abc import Collection, Sequence

from medshare.audit.digest import store as digest
from medshare.audit.holds.service import Holds
from medshare.audit.vault.model import holder_of_month, holder_of_patient
from medshare.audit.vault.service import Vault
from medshare.infra.db import Database
from medshare.kernel.identifiers import PatientId


def erase_patients(
    vault: Vault, ledgers: Sequence[Database], holds: Holds, patients: Collection[PatientId]
) -> int:
    """Forget what was asked about a person, under every id; return how many keys are gone.

    Entries keep who saw whose data when, by the person's key; whether somebody who looked has the
    person's surname is forgotten too, as it was read off the name.

    Raises
    ------
    HeldError
        A legal hold keeps some of it.
    """
    holders = [holder_of_patient(each) for each in patients]
    holds.refuse_erasure(holders)
    gone = vault.forget(ledgers, holders)
    with ledgers[-1].write() as session:
        digest.forget_surnames(session, patients)
    return gone


def erase_month(vault: Vault, ledgers: Sequence[Database], holds: Holds, month: str) -> int:
    """Forget what was asked in a month (``YYYY-MM``, UTC) about several persons or none.

    Raises
    ------
    HeldError
        A legal hold keeps some of it.
    """
    holds.refuse_erasure([holder_of_month(month)])
    return vault.forget(ledgers, [holder_of_month(month)])
