"""Reading and writing ``multipart/related`` bodies as streams, in flat memory.

The reader is lenient where senders differ (preamble, header order, missing part types) and strict
where leniency would lose data: a body that ends before its closing delimiter is an error.

References
----------
RFC 2046 section 5.1.1, RFC 2387; DICOM PS3.18 section 8.6.1.2.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from medshare.kernel.errors import MalformedError, TooLargeError, UnsupportedMediaTypeError
from medshare.web.negotiation import MediaType, parse_media_type

_CHUNK = 1 << 18
_DELIMITER_END = re.compile(rb"[ \t]{0,128}\r\n|--[ \t]{0,128}\r?\n")
_DELIMITER_START = re.compile(rb"-?-?[ \t]{0,128}\r?")
_DELIMITER_TAIL = 136
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]")
_DEFAULT_PART_TYPE = "application/dicom"
_RANDOMNESS_MIN = 16


class Readable(Protocol):
    """What a body is read from: ``flask.request.stream``, a file."""

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes, nothing only at the end."""
        ...


class MalformedMultipartError(MalformedError):
    """The body is not the multipart message that its Content-Type announces."""

    slug = "malformed-multipart"
    title = "The multipart body cannot be read"
    title_zh = "无法解析多部分正文"


class TruncatedUploadError(MalformedMultipartError):
    """The body ends before its closing delimiter."""

    slug = "truncated-upload"
    title = "The upload ends before its closing delimiter"
    title_zh = "上传内容在结束分隔符之前中断"


class EmptyMultipartError(MalformedMultipartError):
    """The body is well formed and has no part."""

    slug = "empty-multipart"
    title = "The multipart body has no part"
    title_zh = "多部分正文不含任何部分"


class MultipartLimitError(TooLargeError):
    """A part's headers, or the number of parts, exceed a limit."""

    slug = "multipart-limit"
    title = "The multipart body exceeds a limit"
    title_zh = "多部分正文超过限制"


@dataclass(frozen=True, slots=True)
class MultipartLimits:
    """Caps on what is held in memory or looped over; the size of a part is its reader's matter."""

    header_bytes: int = 16 << 10
    preamble_bytes: int = 64 << 10
    parts: int = 50_000


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its headers under lower-case names, and its content.

    ``content`` belongs to the reader and is to be consumed before the next part is asked for;
    what is left of it by then is skipped.
    """

    headers: Mapping[str, str]
    media_type: MediaType
    content: "PartContent"


class PartContent:
    """The content of one part as a bounded, read-only, forward-only stream."""

    def __init__(self, scanner: "_DelimiterScanner") -> None:
        self._scanner = scanner
        self._rest = memoryview(b"")

    def read(self, size: int = -1) -> bytes:
        """Return at most ``size`` bytes, all that is left for -1, nothing only at the end.

        Raises
        ------
        TruncatedUploadError
            The body ends within the part.
        """
        if size < 0:
            return b"".join(self.chunks())
        chunk = self._rest or self._scanner.content()
        self._rest = chunk[size:]
        return bytes(chunk[:size])

    def chunks(self) -> Iterator[memoryview]:
        """Yield what is left, in pieces as they arrive: the cheapest way to spool a part.

        Raises
        ------
        TruncatedUploadError
            The body ends within the part.
        """
        rest, self._rest = self._rest, memoryview(b"")
        if rest:
            yield rest
        while chunk := self._scanner.content():
            yield chunk


class _DelimiterScanner:
    """A window over the body that knows where the current part ends.

    Content starts at ``_start``; no delimiter begins before ``_search``. Both are indexes, since
    cutting the window at every look-alike of the boundary would cost a copy each.
    """

    def __init__(self, stream: Readable, boundary: bytes) -> None:
        self._stream = stream
        self._delimiter = b"\r\n--" + boundary
        # A body may begin with the dashes: the line break that a delimiter starts with is lent.
        self._window = b"\r\n"
        self._start = self._search = 0
        self._at_delimiter = False

    def content(self) -> memoryview:
        """Return the next piece of content before the delimiter, nothing once it is reached."""
        piece = memoryview(b"")
        while not piece and not self._at_delimiter:
            found = self._window.find(self._delimiter, self._search)
            if found < 0:
                end = max(self._start, len(self._window) - len(self._delimiter) + 1)
                piece = memoryview(self._window)[self._start : end]
                self._refill(end)
            elif self._is_delimiter(found):
                piece = memoryview(self._window)[self._start : found]
                self._start = found
                self._at_delimiter = True
            else:
                self._search = found + len(self._delimiter)
        return piece

    def next_part(self) -> bool:
        """Step over the delimiter; tell whether a part follows."""
        self._start += len(self._delimiter)
        self._at_delimiter = False
        return self._window[self._start : self._start + 2] != b"--"

    def headers(self, limit: int) -> bytes:
        """Return the header lines of the part, without the line breaks around them."""
        self._start = self._window.index(b"\r\n", self._start)
        while (end := self._window.find(b"\r\n\r\n", self._start)) < 0:
            if len(self._window) - self._start > limit:
                raise MultipartLimitError
            self._extend()
        if end - self._start > limit:
            raise MultipartLimitError
        block = self._window[self._start + 2 : end]
        # An absent body lets the empty line's break be the delimiter's too (RFC 2046 5.1.1).
        self._start = self._search = end + 2
        while len(self._window) - self._start < len(self._delimiter):
            self._extend()
        if not self._window.startswith(self._delimiter, self._start):
            self._start += 2
        return block

    def _is_delimiter(self, found: int) -> bool:
        after = found + len(self._delimiter)
        while True:
            tail = self._window[after : after + _DELIMITER_TAIL]
            if _DELIMITER_END.match(tail):
                return True
            if not _DELIMITER_START.fullmatch(tail):
                return False
            try:
                self._extend()
            except TruncatedUploadError:
                if tail.startswith(b"--"):
                    return True
                raise

    def _refill(self, end: int) -> None:
        self._window = self._window[end:]
        self._search = max(0, self._search - end)
        self._start = 0
        self._extend()

    def _extend(self) -> None:
        chunk = self._stream.read(_CHUNK)
        if not chunk:
            raise TruncatedUploadError
        self._window += chunk


def read_multipart(
    stream: Readable, content_type: str, limits: MultipartLimits | None = None
) -> Iterator[Part]:
    """Yield the parts of a request body as they arrive.

    Parameters
    ----------
    stream
        The body, without transfer coding. It belongs to the caller and is read up to the closing
        delimiter; an epilogue is left unread.
    content_type
        The request's Content-Type. A missing ``type`` parameter means ``application/dicom``; so
        does, with it, a part without Content-Type.
    limits
        Caps; the defaults when left out.

    Raises
    ------
    UnsupportedMediaTypeError
        Not ``multipart/related``.
    TruncatedUploadError
        No closing delimiter before the end: nothing of the last part may be relied on.
    EmptyMultipartError, MalformedMultipartError, MultipartLimitError
        As they say.

    Notes
    -----
    Raised during iteration, not by the call. Parts that were complete before remain good.
    """
    caps = limits or MultipartLimits()
    media = parse_media_type(content_type)
    scanner = _DelimiterScanner(stream, _boundary_of(media))
    default_type = _type_or_default(media.parameters.get("type", ""))
    _skip_preamble(scanner, caps.preamble_bytes)
    count = 0
    while scanner.next_part():
        count += 1
        if count > caps.parts:
            raise MultipartLimitError
        headers = _parse_headers(scanner.headers(caps.header_bytes))
        declared = headers.get("content-type")
        media_type = parse_media_type(declared) if declared else default_type
        content = PartContent(scanner)
        yield Part(headers, media_type, content)
        for _ in content.chunks():
            pass
    if count == 0:
        raise EmptyMultipartError


def _boundary_of(media: MediaType) -> bytes:
    if media.essence != "multipart/related":
        raise UnsupportedMediaTypeError
    boundary = media.parameters.get("boundary", "")
    if not _BOUNDARY.fullmatch(boundary):
        raise MalformedMultipartError
    return boundary.encode("ascii")


def _type_or_default(text: str) -> MediaType:
    return parse_media_type(text or _DEFAULT_PART_TYPE)


def _skip_preamble(scanner: _DelimiterScanner, limit: int) -> None:
    skipped = 0
    while piece := scanner.content():
        skipped += len(piece)
        if skipped > limit:
            raise MalformedMultipartError


def _parse_headers(block: bytes) -> dict[str, str]:
    headers: dict[str, str] = {}
    unfolded = re.sub(rb"\r\n[ \t]+", b" ", block)
    for line in unfolded.split(b"\r\n"):
        name, colon, value = line.decode("latin-1").partition(":")
        if line and not colon:
            raise MalformedMultipartError
        headers.setdefault(name.strip().lower(), value.strip())
    headers.pop("", None)
    return headers


@dataclass(frozen=True, slots=True)
class OutgoingPart:
    """One part of a response.

    Parameters
    ----------
    media_type
        The value of Content-Type, such as ``image/jp2; transfer-syntax=1.2.840.10008.1.2.4.90``.
    chunks
        The content; iterated once.
    location
        The URI for Content-Location, none if empty.
    length
        The size in bytes for Content-Length, left out if unknown.
    """

    media_type: str
    chunks: Iterable[bytes]
    location: str = ""
    length: int | None = None


def new_boundary(randomness: bytes) -> str:
    """Make a boundary that no content can be made to hold.

    Parameters
    ----------
    randomness
        At least 16 bytes from a cryptographic source.

    Raises
    ------
    ValueError
        Too little randomness.
    """
    if len(randomness) < _RANDOMNESS_MIN:
        raise ValueError("A boundary needs 128 bits of randomness.")
    return randomness.hex()


def related_content_type(root_type: str, boundary: str, transfer_syntax: str = "") -> str:
    """Build a Content-Type for ``multipart/related``; the transfer syntax stays outside quotes."""
    syntax = f"; transfer-syntax={transfer_syntax}" if transfer_syntax else ""
    return f'multipart/related; type="{root_type}"{syntax}; boundary={boundary}'


def multipart_chunks(parts: Iterable[OutgoingPart], boundary: str) -> Iterator[bytes]:
    """Write a ``multipart/related`` body without preamble or epilogue.

    Chunks of content are passed on as they are, so that large parts cost no copy. Without any
    part there is no legal body: answer without one instead.
    """
    lead = f"--{boundary}\r\n"
    for part in parts:
        yield _head(part, lead)
        yield from part.chunks
        lead = f"\r\n--{boundary}\r\n"
    yield _end(boundary)


def multipart_length(parts: Sequence[OutgoingPart], boundary: str) -> int | None:
    """Return the size in bytes of what ``multipart_chunks`` writes, ``None`` if it is unknown."""
    size = len(_end(boundary)) - len("\r\n")  # no line break before the first delimiter
    for part in parts:
        if part.length is None:
            return None
        size += len(_head(part, f"\r\n--{boundary}\r\n")) + part.length
    return size


def _head(part: OutgoingPart, lead: str) -> bytes:
    """Write a delimiter and the headers of the part behind it."""
    lines = [f"Content-Type: {part.media_type}\r\n"]
    if part.location:
        lines.append(f"Content-Location: {part.location}\r\n")
    if part.length is not None:
        lines.append(f"Content-Length: {part.length}\r\n")
    return f"{lead}{''.join(lines)}\r\n".encode("latin-1")


def _end(boundary: str) -> bytes:
    return f"\r\n--{boundary}--\r\n".encode("latin-1")
