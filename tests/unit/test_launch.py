"""What links of other systems ask for, and how their identifiers are read."""

import pytest

from medshare.viewer.launch import RequestType, Wanted, read_cx


@pytest.mark.parametrize(
    ("sent", "number", "name", "oid"),
    [
        ("M-1", "M-1", "", ""),
        ("M-1^^^", "M-1", "", ""),
        (" M-1 ^^^SZ-A", "M-1", "SZ-A", ""),
        ("M-1^^^&2.999.1.1&ISO", "M-1", "", "2.999.1.1"),
        ("M-1^^^SZ-A&2.999.1.1&ISO^MR", "M-1", "SZ-A", "2.999.1.1"),
        ("M-1^^^SZ-A&szx.example&DNS", "M-1", "SZ-A", ""),
        ("", "", "", ""),
    ],
)
def test_an_identifier_is_read_as_hl7_writes_it(
    sent: str, number: str, name: str, oid: str
) -> None:
    assert read_cx(sent) == (number, name, oid)


def test_what_is_kept_is_what_was_asked() -> None:
    wanted = Wanted(RequestType.STUDY, "", ["2.999.1", "2.999.2"], ["ACC-1"], "CT", "", "", 3)
    assert Wanted.read(wanted.write()) == wanted
