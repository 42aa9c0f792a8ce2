"""C2SP signed notes (Ed25519) and checkpoints: what the log, and its witnesses, sign.

The standard library and ``cryptography`` only, as an export is verified without medshare.
"""

import base64
import binascii
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = b"\x01"
COSIGNATURE = b"\x04"
KEY_ID_BYTES = 4
HEAD_LINES = 3


class BadNoteError(ValueError):
    """A note, checkpoint or key is not in C2SP's form, or its signature does not hold."""


class UnknownSignerError(BadNoteError):
    """No key that is known signed a note; whether its signatures hold, nobody here can say."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How large a log was and what its root was: ``size`` leaves, ``root`` of 32 bytes."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """Return the signed text, ending in a newline."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with the name it signs under."""

    name: str
    key: bytes
    kind: bytes = ED25519

    @property
    def id(self) -> bytes:
        """Return the four bytes that name the key in a signature line."""
        return sha256(self.name.encode() + b"\n" + self.kind + self.key).digest()[:KEY_ID_BYTES]

    def __str__(self) -> str:
        encoded = base64.b64encode(self.kind + self.key).decode()
        return f"{self.name}+{self.id.hex()}+{encoded}"


def read_key(text: str) -> VerifierKey:
    """Read a key from its C2SP form, ``name+id+key``.

    Raises
    ------
    BadNoteError
        It is not in this form.
    """
    try:
        name, key_id, encoded = text.strip().split("+", 2)
        raw = base64.b64decode(encoded, validate=True)
    except ValueError:
        raise BadNoteError("not a verifier key") from None
    key = VerifierKey(name, raw[1:], raw[:1])
    if key.id.hex() != key_id:
        raise BadNoteError("the key's id is not that of the key")
    return key


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key with the name it signs under."""

    name: str
    private: Ed25519PrivateKey

    @property
    def verifier(self) -> VerifierKey:
        """Return the public half."""
        return VerifierKey(self.name, self.private.public_key().public_bytes_raw())

    @property
    def witness(self) -> VerifierKey:
        """Return the public half as a witness signs with it."""
        return VerifierKey(self.name, self.verifier.key, COSIGNATURE)

    def sign(self, checkpoint: Checkpoint) -> str:
        """Return the checkpoint as a signed note."""
        return f"{checkpoint.text}\n{self.line(checkpoint)}"

    def line(self, checkpoint: Checkpoint) -> str:
        """Return its signature line under a checkpoint."""
        return _line(self.verifier, self.private.sign(checkpoint.text.encode()))

    def cosign(self, checkpoint: Checkpoint, timestamp: int) -> str:
        """Return a witness's signature line (cosignature/v1) of ``timestamp`` in Unix seconds."""
        signature = self.private.sign(_witnessed(checkpoint.text, timestamp))
        return _line(self.witness, struct.pack(">Q", timestamp) + signature)


@dataclass(frozen=True, slots=True)
class LogSigner:
    """What a log signs with: its key, and the one before it until that is retired."""

    present: Signer
    former: Signer | None = None

    @property
    def name(self) -> str:
        """Return the log's origin."""
        return self.present.name

    @property
    def verifier(self) -> VerifierKey:
        """Return the public half of the present key."""
        return self.present.verifier

    @property
    def verifiers(self) -> tuple[VerifierKey, ...]:
        """Return the public halves of the keys that count, the present one first."""
        return tuple(each.verifier for each in (self.present, self.former) if each)

    def sign(self, checkpoint: Checkpoint) -> str:
        """Return the checkpoint as a note that each key has signed."""
        former = self.former.line(checkpoint) if self.former else ""
        return self.present.sign(checkpoint) + former


def open_checkpoint(note: str, key: VerifierKey) -> Checkpoint:
    """Return a checkpoint that carries a valid signature of ``key``.

    Raises
    ------
    UnknownSignerError
        The note is not signed by the key.
    BadNoteError
        The note cannot be read, or its signature by the key does not hold.
    """
    text, signatures = _parts(note)
    own = [each for name, each in signatures if name == key.name and each[:KEY_ID_BYTES] == key.id]
    if not own:
        raise UnknownSignerError("no signature by the key")
    if not any(_holds(key, text, each) for each in own):
        raise BadNoteError("no valid signature by the key")
    return _checkpoint(text)


def read_checkpoint(note: str) -> Checkpoint:
    """Return what a note says of a log, whoever signed it.

    Raises
    ------
    BadNoteError
        The note cannot be read.
    """
    return _checkpoint(_parts(note)[0])


def signature_by(key: VerifierKey, note: str) -> str | None:
    """Return the signature line of a key in a note, ``None`` where none holds.

    Raises
    ------
    BadNoteError
        The note cannot be read.
    """
    text, signatures = _parts(note)
    for name, signature in signatures:
        if name == key.name and _holds(key, text, signature):
            return f"\u2014 {name} {base64.b64encode(signature).decode()}\n"
    return None


def _parts(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    text, separator, tail = note.rpartition("\n\n")
    if not separator or not tail.endswith("\n"):
        raise BadNoteError("not a signed note")
    return text + "\n", list(_signatures(tail))


def _signatures(tail: str) -> Iterator[tuple[str, bytes]]:
    for line in tail.splitlines():
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.rpartition(" ")
        try:
            signature = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            raise BadNoteError("a signature is not in base64") from None
        if dash != "\u2014" or not name:
            raise BadNoteError("not a signature line")
        yield name, signature


def _holds(key: VerifierKey, text: str, signature: bytes) -> bool:
    key_id, raw = signature[:KEY_ID_BYTES], signature[KEY_ID_BYTES:]
    message = text.encode()
    if key.kind == COSIGNATURE:
        message, raw = _witnessed(text, int.from_bytes(raw[:8], "big")), raw[8:]
    if key_id != key.id:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key.key).verify(raw, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _checkpoint(text: str) -> Checkpoint:
    lines = text.splitlines()
    try:
        origin, size, root = lines[:HEAD_LINES]
        checkpoint = Checkpoint(origin, int(size), base64.b64decode(root, validate=True))
    except ValueError:
        raise BadNoteError("not a checkpoint") from None
    if str(checkpoint.size) != size or len(checkpoint.root) != sha256().digest_size:
        raise BadNoteError("not a checkpoint")
    return checkpoint


def _witnessed(text: str, timestamp: int) -> bytes:
    return f"cosignature/v1\ntime {timestamp}\n{text}".encode()


def _line(key: VerifierKey, signature: bytes) -> str:
    return f"\u2014 {key.name} {base64.b64encode(key.id + signature).decode()}\n"
