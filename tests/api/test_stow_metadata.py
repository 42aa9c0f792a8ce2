"""STOW-RS of metadata with bulk data (PS3.18 section 10.5.2), and what a sender's texts become."""

import json
from typing import Any

import pytest

from medshare.facilities.model import CharsetPolicy
from tests.dicom import BOUNDARY, a_ct
from tests.site import Caller, Site, problem_of

STUDIES = "/dicom-web/studies"
JSON = "application/dicom+json"
PIXELS = b"\7\0" * 64
NAMES = {
    "ISO_IR 100": ("Buc^Jérôme", "iso8859_1"),
    "ISO_IR 101": ("Wałęsa^Lech", "iso8859_2"),
    "ISO_IR 109": ("Ĥaĥo^Ĝa", "iso8859_3"),
    "ISO_IR 110": ("Ēriks^Ž", "iso8859_4"),
    "ISO_IR 144": ("Люкceмбypг", "iso8859_5"),
    "ISO_IR 127": ("قباني^لنزار", "iso8859_6"),
    "ISO_IR 126": ("Διονυσιος", "iso8859_7"),
    "ISO_IR 138": ("שרון^דבורה", "iso8859_8"),
    "ISO_IR 148": ("Çavuşoğlu", "iso8859_9"),
    "ISO_IR 166": ("ทดสอบ", "iso8859_11"),
    "ISO_IR 13": ("ﾔﾏﾀﾞ^ﾀﾛｳ", "shift_jis"),
    "ISO_IR 192": ("王^小明", "utf_8"),
    "GB18030": ("王^小东", "gb18030"),
    "GBK": ("王^小东", "gbk"),
}
ESCAPED = {
    "\\ISO 2022 IR 87": ("Yamada=山田^太郎", b"Yamada=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B"),
    "\\ISO 2022 IR 149": ("Hong=洪", b"Hong=\x1b$)C\xfb\xf3"),
    "\\ISO 2022 IR 58": ("Zhang=张^小东", b"Zhang=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab"),
}
MISLABELLED = ["", "ISO_IR 6", "ISO_IR 100"]


def metadata(**changes: Any) -> dict[str, Any]:
    return {
        "00080016": {"vr": "UI", "Value": ["1.2.840.10008.5.1.4.1.1.2"]},
        "00080018": {"vr": "UI", "Value": ["2.999.9.1.1.1"]},
        "00100010": {"vr": "PN", "Value": [{"Ideographic": "王^小明"}]},
        "00100020": {"vr": "LO", "Value": ["A-1"]},
        "0020000D": {"vr": "UI", "Value": ["2.999.9.1"]},
        "0020000E": {"vr": "UI", "Value": ["2.999.9.1.1"]},
        "00280002": {"vr": "US", "Value": [1]},
        "00280004": {"vr": "CS", "Value": ["MONOCHROME2"]},
        "00280010": {"vr": "US", "Value": [8]},
        "00280011": {"vr": "US", "Value": [8]},
        "00280100": {"vr": "US", "Value": [16]},
        "00280101": {"vr": "US", "Value": [16]},
        "00280102": {"vr": "US", "Value": [15]},
        "00280103": {"vr": "US", "Value": [0]},
        "7FE00010": {"vr": "OW", "BulkDataURI": "bulk/1"},
        **changes,
    }


def message(document: object, bulk: bytes = PIXELS, location: str = "bulk/1") -> dict[str, Any]:
    body = json.dumps(document).encode() if not isinstance(document, bytes) else document
    octets = f"Content-Type: application/octet-stream\r\nContent-Location: {location}"
    parts = [(f"Content-Type: {JSON}", body), (octets, bulk)]
    written = b"".join(f"--{BOUNDARY}\r\n{h}\r\n\r\n".encode() + b + b"\r\n" for h, b in parts)
    return {
        "data": written + f"--{BOUNDARY}--\r\n".encode(),
        "content_type": f'multipart/related; type="{JSON}"; boundary={BOUNDARY}',
    }


def failure_of(caller: Caller, document: object) -> int:
    answer = caller.post(STUDIES, **message(document))
    assert answer.status_code == 409, answer.text
    found = answer.get_json(force=True)
    items = [
        *found.get("00081198", {}).get("Value", []),
        *found.get("0008119A", {}).get("Value", []),
    ]
    return int(items[0]["00081197"]["Value"][0])


class TestMetadata:
    def test_metadata_and_bulk_data_become_an_instance(self, site: Site) -> None:
        own = site.facility_client()

        answer = own.post(STUDIES, **message([metadata()]))

        assert answer.status_code == 200, answer.text
        found = own.get(f"{STUDIES}/2.999.9.1/metadata").get_json(force=True)[0]
        assert found["00100010"]["Value"] == [{"Ideographic": "王^小明"}]
        frames = own.get(
            f"{STUDIES}/2.999.9.1/series/2.999.9.1.1/instances/2.999.9.1.1.1/frames/1",
            headers={"Accept": "application/octet-stream"},
        )
        assert frames.data == PIXELS

    def test_bulk_data_come_from_the_same_message_only(self, site: Site) -> None:
        own = site.facility_client()
        for uri in ("file:///etc/passwd", "http://127.0.0.1/x", "bulk/2", ""):
            pointing = metadata(**{"7FE00010": {"vr": "OW", "BulkDataURI": uri}})
            assert failure_of(own, pointing) == 0xC000, uri

    def test_metadata_that_are_none_are_refused_one_by_one(self, site: Site) -> None:
        own = site.facility_client()
        deep: dict[str, Any] = {}
        for _ in range(100):
            deep = {"00081140": {"vr": "SQ", "Value": [deep]}}
        for broken in (
            "text",
            metadata(**{"00280010": {"vr": "US", "Value": ["many"]}}),
            metadata(**{"00280010": {"vr": "XX", "Value": [1]}}),
            metadata(**{"0020000D": {"vr": "UI"}}),
            metadata(**{"00020010": {"vr": "UI", "Value": ["1.2"]}}),
            metadata(**deep),
        ):
            assert failure_of(own, broken) in (0xC000, 0xA900), broken

    def test_a_body_that_is_no_json_is_malformed(self, site: Site) -> None:
        own = site.facility_client()
        answer = own.post(STUDIES, **message(b"{"))
        assert answer.status_code == 400
        assert problem_of(answer)["type"].endswith("broken-json")


def stored_name(site: Site, file: bytes) -> tuple[str, set[str]]:
    """Store a file; return the name as its metadata say it and what was remarked."""
    own = site.facility_client()
    answer = own.post(STUDIES, data=file, content_type="application/dicom")
    assert answer.status_code in (200, 202), answer.text
    found = own.get(f"{STUDIES}/2.999.9.1/metadata").get_json(force=True)[0]
    name = "=".join(found["00100010"]["Value"][0].values())
    warnings = own.get("/api/v1/imaging/studies/2.999.9.1/warnings").get_json()["items"]
    return name, {each["code"] for each in warnings}


def named(raw: bytes, declared: str) -> bytes:
    """Return a file with the bytes of a name under a declared character set."""
    raw += b" " * (len(raw) % 2)
    terms = declared.encode() + b" " * (len(declared) % 2)
    file = a_ct(1, PatientName="NAME", SpecificCharacterSet="ISO_IR 6")
    file = file.replace(b"CS\x08\0ISO_IR 6", b"CS" + len(terms).to_bytes(2, "little") + terms)
    return file.replace(b"PN\x04\0NAME", b"PN" + len(raw).to_bytes(2, "little") + raw)


@pytest.mark.parametrize("pair", ["sqlite+files"], indirect=True)
class TestCharacterSets:
    """PS3.5 section 6.1: the index and the JSON are right, the bytes are the sender's."""

    @pytest.mark.parametrize("declared", NAMES)
    def test_a_declared_set_is_read(self, site: Site, declared: str) -> None:
        name, codec = NAMES[declared]
        assert stored_name(site, named(name.encode(codec), declared)) == (name, set())

    @pytest.mark.parametrize("declared", ESCAPED)
    def test_code_extensions_are_read(self, site: Site, declared: str) -> None:
        name, raw = ESCAPED[declared]
        assert stored_name(site, named(raw, declared)) == (name, set())

    @pytest.mark.parametrize("declared", MISLABELLED)
    def test_gbk_under_another_label_is_repaired_and_remarked(
        self, site: Site, declared: str
    ) -> None:
        file = named("王^小东".encode("gbk"), declared)

        assert stored_name(site, file) == ("王^小东", {"charset-repaired"})

        own = site.facility_client()
        found = own.get(f"{STUDIES}?PatientName=王*").get_json(force=True)
        assert len(found) == 1
        instance = f"{STUDIES}/2.999.9.1/series/2.999.9.1.1/instances/2.999.9.1.1.1"
        kept = own.get(instance, headers={"Accept": "application/dicom; transfer-syntax=*"})
        assert kept.data == file

    @pytest.mark.parametrize("name", ["Jérôme", "CONCEIÇÃO", "Noëëlle", "Müller", "ÉÉÈ"])
    def test_latin_names_stay_latin(self, site: Site, name: str) -> None:
        found, _ = stored_name(site, named(name.encode("latin-1"), "ISO_IR 100"))
        assert found == name

    def test_big5_is_read_where_the_facility_says_so(self, site: Site) -> None:
        set_policy(site, CharsetPolicy.BIG5)
        file = named("陳^大文".encode("big5"), "ISO_IR 100")
        assert stored_name(site, file) == ("陳^大文", {"charset-repaired"})

    def test_nothing_is_repaired_where_the_facility_says_so(self, site: Site) -> None:
        set_policy(site, CharsetPolicy.AS_DECLARED)
        raw = "王".encode("gbk")
        assert stored_name(site, named(raw, "ISO_IR 100"))[0] == raw.decode("latin-1")


def set_policy(site: Site, policy: CharsetPolicy) -> None:
    administrator = site.administrator()
    shown = administrator.get("/api/v1/facilities/SZ-A").get_json()
    answer = administrator.put("/api/v1/facilities/SZ-A", {**shown, "charsetPolicy": policy})
    assert answer.status_code == 200, answer.text
