"""A structured report as a document; runs in workers.

References
----------
DICOM PS3.3 sections C.17.2 (SR document general), C.17.3 (content).
"""

from collections.abc import Mapping

from medshare.imaging.rendering.content_tree import content_of
from medshare.imaging.rendering.document_text import Document
from medshare.imaging.rendering.labels import Labels
from medshare.imaging.rendering.reading import DataSet, day, items, moment, text, time_of_day

_LANGUAGE_CONCEPTS = ("121049", "121050")  # PS3.16 TID 1204
_LANGUAGE_LENGTH = 35


def report_of(dataset: DataSet, long_texts: Mapping[str, str], say: Labels) -> Document:
    """Read a report.

    Parameters
    ----------
    long_texts
        Text values that are no part of the metadata, by their path.
    """
    content = content_of(dataset, long_texts, say)
    title = content.lines[0].name or say("untitled")
    about = [whose(dataset), _state(dataset, say), *_verified_by(dataset)]
    return Document(title, [each for each in about if each], content, _language(dataset))


def whose(dataset: DataSet) -> str:
    """Say whose a document is: name, birth date, sex, Patient ID."""
    written = (
        text(dataset, "00100010"),
        day(text(dataset, "00100030")),
        text(dataset, "00100040"),
        text(dataset, "00100020"),
    )
    return _joined(*written)


def _state(dataset: DataSet, say: Labels) -> str:
    """Say when a report was written and how far it has come."""
    date, time = day(text(dataset, "00080023")), time_of_day(text(dataset, "00080033"))
    flags = (text(dataset, "0040A491"), text(dataset, "0040A493"))
    return _joined(f"{date} {time}".strip(), *(say(each) for each in flags))


def _verified_by(dataset: DataSet) -> list[str]:
    return [
        _joined(text(each, "0040A075"), text(each, "0040A027"), moment(text(each, "0040A030")))
        for each in items(dataset, "0040A073")
    ]


def _language(dataset: DataSet) -> str:
    """Return the language that the root names, as it is written in HTML; empty if none."""
    for child in items(dataset, "0040A730"):
        concepts = [text(each, "00080100") for each in items(child, "0040A043")]
        if concepts and concepts[0] in _LANGUAGE_CONCEPTS:
            for each in items(child, "0040A168"):
                return text(each, "00080100")[:_LANGUAGE_LENGTH]
    return ""


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)
