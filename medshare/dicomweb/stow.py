"""STOW-RS: parts to received instances, and outcomes to the Store Instances Response.

References
----------
DICOM PS3.18 section 10.5 and Annex I.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path

import orjson

from medshare.dicomweb.media import DICOM_JSON, DICOM_XML
from medshare.facilities.model import CharsetPolicy
from medshare.imaging.assembly import BulkPart, assemble
from medshare.imaging.ingest import Arrival, Kept, KeptOut, Outcome, Received, receive
from medshare.imaging.model import Verdict
from medshare.imaging.native_model import read_model
from medshare.imaging.refusals import FailureReason, Refusal, WarningReason
from medshare.imaging.repeats import KnownElements, Repeats
from medshare.imaging.scanner import InstanceUids, ScannedInstance
from medshare.imaging.transfer_syntaxes import EXPLICIT_VR_LITTLE_ENDIAN
from medshare.infra.spool import Spool, SpooledPart
from medshare.kernel.errors import MalformedError, TooLargeError, UnsupportedMediaTypeError
from medshare.web.body import BrokenJsonError, TruncatedUploadError
from medshare.web.multipart import Part, Readable, read_multipart
from medshare.web.negotiation import MediaType, parse_media_type

CHUNK = 1 << 20
METADATA_BYTES_MAX = 64 << 20
MEMORY_BYTES_MAX = 1 << 30  # of the decoded data sets of one request, all of which are held
# What coded pixel data are that name no transfer syntax.
DEFAULT_SYNTAXES = {
    "image/jpeg": "1.2.840.10008.1.2.4.70",
    "image/dicom-rle": "1.2.840.10008.1.2.5",
    "image/jls": "1.2.840.10008.1.2.4.80",
    "image/jp2": "1.2.840.10008.1.2.4.90",
    "image/jpx": "1.2.840.10008.1.2.4.92",
}
WRONG_STUDY = Refusal(
    FailureReason.DATA_SET_MISMATCH, "wrong-study", "The instance is of another study."
)
WRONG_TYPE = Refusal(
    FailureReason.CANNOT_UNDERSTAND, "wrong-part-type", "The part is not application/dicom."
)
TOO_MUCH_AT_ONCE = Refusal(
    FailureReason.OUT_OF_RESOURCES,
    "too-much-at-once",
    "The metadata of the request are too large; send fewer instances at once.",
)
KEPT_OUT = {
    Verdict.OTHER_BYTES: FailureReason.PROCESSING_FAILURE,
    Verdict.OTHER_FACILITY: FailureReason.PROCESSING_FAILURE,
    Verdict.OTHER_PATIENT: FailureReason.DATA_SET_MISMATCH,
    Verdict.RETRACTED: FailureReason.PROCESSING_FAILURE,
}


class EmptyUploadError(MalformedError):
    """The body holds nothing."""

    slug = "empty-upload"
    title = "The body holds no DICOM instance"
    title_zh = "请求体不含 DICOM 实例"


class Reception:
    """Takes the instances of one request body: each part spooled, hashed and scanned.

    The spooled files live until ``stack`` is closed.

    Parameters
    ----------
    limit_bytes
        What all parts together may hold.
    policy
        For texts of the sender that are not what they are declared to be.
    known
        Elements of requests before.
    """

    def __init__(
        self,
        spool: Spool,
        stack: ExitStack,
        limit_bytes: int,
        policy: CharsetPolicy,
        known: KnownElements,
    ) -> None:
        self._spool = spool
        self._stack = stack
        self._left = limit_bytes
        self._memory_left = MEMORY_BYTES_MAX
        self._policy = policy
        self._repeats = Repeats(known)

    def take(self, stream: Readable, content_type: str) -> list[Received]:
        """Read a whole body.

        Raises
        ------
        UnsupportedMediaTypeError, MalformedError, TooLargeError
            The body as a whole cannot be taken; nothing has been stored.
        """
        media = parse_media_type(content_type)
        if media.essence == "application/dicom":
            arrival = self._scanned(self._spooled(_chunks(stream)))
            if arrival.part.size_bytes == 0:
                raise EmptyUploadError
            return [arrival.received()]
        if media.essence != "multipart/related":
            raise UnsupportedMediaTypeError(
                "Send multipart/related or application/dicom.",
                "请使用 multipart/related 或 application/dicom。",
            )
        parts = read_multipart(stream, content_type)
        root = parse_media_type(media.parameters.get("type") or "application/dicom")
        if root.essence in _READERS:
            return self._take_metadata(parts)
        arrivals = [self._take_file(part) for part in parts]
        return [each.received() for each in arrivals]

    def _take_file(self, part: Part) -> Arrival:
        arrival = self._scanned(self._spooled(part.content.chunks()))
        if part.media_type.essence != "application/dicom":
            return replace(arrival, scanned=WRONG_TYPE)
        return arrival

    def _take_metadata(self, parts: Iterable[Part]) -> list[Received]:
        """Put instances together from metadata and bulk data, in whatever order they come."""
        documents: list[object] = []
        bulk: dict[str, BulkPart] = {}
        for part in parts:
            spooled = self._spooled(part.content.chunks())
            if read := _READERS.get(part.media_type.essence):
                documents += read(_text_of(spooled))
            else:
                location = part.headers.get("content-location", "")
                spooled.wait()
                bulk[location] = BulkPart(spooled.path, _syntax_of(part.media_type))
        if not documents:
            raise EmptyUploadError
        return [self._assembled(each, bulk) for each in documents]

    def _assembled(self, document: object, bulk: Mapping[str, BulkPart]) -> Received:
        file = assemble(document, bulk)
        if isinstance(file, Refusal):
            return Received(Path(), "", 0, file)
        self._left += len(file)  # its parts were counted when they came
        return self._scanned(self._spooled([file])).received()

    def _spooled(self, chunks: Iterable[bytes | memoryview]) -> SpooledPart:
        part = self._stack.enter_context(self._spool.open())
        for chunk in chunks:
            part.write(chunk)
            if part.size_bytes > self._left:
                raise TooLargeError
        part.close()
        self._left -= part.size_bytes
        return part

    def _scanned(self, part: SpooledPart) -> Arrival:
        arrival = receive(part, policy=self._policy, repeats=self._repeats)
        scanned = arrival.scanned
        if isinstance(scanned, ScannedInstance):
            self._memory_left -= scanned.memory_bytes
            if self._memory_left < 0:
                return replace(arrival, scanned=_refused(TOO_MUCH_AT_ONCE, scanned.uids))
        return arrival


def _chunks(stream: Readable) -> Iterator[bytes]:
    while chunk := stream.read(CHUNK):
        yield chunk


def _text_of(part: SpooledPart) -> bytes:
    if part.size_bytes > METADATA_BYTES_MAX:
        raise TooLargeError
    part.wait()
    return part.path.read_bytes()


def _from_json(text: bytes) -> list[object]:
    """Return the data sets in a part of metadata, which may also be a single one."""
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise BrokenJsonError from None
    return document if isinstance(document, list) else [document]


def _from_xml(text: bytes) -> list[object]:
    return [read_model(text)]


_READERS = {DICOM_JSON: _from_json, DICOM_XML: _from_xml}
"""What reads the data sets in a part of metadata."""


def _syntax_of(media: MediaType) -> str:
    """Return the transfer syntax of a part of bulk data (PS3.18 Table 8.7.3-5)."""
    default = DEFAULT_SYNTAXES.get(media.essence, EXPLICIT_VR_LITTLE_ENDIAN)
    return media.parameters.get("transfer-syntax") or default


def require_whole(received: Sequence[Received], announced: int | None) -> None:
    """Refuse a single-part body that is shorter than it was announced.

    Raises
    ------
    TruncatedUploadError
        It is: the connection broke, which a server may show as a clean end.
    """
    if announced is not None and sum(each.size_bytes for each in received) < announced:
        raise TruncatedUploadError


def hold_to_study(received: Iterable[Received], study_instance_uid: str | None) -> list[Received]:
    """Refuse the instances that are of another study than the address names."""
    return [_held(each, study_instance_uid) for each in received]


def _held(received: Received, study_instance_uid: str | None) -> Received:
    scanned = received.scanned
    if study_instance_uid is None or isinstance(scanned, Refusal):
        return received
    if scanned.uids.study_instance_uid == study_instance_uid:
        return received
    return replace(received, scanned=_refused(WRONG_STUDY, scanned.uids))


def _refused(refusal: Refusal, uids: InstanceUids) -> Refusal:
    """Name the instance that is refused."""
    return replace(
        refusal, sop_class_uid=uids.sop_class_uid, sop_instance_uid=uids.sop_instance_uid
    )


def status_of(outcomes: Sequence[Outcome]) -> HTTPStatus:
    """Return 200 when all are stored, 202 with warnings or when some are, 409 when none is.

    PS3.18 Table 10.5.3-1: 200 is for what was stored with nothing to be said about it.
    """
    kept = [each for each in outcomes if isinstance(each, Kept)]
    if not kept:
        return HTTPStatus.CONFLICT
    is_clean = len(kept) == len(outcomes) and not any(each.scanned.warnings for each in kept)
    return HTTPStatus.OK if is_clean else HTTPStatus.ACCEPTED


def store_response(outcomes: Sequence[Outcome], base: str) -> dict[str, object]:
    """Write the Store Instances Response Module (PS3.18 Annex I.1) as DICOM JSON.

    Parameters
    ----------
    base
        Address of the DICOMweb root, without a trailing slash.
    """
    kept = [each for each in outcomes if isinstance(each, Kept)]
    failed = [_failure(each) for each in outcomes if not isinstance(each, Kept)]
    named = [each for each in failed if "00081155" in each]
    others = [each for each in failed if "00081155" not in each]
    studies = {each.scanned.uids.study_instance_uid for each in kept}
    url: dict[str, object] = {"vr": "UR"}
    if len(studies) == 1:
        url["Value"] = [f"{base}/studies/{next(iter(studies))}"]
    response: dict[str, object] = {"00081190": url}
    if named:
        response["00081198"] = {"vr": "SQ", "Value": named}
    if kept:
        response["00081199"] = {"vr": "SQ", "Value": [_reference(each, base) for each in kept]}
    if others:
        response["0008119A"] = {"vr": "SQ", "Value": others}
    return response


def _reference(kept: Kept, base: str) -> dict[str, object]:
    uids = kept.scanned.uids
    reference = _sop(uids.sop_class_uid, uids.sop_instance_uid) | {
        "00081190": {"vr": "UR", "Value": [instance_url(base, uids)]}
    }
    if kept.scanned.warnings:
        reference["00081196"] = {"vr": "US", "Value": [int(WarningReason.NOT_AS_SOP_CLASS)]}
    return dict(sorted(reference.items()))


def _failure(outcome: Refusal | KeptOut) -> dict[str, object]:
    if isinstance(outcome, Refusal):
        reason = {"00081197": {"vr": "US", "Value": [int(outcome.reason)]}}
        if not outcome.sop_instance_uid:
            return dict(reason)
        return _sop(outcome.sop_class_uid, outcome.sop_instance_uid) | reason
    uids = outcome.scanned.uids
    return _sop(uids.sop_class_uid, uids.sop_instance_uid) | {
        "00081197": {"vr": "US", "Value": [int(KEPT_OUT[outcome.verdict])]}
    }


def _sop(sop_class_uid: str, sop_instance_uid: str) -> dict[str, object]:
    return {
        "00081150": {"vr": "UI", "Value": [sop_class_uid]},
        "00081155": {"vr": "UI", "Value": [sop_instance_uid]},
    }


def instance_url(base: str, uids: InstanceUids) -> str:
    """Return the address of an instance."""
    return (
        f"{base}/studies/{uids.study_instance_uid}/series/{uids.series_instance_uid}"
        f"/instances/{uids.sop_instance_uid}"
    )
