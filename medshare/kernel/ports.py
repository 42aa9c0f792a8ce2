"""The ports of the house: protocols with two real adapters each, bound in ``medshare.app``."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol, TypeVar

from medshare.kernel.audit import AuditEntry
from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId
from medshare.kernel.operation import Operation, Origin
from medshare.kernel.principal import Principal
from medshare.kernel.throttle import Allowance

Change_contra = TypeVar("Change_contra", contravariant=True)


class Clock(Protocol):
    """Where instants and keys come from."""

    def now(self) -> datetime:
        """Return the present as an aware UTC instant."""
        ...

    def new_key(self) -> str:
        """Return a fresh UUID version 7 as text."""
        ...


class SpooledFile(NamedTuple):
    """A file that is to become an object.

    Parameters
    ----------
    is_synced
        Whether its bytes are on the disk already.
    """

    key: str
    path: Path
    is_synced: bool = False


class BlobStore(Protocol):
    """Immutable objects under content-addressed keys.

    A key is ``<namespace>/<sha256 hex>``. What ``put_files`` and ``put_bytes`` acknowledged
    survives kill -9 and a power cut. Putting the same key again is harmless, and renews the
    time that ``keys`` tells.
    """

    def put_bytes(self, key: str, data: bytes) -> None:
        """Store one small object durably."""
        ...

    def put_files(self, files: Sequence[SpooledFile]) -> None:
        """Store a batch of spooled files durably; returns when the whole batch is durable.

        Once this returns the files are gone; if it raises they are where they were. Whoever
        spooled them must not write to them again.

        Raises
        ------
        StorageFullError
            The disk is full or below its low-water mark.
        UnavailableError
            The store cannot be used now.
        """
        ...

    def read(self, key: str, offset: int = 0, length: int | None = None) -> bytes:
        """Return bytes ``offset .. offset+length`` (to the end without a length).

        Fewer where the object ends earlier, none past its end.

        Raises
        ------
        BlobMissingError
            No such object.
        """
        ...

    def open(self, key: str) -> AbstractContextManager[BinaryIO]:
        """Open an object for reading from its start, seekable.

        Raises
        ------
        BlobMissingError
            No such object.
        """
        ...

    def descriptor(self, key: str) -> AbstractContextManager[int | None]:
        """Lend the file descriptor of an object, ``None`` where objects are no files here.

        Raises
        ------
        BlobMissingError
            There is no such file.
        """
        ...

    def stream(self, key: str, chunk_size: int = 1 << 20) -> Iterator[bytes]:
        """Yield an object in chunks of at most ``chunk_size`` bytes.

        A missing object is told at the call, not at the first chunk.

        Raises
        ------
        BlobMissingError
            No such object.
        """
        ...

    def size(self, key: str) -> int | None:
        """Return an object's size in bytes, ``None`` when there is no such object."""
        ...

    def delete(self, keys: Iterable[str]) -> None:
        """Remove objects; a missing one is no error."""
        ...

    def keys(self, namespace: str) -> Iterator[tuple[str, datetime]]:
        """Yield every key of a namespace with the time when it was last put (for the sweep)."""
        ...

    def verify(self, key: str) -> bool:
        """Read an object through and tell whether its SHA-256 is the one in its key.

        Raises
        ------
        BlobMissingError
            No such object.
        """
        ...

    def check(self) -> None:
        """Raise ``UnavailableError`` when the store cannot be used now."""
        ...


class Credentials(Protocol):
    """What came with a request that may say who asks: headers and cookies, by lower-case name."""

    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def cookies(self) -> Mapping[str, str]: ...
    @property
    def is_safe_method(self) -> bool: ...


class Authenticator(Protocol):
    """Turns credentials into a principal."""

    def authenticate(self, credentials: Credentials) -> Principal:
        """Return who asks, ``ANONYMOUS`` when nothing was presented.

        Raises
        ------
        UnauthenticatedError
            Something was presented and does not hold.
        """
        ...


class Decider(Protocol):
    """Says whether a principal may use an operation at all."""

    def admit(self, principal: Principal, operation: Operation) -> str:
        """Return the basis on which the operation is allowed.

        Raises
        ------
        UnauthenticatedError, ForbiddenError
            It is not.
        """
        ...


class AuditSink(Protocol[Change_contra]):
    """Where the entries of the trail go. ``Change_contra`` is an open unit of work."""

    def append_within(self, change: Change_contra, entry: AuditEntry) -> None:
        """Write an entry into the transaction of the change that it tells of."""
        ...

    def append(self, entry: AuditEntry) -> None:
        """Make an entry durable before returning.

        Raises
        ------
        TrailUnavailableError
            It cannot be.
        """
        ...

    def append_study_read(self, entry: AuditEntry) -> None:
        """Record a read of one study: durable before returning if it opens a run of reads.

        Reads of one study by one actor for one purpose are an opening entry and a closing one
        that carries the counts; those between are only counted.

        Raises
        ------
        TrailUnavailableError
            The opening entry cannot be made durable.
        """
        ...


class Throttle(Protocol):
    """Holds callers to how much they may ask for."""

    def admit(
        self, principal: Principal, operation: Operation, origin: Origin
    ) -> Sequence[Allowance]:
        """Take one request from the caller's budgets and return what is left of them.

        Raises
        ------
        TooManyRequestsError
            One of them is used up.
        """
        ...


class PatientAliases(Protocol):
    """Knows under which ids a patient has been recorded, so that a search finds all of them."""

    def aliases(self, patient_id: PatientId) -> frozenset[PatientId]:
        """Return every id of the person, the given one among them."""
        ...

    def ids_now(self, patient_id: PatientId) -> frozenset[PatientId]:
        """Return the same without the ids of those whom the person was once taken for."""
        ...


@dataclass(frozen=True, slots=True)
class RecordOwner:
    """Which facility registered a record, and the family name in it, empty where unknown."""

    facility: FacilityCode
    family_name: str


class RecordOwners(Protocol):
    """Knows whose a patient's record is, so that the trail tells own data from others'."""

    def owners(self, record_ids: Collection[RecordId]) -> Mapping[RecordId, RecordOwner]:
        """Return the owners of records; those that are gone are missing."""
        ...
