"""What can go wrong with blobs besides a full disk and a store out of service."""

from medshare.kernel.errors import ErrorKind, MedshareError, NotFoundError


class BlobMissingError(NotFoundError):
    """The store is in service and holds no object under the key."""

    slug = "blob-missing"
    title = "The stored bytes were not found"
    title_zh = "未找到所存储的数据"


class BlobKeyError(MedshareError):
    """A key outside the grammar: a fault of the caller's code, never of a request."""

    kind = ErrorKind.INTERNAL
    slug = "blob-key"
    title = "The key of a stored object is malformed"
    title_zh = "存储对象的键格式不正确"


class BlobStoreUrlError(MedshareError):
    """The setting that names the blob store cannot be used."""

    kind = ErrorKind.INTERNAL
    slug = "blob-store-url"
    title = "The address of the blob store is neither a directory nor a complete s3 address"
    title_zh = "存储地址既不是目录也不是完整的 s3 地址"
