"""A class of sensitive results, and what policy asks of it."""

import csv
from dataclasses import dataclass
from importlib.resources import files

from medshare.kernel.errors import Issue

SYSTEM = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
CLASS_UNKNOWN = Issue(
    "/sensitivity",
    "sensitivity-unknown",
    "Send a code that GET /api/v1/sensitivity-classes lists.",
    "请填写 GET /api/v1/sensitivity-classes 所列的代码。",
)


@dataclass(frozen=True, slots=True)
class SensitivityClass:
    """A class of results, by its code in HL7's ActCode or a code of the city's own.

    Parameters
    ----------
    consent_required
        Whether other facilities see such results only of persons who agreed to it.
    sealed
        Whether emergency access leaves such results closed.
    reason
        Why policy asks what it asks; empty for what came with a release.
    """

    code: str
    name_en: str
    name_zh: str
    consent_required: bool = False
    sealed: bool = False
    reason: str = ""


def packaged_classes() -> list[SensitivityClass]:
    """Read the classes that come with this release: nothing is asked of any of them.

    References
    ----------
    HL7 Terminology, ActCode: InformationSensitivityPolicy.
    """
    text = (files(__package__ or "") / "classes.csv").read_text(encoding="utf-8")
    return [
        SensitivityClass(row["code"], row["name_en"], row["name_zh"])
        for row in csv.DictReader(text.splitlines())
    ]
