"""FHIR Patient resources as they are sent, read into the index's own model."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from medshare.kernel.errors import InvalidError, Issue
from medshare.patients.model import HumanName, PatientIdentifier, Registration, Sex

TEXT_LIMIT = 200
VALUE_LIMIT = 64
_TYPE = re.compile(r"[A-Z][A-Z0-9]{0,15}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9])")
_NOT_A_PATIENT = Issue(
    "/resourceType",
    "not-a-patient",
    "Send a Patient resource of FHIR R4.",
    "请发送 FHIR R4 的 Patient 资源。",
)


@dataclass(frozen=True, slots=True)
class SentPatient:
    """What a system says of a patient, and by whose identifier the record is replaced, if it is."""

    registration: Registration
    replaced_by: PatientIdentifier | None = None


def read_patient(document: object) -> SentPatient:
    """Read a Patient resource.

    Raises
    ------
    InvalidError
        An element is not of its type; the issues point at each.
    """
    if not isinstance(document, Mapping) or document.get("resourceType") != "Patient":
        raise InvalidError(issues=[_NOT_A_PATIENT])
    reader = _Reader(document)
    sent = SentPatient(
        Registration(
            identifiers=reader.identifiers(),
            name=reader.name(),
            sex=reader.sex(),
            birth_date=reader.day("birthDate"),
            phone=reader.phone(),
            address=reader.address(),
            deceased_on=reader.day("deceasedDateTime"),
        ),
        reader.replaced_by(),
    )
    if reader.issues:
        raise InvalidError(issues=reader.issues)
    return sent


def _together(parts: Sequence[str], between: str) -> str:
    """Join the parts of a name or an address; Chinese ones stand without anything between."""
    is_latin = all(map(str.isascii, parts))
    return (between if is_latin else "").join(each.strip() for each in parts)[:TEXT_LIMIT]


class _Reader:
    """Reads element after element and notes what is wrong instead of stopping at the first."""

    def __init__(self, document: Mapping[str, object]) -> None:
        self._document = document
        self.issues: list[Issue] = []

    def identifiers(self) -> tuple[PatientIdentifier, ...]:
        found = []
        for place, each in enumerate(self._list("identifier")):
            pointer = f"/identifier/{place}"
            system = self._text(each, "system", pointer)
            value = self._text(each, "value", pointer, VALUE_LIMIT)
            if system and value:
                found.append(PatientIdentifier(system, value, self._type(each)))
            else:
                self._fault(
                    pointer, "Send system and value of each identifier.", "请填写标识符的体系与值。"
                )
        return tuple(found)

    def name(self) -> HumanName:
        for place, each in enumerate(self._list("name")):
            pointer = f"/name/{place}"
            name = HumanName(
                text=self._text(each, "text", pointer),
                family=self._text(each, "family", pointer),
                given=_together(self._texts(each, "given", pointer), " "),
            )
            if name.forms:
                return name
        self._fault("/name", "Send a name with text, or family and given.", "请填写姓名。")
        return HumanName()

    def sex(self) -> Sex:
        stated = self._document.get("gender", "unknown")
        if isinstance(stated, str) and stated in set(Sex):
            return Sex(stated)
        self._fault("/gender", "Send male, female, other or unknown.", "请填写有效的性别代码。")
        return Sex.UNKNOWN

    def day(self, element: str) -> date | None:
        stated = self._document.get(element)
        if stated is None:
            return None
        try:
            if isinstance(stated, str) and _DAY.match(stated):
                return date.fromisoformat(stated[:10])
        except ValueError:
            pass
        self._fault(f"/{element}", "Send a whole date that exists.", "请填写完整且存在的日期。")
        return None

    def phone(self) -> str:
        for each in self._list("telecom"):
            value = each.get("value")
            if each.get("system") == "phone" and isinstance(value, str):
                digits = "".join(one for one in value if one in "+0123456789")
                return digits[:40]
        return ""

    def address(self) -> str:
        for place, each in enumerate(self._list("address")):
            pointer = f"/address/{place}"
            text = self._text(each, "text", pointer) or self._in_parts(each, pointer)
            if text:
                return text
        return ""

    def _in_parts(self, address: Mapping[str, object], pointer: str) -> str:
        """Return an address that is sent in parts as one text, in the order of its script."""
        area = [self._text(address, each, pointer) for each in ("state", "city", "district")]
        lines = self._texts(address, "line", pointer)
        code = self._text(address, "postalCode", pointer)
        is_latin = all(map(str.isascii, (*area, *lines)))
        parts = (*lines, *reversed(area), code) if is_latin else (*area, *lines)
        return _together([each for each in parts if each], ", ")

    def replaced_by(self) -> PatientIdentifier | None:
        for place, each in enumerate(self._list("link")):
            if each.get("type") != "replaced-by":
                continue
            other = each.get("other")
            named = other.get("identifier") if isinstance(other, Mapping) else None
            if isinstance(named, Mapping):
                pointer = f"/link/{place}/other/identifier"
                system = self._text(named, "system", pointer)
                value = self._text(named, "value", pointer, VALUE_LIMIT)
                if system and value:
                    return PatientIdentifier(system, value, "")
            self._fault(
                f"/link/{place}/other",
                "Name the record that replaces this one by other.identifier.",
                "请以 other.identifier 指明替代的记录。",
            )
        return None

    def _list(self, element: str) -> list[Mapping[str, object]]:
        stated = self._document.get(element, [])
        items = stated if isinstance(stated, list) else [stated]
        found = [each for each in items if isinstance(each, Mapping)]
        if len(found) != len(items) or not isinstance(stated, list):
            self._fault(f"/{element}", "Send a list of objects here.", "此处应为对象列表。")
        return found[:20]

    def _text(
        self, node: Mapping[str, object], element: str, pointer: str, high: int = TEXT_LIMIT
    ) -> str:
        stated = node.get(element, "")
        # An address may have lines, a name a wide space.
        text = " ".join(stated.split()) if isinstance(stated, str) else "\0"
        if len(text) <= high and text.isprintable():
            return text
        self._fault(
            f"{pointer}/{element}",
            f"Send a text of at most {high} characters.",
            f"请填写不超过 {high} 字符的文本。",
        )
        return ""

    def _texts(self, node: Mapping[str, object], element: str, pointer: str) -> list[str]:
        stated = node.get(element, [])
        items = stated if isinstance(stated, list) else [stated]
        return [self._text({element: each}, element, pointer) for each in items[:20]]

    def _type(self, node: Mapping[str, object]) -> str:
        stated = node.get("type")
        codings = stated.get("coding") if isinstance(stated, Mapping) else None
        for each in codings if isinstance(codings, list) else []:
            code = each.get("code") if isinstance(each, Mapping) else None
            if isinstance(code, str) and _TYPE.fullmatch(code):
                return code
        return "U"

    def _fault(self, pointer: str, en: str, zh: str) -> None:
        self.issues.append(Issue(pointer, "fhir-element", en, zh))
