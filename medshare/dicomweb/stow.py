"""STOW-RS: parts to received instances, and outcomes to the Store Instances Response.

References
----------
DICOM PS3.18 section 10.5 and Annex I.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from http import HTTPStatus

from medshare.imaging.ingest import Kept, KeptOut, Outcome, Received, receive
from medshare.imaging.model import Verdict
from medshare.imaging.refusals import FailureReason, Refusal
from medshare.imaging.scanner import InstanceUids
from medshare.infra.spool import Spool
from medshare.kernel.errors import MalformedError, TooLargeError, UnsupportedMediaTypeError
from medshare.web.body import TruncatedUploadError
from medshare.web.multipart import Readable, read_multipart
from medshare.web.negotiation import parse_media_type

CHUNK = 1 << 20
WRONG_STUDY = Refusal(
    FailureReason.DATA_SET_MISMATCH, "wrong-study", "The instance is of another study."
)
WRONG_TYPE = Refusal(
    FailureReason.CANNOT_UNDERSTAND, "wrong-part-type", "The part is not application/dicom."
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


def receive_parts(
    stream: Readable, content_type: str, spool: Spool, stack: ExitStack, limit_bytes: int
) -> list[Received]:
    """Spool and scan every instance of a request body.

    The spooled files live until ``stack`` is closed.

    Raises
    ------
    UnsupportedMediaTypeError, MalformedError, TooLargeError
        The body as a whole cannot be taken; nothing has been stored.
    """
    media = parse_media_type(content_type)
    if media.essence == "application/dicom":
        received = _receive_one(_chunks(stream), spool, stack, limit_bytes)
        if received.size_bytes == 0:
            raise EmptyUploadError
        return [received]
    if media.essence != "multipart/related":
        raise UnsupportedMediaTypeError(
            "Send multipart/related or application/dicom.",
            "请使用 multipart/related 或 application/dicom。",
        )
    received_parts: list[Received] = []
    left = limit_bytes
    for part in read_multipart(stream, content_type):
        received = _receive_one(part.content.chunks(), spool, stack, left)
        left -= received.size_bytes
        if part.media_type.essence != "application/dicom":
            received = replace(received, scanned=WRONG_TYPE)
        received_parts.append(received)
    return received_parts


def _chunks(stream: Readable) -> Iterator[bytes]:
    while chunk := stream.read(CHUNK):
        yield chunk


def _receive_one(
    chunks: Iterable[bytes], spool: Spool, stack: ExitStack, limit_bytes: int
) -> Received:
    part = stack.enter_context(spool.open())
    for chunk in chunks:
        part.write(chunk)
        if part.size_bytes > limit_bytes:
            raise TooLargeError
    part.close()
    return receive(part.path, sha256=part.sha256, size_bytes=part.size_bytes)


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
    uids = scanned.uids
    refusal = replace(
        WRONG_STUDY, sop_class_uid=uids.sop_class_uid, sop_instance_uid=uids.sop_instance_uid
    )
    return replace(received, scanned=refusal)


def status_of(outcomes: Sequence[Outcome]) -> HTTPStatus:
    """Return 200 when all are stored, 202 when some are, 409 when none is."""
    kept = sum(isinstance(each, Kept) for each in outcomes)
    if kept == len(outcomes):
        return HTTPStatus.OK
    return HTTPStatus.ACCEPTED if kept else HTTPStatus.CONFLICT


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
    return _sop(uids.sop_class_uid, uids.sop_instance_uid) | {
        "00081190": {"vr": "UR", "Value": [instance_url(base, uids)]}
    }


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
