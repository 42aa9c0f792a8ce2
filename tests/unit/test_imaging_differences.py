"""What differs between two versions of an instance, as a registrar reads it."""

from medshare.imaging.differences import TEXT_MAX, Difference, differences

NAME = {"vr": "PN", "Value": [{"Alphabetic": "Ceshi^Jia", "Ideographic": "测试^甲"}]}


def test_what_is_the_same_is_left_out_and_the_rest_stands_in_order() -> None:
    stands = {
        "00100010": NAME,
        "00081030": {"vr": "LO", "Value": ["CT chest"]},
        "00280010": {"vr": "US", "Value": [64]},
    }
    arrived = {
        "00100010": NAME,
        "00081030": {"vr": "LO", "Value": ["CT thorax"]},
        "00080060": {"vr": "CS", "Value": ["CT"]},
        "00280010": {"vr": "US", "Value": [64]},
    }
    assert differences(stands, arrived) == [
        Difference("00080060", "Modality", "", "CT"),
        Difference("00081030", "StudyDescription", "CT chest", "CT thorax"),
    ]
    assert differences(stands, stands) == []


def test_names_several_values_and_private_attributes_are_written_as_people_read_them() -> None:
    stands = {"00080008": {"vr": "CS", "Value": ["ORIGINAL", "PRIMARY"]}, "00100010": NAME}
    arrived = {
        "00091001": {"vr": "LO", "Value": ["x" * 300]},
        "00081032": {"vr": "SQ", "Value": [{}]},
    }
    found = {each.tag: each for each in differences(stands, arrived)}
    assert found["00080008"].stands == "ORIGINAL\\PRIMARY"
    assert found["00100010"].stands == "Ceshi^Jia=测试^甲"
    assert found["00091001"].name == "(0009,1001)"
    assert len(found["00091001"].arrived) == TEXT_MAX + 1
    assert found["00081032"].arrived == "[1]"


def test_an_address_of_a_large_value_is_no_difference() -> None:
    first = {"7FE00010": {"vr": "OW", "BulkDataURI": "a/b"}}
    second = {"7FE00010": {"vr": "OW", "BulkDataURI": "c/d"}}
    assert differences(first, second) == []
    assert [each.name for each in differences(first, {})] == ["PixelData"]
    empty = {"00100040": {"vr": "CS"}}
    assert differences({}, empty) == []
