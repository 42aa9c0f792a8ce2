"""WADO-RS: instances as files, each in a transfer syntax that the request accepts.

References
----------
DICOM PS3.18 sections 8.7.3.4 (default), 8.7.8 (selection, for each part on its own), 10.4.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

from flask import Response

from medshare.dicomweb.media import DICOM, asks_for, asks_for_multipart, syntax_for
from medshare.dicomweb.wado import related
from medshare.imaging.buffers import gathered
from medshare.imaging.model import RetrievedInstance
from medshare.imaging.part10 import (
    HEAD_BYTES,
    as_explicit_little_endian,
    size_as_sent,
    with_zeroed_preamble,
)
from medshare.imaging.pictures import Pictures, Source
from medshare.imaging.refusals import Refusal
from medshare.imaging.scanner import scan_buffer
from medshare.imaging.sources import UnreadableInstanceError
from medshare.imaging.transcoding import targets_of, transcoded
from medshare.imaging.transfer_syntaxes import EXPLICIT_VR_LITTLE_ENDIAN, TRANSFER_SYNTAXES
from medshare.imaging.workers.pool import UndecodableError
from medshare.infra.zip64 import stretch
from medshare.kernel.errors import NotAcceptableError
from medshare.kernel.ports import BlobStore
from medshare.web.conditions import content_tag, unless_held
from medshare.web.multipart import OutgoingPart
from medshare.web.negotiation import MediaRange, MediaType, quality_of
from medshare.web.ranges import ranged_answer


@dataclass(frozen=True, slots=True)
class Sending:
    """How an instance is sent: its transfer syntax, whether as a part, whether so by default."""

    instance: RetrievedInstance
    transfer_syntax_uid: str
    as_part: bool
    by_default: bool


@dataclass(frozen=True, slots=True)
class Files:
    """What reads instances and writes them anew.

    Parameters
    ----------
    source_of
        Looks up what is known of an instance; called for those that are transcoded only.
    """

    blobs: BlobStore
    pictures: Pictures
    source_of: Callable[[RetrievedInstance], Source]

    def targets(self, instance: RetrievedInstance) -> frozenset[str]:
        """Return the transfer syntaxes into which an instance can be rewritten."""
        return targets_of(self.source_of(instance))

    def chunks(self, instance: RetrievedInstance, syntax: str) -> Iterator[bytes]:
        """Yield an instance as a file in a transfer syntax that can be had.

        Raises
        ------
        UnreadableInstanceError
            Its bytes are not those that were stored.
        UndecodableError
            Its pixels cannot be decoded, as they would have to be.
        """
        stored = instance.transfer_syntax_uid
        if syntax == stored:
            as_stored = self.blobs.stream(instance.blob_key)
            return as_stored if instance.crc32 is not None else with_zeroed_preamble(as_stored)
        if syntax == EXPLICIT_VR_LITTLE_ENDIAN and not TRANSFER_SYNTAXES[stored].is_encapsulated:
            return gathered(self._converted(instance))
        source = self.source_of(instance)
        made = transcoded(
            source, syntax, lambda frame: self.pictures.transcode(source, frame, syntax)
        )
        return gathered(made)

    def length(self, instance: RetrievedInstance, syntax: str) -> int | None:
        """Return the size in bytes of what ``chunks`` yields, ``None`` if it is written anew."""
        if syntax != instance.transfer_syntax_uid:
            return None
        if instance.crc32 is not None:
            return instance.size_bytes
        return size_as_sent(self.blobs.read(instance.blob_key, 0, HEAD_BYTES), instance.size_bytes)

    def _converted(self, instance: RetrievedInstance) -> Iterator[bytes]:
        data = self.blobs.read(instance.blob_key)
        scanned = scan_buffer(data)
        if isinstance(scanned, Refusal):
            raise UnreadableInstanceError
        yield from as_explicit_little_endian(data, scanned)


def instances_answer(
    files: Files, instances: Sequence[RetrievedInstance], ranges: Sequence[MediaRange]
) -> Response:
    """Answer instances as files: multipart, or one bare file where that is what is accepted.

    Raises
    ------
    NotAcceptableError
        Nothing that is accepted can be made.
    """
    sendings = [_sending(files, each, ranges, is_only=len(instances) == 1) for each in instances]
    tag = _tag(sendings)
    if sendings[0].as_part:
        return unless_held(tag, partial(_file_parts, files, sendings), weak=True)
    return unless_held(tag, partial(_download, files, sendings[0], tag))


def file_answer(files: Files, instance: RetrievedInstance, asked: str | None) -> Response:
    """Answer one instance as a bare file in a transfer syntax, ``None`` for the default.

    Raises
    ------
    NotAcceptableError
        The transfer syntax cannot be had.
    """
    syntax = syntax_for(asked, instance.transfer_syntax_uid, partial(files.targets, instance))
    if syntax is None:
        raise _unavailable()
    sending = Sending(instance, syntax, as_part=False, by_default=asked is None)
    tag = _tag([sending])
    return unless_held(tag, partial(_download, files, sending, tag))


def _sending(
    files: Files, instance: RetrievedInstance, ranges: Sequence[MediaRange], *, is_only: bool
) -> Sending:
    """Choose how an instance is sent: by the first range that it can be sent under."""
    for media_range in ranges:
        as_part = asks_for_multipart(media_range, [DICOM])
        if not as_part and not (is_only and asks_for(media_range, DICOM)):
            continue
        asked = media_range.media.parameters.get("transfer-syntax")
        syntax = syntax_for(asked, instance.transfer_syntax_uid, partial(files.targets, instance))
        if syntax is not None and _is_welcome(syntax, ranges, as_part=as_part):
            return Sending(instance, syntax, as_part, by_default=asked is None)
    raise _unavailable()


def _unavailable() -> NotAcceptableError:
    return NotAcceptableError(
        "Instances are offered as multipart/related; type=application/dicom, as they are stored, "
        "in explicit VR little endian, RLE, JPEG-LS, JPEG 2000 and HTJ2K, as far as their pixels "
        "allow.",
        "实例以 multipart/related; type=application/dicom 提供：按存储的传输语法，或在像素允许时为"
        "显式 VR 小端、RLE、JPEG-LS、JPEG 2000 与 HTJ2K。",
    )


def _is_welcome(syntax: str, ranges: Sequence[MediaRange], *, as_part: bool) -> bool:
    """Whether the most specific range for a transfer syntax does not refuse it with ``q=0``."""
    if all(each.quality > 0 for each in ranges):
        return True
    parameters = {"transfer-syntax": syntax}
    if as_part:
        offer = MediaType("multipart", "related", {"type": DICOM, **parameters})
    else:
        offer = MediaType("application", "dicom", parameters)
    return quality_of(offer, ranges) > 0


def _tag(sendings: Sequence[Sending]) -> str:
    sent = (f"{each.instance.blob_key} {each.transfer_syntax_uid}" for each in sendings)
    return content_tag("\n".join(sent).encode())


def _file_parts(files: Files, sendings: Sequence[Sending]) -> Response:
    # The first one is opened now: what cannot be read is a refusal, not a broken answer.
    first = _opened(files, sendings[0])
    if all(_is_as_stored(each) for each in sendings):
        return related([first, *(_part_to_open(files, each) for each in sendings[1:])], DICOM)
    return related(chain([first], (_opened(files, each) for each in sendings[1:])), DICOM)


def _is_as_stored(sending: Sending) -> bool:
    return sending.transfer_syntax_uid == sending.instance.transfer_syntax_uid


def _part_to_open(files: Files, sending: Sending) -> OutgoingPart:
    """Return a part of known length whose file is opened when its turn comes."""
    instance, syntax = sending.instance, sending.transfer_syntax_uid

    def chunks() -> Iterator[bytes]:
        yield from files.chunks(instance, syntax)

    media_type = f"{DICOM}; transfer-syntax={syntax}"
    return OutgoingPart(media_type, chunks(), length=files.length(instance, syntax))


def _download(files: Files, sending: Sending, tag: str) -> Response:
    """Answer a bare file, as a whole or from where a download broke off."""
    part = _opened(files, sending)
    if part.length is None:
        response = Response(part.chunks, content_type=part.media_type)
    else:
        chunks = partial(stretch, part.chunks)
        response = ranged_answer(chunks, part.length, tag, part.media_type)
    name = f"{sending.instance.sop_instance_uid}.dcm"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _opened(files: Files, sending: Sending) -> OutgoingPart:
    """Return a file as a part, the first of its chunks made.

    What nobody asked to have decoded, and cannot be, leaves as it is stored.
    """
    instance, syntax = sending.instance, sending.transfer_syntax_uid
    try:
        chunks = _begun(files.chunks(instance, syntax))
    except UndecodableError:
        if not sending.by_default:
            raise
        syntax = instance.transfer_syntax_uid
        chunks = files.chunks(instance, syntax)
    media_type = f"{DICOM}; transfer-syntax={syntax}"
    return OutgoingPart(media_type, chunks, length=files.length(instance, syntax))


def _begun(chunks: Iterator[bytes]) -> Iterator[bytes]:
    return chain([next(chunks)], chunks)
