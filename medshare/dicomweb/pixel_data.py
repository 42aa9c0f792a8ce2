"""WADO-RS: all pixel data of a study, a series or an instance, without anything else.

Plain pixels are one part for each instance, coded ones a part for each frame, a video one part.
Icons and private values are not meant.

References
----------
DICOM PS3.18 sections 8.7.3.3 (what is one part), 10.4.1.1.6 and 10.4.3.3.6.
"""

from collections.abc import Callable, Iterator, Sequence
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
    wanted,
)
from medshare.dicomweb.wado import FrameForm, frame_form, related, unavailable_frames
from medshare.imaging.bulk import Bulk
from medshare.imaging.layout import Layout
from medshare.imaging.model import RetrievedInstance
from medshare.imaging.part10 import (
    NoSuchFrameError,
    ReadRange,
    bulk_chunks,
    fragments_of,
    read_fragments,
    read_frame,
)
from medshare.imaging.pixels import NativeFrames
from medshare.imaging.transfer_syntaxes import EXPLICIT_VR_LITTLE_ENDIAN
from medshare.infra.zip64 import stretch
from medshare.web.conditions import content_tag, unless_held
from medshare.web.multipart import OutgoingPart
from medshare.web.negotiation import MediaRange
from medshare.web.ranges import ranged_answer


@dataclass(frozen=True, slots=True)
class Reading:
    """What reads instances.

    Parameters
    ----------
    opened
        Returns where an instance's values stand, and what reads them.
    transcode
        Returns a frame (from 1 on) of an instance in a transfer syntax.
    base
        The address of the DICOMweb root.
    """

    opened: Callable[[RetrievedInstance], tuple[Layout, ReadRange]]
    transcode: Callable[[RetrievedInstance, int, str], bytes]
    base: str

    def uri(self, instance: RetrievedInstance, bulk: Bulk) -> str:
        """Return the BulkDataURI of a value."""
        return (
            f"{self.base}/studies/{instance.study_instance_uid}"
            f"/series/{instance.series_instance_uid}/instances/{instance.sop_instance_uid}"
            f"/bulkdata/{bulk.path}"
        )


@dataclass(frozen=True, slots=True)
class Sending:
    """An instance, the form of its pixels, and whether they go out as parts."""

    instance: RetrievedInstance
    form: FrameForm
    as_parts: bool


def pixel_data_answer(
    reading: Reading, instances: Sequence[RetrievedInstance], *, as_bulk: bool = False
) -> Response:
    """Answer the pixel data of instances; those without any are left out.

    Parameters
    ----------
    as_bulk
        Whether octets may be coded pixels that cannot be had plain, as they are for bulk data.

    Raises
    ------
    NoSuchFrameError
        None of them has any.
    NotAcceptableError
        What is accepted cannot be made.
    """
    ranges, is_only = wanted(), len(instances) == 1
    choose = partial(_bulk_forms if as_bulk else possible, reading, ranges=ranges, is_only=is_only)
    sendings = list(_sendings(reading, instances, choose))
    state = (f"{each.instance.blob_key} {each.form.transfer_syntax_uid}" for each in sendings)
    tag = content_tag("\n".join(("pixel data", *state)).encode())
    if is_only and not all(each.as_parts for each in sendings):
        return unless_held(tag, partial(_bare, reading, sendings[0], tag))
    return unless_held(tag, partial(_as_parts, reading, sendings), weak=True)


def _sendings(
    reading: Reading,
    instances: Sequence[RetrievedInstance],
    choose: Callable[[RetrievedInstance], Iterator[Sending]],
) -> Iterator[Sending]:
    for instance in instances:
        found = next(choose(instance), None)
        if found is not None:
            yield found
        elif reading.opened(instance)[0].pixels is not None:
            raise unavailable_frames()


def possible(
    reading: Reading,
    instance: RetrievedInstance,
    ranges: Sequence[MediaRange],
    *,
    is_only: bool,
) -> Iterator[Sending]:
    """Yield the ways in which an instance can be sent, the most wanted first."""
    native = is_native(instance.transfer_syntax_uid)
    stored = EXPLICIT_VR_LITTLE_ENDIAN if native else instance.transfer_syntax_uid
    for media_range in ranges:
        form = frame_form(media_range, stored, native=native)
        if form is None:
            continue
        if asks_for_multipart(media_range, [form.media.lower()]):
            yield Sending(instance, form, as_parts=True)
        elif is_only and (_is_one(form) or _frame_count(reading, instance) == 1):
            yield Sending(instance, form, as_parts=False)


def _bulk_forms(
    reading: Reading,
    instance: RetrievedInstance,
    ranges: Sequence[MediaRange],
    *,
    is_only: bool,
) -> Iterator[Sending]:
    """Yield the ways in which an instance can be sent, octets of any coding at last."""
    yield from possible(reading, instance, ranges, is_only=is_only)
    any_coding = [each for each in ranges if "transfer-syntax" not in each.media.parameters]
    form = FrameForm(OCTETS, instance.transfer_syntax_uid)
    if any(asks_for_multipart(each, [OCTETS]) for each in any_coding):
        yield Sending(instance, form, as_parts=True)
    elif is_only and _is_one(form) and any(asks_for(each, OCTETS) for each in any_coding):
        yield Sending(instance, form, as_parts=False)


def _is_one(form: FrameForm) -> bool:
    """Whether all pixels of an instance are one part in a form: plain ones, and videos."""
    coded = CODED_TYPES.get(form.transfer_syntax_uid, OCTETS)
    return coded == OCTETS or coded.startswith("video/")


def _frame_count(reading: Reading, instance: RetrievedInstance) -> int:
    frames = reading.opened(instance)[0].frames
    return 0 if frames is None else frames.count


def _as_parts(reading: Reading, sendings: Sequence[Sending]) -> Response:
    parts = (part for each in sendings for part in pixel_parts(reading, each))
    # The first one now: what cannot be read is a refusal, not a broken answer.
    first = next(parts, None)
    if first is None:
        raise NoSuchFrameError
    form = sendings[0].form
    return related(chain([first], parts), form.media, form.transfer_syntax_uid)


def _bare(reading: Reading, sending: Sending, tag: str) -> Response:
    part = next(pixel_parts(reading, sending), None)
    if part is None:
        raise NoSuchFrameError
    if part.length is None:
        response = Response(part.chunks, content_type=part.media_type)
    else:
        chunks = partial(stretch, part.chunks)
        response = ranged_answer(chunks, part.length, tag, part.media_type)
    response.headers["Content-Location"] = part.location
    return response


def pixel_parts(reading: Reading, sending: Sending) -> Iterator[OutgoingPart]:
    """Yield the pixel data of one instance, nothing where it has none."""
    instance, syntax = sending.instance, sending.form.transfer_syntax_uid
    layout, read = reading.opened(instance)
    root = layout.pixels
    if root is None:
        return
    location = reading.uri(instance, root)
    as_part = partial(OutgoingPart, f"{sending.form.media}; transfer-syntax={syntax}")
    native, count = is_native(instance.transfer_syntax_uid), _count(layout)
    if native and syntax == EXPLICIT_VR_LITTLE_ENDIAN:
        yield as_part(bulk_chunks(read, root, _word_of(layout, root)), location, root.length)
    elif syntax != instance.transfer_syntax_uid:
        made = (reading.transcode(instance, each, syntax) for each in range(1, count + 1))
        yield from _made(made, as_part, location, whole=_is_one(sending.form))
    elif _is_one(sending.form):
        stream = tuple(fragments_of(read, root))
        size = sum(map(len, stream))
        yield as_part(read_fragments(read, stream, range(size)), location, size)
    else:
        for number in range(1, count + 1):
            frame = read_frame(read, layout.frames, number)
            yield as_part([frame], location, len(frame))


def _made(
    frames: Iterator[bytes],
    as_part: Callable[..., OutgoingPart],
    location: str,
    *,
    whole: bool,
) -> Iterator[OutgoingPart]:
    """Yield frames that are written anew: joined, or a part each."""
    for frame in frames:
        if whole:
            yield as_part(chain([frame], frames), location)
            return
        yield as_part([frame], location, len(frame))


def _count(layout: Layout) -> int:
    return 0 if layout.frames is None else layout.frames.count


def _word_of(layout: Layout, root: Bulk) -> int:
    frames = layout.frames
    return frames.word_bytes if isinstance(frames, NativeFrames) else root.word_bytes
