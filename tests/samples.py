"""The sample files that ship inside pydicom, and why some of them cannot be stored."""

from pathlib import Path

import pydicom

SAMPLES = Path(pydicom.__file__).parent / "data"
NOT_DICOM = {".py", ".pyc", ".json", ".txt", ".icc", ".dump", ".gz", ".md"}
FILES = sorted(
    path
    for path in SAMPLES.rglob("*")
    if path.is_file() and path.suffix not in NOT_DICOM and path.name != "README"
)
SAMPLE_NAMES = [str(path.relative_to(SAMPLES)) for path in FILES]

NO_META = "not-part-10"  # neither preamble nor file meta information: PS3.10 section 7.1
NO_UID = "missing-uid"  # a data set without its study, series or instance: PS3.3 section C.12.1
TWO_UIDS = "ambiguous-uid"
CUT = "truncated"  # a value ends behind the end of the file
DIRECTORY = "media-directory"  # a DICOMDIR is no composite instance
NO_SYNTAX = "unknown-transfer-syntax"

NOT_STORABLE = {
    "charset_files/chrSQEncoding.dcm": NO_UID,
    "charset_files/chrSQEncoding1.dcm": NO_UID,
    "palettes/fall.dcm": NO_UID,
    "palettes/hotiron.dcm": NO_UID,
    "palettes/hotmetalblue.dcm": NO_UID,
    "palettes/pet.dcm": NO_UID,
    "palettes/pet20step.dcm": NO_UID,
    "palettes/spring.dcm": NO_UID,
    "palettes/summer.dcm": NO_UID,
    "palettes/winter.dcm": TWO_UIDS,
    "test_files/ExplVR_BigEndNoMeta.dcm": NO_META,
    "test_files/ExplVR_LitEndNoMeta.dcm": NO_META,
    "test_files/JPEGLSNearLossless_08.dcm": NO_UID,
    "test_files/JPEGLSNearLossless_16.dcm": NO_UID,
    "test_files/MR_truncated.dcm": CUT,
    "test_files/SC_rgb_jls_lossy_line.dcm": NO_UID,
    "test_files/SC_rgb_jls_lossy_sample.dcm": NO_UID,
    "test_files/UN_sequence.dcm": NO_UID,
    "test_files/dicomdirtests/DICOMDIR": DIRECTORY,
    "test_files/dicomdirtests/DICOMDIR-bigEnd": DIRECTORY,
    "test_files/dicomdirtests/DICOMDIR-empty.dcm": DIRECTORY,
    "test_files/dicomdirtests/DICOMDIR-implicit": DIRECTORY,
    "test_files/dicomdirtests/DICOMDIR-nooffset": DIRECTORY,
    "test_files/dicomdirtests/DICOMDIR-nopatient": DIRECTORY,
    "test_files/dicomdirtests/DICOMDIR-reordered": DIRECTORY,
    "test_files/dicomdirtests/TINY_ALPHA/DICOMDIR": DIRECTORY,
    "test_files/empty_charset_LEI.dcm": NO_UID,
    "test_files/meta_missing_tsyntax.dcm": NO_SYNTAX,
    "test_files/nested_priv_SQ.dcm": NO_UID,
    "test_files/no_meta.dcm": NO_META,
    "test_files/no_meta_group_length.dcm": NO_UID,
    "test_files/priv_SQ.dcm": NO_UID,
    "test_files/rtplan_truncated.dcm": CUT,
    "test_files/rtstruct.dcm": NO_META,
}
