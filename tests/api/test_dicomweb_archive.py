"""Studies as archives: a file-set with DICOMDIR and the report (PS3.18 8.6.1.3, PS3.10 8)."""

import io
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.fileset import FileSet
from pydicom.uid import ImplicitVRLittleEndian
from werkzeug.test import TestResponse

from medshare.access.model import Role
from medshare.kernel.audit import AuditAction, AuditPhase
from tests.dicom import SLICE, STUDIES, a_ct, store
from tests.exams import a_report, an_exam, register, take_into_care
from tests.servers import require_command
from tests.site import Caller, Site

STUDY = f"{STUDIES}/2.999.9.1"
ZIP = {"Accept": "application/zip"}
DICOMDIR_UID = "1.2.840.10008.1.3.10"


def fetch(caller: Caller, path: str = STUDY, **headers: str) -> TestResponse:
    return caller.get(path, headers=ZIP | headers)


def opened(answer: TestResponse) -> zipfile.ZipFile:
    assert answer.status_code == 200, answer.text
    assert answer.content_type == "application/zip"
    assert answer.content_length == len(answer.data)
    return zipfile.ZipFile(io.BytesIO(answer.data))


def implicit(**attributes: Any) -> bytes:
    """Return a slice whose file is in implicit VR."""
    dataset = pydicom.dcmread(io.BytesIO(a_ct(**attributes)))
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    buffer = io.BytesIO()
    dataset.save_as(buffer, implicit_vr=True, little_endian=True, enforce_file_format=True)
    return buffer.getvalue()


@contextmanager
def read_file_set(directory: Path) -> Iterator[FileSet]:
    """Read a DICOMDIR by pydicom, which leaves a temporary directory behind."""
    file_set = FileSet(directory / "DICOMDIR")
    try:
        yield file_set
    finally:
        file_set._stage["t"].cleanup()


def a_study(caller: Caller) -> list[bytes]:
    files = [
        a_ct(2),
        a_ct(1),
        implicit(number=3, SeriesInstanceUID="2.999.9.1.2", SeriesNumber=2),
    ]
    store(caller, *files)
    return files


def test_a_study_is_a_file_set_that_others_read(site: Site, tmp_path: Path) -> None:
    pacs = site.facility_client()
    a_study(pacs)

    with opened(fetch(pacs)) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "disc")
        assert archive.namelist() == [
            "DICOMDIR",
            "DICOM/SE000001/IM000001",
            "DICOM/SE000001/IM000002",
            "DICOM/SE000002/IM000001",
        ]
    with read_file_set(tmp_path / "disc") as file_set:
        uids = [each.SOPInstanceUID for each in file_set]
        assert uids == [f"2.999.9.1.1.{number}" for number in (1, 2, 3)]
        assert file_set.find_values("PatientName") == ["Wang^XiaoMing=王^小明"]
        assert file_set.find_values("StudyInstanceUID") == ["2.999.9.1"]
        loaded = [each.load() for each in file_set]
    assert {each.file_meta.TransferSyntaxUID for each in loaded} == {"1.2.840.10008.1.2.1"}
    assert {str(each.PatientName) for each in loaded} == {"Wang^XiaoMing=王^小明"}


def test_instances_leave_bit_for_bit_as_they_are_stored(site: Site) -> None:
    pacs = site.facility_client()
    second, first, converted = a_study(pacs)

    with opened(fetch(pacs)) as archive:
        assert archive.read("DICOM/SE000001/IM000001") == first
        assert archive.read("DICOM/SE000001/IM000002") == second
        sent = archive.read("DICOM/SE000002/IM000001")
    assert sent != converted
    assert pydicom.dcmread(io.BytesIO(sent)).PixelData == a_ct(3)[-128:]


def test_dcmtk_reads_the_directory_without_remark(site: Site, tmp_path: Path) -> None:
    require_command("dcmdump")  # of dcmtk
    pacs = site.facility_client()
    a_study(pacs)
    with opened(fetch(pacs)) as archive:
        path = Path(archive.extract("DICOMDIR", tmp_path))

    told = subprocess.run(
        ["dcmdump", "--print-all", path], capture_output=True, text=True, check=True
    )

    assert told.stderr == ""
    assert "王^小明" in told.stdout
    assert told.stdout.count("(0004,1220)") == 1
    # dcmtk shows where each offset leads to: a wrong one would be an error or a number.
    assert told.stdout.count("DirectoryRecordType") == 1 + 1 + 2 + 3


def test_unzip_finds_no_fault(site: Site, tmp_path: Path) -> None:
    require_command("unzip")
    pacs = site.facility_client()
    a_study(pacs)
    path = tmp_path / "study.zip"
    path.write_bytes(fetch(pacs).data)

    told = subprocess.run(["unzip", "-t", path], capture_output=True, text=True, check=True)

    assert "No errors detected" in told.stdout


def test_a_preamble_that_is_blanked_and_one_that_is_missing_are_counted_as_sent(
    site: Site,
) -> None:
    pacs = site.facility_client()
    plain = a_ct(1)
    store(pacs, b"MZ" + plain[2:])
    store(pacs, a_ct(2)[128:], status=202)

    with opened(fetch(pacs)) as archive:
        assert archive.testzip() is None
        assert archive.read("DICOM/SE000001/IM000001") == plain
        assert archive.read("DICOM/SE000001/IM000002") == a_ct(2)


def test_a_download_goes_on_where_it_broke_off(site: Site) -> None:
    pacs = site.facility_client()
    a_study(pacs)
    whole = fetch(pacs)
    tag, size = whole.headers["ETag"], len(whole.data)
    assert not tag.startswith("W/")
    assert whole.headers["Accept-Ranges"] == "bytes"

    for start in (1, 200, size // 2, size - 1):
        rest = fetch(pacs, Range=f"bytes={start}-", **{"If-Range": tag})
        assert rest.status_code == 206
        assert rest.data == whole.data[start:]
        assert rest.content_length == size - start
        assert rest.headers["Content-Range"] == f"bytes {start}-{size - 1}/{size}"

    assert fetch(pacs, Range=f"bytes={size}-").status_code == 416
    assert fetch(pacs, **{"If-None-Match": tag}).status_code == 304
    store(pacs, a_ct(9))
    another = fetch(pacs, Range="bytes=100-", **{"If-Range": tag})
    assert another.status_code == 200
    assert another.headers["ETag"] != tag


def test_the_archive_has_to_be_named(site: Site) -> None:
    pacs = site.facility_client()
    a_study(pacs)

    def given(accept: str, path: str = STUDY) -> str:
        return pacs.get(path, headers={"Accept": accept}).mimetype

    assert given("*/*") == "multipart/related"
    assert given("application/*", f"{SLICE}") != "application/zip"
    assert given("application/zip;q=0.5, multipart/related; type=application/dicom") == (
        "multipart/related"
    )
    assert given("image/png, application/zip; transfer-syntax=*") == "application/zip"
    by_parameter = pacs.get(f"{STUDY}?accept=application/zip", headers={"Accept": "text/html"})
    assert by_parameter.mimetype == "application/zip"
    refused = pacs.get(STUDY, headers={"Accept": "application/zip; transfer-syntax=1.2.3"})
    assert refused.status_code == 406


@pytest.mark.parametrize(
    ("path", "files"), [(f"{STUDY}/series/2.999.9.1.1", 2), (SLICE, 1), (STUDY, 3)]
)
def test_every_level_is_offered_under_its_own_name(site: Site, path: str, files: int) -> None:
    pacs = site.facility_client()
    a_study(pacs)

    answer = fetch(pacs, path)

    with opened(answer) as archive:
        images = [each for each in archive.namelist() if each.startswith("DICOM/")]
    assert len(images) == files
    named = f'attachment; filename="{path.rpartition("/")[2]}.zip"'
    assert answer.headers["Content-Disposition"] == named


class TestReport:
    """Of the exam that the study is attached to."""

    @pytest.fixture
    def his(self, site: Site) -> Caller:
        his = site.facility_client()
        register(his)
        store(his, a_ct(1, PatientID="MRN-1", AccessionNumber="ACC-1"))
        location = his.post("/api/v1/exams", an_exam(studyInstanceUids=["2.999.9.1"])).headers[
            "Location"
        ]
        his.post(f"{location}/reports", a_report())
        amended = {"findings": "右肺上叶结节 6 mm。", "impression": "建议随访。"}
        his.post(
            f"{location}/reports",
            a_report(status="amended", texts=[{"language": "zh-CN", **amended}]),
        )
        site.deliver()
        return his

    def test_each_version_goes_along_and_says_what_became_of_it(
        self, site: Site, his: Caller
    ) -> None:
        with opened(fetch(his)) as archive:
            first = archive.read("REPORT/VERSION1.TXT").decode("utf-8-sig")
            second = archive.read("REPORT/VERSION2.TXT").decode("utf-8-sig")

        assert "双肺纹理清晰。" in first
        assert "已被第 2 版取代 Superseded by version 2" in first
        assert "右肺上叶结节 6 mm。" in second
        assert "取代" not in second
        assert "患者 Patient: 王 小明 Wang XiaoMing MRN-1" in second
        entry = site.last_entry()
        assert entry.counts == {"instances": 1, "reports": 2}
        assert {each.kind for each in entry.objects} == {"study", "report"}

    def test_who_may_not_read_exams_gets_the_images_alone(self, site: Site, his: Caller) -> None:
        pacs = site.facility_client(scope="system/ImagingStudy.rs")

        with opened(fetch(pacs)) as archive:
            assert not [each for each in archive.namelist() if each.startswith("REPORT")]

    def test_a_series_brings_no_report(self, his: Caller) -> None:
        with opened(fetch(his, f"{STUDY}/series/2.999.9.1.1")) as archive:
            assert archive.namelist() == ["DICOMDIR", "DICOM/SE000001/IM000001"]


class TestTrail:
    """Taking a study away is one export, whoever reads it besides."""

    def test_it_is_one_entry_of_its_own(self, site: Site) -> None:
        pacs = site.facility_client()
        a_study(pacs)
        pacs.get(f"{STUDY}/metadata")
        before = len(site.entries())

        fetch(pacs)

        (entry,) = site.entries()[before:]
        assert (entry.operation, entry.action) == ("dicomweb.retrieve-study", AuditAction.EXPORT)
        assert entry.phase is AuditPhase.SINGLE
        assert entry.counts == {"instances": 3, "reports": 0}
        assert [each.id for each in entry.objects] == ["2.999.9.1"]

    def test_a_range_that_cannot_be_is_recorded_as_malformed(self, site: Site) -> None:
        pacs = site.facility_client()
        a_study(pacs)

        fetch(pacs, Range="bytes=99999999-")

        assert site.last_entry().outcome == "malformed"

    def test_another_hospital_gets_it_with_care_only(self, site: Site) -> None:
        his, other = site.facility_client(), site.facility_client("SZ-B")
        register(his)
        store(his, a_ct(1, PatientID="MRN-1"))
        site.deliver()
        register(other, "B-7", "SZ-B")
        doctor = site.person(Role.CLINICIAN, "SZ-B")

        assert fetch(doctor).status_code == 404
        take_into_care(other, "B-7", "SZ-B")
        assert fetch(doctor).status_code == 200
