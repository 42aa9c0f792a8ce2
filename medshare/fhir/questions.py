"""What a FHIR caller asks and is refused, in the index's own terms."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from medshare.kernel.errors import ForbiddenError, MalformedError, MedshareError, NotFoundError
from medshare.patients.matching.decide import Grade
from medshare.patients.model import FoundPatient, PatientIdentifier


@dataclass(frozen=True, slots=True)
class PixQuestion:
    """Whose other identifiers are asked for, and of which domains; without any, of all.

    A FHIR server is a domain too, by its address: the ids of its Patient resources are identifiers.
    """

    source: PatientIdentifier
    targets: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The question in one text, as the trail keeps it."""
        asked = [("sourceIdentifier", f"{self.source.system}|{self.source.value}")]
        return urlencode(asked + [("targetSystem", each) for each in self.targets])

    def wants(self, system: str) -> bool:
        """Tell whether identifiers of a domain are asked for."""
        return not self.targets or system in self.targets


@dataclass(frozen=True, slots=True)
class GradedPatient:
    """A person who may be the one described, and how sure that is."""

    patient: FoundPatient
    grade: Grade


class SourceDomainError(MalformedError):
    """The source identifier is of no domain that anybody here assigns from (ITI-83: 400)."""

    slug = "source-domain-unknown"
    title = "The assigning authority of the source identifier is not known here"
    title_zh = "来源标识符的分配机构未知"


class SourceIdentifierError(NotFoundError):
    """The domain is known, the identifier is not (ITI-83: 404)."""

    slug = "source-identifier-unknown"
    title = "The source identifier is not known"
    title_zh = "来源标识符未知"


class TargetDomainError(ForbiddenError):
    """The target is no domain of this manager (ITI-83: 403)."""

    slug = "target-domain-unknown"
    title = "The target system is not a domain of this index"
    title_zh = "目标体系不属于本索引"


class DomainUnknownError(NotFoundError):
    """Identifiers are wanted of a domain that nobody here assigns from (ITI-78, case 4: 404)."""

    slug = "identifier-domain-unknown"
    title = "The domain of the wanted identifiers is not known here"
    title_zh = "所需标识符的分配机构未知"


class TooWideError(MalformedError):
    """A search would list the city."""

    slug = "search-too-wide"
    title = (
        "Search by _id, identifier or telecom, by a name with birthdate (a year at most) or "
        "address, or by family with given or gender"
    )
    title_zh = (
        "请按 _id、identifier 或 telecom 检索，或同时提供姓名与出生日期（至多一年）或地址，"
        "或同时提供 family 与 given 或 gender"
    )


class OtherRecordError(MalformedError):
    """The body is about another record than the address."""

    slug = "identifier-differs"
    title = "The resource does not hold the identifier that the address names"
    title_zh = "资源不含地址中的标识符"


# What IHE has these say: the code of the issue, and its diagnostics.
TOLD_BY_IHE: Mapping[type[MedshareError], tuple[str, str]] = {
    SourceDomainError: ("code-invalid", "sourceIdentifier Assigning Authority not found"),
    SourceIdentifierError: ("not-found", "sourceIdentifier Patient Identifier not found"),
    TargetDomainError: ("code-invalid", "targetSystem not found"),
    DomainUnknownError: ("not-found", "targetSystem not found"),
    TooWideError: ("too-costly", TooWideError.slug),
}


def split_token(token: str) -> PatientIdentifier:
    """Read ``system|value``, which a schema has checked."""
    system, _bar, value = token.partition("|")
    return PatientIdentifier(system, value.strip(), "")
