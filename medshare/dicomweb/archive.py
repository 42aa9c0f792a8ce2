"""A study, a series or an instance as a ZIP archive: a file-set with DICOMDIR, and its report.

Sizes and checksums are known beforehand, so that the length is announced and a download goes on
where it broke off. Instances leave as they are stored, implicit VR and big endian apart: to decode
pixels only to learn how long they are would cost as much as sending them twice.

References
----------
DICOM PS3.18 sections 8.6.1.3 and 10.4.4; PS3.10 section 8; RFC 9110 section 14.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from struct import Struct

from flask import Response

from medshare import __version__
from medshare.dicomweb.instances import Files
from medshare.dicomweb.media import DICOM, ZIP, asks_for_multipart, sent_syntax
from medshare.imaging.disc.fileset import FileSet, lay_out
from medshare.imaging.model import RetrievedInstance
from medshare.infra.zip64 import Archive, Member, skipping
from medshare.kernel.ports import BlobStore
from medshare.web.conditions import content_tag, unless_held
from medshare.web.negotiation import MediaRange
from medshare.web.ranges import ranged_answer

CHUNK = 8 << 20
NEVER = datetime(1980, 1, 1)  # noqa: DTZ001  # an archive knows no zones; before it there is no time
_MEASURE = Struct("<QI")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A text that goes along with the images."""

    name: str
    content: bytes


def is_wanted(ranges: Iterable[MediaRange]) -> bool:
    """Tell whether an archive is wanted before anything else that instances are offered as.

    It has to be named: ``*/*`` never means one. Beside it no transfer syntax stands but ``*``.
    """
    for media_range in ranges:
        if media_range.quality == 0:
            continue
        if media_range.media.essence == ZIP:
            if media_range.media.parameters.get("transfer-syntax", "*") == "*":
                return True
        elif media_range.media.essence == DICOM or asks_for_multipart(media_range, [DICOM]):
            return False
    return False


def file_set_of(instances: Iterable[RetrievedInstance], described: Iterable[bytes]) -> FileSet:
    """Lay out instances with their metadata as a file-set."""
    return lay_out(
        (each, sent_syntax(each.transfer_syntax_uid), dataset)
        for each, dataset in zip(instances, described, strict=True)
    )


def archive_answer(
    files: Files, file_set: FileSet, attachments: Sequence[Attachment], name: str
) -> Response:
    """Answer an archive or a part of it.

    Raises
    ------
    RangeNotSatisfiableError
        The part that is asked for lies behind the end.
    """
    members = [
        _member_of_text("DICOMDIR", file_set.directory),
        *(_member_of_text(each.name, each.content) for each in attachments),
        *(
            _member_of_instance(files, each.instance, each.transfer_syntax_uid, each.file_id)
            for each in file_set.files
        ),
    ]
    archive = Archive(members, _time_of(file_set))
    # The blobs' names tell of every bit, the directory of everything else.
    stored = "\n".join(each.instance.blob_key for each in file_set.files)
    tag = content_tag(archive.directory + stored.encode())
    return unless_held(tag, partial(_body, archive, tag, f"{name}.zip"))


def _body(archive: Archive, tag: str, name: str) -> Response:
    response = ranged_answer(archive.chunks, archive.size_bytes, tag, ZIP)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _member_of_text(name: str, content: bytes) -> Member:
    return Member(name, len(content), zlib.crc32(content), lambda at: iter((content[at:],)))


def _member_of_instance(
    files: Files, instance: RetrievedInstance, syntax: str, file_id: Sequence[str]
) -> Member:
    """Return an instance as a file, its size and checksum as the index or the cache knows them."""
    name, is_as_stored = "/".join(file_id), syntax == instance.transfer_syntax_uid
    if is_as_stored and instance.crc32 is not None:
        read = partial(_read_from, files.blobs, instance)
        return Member(name, instance.size_bytes, instance.crc32, read)
    size, crc32 = _measured(files, instance, syntax)
    return Member(name, size, crc32, lambda at: skipping(files.chunks(instance, syntax), at))


def _read_from(blobs: BlobStore, instance: RetrievedInstance, offset: int) -> Iterator[bytes]:
    if offset == 0:
        yield from blobs.stream(instance.blob_key)
    for at in range(offset or instance.size_bytes, instance.size_bytes, CHUNK):
        yield blobs.read(instance.blob_key, at, CHUNK)


def _measured(files: Files, instance: RetrievedInstance, syntax: str) -> tuple[int, int]:
    """Return the size and the checksum of a file that is written anew; found out once."""

    def measure() -> bytes:
        size = crc32 = 0
        for chunk in files.chunks(instance, syntax):
            size, crc32 = size + len(chunk), zlib.crc32(chunk, crc32)
        return _MEASURE.pack(size, crc32)

    # What one release writes, the next may write otherwise.
    key = ("measure", __version__, instance.blob_key, syntax)
    size, crc32 = _MEASURE.unpack(files.pictures.cache.get_or_make(key, measure))
    return size, crc32


def _time_of(file_set: FileSet) -> datetime:
    """Return when the study was made, as the files of the archive bear it."""
    with suppress(ValueError):
        text = file_set.study_date + file_set.study_time[:6].ljust(6, "0")
        return datetime.strptime(text, "%Y%m%d%H%M%S")  # noqa: DTZ007  # no zones in archives
    return NEVER
