"""Attributes of a data set by their paths (imaging/projection)."""

import pytest

from medshare.imaging.dictionary import tag_of
from medshare.imaging.projection import projected

INNER = {
    "00081150": {"vr": "UI", "Value": ["1.2"]},
    "00081155": {"vr": "UI", "Value": ["1.3"]},
    "00091001": {"vr": "LO", "Value": ["inside"]},
    "00090010": {"vr": "LO", "Value": ["ACME"]},
}
DATASET = {
    "00080016": {"vr": "UI", "Value": ["1.1"]},
    "00081140": {"vr": "SQ", "Value": [INNER, {}]},
    "00081199": {"vr": "SQ"},
    "00290010": {"vr": "LO", "Value": ["ACME"]},
    "00291001": {"vr": "LO", "Value": ["private"]},
    "00291101": {"vr": "LO", "Value": ["of nobody"]},
}


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ([], {}),
        ([("00180050",)], {}),
        ([("00080016",)], {"00080016": DATASET["00080016"]}),
        ([("00081199", "00081155")], {"00081199": {"vr": "SQ"}}),
        ([("00080016", "00081155")], {"00080016": DATASET["00080016"]}),
        ([("00291101",)], {"00291101": DATASET["00291101"]}),
        ([("00290010",)], {"00290010": DATASET["00290010"]}),
    ],
)
def test_what_a_path_leads_to(paths: list[tuple[str, ...]], expected: object) -> None:
    assert projected(DATASET, paths) == expected


def test_a_private_attribute_brings_its_creator() -> None:
    assert set(projected(DATASET, [("00291001",)])) == {"00290010", "00291001"}


def test_items_keep_what_is_asked_for_and_their_number() -> None:
    found = projected(DATASET, [("00081140", "00081155"), ("00081140", "00091001")])

    first, second = found["00081140"]["Value"]
    assert list(first) == ["00081155", "00090010", "00091001"]
    assert second == {}


def test_a_whole_sequence_is_more_than_a_part_of_it() -> None:
    found = projected(DATASET, [("00081140", "00081155"), ("00081140",)])

    assert found["00081140"] == DATASET["00081140"]


def test_names_are_tags_or_keywords() -> None:
    assert (tag_of("PatientID"), tag_of("0029101a")) == ("00100020", "0029101A")
    with pytest.raises(LookupError):
        tag_of("Nonsense")
