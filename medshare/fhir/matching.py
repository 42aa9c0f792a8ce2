"""The Parameters resource of ``$match``."""

from collections.abc import Mapping
from dataclasses import dataclass

from medshare.fhir.reading import read_patient
from medshare.kernel.errors import InvalidError, Issue
from medshare.patients.model import Registration

COUNT_DEFAULT = 20
COUNT_MAX = 50
_NO_RESOURCE = Issue(
    "/parameter",
    "match-parameters",
    "Send Parameters with resource (a Patient), and onlyCertainMatches and count if wanted.",
    "请发送 Parameters：resource 为 Patient，可选 onlyCertainMatches 与 count。",
)


@dataclass(frozen=True, slots=True)
class MatchQuestion:
    """Who is described, and which of the matches are wanted."""

    described: Registration
    only_certain: bool
    count: int


def load_match(document: object) -> MatchQuestion:
    """Read the parameters of ``$match``; a bare Patient is taken for its resource.

    Raises
    ------
    InvalidError
        There is no Patient in it, or a parameter is of another type.
    """
    if isinstance(document, Mapping) and document.get("resourceType") == "Patient":
        return MatchQuestion(
            read_patient(document).registration, only_certain=False, count=COUNT_DEFAULT
        )
    named = dict(_named(document))
    only = named.get("onlyCertainMatches", {}).get("valueBoolean", False)
    count = named.get("count", {}).get("valueInteger", COUNT_DEFAULT)
    resource = named.get("resource", {}).get("resource")
    if not isinstance(resource, Mapping) or not isinstance(only, bool):
        raise InvalidError(issues=[_NO_RESOURCE])
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise InvalidError(issues=[_NO_RESOURCE])
    return MatchQuestion(read_patient(resource).registration, only, min(count, COUNT_MAX))


def _named(document: object) -> list[tuple[str, Mapping[str, object]]]:
    parameters = document.get("parameter") if isinstance(document, Mapping) else None
    return [
        (str(each.get("name")), each)
        for each in (parameters if isinstance(parameters, list) else [])
        if isinstance(each, Mapping)
    ]
