"""What the blob store port promises, on both adapters."""

import hashlib
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medshare.infra.blobs import (
    BlobKeyError,
    BlobMissingError,
    BlobStoreUrlError,
    ObjectBlobStore,
    ObjectStoreOptions,
    make_key,
    open_blob_store,
)
from medshare.kernel.errors import UnavailableError
from medshare.kernel.ports import BlobStore, SpooledFile
from tests.conftest import CityServers
from tests.servers import S3Server


@pytest.fixture
def s3(city_servers: CityServers) -> S3Server:
    return city_servers.s3


@pytest.fixture
def bucket(city_servers: CityServers) -> str:
    return city_servers.bucket


def options_for(s3: S3Server, *, secret: str | None = None) -> ObjectStoreOptions:
    return ObjectStoreOptions(
        s3.endpoint, s3.region, s3.access_key_id, secret or s3.secret_access_key, allow_http=True
    )


@pytest.fixture(params=["local", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    """Be a fresh store of either kind."""
    if request.param == "local":
        return open_blob_store(f"file://{tmp_path}/blobs")
    bucket, s3 = request.getfixturevalue("bucket"), request.getfixturevalue("s3")
    return open_blob_store(f"s3://{bucket}/{uuid4().hex}", options_for(s3))


def key_of(data: bytes, namespace: str = "dicom") -> str:
    return make_key(namespace, hashlib.sha256(data).hexdigest())


def spooled(directory: Path, data: bytes) -> SpooledFile:
    path = directory / uuid4().hex
    path.write_bytes(data)
    return SpooledFile(key_of(data), path)


DATA = bytes(range(256)) * 40
KEY = key_of(DATA)
ABSENT = key_of(b"never stored")


def test_what_was_put_is_read_back(blobs):
    blobs.put_bytes(KEY, DATA)
    assert blobs.read(KEY) == DATA
    assert blobs.size(KEY) == len(DATA)
    assert blobs.verify(KEY)


def test_an_empty_object_is_an_object(blobs):
    blobs.put_bytes(key_of(b""), b"")
    assert blobs.read(key_of(b"")) == b""
    assert blobs.size(key_of(b"")) == 0
    assert list(blobs.stream(key_of(b""))) == []


@pytest.mark.parametrize(
    ("offset", "length"),
    [
        *((0, 0), (0, 1), (0, None), (0, 99_999), (100, 300), (10_000, None), (10_239, 1)),
        *((10_239, 9), (10_240, 5), (10_240, None), (20_000, 5), (20_000, None)),
    ],
)
def test_a_range_is_what_slicing_gives(blobs, offset, length):
    blobs.put_bytes(KEY, DATA)
    end = None if length is None else offset + length
    assert blobs.read(KEY, offset, length) == DATA[offset:end]


def test_a_stream_is_cut_into_chunks_of_the_size_asked_for(blobs):
    blobs.put_bytes(KEY, DATA)
    chunks = list(blobs.stream(KEY, chunk_size=4096))
    assert [len(chunk) for chunk in chunks] == [4096, 4096, 2048]
    assert b"".join(chunks) == DATA


def test_an_open_object_can_be_searched_like_a_file(blobs):
    blobs.put_bytes(KEY, DATA)
    with blobs.open(KEY) as file:
        assert file.read(4) == DATA[:4]
        file.seek(-10, os.SEEK_END)
        assert file.read() == DATA[-10:]
        file.seek(5000)
        file.seek(10, os.SEEK_CUR)
        assert file.tell() == 5010
        assert file.read() == DATA[5010:]


def test_a_descriptor_is_of_the_object_or_there_is_none(blobs):
    blobs.put_bytes(KEY, DATA)
    with blobs.descriptor(KEY) as descriptor:
        if isinstance(blobs, ObjectBlobStore):
            assert descriptor is None
            return
        assert os.pread(descriptor, 20, 5000) == DATA[5000:5020]
    with pytest.raises(BlobMissingError), blobs.descriptor(ABSENT):
        pass


@pytest.mark.parametrize(
    "ask",
    [
        lambda blobs: blobs.read(ABSENT),
        lambda blobs: blobs.read(ABSENT, 5, 5),
        lambda blobs: blobs.read(ABSENT, 0, 0),
        lambda blobs: blobs.open(ABSENT),
        lambda blobs: blobs.stream(ABSENT),
        lambda blobs: blobs.verify(ABSENT),
    ],
)
def test_a_missing_object_is_told_at_the_call(blobs, ask):
    with pytest.raises(BlobMissingError):
        ask(blobs)


def test_a_missing_object_has_no_size_and_can_be_deleted(blobs):
    blobs.put_bytes(KEY, DATA)
    blobs.delete([ABSENT, KEY, KEY])
    assert blobs.size(ABSENT) is None
    assert blobs.size(KEY) is None


def test_a_batch_of_200_files_is_stored_and_taken_away(blobs, tmp_path):
    contents = [b"%d" % number * 5000 for number in range(200)]
    files = [spooled(tmp_path, content) for content in contents]
    blobs.put_files(files)
    assert [blobs.read(each.key) for each in files] == contents
    assert not any(each.path.exists() for each in files)


def test_a_batch_may_hold_the_same_object_twice(blobs, tmp_path):
    blobs.put_files([spooled(tmp_path, DATA), spooled(tmp_path, DATA)])
    assert blobs.read(KEY) == DATA


def test_an_empty_batch_is_no_error(blobs):
    blobs.put_files([])


def test_a_failed_batch_leaves_the_callers_files(blobs, tmp_path):
    good = spooled(tmp_path, DATA)
    with pytest.raises(UnavailableError):
        blobs.put_files([good, SpooledFile(ABSENT, tmp_path / "no such file")])
    assert good.path.read_bytes() == DATA
    assert blobs.size(ABSENT) is None


def test_putting_the_same_key_from_many_threads_is_harmless(blobs, tmp_path):
    start = threading.Barrier(8)

    def put(number: int) -> None:
        file = spooled(tmp_path, DATA)
        start.wait()
        if number % 2:
            blobs.put_files([file])
        else:
            blobs.put_bytes(KEY, DATA)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(put, range(8)))
    assert blobs.verify(KEY)
    assert [key for key, _ in blobs.keys("dicom")] == [KEY]


def test_keys_are_listed_by_namespace_with_the_time_of_the_put(blobs):
    before = datetime.now(UTC) - timedelta(seconds=2)  # S3 tells whole seconds
    reports = {key_of(b"%d" % number, "report") for number in range(20)}
    for key in reports:
        blobs.put_bytes(key, b"text")
    blobs.put_bytes(KEY, DATA)
    listed = dict(blobs.keys("report"))
    assert listed.keys() == reports
    assert all(before <= at <= datetime.now(UTC) for at in listed.values())
    assert list(blobs.keys("nothing-yet")) == []


def test_bytes_that_are_not_what_the_key_says_do_not_verify(blobs):
    blobs.put_bytes(ABSENT, DATA)
    assert not blobs.verify(ABSENT)


def test_a_damaged_object_is_replaced_by_the_next_put(blobs):
    blobs.put_bytes(KEY, DATA[:-1])
    blobs.put_bytes(KEY, DATA)
    assert blobs.verify(KEY)


def test_a_working_store_passes_its_check(blobs):
    blobs.check()


BAD_KEYS = [
    "",
    "dicom",
    "dicom/",
    f"/{'a' * 64}",
    f"dicom/{'a' * 63}",
    f"dicom/{'A' * 64}",
    f"dicom/{'a' * 64}\n",
    f"../{'a' * 64}",
    f"dicom/../{'a' * 64}",
    f"/etc/{'a' * 64}",
    "dicom/../../etc/passwd",
    f"DICOM/{'a' * 64}",
    f".incoming/{'a' * 64}",
    f"dicom/{'a' * 61}/..",
    f"dicom/{'٣' * 64}",
]


@pytest.mark.parametrize("key", BAD_KEYS)
def test_a_key_outside_the_grammar_reaches_no_store(blobs, key, tmp_path):
    with pytest.raises(BlobKeyError):
        blobs.put_bytes(key, b"")
    with pytest.raises(BlobKeyError):
        blobs.put_files([spooled(tmp_path, DATA), SpooledFile(key, tmp_path / "unread")])
    for ask in (blobs.read, blobs.open, blobs.stream, blobs.size, blobs.verify):
        with pytest.raises(BlobKeyError):
            ask(key)
    with pytest.raises(BlobKeyError):
        blobs.delete([KEY, key])
    assert blobs.size(KEY) is None


@pytest.mark.parametrize("namespace", ["", "..", "Dicom", "a/b", ".incoming", "a" * 33])
def test_a_namespace_outside_the_grammar_is_not_listed(blobs, namespace):
    with pytest.raises(BlobKeyError):
        blobs.keys(namespace)


@given(st.text(), st.text())
def test_no_text_makes_a_key_that_leaves_its_namespace(namespace, digest):
    try:
        key = make_key(namespace, digest)
    except BlobKeyError:
        return
    assert key.count("/") == 1
    assert "." not in key


@pytest.mark.parametrize("url", ["", "ftp://host/x", "file://host/x", "file:x", "s3:///x"])
def test_an_address_that_names_no_store_is_refused(url):
    with pytest.raises(BlobStoreUrlError):
        open_blob_store(url, ObjectStoreOptions("http://127.0.0.1:1", "here", "key", "secret"))


def test_a_bucket_without_options_is_refused():
    with pytest.raises(BlobStoreUrlError):
        open_blob_store("s3://bucket/prefix")


def test_a_path_and_a_file_address_name_the_same_directory(tmp_path):
    open_blob_store(f"{tmp_path}/a b").put_bytes(KEY, DATA)
    assert open_blob_store(f"file://{tmp_path}/a%20b").read(KEY) == DATA


def test_a_wrong_secret_makes_the_bucket_unavailable(s3, bucket):
    blobs = open_blob_store(f"s3://{bucket}", options_for(s3, secret="wrong"))
    for ask in (blobs.check, lambda: blobs.read(KEY), lambda: blobs.put_bytes(KEY, DATA)):
        with pytest.raises(UnavailableError):
            ask()


def test_a_bucket_that_does_not_exist_fails_the_check(s3):
    with pytest.raises(UnavailableError):
        open_blob_store("s3://no-such-bucket", options_for(s3)).check()


def test_a_service_that_does_not_answer_is_unavailable(tmp_path):
    nowhere = ObjectStoreOptions("http://127.0.0.1:1", "here", "k", "s", allow_http=True)
    blobs = open_blob_store("s3://bucket", nowhere)
    file = spooled(tmp_path, DATA)
    for ask in (blobs.check, lambda: blobs.size(KEY), lambda: blobs.put_files([file])):
        with pytest.raises(UnavailableError):
            ask()
    assert file[1].exists()


def test_variables_of_the_environment_do_not_redirect_the_bucket(s3, bucket, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of somebody else")
    monkeypatch.setenv("AWS_SKIP_SIGNATURE", "true")
    open_blob_store(f"s3://{bucket}/{uuid4().hex}", options_for(s3)).put_bytes(KEY, DATA)


def test_a_secret_does_not_show_in_the_options():
    assert "hush" not in repr(ObjectStoreOptions("https://s3.example", "here", "key", "hush"))


def test_objects_of_others_in_the_bucket_are_not_listed(s3, bucket):
    blobs = ObjectBlobStore(bucket, "", options_for(s3))
    blobs.put_bytes(KEY, DATA)
    assert [key for key, _ in blobs.keys("dicom")] == [KEY]


UPLOAD = """
import resource, sys
from pathlib import Path
from medshare.infra.blobs import ObjectStoreOptions, open_blob_store
from medshare.kernel.ports import SpooledFile
endpoint, region, access, secret, url, key, path = sys.argv[1:]
blobs = open_blob_store(url, ObjectStoreOptions(endpoint, region, access, secret, allow_http=True))
blobs.check()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
blobs.put_files([SpooledFile(key, Path(path))])
assert sum(map(len, blobs.stream(key))) == 300 << 20
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_an_upload_of_300_mib_takes_less_than_100_mib_of_memory(s3, bucket, tmp_path):
    block = os.urandom(1 << 20)
    digest = hashlib.sha256()
    path = tmp_path / "large"
    with path.open("wb") as file:
        for _ in range(300):
            file.write(block)
            digest.update(block)
    key = make_key("dicom", digest.hexdigest())
    url = f"s3://{bucket}/{uuid4().hex}"
    access = (s3.endpoint, s3.region, s3.access_key_id, s3.secret_access_key)
    command = [sys.executable, "-c", UPLOAD, *access, url, key, str(path)]
    grown_mib = int(subprocess.run(command, check=True, capture_output=True).stdout)
    assert grown_mib < 100
    open_blob_store(url, options_for(s3)).delete([key])
