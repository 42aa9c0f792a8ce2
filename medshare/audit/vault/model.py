"""How the words of entries are encrypted: a key a patient or month, wrapped by one in a file.

References
----------
NIST SP 800-38D: GCM, with nonces of 96 random bits (section 8.2.2). A key of a patient or month
encrypts far fewer than 2**32 texts.
"""

import json
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from medshare.kernel.audit import AuditEntry
from medshare.kernel.errors import MedshareError

KEY_BYTES = 32
NONCE_BYTES = 12


class VaultLockedError(MedshareError):
    """The file with the key-encryption key is not that of the wrapped keys."""

    slug = "vault-locked"


@dataclass(frozen=True, slots=True)
class WrappingKey:
    """A key-encryption key, of 256 bits."""

    key: bytes

    @property
    def id(self) -> str:
        """Return what names it beside what it wrapped: the beginning of its SHA-256, in hex."""
        return sha256(b"medshare wrapping key" + self.key).hexdigest()[:16]

    def wrap(self, key_id: str, key: bytes, nonce: bytes) -> bytes:
        """Return a key, encrypted."""
        return _encrypt(self.key, key_id, key, nonce)

    def unwrap(self, key_id: str, wrapped: bytes) -> bytes:
        """Return a key that was wrapped by this one.

        Raises
        ------
        VaultLockedError
            It was wrapped by another.
        """
        return _decrypt(self.key, key_id, wrapped)


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A key of a patient or month as it is kept: wrapped by the key that ``wrapped_by`` names."""

    id: str
    holder: str
    wrapped_by: str
    wrapped: bytes


@dataclass(frozen=True, slots=True)
class Words:
    """What an entry says in words, and the salt of the commitment to it."""

    query: str
    salt: bytes


@dataclass(frozen=True, slots=True)
class Sealed:
    """The words of an entry, encrypted under a key."""

    key_id: str
    text: bytes


def holder_of(entry: AuditEntry) -> str:
    """Return under whose key the words of an entry are kept.

    The patient's, where the entry names one; else the month's in which it was recorded.
    """
    patients = {each.patient_id for each in entry.subjects}
    if len(patients) == 1 and (patient := patients.pop()) is not None:
        return holder_of_patient(patient)
    return holder_of_month(f"{entry.recorded_at:%Y-%m}")


def holder_of_patient(patient_id: str) -> str:
    """Return what a patient's key is kept under."""
    return f"patient:{patient_id}"


def holder_of_month(month: str) -> str:
    """Return what the key of a month (``YYYY-MM``, UTC) is kept under."""
    return f"month:{month}"


def conceal(words: Words, key: bytes, entry_id: str, nonce: bytes) -> bytes:
    """Encrypt the words of an entry; they open in that entry only."""
    text = json.dumps([words.query, words.salt.hex()], ensure_ascii=False)
    return _encrypt(key, entry_id, text.encode(), nonce)


def reveal(text: bytes, key: bytes, entry_id: str) -> Words:
    """Decrypt the words of an entry.

    Raises
    ------
    VaultLockedError
        They were altered, or are another entry's.
    """
    query, salt = json.loads(_decrypt(key, entry_id, text))
    return Words(query, bytes.fromhex(salt))


def _encrypt(key: bytes, context: str, plain: bytes, nonce: bytes) -> bytes:
    return nonce + AESGCM(key).encrypt(nonce, plain, context.encode())


def _decrypt(key: bytes, context: str, sealed: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context.encode())
    except InvalidTag as error:
        raise VaultLockedError("What is encrypted does not open by its key.") from error
