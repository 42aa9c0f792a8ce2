"""The scan of one received DICOM file: everything that is read from it at ingest, in one pass.

References
----------
DICOM PS3.10 section 7; PS3.5 section 7; PS3.18 Annex F.
"""

import mmap
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from medshare.facilities.model import CharsetPolicy
from medshare.imaging import refusals
from medshare.imaging.buffers import Buffer
from medshare.imaging.bulk import Bulk
from medshare.imaging.dicom_json import DicomJson, DicomJsonBuilder
from medshare.imaging.elements import ElementReader
from medshare.imaging.file_meta import FileMeta, read_file_meta
from medshare.imaging.limits import ScanLimits
from medshare.imaging.pixels import PixelData, describe_pixels
from medshare.imaging.refusals import (
    Refusal,
    RefusedError,
    Remarks,
    ScanWarning,
    WarningCode,
)
from medshare.imaging.repeats import Repeats
from medshare.imaging.transfer_syntaxes import (
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    TRANSFER_SYNTAXES,
    Encoding,
    TransferSyntax,
)
from medshare.kernel.identifiers import (
    SeriesInstanceUid,
    SopInstanceUid,
    StudyInstanceUid,
    is_uid,
    is_uid_as_sent,
)

_MEDIA_STORAGE_DIRECTORY = "1.2.840.10008.1.3.10"
_SOP_CLASS, _SOP_INSTANCE = "00080016", "00080018"
_STUDY, _SERIES = "0020000D", "0020000E"
_AVAILABLE_SYNTAX = "00083002"
_IDENTIFYING = frozenset((_SOP_CLASS, _SOP_INSTANCE, _STUDY, _SERIES))
_RATIO_COUNTS_FROM = 64 << 20


@dataclass(frozen=True, slots=True)
class InstanceUids:
    """The identity of an instance: UIDs, some of which senders write with leading zeros."""

    study_instance_uid: StudyInstanceUid
    series_instance_uid: SeriesInstanceUid
    sop_instance_uid: SopInstanceUid
    sop_class_uid: str


BulkUri = Callable[[InstanceUids, str], str]
"""Makes the BulkDataURI for an instance and the path of a value in it."""


@dataclass(frozen=True, slots=True)
class ScannedInstance:
    """What a scan found in a file that can be kept.

    Parameters
    ----------
    uids
        Who it is.
    meta, syntax
        The file meta information, and the transfer syntax that it names.
    encoding
        How the data set really is written; differs from the syntax's if the file lies.
    dataset
        The data set as DICOM JSON, without pixel data and other large values.
    bulk
        Those values, by path.
    pixels
        The pixel data and their frames, ``None`` without.
    warnings
        What is out of order and was put up with.
    memory_bytes
        What ``dataset`` takes in memory, estimated.

    Notes
    -----
    Offsets count from the start of the file, but from the start of the *inflated* data set where
    ``syntax.is_deflated``: ``read_inflated`` returns it.
    """

    uids: InstanceUids
    meta: FileMeta
    syntax: TransferSyntax
    encoding: Encoding
    dataset: DicomJson
    bulk: tuple[Bulk, ...]
    pixels: PixelData | None
    warnings: tuple[ScanWarning, ...]
    memory_bytes: int = 0

    @property
    def described(self) -> DicomJson:
        """Return the data set with the transfer syntax in which it is available.

        What a retrieval of metadata says (PS3.18 section 10.4.1.1.2).
        """
        syntax: dict[str, object] = {"vr": "UI", "Value": [self.syntax.uid]}
        return dict(sorted({**self.dataset, _AVAILABLE_SYNTAX: syntax}.items()))


def scan(
    path: Path,
    *,
    limits: ScanLimits | None = None,
    bulk_uri: BulkUri | None = None,
    policy: CharsetPolicy = CharsetPolicy.DETECT,
    repeats: Repeats | None = None,
) -> ScannedInstance | Refusal:
    """Scan a spooled DICOM file.

    Memory does not grow with the pixel data. The file must not change meanwhile.

    Parameters
    ----------
    path
        A file that belongs to the caller.
    limits
        Caps; the defaults when left out.
    bulk_uri
        Makes each BulkDataURI; when left out, it is the value's path in the data set.
    policy
        For texts of the sender that are not what they are declared to be.
    repeats
        What the scans before found, where the files are likely to be of one series.

    Returns
    -------
    ScannedInstance or Refusal
        A bad file is a result. Only failures of the disk raise.
    """
    if not path.stat().st_size:
        return refusals.NOT_PART_10
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return scan_buffer(data, limits=limits, bulk_uri=bulk_uri, policy=policy, repeats=repeats)


def scan_buffer(
    data: Buffer,
    *,
    limits: ScanLimits | None = None,
    bulk_uri: BulkUri | None = None,
    policy: CharsetPolicy = CharsetPolicy.DETECT,
    repeats: Repeats | None = None,
) -> ScannedInstance | Refusal:
    """Scan a DICOM file in memory; as ``scan``."""
    remarks = Remarks()
    meta: FileMeta | None = None
    try:
        meta = read_file_meta(data, remarks)
        builder = partial(DicomJsonBuilder, policy=policy, repeats=repeats)
        return _scan_data_set(data, meta, limits or ScanLimits(), bulk_uri, remarks, builder)
    except RefusedError as refused:
        return refused.refusal if meta is None else _identified(refused.refusal, meta)


def read_inflated(data: Buffer, meta: FileMeta, limits: ScanLimits | None = None) -> bytes:
    """Return the data set of a deflated file, inflated: what its offsets refer to.

    Raises
    ------
    RefusedError
        Broken or cut, or larger than the limits.
    """
    return _inflate(data, meta.data_set_offset, limits or ScanLimits())


def _scan_data_set(
    data: Buffer,
    meta: FileMeta,
    limits: ScanLimits,
    bulk_uri: BulkUri | None,
    remarks: Remarks,
    make_builder: Callable[..., DicomJsonBuilder],
) -> ScannedInstance:
    syntax = TRANSFER_SYNTAXES.get(meta.transfer_syntax_uid)
    if meta.media_storage_sop_class_uid == _MEDIA_STORAGE_DIRECTORY:
        raise RefusedError(refusals.MEDIA_DIRECTORY)
    if syntax is None:
        raise RefusedError(refusals.UNKNOWN_TRANSFER_SYNTAX)
    source, start = data, meta.data_set_offset
    if syntax.is_deflated:
        limits, source = limits.of_deflated(len(data) - start), _inflate(data, start, limits)
        start = 0
    encoding = real_encoding(source, start, syntax, remarks)
    reader = ElementReader(source, start, len(source), encoding, limits, remarks)
    builder = make_builder(source, reader, limits, remarks)
    dataset = builder.build()
    if not _IDENTIFYING.isdisjoint(builder.repeated):
        raise RefusedError(refusals.AMBIGUOUS_UID)
    uids = _identity(dataset, meta, remarks)
    if reader.fragments is not None and not syntax.is_encapsulated:
        raise RefusedError(refusals.ENCAPSULATION_MISMATCH)
    bulk = tuple(entry for entry, _ in builder.bulk.values())
    pixels = describe_pixels(source, dataset, bulk, syntax, reader.fragments, remarks)
    if bulk_uri is not None:
        for entry, element in builder.bulk.values():
            element["BulkDataURI"] = bulk_uri(uids, entry.path)
    return ScannedInstance(
        uids,
        meta,
        syntax,
        encoding,
        dataset,
        bulk,
        pixels,
        warnings=remarks.all(),
        memory_bytes=builder.memory_bytes,
    )


def _identified(refusal: Refusal, meta: FileMeta) -> Refusal:
    """Say which instance is refused, as far as the file meta information tells."""
    sop_class, sop_instance = meta.media_storage_sop_class_uid, meta.media_storage_sop_instance_uid
    if not (is_uid_as_sent(sop_class) and is_uid_as_sent(sop_instance)):
        return refusal
    return replace(refusal, sop_class_uid=sop_class, sop_instance_uid=sop_instance)


def _inflate(data: Buffer, start: int, limits: ScanLimits) -> bytes:
    size = len(data) - start
    most = min(limits.inflated_bytes, max(_RATIO_COUNTS_FROM, size * limits.inflation_ratio))
    if size > most:
        raise RefusedError(refusals.DEFLATE_BOMB)
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        inflated = inflater.decompress(data[start:], most + 1)
    except zlib.error as broken:
        raise RefusedError(refusals.BROKEN_DEFLATE) from broken
    if len(inflated) > most:
        raise RefusedError(refusals.DEFLATE_BOMB)
    if not inflater.eof:
        raise RefusedError(refusals.BROKEN_DEFLATE)
    return inflated


def real_encoding(data: Buffer, start: int, syntax: TransferSyntax, remarks: Remarks) -> Encoding:
    """Judge by the first element whether VRs are explicit; senders mistake the one for the other.

    Two capital letters as the low half of an implicit length would mean 16 KiB or more, which no
    element at the start of a data set has.
    """
    vr = data[start + 4 : start + 6]
    looks_explicit = vr.isalpha() and vr.isupper()
    if not vr or looks_explicit != syntax.encoding.is_implicit:
        return syntax.encoding
    remarks.add(WarningCode.ENCODING_MISMATCH)
    if syntax.encoding is EXPLICIT_BIG:
        return EXPLICIT_BIG
    return EXPLICIT_LITTLE if looks_explicit else IMPLICIT_LITTLE


def _identity(dataset: DicomJson, meta: FileMeta, remarks: Remarks) -> InstanceUids:
    sop_class, sop_instance, study, series = (
        _uid(dataset, key, remarks) for key in (_SOP_CLASS, _SOP_INSTANCE, _STUDY, _SERIES)
    )
    stored = (meta.media_storage_sop_class_uid, meta.media_storage_sop_instance_uid)
    if stored != (sop_class, sop_instance):
        remarks.add(WarningCode.META_MISMATCH)
    return InstanceUids(
        StudyInstanceUid(study), SeriesInstanceUid(series), SopInstanceUid(sop_instance), sop_class
    )


def _uid(dataset: DicomJson, key: str, remarks: Remarks) -> str:
    values = dataset.get(key, {}).get("Value")
    if not isinstance(values, list):
        raise RefusedError(refusals.MISSING_UID)
    if len(values) != 1 or not isinstance(values[0], str) or not is_uid_as_sent(values[0]):
        raise RefusedError(refusals.INVALID_UID)
    if not is_uid(values[0]):
        remarks.add(WarningCode.VALUE_FORMAT, key)
    return values[0]
