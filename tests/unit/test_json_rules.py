"""What DICOM JSON may be that a file is made of (PS3.18 sections F.2.2 and F.2.3)."""

import pytest

from medshare.imaging.assembly import assemble
from medshare.imaging.refusals import Refusal

OWN = {
    "00080016": {"vr": "UI", "Value": ["1.2.840.10008.5.1.4.1.1.7"]},
    "00080018": {"vr": "UI", "Value": ["2.999.1"]},
}
LOST = {
    "no base64": {"00420011": {"vr": "OB", "InlineBinary": "%%%"}},
    "a half number": {"00280010": {"vr": "US", "Value": [1.5]}},
    "truth": {"00280010": {"vr": "US", "Value": [True]}},
    "text for a number": {"00280010": {"vr": "US", "Value": ["ten"]}},
    "no tag": {"00209165": {"vr": "AT", "Value": ["zz"]}},
    "a list of lists": {"00100020": {"vr": "LO", "Value": [["A"]]}},
    "an object as text": {"00100020": {"vr": "LO", "Value": [{"A": "B"}]}},
    "a group that names do not have": {"00100010": {"vr": "PN", "Value": [{"Latin": "A"}]}},
    "a number as a name's group": {"00100010": {"vr": "PN", "Value": [{"Alphabetic": 1}]}},
    "two forms": {"00420011": {"vr": "OB", "InlineBinary": "AA==", "BulkDataURI": "a"}},
    "no VR": {"00100020": {"Value": ["A"]}},
    "no list": {"00100020": {"vr": "LO", "Value": "A"}},
    "no item": {"00081140": {"vr": "SQ", "Value": [None]}},
    "no element": {"00100020": "A"},
    "a keyword": {"PatientID": {"vr": "LO", "Value": ["A"]}},
}
KEPT = {
    "an empty element": {"00100020": {"vr": "LO"}},
    "an empty value": {"00080008": {"vr": "CS", "Value": ["A", None]}},
    "numbers as text": {"00280010": {"vr": "US", "Value": ["8"]}},
    "numbers": {"00200013": {"vr": "IS", "Value": [1]}, "00281050": {"vr": "DS", "Value": [1.5]}},
    "a name": {"00100010": {"vr": "PN", "Value": [{"Ideographic": "王^小明"}]}},
    "an empty item": {"00081140": {"vr": "SQ", "Value": [{}]}},
    "octets": {"00420011": {"vr": "OB", "InlineBinary": "AAE="}},
    "a tag": {"00209165": {"vr": "AT", "Value": ["00100020"]}},
}


@pytest.mark.parametrize("elements", LOST.values(), ids=LOST)
def test_what_would_be_lost_or_changed_is_refused(elements):
    assert isinstance(assemble({**OWN, **elements}, {}), Refusal)
    within = {"00081140": {"vr": "SQ", "Value": [elements]}}
    assert isinstance(assemble({**OWN, **within}, {}), Refusal)


@pytest.mark.parametrize("elements", KEPT.values(), ids=KEPT)
def test_what_value_representations_allow_is_kept(elements):
    assert isinstance(assemble({**OWN, **elements}, {}), bytes)
