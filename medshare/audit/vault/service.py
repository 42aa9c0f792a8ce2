"""The vault: conceals the words of entries as they are written, and reveals them to be read."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Connection

from medshare.audit.vault import store
from medshare.audit.vault.model import (
    KEY_BYTES,
    NONCE_BYTES,
    Sealed,
    VaultLockedError,
    Words,
    WrappedKey,
    WrappingKey,
    conceal,
    holder_of,
    reveal,
)
from medshare.infra.compiled import Wire
from medshare.infra.db import Database
from medshare.infra.key_files import FormerKeyStandsError, load_or_make, succeed
from medshare.kernel.audit import AuditEntry

BATCH = 500


class Vault:
    """The words of entries under keys of patients and months.

    Parameters
    ----------
    file
        Holds the key that wraps the others, made at the first need (mode 0600). The one before
        it stands beside it, in ``.former``, until it is retired.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._former = former_of(file)
        self._known: dict[str, WrappingKey] = {}

    def ready(self) -> None:
        """Make the wrapping key where there is none, so that it is in the first backup."""
        self._present()

    def conceal(
        self, connection: Wire, entries: Sequence[AuditEntry], salts: Sequence[bytes]
    ) -> dict[str, Sealed]:
        """Encrypt the words of entries, by entry; those that say nothing are left out.

        Whoever has no key yet gets one, in the same transaction.

        Parameters
        ----------
        salts
            One for each entry, to be kept with its words.
        """
        speaking = {
            each.id: (holder_of(each), Words(each.query, salt))
            for each, salt in zip(entries, salts, strict=True)
            if each.query
        }
        if not speaking:
            return {}
        keys = self._keys_of(connection, {holder for holder, _words in speaking.values()})
        return {
            entry_id: Sealed(
                keys[holder].id,
                conceal(words, self._unwrapped(keys[holder]), entry_id, _nonce()),
            )
            for entry_id, (holder, words) in speaking.items()
        }

    def reveal(self, connection: Connection, sealed: Mapping[str, Sealed]) -> dict[str, Words]:
        """Decrypt the words of entries, by entry; those whose key is gone are left out."""
        if not sealed:
            return {}
        keys = store.by_id(connection, {each.key_id for each in sealed.values()})
        plain = {key_id: self._unwrapped(each) for key_id, each in keys.items()}
        return {
            entry_id: reveal(each.text, plain[each.key_id], entry_id)
            for entry_id, each in sealed.items()
            if each.key_id in plain
        }

    def forget(self, ledgers: Sequence[Database], holders: Collection[str]) -> int:
        """Delete the keys of holders; return how many there were. Their words are gone for good."""
        gone = 0
        for each in ledgers:
            with each.append() as connection:
                gone += store.forget(connection, holders)
        return gone

    def rotate(self, ledgers: Sequence[Database]) -> int:
        """Wrap every key by a new one; return how many. Servers pick it up by themselves.

        The one before it stays in its file for what a server wraps with it meanwhile.

        Raises
        ------
        FormerKeyStandsError
            The one before it has not been retired yet.
        """
        if self._former.exists():
            raise FormerKeyStandsError
        self._present()
        succeed(self._file, self._former, _new_key())
        self._known.clear()
        return self._rewrap(ledgers)

    def retire(self, ledgers: Sequence[Database]) -> int:
        """Wrap what the former key still wraps, and destroy it; return how many keys it were."""
        wrapped = self._rewrap(ledgers)
        self._former.unlink(missing_ok=True)
        self._known.clear()
        return wrapped

    def _keys_of(self, connection: Wire, holders: Collection[str]) -> dict[str, WrappedKey]:
        found = store.by_holder(connection, holders)
        missing = sorted(set(holders) - found.keys())
        if missing:
            store.add(connection, [self._made(each) for each in missing])
            found |= store.by_holder(connection, missing)
        return found

    def _made(self, holder: str) -> WrappedKey:
        wrapping, key_id = self._present(), str(uuid4())
        wrapped = wrapping.wrap(key_id, secrets.token_bytes(KEY_BYTES), _nonce())
        return WrappedKey(key_id, holder, wrapping.id, wrapped)

    def _rewrap(self, ledgers: Sequence[Database]) -> int:
        wrapping, count = self._present(), 0
        for ledger in ledgers:
            while True:
                with ledger.append() as connection:
                    stale = store.wrapped_otherwise(connection, wrapping.id, BATCH)
                    for each in stale:
                        again = wrapping.wrap(each.id, self._unwrapped(each), _nonce())
                        store.rewrap(
                            connection, replace(each, wrapped_by=wrapping.id, wrapped=again)
                        )
                count += len(stale)
                if len(stale) < BATCH:
                    break
        return count

    def _unwrapped(self, key: WrappedKey) -> bytes:
        if key.wrapped_by not in self._known:
            self._present()
        wrapping = self._known.get(key.wrapped_by)
        if wrapping is None:
            raise VaultLockedError("The key that wrapped the keys of the trail is not in its file.")
        return wrapping.unwrap(key.id, key.wrapped)

    def _present(self) -> WrappingKey:
        """Return the wrapping key of now: another process may have changed it."""
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        present = WrappingKey(bytes.fromhex(load_or_make(self._file, _new_key).decode()))
        self._known[present.id] = present
        if self._former.exists():
            former = WrappingKey(bytes.fromhex(self._former.read_bytes().decode()))
            self._known[former.id] = former
        return present


def former_of(file: Path) -> Path:
    """Return where the wrapping key before the present one stands until it is retired."""
    return file.with_name(f"{file.name}.former")


def _new_key() -> bytes:
    return secrets.token_hex(KEY_BYTES).encode()


def _nonce() -> bytes:
    return secrets.token_bytes(NONCE_BYTES)
