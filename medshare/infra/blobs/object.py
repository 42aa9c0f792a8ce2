"""Blobs as objects of an S3 bucket: ``<prefix>/<namespace>/<sha256>``.

An object is acknowledged by the service when its last part is stored, so durability is the
service's. A multipart upload that a crash cut short stays in the bucket unseen: give the bucket
a lifecycle rule that aborts incomplete uploads.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from medshare.infra.blobs.errors import BlobMissingError
from medshare.infra.blobs.keys import holds_what_it_says, is_key, require_namespace, split_key
from medshare.kernel.errors import UnavailableError
from medshare.kernel.ports import SpooledFile

if TYPE_CHECKING:  # these live in stub files only
    from _typeshed import WriteableBuffer
    from obstore import OffsetRange
    from obstore.store import S3Credential

_CHUNK_BYTES = 1 << 20
# Memory of a batch: threads x parts in flight x part size = 128 MiB at worst, whatever its size.
_UPLOAD_THREADS = 8
_PARTS_IN_FLIGHT = 2
_PART_BYTES = 8 << 20
_PAGE_KEYS = 1000


@dataclass(frozen=True, slots=True)
class ObjectStoreOptions:
    """How to reach an S3 service.

    Parameters
    ----------
    endpoint
        Base URL without the bucket, which is addressed in the path.
    region
        As the service signs it; services of one site usually take any.
    allow_http
        Whether an endpoint without TLS is meant.
    """

    endpoint: str
    region: str
    access_key_id: str
    secret_access_key: str = field(repr=False)
    allow_http: bool = False


class ObjectBlobStore:
    """The blob store in an S3 bucket.

    Parameters
    ----------
    bucket
        Has to exist.
    prefix
        Put before every key; empty for none.
    """

    def __init__(self, bucket: str, prefix: str, options: ObjectStoreOptions) -> None:
        self._store = _connect(bucket, prefix, options)
        self._pool = ThreadPoolExecutor(_UPLOAD_THREADS, thread_name_prefix="blob-upload")

    def put_bytes(self, key: str, data: bytes) -> None:
        """Store one small object durably; see the port."""
        self._upload(key, data)

    def put_files(self, files: Sequence[SpooledFile]) -> None:
        """Store a batch of spooled files durably; see the port.

        Objects stored before another one failed stay: they are whole and the sweep finds them.
        """
        for each in files:
            split_key(each.key)
        running = [self._pool.submit(self._upload, each.key, each.path) for each in files]
        wait(running)
        for future in running:
            future.result()
        for each in files:
            each.path.unlink(missing_ok=True)

    def read(self, key: str, offset: int = 0, length: int | None = None) -> bytes:
        """Return a range of an object; see the port."""
        if length == 0:
            self._size(key)
            return b""
        split_key(key)
        wanted: OffsetRange | tuple[int, int]
        wanted = {"offset": offset} if length is None else (offset, offset + length)
        try:
            with _store_errors():
                return bytes(obstore.get(self._store, key, options={"range": wanted}).bytes())
        except UnavailableError:
            if offset < self._size(key):
                raise
            return b""  # S3 answers 416 where nothing follows the offset

    def open(self, key: str) -> AbstractContextManager[BinaryIO]:
        """Open an object for reading by ranged requests; see the port."""
        return io.BufferedReader(_RangedFile(self, key, self._size(key)), _CHUNK_BYTES)

    def descriptor(self, key: str) -> AbstractContextManager[int | None]:
        """Lend none: an object is no file; see the port."""
        split_key(key)
        return nullcontext()

    def stream(self, key: str, chunk_size: int = _CHUNK_BYTES) -> Iterator[bytes]:
        """Yield an object in chunks, a request each; see the port.

        One long response would hold a connection while a slow reader takes his time, and would
        run into the request timeout.
        """
        size_bytes = self._size(key)
        return (self.read(key, at, chunk_size) for at in range(0, size_bytes, chunk_size))

    def size(self, key: str) -> int | None:
        """Return an object's size in bytes, ``None`` when there is no such object."""
        try:
            return self._size(key)
        except BlobMissingError:
            return None

    def verify(self, key: str) -> bool:
        """Read an object through and tell whether it is what its key says; see the port."""
        return holds_what_it_says(key, self.stream(key))

    def delete(self, keys: Iterable[str]) -> None:
        """Remove objects; a missing one is no error."""
        doomed = list(keys)
        for key in doomed:
            split_key(key)
        with _store_errors():
            obstore.delete(self._store, doomed)

    def keys(self, namespace: str) -> Iterator[tuple[str, datetime]]:
        """Yield every key of a namespace and when it was last put; see the port."""
        require_namespace(namespace)
        return self._listing(namespace)

    def check(self) -> None:
        """Raise ``UnavailableError`` unless the bucket answers to our credentials."""
        with _store_errors():
            obstore.list_with_delimiter(self._store)

    def _size(self, key: str) -> int:
        split_key(key)
        with _store_errors():
            return obstore.head(self._store, key)["size"]

    def _listing(self, namespace: str) -> Iterator[tuple[str, datetime]]:
        with _store_errors():
            for page in obstore.list(self._store, namespace, chunk_size=_PAGE_KEYS):
                for found in page:
                    if is_key(found["path"]):
                        yield found["path"], found["last_modified"]

    def _upload(self, key: str, content: bytes | Path) -> None:
        """Store one object in place of any other: that also renews its age for the sweep."""
        split_key(key)
        try:
            obstore.put(
                self._store,
                key,
                content,
                chunk_size=_PART_BYTES,
                max_concurrency=_PARTS_IN_FLIGHT,
            )
        except (BaseError, OSError) as error:
            raise UnavailableError from error


class _RangedFile(io.RawIOBase):
    """A seekable file over ranged requests, meant to be read through a buffer."""

    def __init__(self, blobs: ObjectBlobStore, key: str, size_bytes: int) -> None:
        self._blobs = blobs
        self._key = key
        self._size_bytes = size_bytes
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size_bytes}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        room = memoryview(buffer).cast("B")
        chunk = self._next(len(room))
        room[: len(chunk)] = chunk
        return len(chunk)

    def readall(self) -> bytes:
        return self._next(self._size_bytes)  # the inherited one asks for 8 KiB at a time

    def _next(self, length: int) -> bytes:
        if self._at >= self._size_bytes:
            return b""
        chunk = self._blobs.read(self._key, self._at, length)
        self._at += len(chunk)
        return chunk


def _connect(bucket: str, prefix: str, options: ObjectStoreOptions) -> S3Store:
    """Make a client that obeys the options alone.

    obstore reads ``AWS_*`` variables too, and ``AWS_ENDPOINT_URL_S3`` or ``AWS_SESSION_TOKEN``
    would win over a plain endpoint or key: hence their own arguments and a credential provider.
    """
    credential: S3Credential = {
        "access_key_id": options.access_key_id,
        "secret_access_key": options.secret_access_key,
        "expires_at": None,
    }
    return S3Store(
        bucket,
        prefix=prefix or None,
        config={
            "aws_endpoint_url_s3": options.endpoint,
            "region": options.region,
            "skip_signature": False,
            "virtual_hosted_style_request": False,
            "disable_bulk_delete": True,  # several S3 services do not have it
        },
        credential_provider=lambda: credential,
        client_options={
            "allow_http": options.allow_http,
            "connect_timeout": timedelta(seconds=5),
            "timeout": timedelta(seconds=60),
        },
        retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=20)},
    )


@contextmanager
def _store_errors() -> Iterator[None]:
    """Tell an error of obstore in terms of the domain.

    Raises
    ------
    BlobMissingError
        The service knows no such object.
    UnavailableError
        It cannot be reached, refuses the credentials, or has no such bucket.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise BlobMissingError from error
    except BaseError as error:
        raise UnavailableError from error
