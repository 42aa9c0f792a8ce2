"""The narrative of a CDA document as a document of ours; runs in workers.

What stands in the narrative blocks is kept as text; nothing of the document is executed, resolved
or passed on.

References
----------
HL7 CDA Release 2 section 4.3.5 (narrative); DICOM PS3.3 section A.45.2.
"""

from dataclasses import dataclass, field
from xml.parsers import expat

from medshare.imaging.rendering.content_tree import (
    CHARACTERS_MAX,
    DEPTH_MAX,
    LINES_MAX,
    Content,
    Line,
)
from medshare.imaging.rendering.document_text import Document
from medshare.imaging.rendering.labels import Labels
from medshare.imaging.rendering.reading import DataSet, text
from medshare.imaging.rendering.report import whose

NAMESPACE = "urn:hl7-org:v3"
_ENDS_LINE = frozenset(("br", "paragraph", "item", "tr", "caption", "list", "table"))
_ENDS_CELL = frozenset(("td", "th"))


def narrative_of(dataset: DataSet, document: bytes, say: Labels) -> Document:
    """Read the titles and narrative blocks of a CDA document.

    Raises
    ------
    ValueError
        Not XML, with a document type, or not of CDA's sections.
    """
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = reader.open
    parser.EndElementHandler = reader.close
    parser.CharacterDataHandler = reader.read
    try:
        parser.Parse(document, True)  # noqa: FBT003  # expat takes no keyword
    except expat.ExpatError as broken:
        raise ValueError from broken
    if not reader.lines:
        raise ValueError
    title = reader.title or text(dataset, "00420010") or say("untitled")
    root = Line(0, "CONTAINER", title, "")
    content = Content((root, *reader.lines), is_whole=reader.is_whole)
    return Document(title, [each for each in [whose(dataset)] if each], content, "")


def _refuse(*_declaration: object) -> None:
    raise ValueError


@dataclass(slots=True)
class _Reader:
    """Collects what stands within titles and narrative blocks, without recursion."""

    title: str = ""
    lines: list[Line] = field(default_factory=list)
    is_whole: bool = True
    _names: list[str] = field(default_factory=list)
    _sections: int = 0
    _texts: list[str] = field(default_factory=list)
    _characters: int = 0

    def open(self, qualified: str, _attributes: object) -> None:
        namespace, _, name = qualified.rpartition(" ")
        if not self._names and (namespace, name) != (NAMESPACE, "ClinicalDocument"):
            raise ValueError
        self._names.append(name)
        self._sections += name == "section"
        if name in ("title", "text"):
            self._texts.clear()

    def read(self, written: str) -> None:
        self._characters += len(written)
        if self._characters > CHARACTERS_MAX or len(self.lines) >= LINES_MAX:
            self.is_whole = False
        else:
            self._texts.append(written.replace("\n", " "))

    def close(self, _qualified: str) -> None:
        name = self._names.pop()
        parent = self._names[-1] if self._names else ""
        if name in _ENDS_LINE:
            self._texts.append("\n")
        elif name in _ENDS_CELL:
            self._texts.append(" | ")
        elif parent == "section" and name in ("title", "text"):
            self._add("CONTAINER" if name == "title" else "TEXT")
        elif parent == "ClinicalDocument" and name == "title":
            self.title = self._taken()
        self._sections -= name == "section"

    def _add(self, value_type: str) -> None:
        depth, written = min(self._sections, DEPTH_MAX), self._taken()
        if value_type == "CONTAINER":
            self.lines.append(Line(depth, value_type, written, ""))
        elif written:
            self.lines.append(Line(depth + 1, value_type, "", written))

    def _taken(self) -> str:
        """Return what was read since, its white space as a reader of the narrative sees it."""
        lines = "".join(self._texts).split("\n")
        self._texts.clear()
        tidy = (" ".join(line.split()).removesuffix("|").strip() for line in lines)
        return "\n".join(line for line in tidy if line)
