"""WADO-RS: the choice of a representation, and its body as a stream.

References
----------
DICOM PS3.18 sections 8.7 (negotiation) and 10.4 (retrieve).
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

from flask import Response

from medshare.dicomweb.media import (
    CODED_TYPES,
    OCTETS,
    asks_for,
    asks_for_multipart,
    is_native,
    made_types,
    wanted,
)
from medshare.imaging.bulk import Bulk
from medshare.imaging.codecs.repertory import can_decode
from medshare.imaging.layout import Layout
from medshare.imaging.model import QueryError, RetrievedInstance
from medshare.imaging.part10 import (
    NoSuchFrameError,
    read_bulk,
    read_frame,
)
from medshare.imaging.transfer_syntaxes import EXPLICIT_VR_LITTLE_ENDIAN
from medshare.kernel.errors import Issue, NotAcceptableError
from medshare.web.conditions import content_tag, unless_held
from medshare.web.multipart import (
    OutgoingPart,
    multipart_chunks,
    multipart_length,
    new_boundary,
    related_content_type,
)
from medshare.web.negotiation import MediaRange
from medshare.web.ranges import load_range, partial_answer

FRAMES_MAX = 10_000
_FRAMES = re.compile(r"[1-9]\d{0,8}(,[1-9]\d{0,8})*")
ReadRange = Callable[[int, int], bytes]


def related(parts: Iterable[OutgoingPart], root_type: str, syntax: str = "") -> Response:
    """Answer parts of one type as ``multipart/related``; of known length where theirs are."""
    boundary = new_boundary(os.urandom(16))
    content_type = related_content_type(root_type, boundary, syntax)
    response = Response(multipart_chunks(parts, boundary), content_type=content_type)
    length = multipart_length(parts, boundary) if isinstance(parts, Sequence) else None
    if length is not None:
        response.content_length = length
    return response


def read_frame_list(text: str) -> list[int]:
    """Read a frame list such as ``1,3,2``.

    Raises
    ------
    QueryError
        Not numbers from 1 on, or a number twice.
    """
    numbers = [int(each) for each in text.split(",")] if _FRAMES.fullmatch(text) else []
    if not numbers or len(numbers) > FRAMES_MAX or len(set(numbers)) != len(numbers):
        raise QueryError(
            issues=[
                Issue(
                    "/frames",
                    "frame-list",
                    "Send frame numbers from 1 on, separated by commas, none twice.",
                    "请填写从 1 开始、以逗号分隔且不重复的帧号。",
                )
            ]
        )
    return numbers


@dataclass(frozen=True, slots=True)
class FrameForm:
    """How frames are sent."""

    media: str
    transfer_syntax_uid: str


Transcode = Callable[[int, str], bytes]
"""Returns a frame (from 1 on) in a transfer syntax."""


def frames_answer(
    instance: RetrievedInstance,
    layout: Layout,
    read: ReadRange,
    numbers: Sequence[int],
    transcode: Transcode,
) -> Response:
    """Answer frames: as they are stored where that is accepted, else transcoded.

    Raises
    ------
    NoSuchFrameError
        The instance has no such frame.
    NotAcceptableError
        What is accepted cannot be made.
    """
    if layout.frames is None or max(numbers) > layout.frames.count:
        raise NoSuchFrameError
    native = is_native(instance.transfer_syntax_uid)
    stored = EXPLICIT_VR_LITTLE_ENDIAN if native else instance.transfer_syntax_uid
    for media_range in wanted():
        form = frame_form(media_range, stored, native=native)
        as_parts = form is not None and asks_for_multipart(media_range, [form.media.lower()])
        if form is None or not (as_parts or len(numbers) == 1):
            continue
        # One frame after the other: a long cine would not fit into memory.
        if form.transfer_syntax_uid == stored:
            frames = (read_frame(read, layout.frames, number) for number in numbers)
        else:
            frames = (transcode(number, form.transfer_syntax_uid) for number in numbers)
        make = partial(_frame_parts if as_parts else _bare_frame, frames, len(numbers), form)
        state = f"{instance.blob_key} {numbers} {form.transfer_syntax_uid}"
        return unless_held(content_tag(state.encode()), make, weak=as_parts)
    raise unavailable_frames()


def unavailable_frames() -> NotAcceptableError:
    """Make the error that nothing of what is accepted can be made of frames."""
    return NotAcceptableError(
        "Frames are offered as they are stored, in explicit VR little endian, RLE, JPEG-LS, "
        "JPEG 2000 and HTJ2K without loss.",
        "帧以存储的传输语法、显式 VR 小端及无损 RLE、JPEG-LS、JPEG 2000、HTJ2K 提供。",
    )


def frame_form(media_range: MediaRange, stored: str, *, native: bool) -> FrameForm | None:
    """Return the form in which a range takes frames: as stored if it may be, else made anew."""
    own = OCTETS if native else CODED_TYPES.get(stored, OCTETS)
    as_stored = _frame_type(media_range, own, stored, native=native)
    if as_stored is not None:
        return FrameForm(as_stored, stored)
    asked = media_range.media.parameters.get("transfer-syntax")
    if media_range.quality == 0 or not can_decode(stored):
        return None
    for syntax, media in made_types().items():
        if _is_meant(media_range, media) and asked in (None, "*", syntax):
            return FrameForm(media, syntax)
        if asked == syntax and _is_meant(media_range, OCTETS):
            return FrameForm(OCTETS, syntax)
    return None


def _frame_type(media_range: MediaRange, own: str, syntax: str, *, native: bool) -> str | None:
    """Return the media type under which a range takes frames, ``None`` if it does not.

    Octets without a transfer syntax mean native pixels; with one they may be any codestream.
    """
    asked = media_range.media.parameters.get("transfer-syntax")
    if asked not in (None, "*", syntax):
        return None
    if _is_meant(media_range, own):
        return own
    octets = _is_meant(media_range, OCTETS)
    return OCTETS if octets and (native or asked is not None) else None


def _is_meant(media_range: MediaRange, media: str) -> bool:
    return asks_for(media_range, media) or asks_for_multipart(media_range, [media])


def _bare_frame(frames: Iterator[bytes], _one: int, form: FrameForm) -> Response:
    content_type = f"{form.media}; transfer-syntax={form.transfer_syntax_uid}"
    return Response(next(frames), content_type=content_type)


def _frame_parts(frames: Iterator[bytes], count: int, form: FrameForm) -> Response:
    content_type = f"{form.media}; transfer-syntax={form.transfer_syntax_uid}"
    # The first one now: what cannot be decoded is a refusal, not a broken answer.
    whole = chain([next(frames)], frames)
    parts = (OutgoingPart(content_type, [frame], length=len(frame)) for frame in whole)
    # One whose length is known need not be sent in chunks.
    return related([*parts] if count == 1 else parts, form.media, form.transfer_syntax_uid)


def bulk_answer(
    instance: RetrievedInstance, read: ReadRange, bulk: Bulk, location: str
) -> Response:
    """Answer a bulk value: multipart where that is accepted, else bare octets or a part of them.

    Parameters
    ----------
    location
        Its BulkDataURI.

    Raises
    ------
    RangeNotSatisfiableError
        The part that is asked for lies behind the end.
    NotAcceptableError
        Neither is accepted.
    """
    tag = content_tag(f"{instance.blob_key} {bulk.path}".encode())
    for media_range in wanted():
        # What takes anything gets parts, below.
        if media_range.media.type != "*" and asks_for(media_range, OCTETS):
            return unless_held(tag, partial(_bare_bulk, read, bulk, tag))
        if asks_for_multipart(media_range, [OCTETS]):
            return unless_held(tag, partial(_bulk_parts, read, bulk, location), weak=True)
    raise NotAcceptableError(
        "Bulk data are offered as application/octet-stream.",
        "大块数据以 application/octet-stream 提供。",
    )


def _bulk_parts(read: ReadRange, bulk: Bulk, location: str) -> Response:
    value = read_bulk(read, bulk)
    return related([OutgoingPart(OCTETS, [value], location, len(value))], OCTETS)


def _bare_bulk(read: ReadRange, bulk: Bulk, tag: str) -> Response:
    """Answer all of a value or the part in ``Range``, of which no more is read than is sent."""
    is_sent_as_stored = bulk.charset is None and bulk.word_bytes <= 1
    value = b"" if is_sent_as_stored else read_bulk(read, bulk)
    size = bulk.length if is_sent_as_stored else len(value)
    part = load_range(size, tag)
    if is_sent_as_stored:
        asked = part or range(size)
        value = read(bulk.offset + asked.start, len(asked))
    elif part is not None:
        value = value[part.start : part.stop]
    response = Response(value, content_type=OCTETS)
    if part is not None:
        response = partial_answer(value, part, size, OCTETS)
    response.headers["Accept-Ranges"] = "bytes"
    return response
