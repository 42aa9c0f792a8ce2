"""WADO-RS: all bulk data of a study, a series or an instance.

A part for each value, in the order of the data set, under its BulkDataURI; pixel data as the
resource of pixel data sends them.

References
----------
DICOM PS3.18 section 10.4.1.1.5.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain

from flask import Response

from medshare.dicomweb.media import CODED_TYPES, OCTETS, asks_for_multipart, wanted
from medshare.dicomweb.pixel_data import Reading, Sending, pixel_parts, possible
from medshare.dicomweb.wado import FrameForm, related
from medshare.imaging.bulk import Bulk
from medshare.imaging.model import RetrievedInstance, StudyNotFoundError
from medshare.imaging.part10 import ReadRange, bulk_chunks, read_bulk
from medshare.kernel.errors import NotAcceptableError
from medshare.web.conditions import content_tag, unless_held
from medshare.web.multipart import OutgoingPart
from medshare.web.negotiation import MediaRange


def bulk_data_answer(reading: Reading, instances: Sequence[RetrievedInstance]) -> Response:
    """Answer the bulk data of instances; those without any are left out.

    Raises
    ------
    StudyNotFoundError
        None of them has any.
    NotAcceptableError
        Parts of octets are not accepted.
    """
    ranges = [each for each in wanted() if asks_for_multipart(each, [OCTETS])]
    if not ranges:
        raise NotAcceptableError(
            'Bulk data are offered as multipart/related; type="application/octet-stream".',
            '大块数据以 multipart/related; type="application/octet-stream" 提供。',
        )
    sendings = [_sending(reading, each, ranges) for each in instances]
    state = (f"{each.instance.blob_key} {each.form.transfer_syntax_uid}" for each in sendings)
    tag = content_tag("\n".join(("bulk data", *state)).encode())
    return unless_held(tag, partial(_as_parts, reading, sendings), weak=True)


def _sending(
    reading: Reading, instance: RetrievedInstance, ranges: Sequence[MediaRange]
) -> Sending:
    """Choose the form of an instance's pixels: coded ones that cannot be had plain stay coded."""
    found = next(possible(reading, instance, ranges, is_only=False), None)
    stored = instance.transfer_syntax_uid
    as_stored = FrameForm(CODED_TYPES.get(stored, OCTETS), stored)
    return found or Sending(instance, as_stored, as_parts=True)


def _as_parts(reading: Reading, sendings: Sequence[Sending]) -> Response:
    parts = chain.from_iterable(_parts(reading, each) for each in sendings)
    # The first one now: without any there is no body.
    first = next(parts, None)
    if first is None:
        raise StudyNotFoundError
    return related(chain([first], parts), OCTETS)


def _parts(reading: Reading, sending: Sending) -> Iterator[OutgoingPart]:
    layout, read = reading.opened(sending.instance)
    for bulk in layout.bulk:
        if bulk is layout.pixels:
            yield from pixel_parts(reading, sending)
        else:
            yield _part(read, bulk, reading.uri(sending.instance, bulk))


def _part(read: ReadRange, bulk: Bulk, location: str) -> OutgoingPart:
    if bulk.charset is not None:
        text = read_bulk(read, bulk)
        return OutgoingPart(OCTETS, [text], location, len(text))
    return OutgoingPart(OCTETS, bulk_chunks(read, bulk, bulk.word_bytes), location, bulk.length)
