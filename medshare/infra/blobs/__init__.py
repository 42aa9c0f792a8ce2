"""Blob stores: immutable objects in a directory or in an S3 bucket, behind one port."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from medshare.infra.blobs.errors import BlobKeyError, BlobMissingError, BlobStoreUrlError
from medshare.infra.blobs.keys import make_key
from medshare.infra.blobs.local import LocalBlobStore
from medshare.infra.blobs.object import ObjectBlobStore, ObjectStoreOptions
from medshare.infra.disk import LOW_WATER_BYTES
from medshare.kernel.ports import BlobStore

__all__ = [
    "BlobKeyError",
    "BlobMissingError",
    "BlobStoreUrlError",
    "LocalBlobStore",
    "ObjectBlobStore",
    "ObjectStoreOptions",
    "make_key",
    "open_blob_store",
]


def open_blob_store(
    url: str,
    options: ObjectStoreOptions | None = None,
    *,
    low_water_bytes: int = LOW_WATER_BYTES,
) -> BlobStore:
    """Open the store that a setting names.

    Parameters
    ----------
    url
        ``file:///absolute/path``, a plain path, or ``s3://bucket/prefix`` (the prefix may be
        absent).
    options
        How to reach the bucket; of no use to a directory.
    low_water_bytes
        Bytes free below which a directory takes no more; of no use to a bucket.

    Raises
    ------
    BlobStoreUrlError
        Another scheme, another machine's file, no bucket, or a bucket without options.
    """
    parts = urlsplit(url)
    if parts.scheme == "s3" and parts.netloc and options is not None:
        return ObjectBlobStore(parts.netloc, parts.path.strip("/"), options)
    if parts.scheme == "file" and not parts.netloc and parts.path.startswith("/"):
        return LocalBlobStore(Path(unquote(parts.path)), low_water_bytes)
    if not parts.scheme and url:
        return LocalBlobStore(Path(url), low_water_bytes)
    raise BlobStoreUrlError
