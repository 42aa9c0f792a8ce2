"""The one error model below the edge.

An error knows its kind, never an HTTP status: ``medshare.web.problems`` maps kinds to statuses
and writes them as RFC 9457 problem documents. ``detail`` is a fixed sentence: no value, name,
identifier, path or SQL ever stands in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar


class ErrorKind(StrEnum):
    """What went wrong, as the caller has to act on it."""

    MALFORMED = "malformed"
    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not-found"
    METHOD_NOT_ALLOWED = "method-not-allowed"
    NOT_ACCEPTABLE = "not-acceptable"
    CONFLICT = "conflict"
    GONE = "gone"
    PRECONDITION_FAILED = "precondition-failed"
    PRECONDITION_REQUIRED = "precondition-required"
    TOO_LARGE = "too-large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported-media-type"
    RANGE_NOT_SATISFIABLE = "range-not-satisfiable"
    TOO_MANY_REQUESTS = "too-many-requests"
    INTERNAL = "internal"
    UNAVAILABLE = "unavailable"
    STORAGE_FULL = "storage-full"


@dataclass(frozen=True, slots=True)
class Issue:
    """One fault of an input: where, which rule, what to do.

    Parameters
    ----------
    pointer
        JSON pointer (RFC 6901) into the body, or the name of a query parameter or header.
    code
        Language-neutral name of the rule that was broken, in kebab-case.
    en, zh
        The rule and the remedy as one sentence each. Never echoes the value.
    """

    pointer: str
    code: str
    en: str
    zh: str = ""


class MedshareError(Exception):
    """Anything that medshare refuses or cannot do, told in terms of the domain.

    Subclasses fix ``kind``, ``slug`` (kebab-case, stable: clients match on it), ``title`` and,
    by default, ``detail``.
    """

    kind: ClassVar[ErrorKind] = ErrorKind.INTERNAL
    slug: ClassVar[str] = "internal"
    title: ClassVar[str] = "The request failed"
    title_zh: ClassVar[str] = "请求失败"

    def __init__(
        self,
        detail: str = "",
        detail_zh: str = "",
        *,
        issues: Sequence[Issue] = (),
        params: Mapping[str, str | int] | None = None,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.detail_zh = detail_zh or ("" if detail else self.title_zh)
        self.issues = tuple(issues)
        self.params = dict(params or {})


class MalformedError(MedshareError):
    """The input cannot be read at all: broken JSON, a cut upload, a bad header."""

    kind = ErrorKind.MALFORMED
    slug = "malformed"
    title = "The request cannot be read"
    title_zh = "无法解析请求"


class InvalidError(MedshareError):
    """The input can be read and breaks a rule; ``issues`` names each."""

    kind = ErrorKind.INVALID
    slug = "invalid"
    title = "The request breaks a rule"
    title_zh = "请求内容不符合规则"

    def below(self, pointer: str) -> "InvalidError":
        """Return the same faults of a part that stands at ``pointer`` in the whole."""
        issues = [replace(each, pointer=pointer + each.pointer) for each in self.issues]
        return InvalidError(issues=issues)


class UnauthenticatedError(MedshareError):
    """Nobody known is asking."""

    kind = ErrorKind.UNAUTHENTICATED
    slug = "unauthenticated"
    title = "Authentication is required"
    title_zh = "需要身份认证"


class ForbiddenError(MedshareError):
    """The caller may not use the operation, whatever its object."""

    kind = ErrorKind.FORBIDDEN
    slug = "forbidden"
    title = "The caller may not do this"
    title_zh = "无权执行此操作"


class NotFoundError(MedshareError):
    """No such thing, or none that the caller may know of: the two look alike."""

    kind = ErrorKind.NOT_FOUND
    slug = "not-found"
    title = "Nothing was found"
    title_zh = "未找到"


class MethodNotAllowedError(MedshareError):
    """The resource exists and has no such method."""

    kind = ErrorKind.METHOD_NOT_ALLOWED
    slug = "method-not-allowed"
    title = "The resource does not have this method"
    title_zh = "该资源不支持此方法"


class NotAcceptableError(MedshareError):
    """No representation fits what the caller accepts."""

    kind = ErrorKind.NOT_ACCEPTABLE
    slug = "not-acceptable"
    title = "No acceptable representation exists"
    title_zh = "没有可接受的表示形式"


class ConflictError(MedshareError):
    """The state of the server contradicts the request."""

    kind = ErrorKind.CONFLICT
    slug = "conflict"
    title = "The request contradicts what is recorded"
    title_zh = "请求与已有记录冲突"


class PreconditionRequiredError(MedshareError):
    """The change does not say on which version it was made (RFC 6585 section 3)."""

    kind = ErrorKind.PRECONDITION_REQUIRED
    slug = "precondition-required"
    title = "Name the version that was changed: send its ETag as If-Match"
    title_zh = "请以 If-Match 发送所修改版本的 ETag"


class PreconditionFailedError(MedshareError):
    """The thing has changed since the version that the caller knows."""

    kind = ErrorKind.PRECONDITION_FAILED
    slug = "precondition-failed"
    title = "It has changed meanwhile; read it again and repeat the change"
    title_zh = "数据已被更改，请重新读取后再修改"


class TooLargeError(MedshareError):
    """The body exceeds a limit."""

    kind = ErrorKind.TOO_LARGE
    slug = "too-large"
    title = "The request is larger than the limit"
    title_zh = "请求超过大小限制"


class UnsupportedMediaTypeError(MedshareError):
    """The request's Content-Type is not one that the resource reads."""

    kind = ErrorKind.UNSUPPORTED_MEDIA_TYPE
    slug = "unsupported-media-type"
    title = "The media type of the request is not supported"
    title_zh = "不支持该请求的媒体类型"


class UnavailableError(MedshareError):
    """A part that the answer needs is out of service; trying again later may work."""

    kind = ErrorKind.UNAVAILABLE
    slug = "unavailable"
    title = "The service cannot answer now"
    title_zh = "服务暂时不可用"


class TrailUnavailableError(UnavailableError):
    """The audit trail cannot be written, so nothing is changed or released."""

    slug = "audit-trail-unavailable"
    title = "The audit trail cannot be written, so nothing was changed or released"
    title_zh = "审计日志无法写入，未作任何更改，也未返回任何数据"


class StorageFullError(MedshareError):
    """The disk is below the low-water mark: writes are refused, reads go on."""

    kind = ErrorKind.STORAGE_FULL
    slug = "storage-full"
    title = "The storage is full"
    title_zh = "存储空间不足"
