"""Data sets as XML, the Native DICOM Model, from and to DICOM JSON.

References
----------
DICOM PS3.19 Annex A.1 (model and schema); PS3.18 section F.3 (JSON and XML say the same).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from pydicom.datadict import keyword_for_tag

from medshare.kernel.errors import MalformedError

NAMESPACE = "http://dicom.nema.org/PS3.19/models/NativeDICOM"
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    f'<NativeDicomModel xmlns="{NAMESPACE}" xml:space="preserve">'
)
_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")
_COMPONENTS = ("FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix")
# XML 1.0 knows no other control characters, not even escaped.
_FORBIDDEN = re.compile(r"[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")
_REPLACEMENT = "\ufffd"
_INTEGERS = frozenset(("SL", "SS", "SV", "UL", "US", "UV"))
_REALS = frozenset(("FL", "FD"))
_BLOCK = slice(4, 6)
_FIRST_BLOCK, _LAST_BLOCK = 0x10, 0xFF

Json = Mapping[str, object]


class BrokenXmlError(MalformedError):
    """The body is not a data set in XML."""

    slug = "broken-xml"
    title = "The body is not a Native DICOM Model in XML without a document type"
    title_zh = "请求体不是有效的 Native DICOM Model XML，或含有文档类型声明"


def write_model(dataset: Mapping[str, object]) -> bytes:
    """Write a data set of DICOM JSON as an XML document."""
    return "".join([_HEAD, *_attributes(dataset), "</NativeDicomModel>"]).encode()


def _attributes(dataset: Mapping[str, object]) -> Iterator[str]:
    for tag, element in dataset.items():
        described = cast("Json", element)
        names = f'tag="{tag}" vr="{described["vr"]}"'
        if _is_private(tag):
            if tag[_BLOCK] == "00":
                continue  # a reservation: each attribute names who made it
            if creator := _creator(dataset, tag):
                names = f'tag="{tag[:4]}00{tag[6:]}" vr="{described["vr"]}"'
                names += f" privateCreator={_quoted(creator)}"
        elif keyword := keyword_for_tag(int(tag, 16)):
            names += f' keyword="{keyword}"'
        yield f"<DicomAttribute {names}>"
        yield from _content(described)
        yield "</DicomAttribute>"


def _is_private(tag: str) -> bool:
    return int(tag[3], 16) % 2 == 1


def _creator(dataset: Mapping[str, object], tag: str) -> str:
    """Return who reserved the block of a private attribute, empty if nobody did."""
    reserved = cast("Json", dataset.get(f"{tag[:4]}00{tag[_BLOCK]}", {}))
    values = cast("Sequence[object]", reserved.get("Value") or [""])
    return str(values[0] or "")


def _content(element: Json) -> Iterator[str]:
    if "BulkDataURI" in element:
        yield f"<BulkData uri={_quoted(str(element['BulkDataURI']))}/>"
    if "InlineBinary" in element:
        yield f"<InlineBinary>{element['InlineBinary']}</InlineBinary>"
    values = cast("Sequence[object]", element.get("Value", ()))
    for number, value in enumerate(values, start=1):
        if element["vr"] == "SQ":
            yield f'<Item number="{number}">'
            yield from _attributes(cast("Json", value))
            yield "</Item>"
        elif isinstance(value, Mapping):
            yield f'<PersonName number="{number}">'
            yield from _groups(value)
            yield "</PersonName>"
        else:
            text = "" if value is None else _escaped(str(value))
            yield f'<Value number="{number}">{text}</Value>'


def _groups(name: Mapping[str, object]) -> Iterator[str]:
    for group in _GROUPS:
        if name.get(group):
            parts = zip(_COMPONENTS, str(name[group]).split("^"), strict=False)
            inner = "".join(f"<{tag}>{_escaped(part)}</{tag}>" for tag, part in parts if part)
            yield f"<{group}>{inner}</{group}>"


def _escaped(text: str) -> str:
    # A reader turns a bare carriage return into a line feed.
    return escape(_FORBIDDEN.sub(_REPLACEMENT, text), {"\r": "&#13;"})


def _quoted(text: str) -> str:
    return quoteattr(_FORBIDDEN.sub(_REPLACEMENT, text))


def read_model(document: bytes) -> dict[str, object]:
    """Read an XML document as a data set of DICOM JSON.

    A document type is refused: it is where entities are declared that grow, or that name files.

    Raises
    ------
    BrokenXmlError
        Not XML, or not the model.
    """
    builder = _Builder()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = builder.open
    parser.EndElementHandler = builder.close
    parser.CharacterDataHandler = builder.texts.append
    try:
        parser.Parse(document, True)  # noqa: FBT003  # expat takes no keyword
    except (expat.ExpatError, ValueError, KeyError, IndexError) as broken:
        raise BrokenXmlError from broken
    return builder.root


def _refuse(*_declaration: object) -> None:
    raise BrokenXmlError


@dataclass(slots=True)
class _Builder:
    """Puts elements together as they open and close, without recursion."""

    root: dict[str, object] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    _datasets: list[dict[str, object]] = field(default_factory=list)
    _elements: list[dict[str, object]] = field(default_factory=list)
    _name: dict[str, str] = field(default_factory=dict)
    _components: dict[str, str] = field(default_factory=dict)

    def open(self, qualified: str, attributes: Mapping[str, str]) -> None:
        """Begin an element."""
        match qualified.rpartition(" ")[2]:
            case "NativeDicomModel":
                self._datasets.append(self.root)
            case "DicomAttribute":
                element: dict[str, object] = {"vr": attributes["vr"]}
                tag = _placed(self._datasets[-1], attributes)
                self._datasets[-1][tag] = element
                self._elements.append(element)
            case "Item":
                item: dict[str, object] = {}
                self._values().append(item)
                self._datasets.append(item)
            case "PersonName":
                self._name = {}
            case "Alphabetic" | "Ideographic" | "Phonetic":
                self._components = {}
            case "BulkData":
                self._elements[-1]["BulkDataURI"] = attributes.get("uri", "")
            case _:
                pass
        self.texts.clear()

    def close(self, qualified: str) -> None:
        """End an element."""
        text, name = "".join(self.texts), qualified.rpartition(" ")[2]
        match name:
            case "DicomAttribute":
                self._elements.pop()
            case "Item":
                self._datasets.pop()
            case "Value":
                self._values().append(_value(str(self._elements[-1]["vr"]), text))
            case "InlineBinary":
                self._elements[-1]["InlineBinary"] = text.strip()
            case "PersonName":
                self._values().append(self._name)
            case "Alphabetic" | "Ideographic" | "Phonetic":
                parts = [self._components.get(each, "") for each in _COMPONENTS]
                self._name[name] = "^".join(parts).rstrip("^")
            case _:
                self._components[name] = text
        self.texts.clear()

    def _values(self) -> list[object]:
        return cast("list[object]", self._elements[-1].setdefault("Value", []))


def _placed(dataset: dict[str, object], attributes: Mapping[str, str]) -> str:
    """Return the tag of an attribute; a private one finds or reserves its creator's block."""
    tag, creator = attributes["tag"].upper(), attributes.get("privateCreator", "")
    if not creator:
        return tag
    for block in range(_FIRST_BLOCK, _LAST_BLOCK + 1):
        reserved = dataset.setdefault(f"{tag[:4]}00{block:02X}", {"vr": "LO", "Value": [creator]})
        if cast("Json", reserved).get("Value") == [creator]:
            return f"{tag[:4]}{block:02X}{tag[6:]}"
    raise BrokenXmlError


def _value(vr: str, text: str) -> object:
    if not text:
        return None
    if vr in _INTEGERS:
        return int(text)
    return float(text) if vr in _REALS else text
