"""What entries say in words is encrypted, and forgotten for good with its key."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import text

from medshare.audit.erasure import erase_month, erase_patients
from medshare.audit.export import ndjson, sealed_lines
from medshare.audit.holds import service as holding
from medshare.audit.holds.model import HeldError, Hold
from medshare.audit.holds.service import Holds
from medshare.audit.model import EventQuery
from medshare.audit.resealing import reseal
from medshare.audit.sealed_log import SealedLog
from medshare.audit.vault.model import VaultLockedError
from medshare.audit.vault.service import Vault
from medshare.audit.verify import Verification
from medshare.infra.db import Database
from medshare.infra.key_files import FormerKeyStandsError
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import AuditEntry, Subject
from medshare.kernel.identifiers import PatientId, RecordId
from medshare.patients.aliases import LinkAliases
from medshare.settings import Settings
from tests.entries import an_entry
from tests.site import NOW
from tests.store.test_sequencer import Log

ONE, OTHER = PatientId("p-1"), PatientId("p-2")


@pytest.fixture
def log(settings: Settings) -> Iterator[Log]:
    opened = Log(settings)
    yield opened
    opened.ledgers.close()


def asked(query: str, *patients: PatientId, **changes: Any) -> AuditEntry:
    subjects = tuple(Subject(each, RecordId(f"r-{each}")) for each in patients)
    return an_entry(query=query, subjects=subjects, **changes)


def holds_of(log: Log) -> Holds:
    return Holds(log.databases, LinkAliases(log.databases[0]))


def queries(log: Log) -> dict[str, bool]:
    """Return what was asked and whether it is erased, as auditors read it."""
    return {each.query: each.erased for each in log.ledgers.found()}


def exported(log: Log, vault: Vault | None = None) -> list[bytes]:
    sealed = SealedLog(log.databases[-1], log.signer.verifier)
    lines = sealed_lines(log.databases, vault or log.vault, sealed, EventQuery())
    return list(ndjson(lines))


def verified(log: Log) -> Verification:
    verification = Verification(log.signer.verifier)
    verification.read(exported(log))
    return verification


def written(log: Log) -> str:
    """Return everything that the ledgers' tables of the trail hold, as text."""
    found = []
    for ledger in log.databases:
        with ledger.read() as session:
            for table in ("audit_entries", "audit_leaves", "audit_bundles", "audit_keys"):
                found += [
                    str(tuple(row)) for row in session.execute(text(f"select * from {table}"))
                ]
    return "".join(found)


@pytest.mark.parametrize("way", ["change", "append"])
def test_what_was_asked_is_read_as_it_was_and_stands_nowhere_in_clear(log: Log, way: str) -> None:
    entry = asked("PatientID=ZHANG-7", ONE)
    getattr(log.ledgers, way, log.ledgers.trail.append)(entry)
    log.seal()
    assert log.ledgers.found() == [entry]
    assert "ZHANG" not in written(log)
    assert (verified(log).findings, verified(log).forgotten) == ([], 0)


def test_a_person_s_words_are_forgotten_and_nobody_else_s(log: Log) -> None:
    for each in (asked("one", ONE), asked("other", OTHER), asked("both", ONE, OTHER), asked("no")):
        log.ledgers.trail.append(each)
    log.ledgers.change(asked("changed", ONE))
    log.seal()
    before = verified(log)
    assert erase_patients(log.vault, log.databases, holds_of(log), [ONE]) == len(log.databases)
    assert queries(log) == {"": True, "other": False, "both": False, "no": False}
    after = verified(log)
    assert (after.findings, after.forgotten, after.checkpoint) == ([], 2, before.checkpoint)
    log.ledgers.trail.append(asked("again", ONE))
    assert queries(log)["again"] is False


def test_a_month_s_words_about_several_or_nobody_are_forgotten(log: Log) -> None:
    later = NOW + timedelta(days=40)
    for each in (asked("one", ONE), asked("both", ONE, OTHER), asked("no")):
        log.ledgers.trail.append(each)
    log.ledgers.trail.append(asked("later", recorded_at=later))
    log.seal()
    assert erase_month(log.vault, log.databases, holds_of(log), f"{NOW:%Y-%m}") == 1
    assert queries(log) == {"": True, "one": False, "later": False}
    assert (verified(log).findings, verified(log).forgotten) == ([], 2)


def test_the_salt_goes_with_the_words_so_that_nobody_can_guess_them(log: Log) -> None:
    log.ledgers.trail.append(asked("one", ONE))
    log.seal()
    with log.databases[-1].read() as session:
        assert session.scalar(text("select about_salt from audit_leaves")) is None
    erase_patients(log.vault, log.databases, holds_of(log), [ONE])
    (line,) = (orjson.loads(each) for each in exported(log) if b'"leaf"' in each)
    assert line["about"] is None
    assert line["who"] is not None


def test_what_is_erased_before_it_is_sealed_is_sealed_without_its_words(log: Log) -> None:
    log.ledgers.trail.append(asked("one", ONE))
    erase_patients(log.vault, log.databases, holds_of(log), [ONE])
    log.seal()
    assert queries(log) == {"": True}
    assert (verified(log).findings, verified(log).forgotten) == ([], 1)


def test_words_open_in_their_own_entry_only(log: Log) -> None:
    first, second = asked("one", ONE), asked("two", ONE)
    log.ledgers.trail.append(first)
    log.ledgers.trail.append(second)
    moved = (
        f"update audit_entries set sealed_query = (select sealed_query from audit_entries"
        f" where id = '{first.id}') where id = '{second.id}'"
    )
    with log.databases[-1].write() as session:
        session.execute(text(moved))
    with pytest.raises(VaultLockedError):
        log.ledgers.found()


def test_a_new_wrapping_key_is_picked_up_and_the_former_one_destroyed(log: Log) -> None:
    file = log.ledgers.vault_file
    log.ledgers.trail.append(asked("one", ONE))
    log.seal()
    old = file.read_bytes()
    assert Vault(file).rotate(log.databases) == 1
    assert file.read_bytes() != old
    assert queries(log) == {"one": False}
    with pytest.raises(FormerKeyStandsError):
        Vault(file).rotate(log.databases)
    assert Vault(file).retire(log.databases) == 0
    assert sorted(each.name for each in file.parent.glob(f"{file.name}*")) == [file.name]
    assert queries(log) == {"one": False}
    file.write_bytes(old)
    with pytest.raises(VaultLockedError):
        list(
            sealed_lines(
                log.databases,
                Vault(file),
                SealedLog(log.databases[-1], log.signer.verifier),
                EventQuery(),
            )
        )


def test_a_key_that_a_server_wrapped_meanwhile_is_wrapped_anew_at_the_end(log: Log) -> None:
    file = log.ledgers.vault_file
    log.ledgers.trail.append(asked("one", ONE))
    old = file.read_bytes()
    Vault(file).rotate(log.databases)
    new = file.read_bytes()
    file.write_bytes(old)
    log.ledgers.trail.append(asked("other", OTHER))
    file.write_bytes(new)
    assert Vault(file).retire(log.databases) == 1
    assert queries(log) == {"one": False, "other": False}


def test_the_wrapping_key_is_nobody_else_s_to_read(log: Log) -> None:
    log.ledgers.trail.append(asked("one", ONE))
    assert log.ledgers.vault_file.stat().st_mode & 0o777 == 0o600


def test_what_is_held_is_not_erased(log: Log) -> None:
    entries = [asked("who is one", ONE), asked("who is other", OTHER), asked("anybody", ONE, OTHER)]
    for each in entries:
        log.ledgers.change(each)
    hold = Hold("h-1", "Case 7", "cli:test", NOW, patient_id=ONE)
    with log.databases[0].write() as session:
        holding.place(UnitOfWork(session, log.ledgers.clock), hold)
    month = f"{entries[0].recorded_at:%Y-%m}"
    with pytest.raises(HeldError):
        erase_patients(log.vault, log.databases, holds_of(log), [ONE])
    with pytest.raises(HeldError):
        erase_month(log.vault, log.databases, holds_of(log), month)
    assert erase_patients(log.vault, log.databases, holds_of(log), [OTHER]) == 1
    assert queries(log) == {"who is one": False, "": True, "anybody": False}
    with log.databases[0].write() as session:
        holding.lift(UnitOfWork(session, log.ledgers.clock), "h-1", "cli:test")
    assert erase_patients(log.vault, log.databases, holds_of(log), [ONE]) == 1


def test_words_from_before_the_vault_are_moved_into_it_and_nothing_is_broken(log: Log) -> None:
    log.ledgers.trail._write([asked("", ONE), asked("", ONE, OTHER), an_entry()])
    log.ledgers.change(asked("", ONE))
    for ledger in log.databases:
        with ledger.write() as session:
            session.execute(
                text(
                    "update audit_entries set query = 'PatientID=' || id where exists "
                    "(select 1 from audit_subjects where entry_id = audit_entries.id)"
                )
            )
    log.seal()
    clear = queries(log)
    assert "PatientID=" in written(log)
    # Killed between the words and their salts, the next run goes on.
    with pytest.raises(ZeroDivisionError), pytest.MonkeyPatch.context() as patch:
        patch.setattr("medshare.audit.tree.store.forget_about_salts", lambda *_: 1 / 0)
        reseal(log.vault, log.databases)
    reseal(log.vault, log.databases)
    assert reseal(log.vault, log.databases) == 0
    assert "PatientID=" not in written(log)
    assert queries(log) == clear
    assert verified(log).findings == []
    assert log.vault.forget(log.databases, ["patient:p-1", "month:2026-11"]) > 1
    assert sorted(each.erased for each in log.ledgers.found()) == [False, True, True, True]
    assert verified(log).findings == []
    with log.databases[-1].read() as session:
        kept = session.scalar(
            text("select count(*) from audit_leaves where about_salt is not null")
        )
    assert kept == 1  # of the entry that never had words


def test_words_whose_salt_is_gone_keep_no_others_from_the_vault(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("medshare.audit.resealing.BATCH", 1)
    log.ledgers.trail._write([an_entry(), an_entry(), an_entry()])
    home = log.databases[-1]
    log.seal()
    with home.write() as session:
        session.execute(text("update audit_entries set query = 'PatientID=' || id"))
        session.execute(
            text(
                "update audit_leaves set about_salt = null "
                "where entry_id = (select min(id) from audit_entries)"
            )
        )
    assert reseal(log.vault, log.databases) == 2
    assert sum(each.startswith("PatientID=") for each in in_clear(home)) == 1


def in_clear(ledger: Database) -> list[str]:
    with ledger.read() as session:
        return list(session.scalars(text("select query from audit_entries")))
