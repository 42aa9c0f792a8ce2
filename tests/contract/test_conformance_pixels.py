"""The tables of pixels in docs/conformance.md say what the code does."""

import re
from pathlib import Path

from medshare.dicomweb.media import made_types
from medshare.imaging.rendering.families import OFFERS
from tests.contract.queries import RENDERED_PARAMETERS, THUMBNAIL_PARAMETERS

DOCUMENT = Path(__file__).parents[2] / "docs" / "conformance.md"


def rows(heading: str) -> list[list[str]]:
    section = DOCUMENT.read_text(encoding="utf-8").partition(f"### {heading}\n")[2]
    table = [line for line in section.partition("\n#")[0].splitlines() if line.startswith("|")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in table[2:]]


def test_the_frames_that_are_made_are_those_of_the_table() -> None:
    stated = {syntax: media for _, media, syntax in rows("Transfer syntaxes of frames")}

    assert stated == made_types()


def test_the_rendered_parameters_are_those_of_the_table() -> None:
    stated = {name: re.split(r", ", where) for name, where, _ in rows("Rendered parameters")}

    assert set(stated) == RENDERED_PARAMETERS
    assert {name for name, where in stated.items() if "thumbnail" in where} == THUMBNAIL_PARAMETERS


def test_the_media_types_of_each_family_are_those_of_the_table() -> None:
    stated = {family: media for family, _, media in rows("Rendered media types")}

    assert {name: tuple(re.findall(r"\w+/[\w+]+", media)) for name, media in stated.items()} == {
        str(family): offers for family, offers in OFFERS.items()
    }
