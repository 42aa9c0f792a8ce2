"""A hook's call as far as recognition needs it, read from the FHIR resources that came along."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from medshare.exams.model import Coding
from medshare.kernel.errors import InvalidError, Issue
from medshare.recognition.model import CareContext, Laterality

TEXT_MAX = 200
DRAFTS_MAX = 20
Resource = Mapping[str, Any]
# SNOMED CT qualifiers of side, as ServiceRequest.bodySite carries them.
_SIDES = {
    "7771000": Laterality.LEFT,
    "24028007": Laterality.RIGHT,
    "51440002": Laterality.BILATERAL,
}
_URGENT = frozenset({"stat"})


class Hook(StrEnum):
    """The moments of a doctor's work at which medshare speaks."""

    PATIENT_VIEW = "patient-view"
    ORDER_SELECT = "order-select"
    ORDER_SIGN = "order-sign"


@dataclass(frozen=True, slots=True)
class DraftOrder:
    """A ServiceRequest that has not been sent.

    Parameters
    ----------
    codings
        What is ordered, in the client's order of preference.
    resource
        As it came, so that a reduced order can be proposed.
    """

    reference: str
    codings: tuple[Coding, ...]
    laterality: Laterality | None
    context: CareContext | None
    resource: Resource


@dataclass(frozen=True, slots=True)
class HookCall:
    """A call of a service.

    Parameters
    ----------
    identifiers
        By which the patient may be found: what the prefetched Patient states, in its order, and
        the context's own ``system|value``.
    patient_number
        The context's patient id where it has no system: the facility's own number.
    """

    hook: Hook
    user_id: str
    encounter: str
    identifiers: tuple[tuple[str, str], ...]
    patient_number: str
    drafts: tuple[DraftOrder, ...] = ()


class FeedbackOutcome(StrEnum):
    """What became of a card."""

    ACCEPTED = "accepted"
    OVERRIDDEN = "overridden"


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a doctor did with a card.

    Parameters
    ----------
    suggestions
        The ids of the accepted suggestions.
    reason, comment
        Of an override.
    """

    card: str
    outcome: FeedbackOutcome
    suggestions: frozenset[str] = frozenset()
    reason: str = ""
    comment: str = ""


def _fault(pointer: str, code: str, en: str, zh: str) -> InvalidError:
    return InvalidError(issues=[Issue(pointer, code, en, zh)])


def read_call(document: object, hook: Hook) -> HookCall:
    """Read a call of a service; what recognition does not need is not looked at.

    Raises
    ------
    InvalidError
        The hook is another one, or the context lacks what the hook promises.

    References
    ----------
    CDS Hooks 2.0, "Calling a CDS Service"; hooks library: patient-view, order-select, order-sign.
    """
    call = _object(document, "")
    if call.get("hook") != hook:
        raise _fault("/hook", "hook", "Call the service of this hook.", "请调用该 hook 的服务。")
    if not _text(call.get("hookInstance")):
        raise _required("/hookInstance")
    context = _object(call.get("context"), "/context")
    patient_id = _text(context.get("patientId"))
    if not patient_id:
        raise _required("/context/patientId")
    system, bar, value = patient_id.rpartition("|")
    named = ((system, value),) if bar else ()
    return HookCall(
        hook=hook,
        user_id=_text(context.get("userId")),
        encounter=_text(context.get("encounterId"))[:64],
        identifiers=(*_identifiers(call.get("prefetch")), *named),
        patient_number="" if bar else patient_id,
        drafts=() if hook is Hook.PATIENT_VIEW else _drafts(context, hook),
    )


def read_feedback(document: object) -> tuple[Feedback, ...]:
    """Read what a client tells of its cards.

    Raises
    ------
    InvalidError
        An entry names no card or another outcome than accepted and overridden.
    """
    entries = _object(document, "").get("feedback")
    if not isinstance(entries, list) or not entries:
        raise _required("/feedback")
    return tuple(_feedback(each, f"/feedback/{number}") for number, each in enumerate(entries))


def _feedback(entry: object, pointer: str) -> Feedback:
    told = _object(entry, pointer)
    card, outcome = _text(told.get("card")), told.get("outcome")
    if not card:
        raise _required(f"{pointer}/card")
    if outcome not in set(FeedbackOutcome):
        raise _fault(
            f"{pointer}/outcome",
            "choice",
            "Send one of: accepted, overridden.",
            "请填写以下之一：accepted, overridden。",
        )
    override = _mapping(told.get("overrideReason"))
    return Feedback(
        card,
        FeedbackOutcome(outcome),
        frozenset(_text(each.get("id")) for each in _mappings(told.get("acceptedSuggestions"))),
        _text(_mapping(override.get("reason")).get("code"))[:64],
        _text(override.get("userComment")),
    )


def _identifiers(prefetch: object) -> Iterator[tuple[str, str]]:
    patient = _mapping(_mapping(prefetch).get("patient"))
    if patient.get("resourceType") == "Patient":
        for each in _mappings(patient.get("identifier")):
            system, value = _text(each.get("system")), _text(each.get("value"))
            if system and value:
                yield system, value


def _drafts(context: Resource, hook: Hook) -> tuple[DraftOrder, ...]:
    bundle = _mapping(context.get("draftOrders"))
    resources = [_mapping(each.get("resource")) for each in _mappings(bundle.get("entry"))]
    drafts = [_draft(each) for each in resources if each.get("resourceType") == "ServiceRequest"]
    if hook is Hook.ORDER_SELECT:
        selections = context.get("selections")
        chosen = set(map(_text, selections)) if isinstance(selections, list) else set()
        drafts = [each for each in drafts if each.reference in chosen]
    return tuple(each for each in drafts if each.codings)[:DRAFTS_MAX]


def _draft(resource: Resource) -> DraftOrder:
    sides = [
        _SIDES[code]
        for site in _mappings(resource.get("bodySite"))
        for coding in _codings(site)
        if (code := coding.code) in _SIDES
    ]
    return DraftOrder(
        reference=f"ServiceRequest/{_text(resource.get('id'))}",
        codings=tuple(_codings(_mapping(resource.get("code")))),
        laterality=sides[0] if sides else None,
        context=CareContext.EMERGENCY if resource.get("priority") in _URGENT else None,
        resource=resource,
    )


def _codings(concept: Resource) -> Iterator[Coding]:
    for each in _mappings(concept.get("coding")):
        system, code = _text(each.get("system")), _text(each.get("code"))
        if system and code:
            yield Coding(system, code, _text(each.get("display")))


def _required(pointer: str) -> InvalidError:
    return _fault(pointer, "required", "The field is required; send it.", "该字段必填，请补充。")


def _object(value: object, pointer: str) -> Resource:
    if not isinstance(value, dict):
        raise _fault(pointer, "object", "Send a JSON object here.", "此处应为 JSON 对象。")
    return value


def _mapping(value: object) -> Resource:
    return value if isinstance(value, dict) else {}


def _mappings(value: object) -> Sequence[Resource]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _text(value: object) -> str:
    """Return a text that can be kept, empty for anything else."""
    if not isinstance(value, str) or not value.isprintable() or len(value) > TEXT_MAX:
        return ""
    return value.strip()
