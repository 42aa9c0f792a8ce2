"""Acts on links, their history and the golden view, in and out of JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from marshmallow import fields

from medshare.infra.paging import CURSOR_LIMIT, LIMIT_DEFAULT, LIMIT_MAX
from medshare.kernel.identifiers import PatientId, RecordId
from medshare.patients.links.by_hand import HandRequest
from medshare.patients.links.golden import Rule, Survivor
from medshare.patients.links.history import History
from medshare.patients.links.model import (
    Act,
    ActKind,
    LinkEvent,
    MergeRequest,
    Proposal,
    ProposalState,
    UnmergeRequest,
)
from medshare.patients.links.tables import REASON_LENGTH
from medshare.patients.model import FoundPatient, HumanName, Outcome
from medshare.patients.schemas import (
    PatientIdentifierSchema,
    ReasonSchema,
    dump_identifier,
    dump_name,
    dump_reason,
)
from medshare.web.body import load_arguments, load_json
from medshare.web.fields import (
    Code,
    Flag,
    Input,
    Items,
    OffsetDateTime,
    OneOf,
    QueryWhole,
    Sub,
    Text,
    Whole,
)

_VERSION_MAX = 2**31 - 1


class MergeSchema(Input):
    """Whom to retire, on which version of their links, and why."""

    retiredId = Code(required=True)  # noqa: N815  # JSON's spelling
    retiredVersion = Whole(required=True, low=1, high=_VERSION_MAX)  # noqa: N815  # JSON's spelling
    reason = Text(required=True, high=REASON_LENGTH)
    despiteConflict = Flag(load_default=False)  # noqa: N815  # JSON's spelling


class ActReasonSchema(Input):
    """Why something is done."""

    reason = Text(required=True, high=REASON_LENGTH)


class HandSchema(Input):
    """Which record to link or unlink, and why."""

    recordId = Code(required=True)  # noqa: N815  # JSON's spelling
    reason = Text(required=True, high=REASON_LENGTH)


class ProposalDecisionSchema(Input):
    """Whether a second person confirms."""

    confirm = Flag(required=True)


class ProposalQuerySchema(Input):
    """Which proposals, and which page of them."""

    state = OneOf(ProposalState, load_default=ProposalState.OPEN)
    cursor = Text(load_default=None, high=CURSOR_LIMIT)
    limit = QueryWhole(load_default=LIMIT_DEFAULT, low=1, high=LIMIT_MAX)


class ActSchema(Input):
    """An act on links, as it is shown."""

    id = fields.String(required=True)
    kind = OneOf(ActKind, required=True)
    patientId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    otherPatientId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    recordId = fields.String()  # noqa: N815  # JSON's spelling
    reason = fields.String(required=True)
    actor = fields.String(required=True)
    facility = fields.String()
    madeAt = OffsetDateTime(required=True)  # noqa: N815  # JSON's spelling
    secondedBy = fields.String()  # noqa: N815  # JSON's spelling
    undoes = fields.String()
    undoneBy = fields.String()  # noqa: N815  # JSON's spelling


class ProposalSchema(Input):
    """A proposal, as it is shown."""

    id = fields.String(required=True)
    kind = OneOf(ActKind, required=True)
    state = OneOf(ProposalState, required=True)
    patientId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    otherPatientId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    reason = fields.String(required=True)
    proposedBy = fields.String(required=True)  # noqa: N815  # JSON's spelling
    proposedAt = OffsetDateTime(required=True)  # noqa: N815  # JSON's spelling
    undoes = fields.String()
    decidedBy = fields.String()  # noqa: N815  # JSON's spelling
    act = Sub(ActSchema)


class ProposalListSchema(Input):
    """A page of proposals."""

    items = fields.List(fields.Nested(ProposalSchema), required=True)
    next = fields.String()


class LinkEventSchema(Input):
    """A record's stay with a person."""

    recordId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    patientId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    facility = fields.String(required=True)
    madeAt = OffsetDateTime(required=True)  # noqa: N815  # JSON's spelling
    endedAt = OffsetDateTime()  # noqa: N815  # JSON's spelling
    outcome = OneOf(Outcome, required=True)
    explanation = Items(Sub(ReasonSchema), required=True)
    madeBy = fields.String(required=True)  # noqa: N815  # JSON's spelling


class LinkHistorySchema(Input):
    """How the links came to be as they are."""

    version = fields.Integer()
    stays = Items(Sub(LinkEventSchema), required=True)
    acts = Items(Sub(ActSchema), required=True)


class CrossReferenceSchema(PatientIdentifierSchema):
    """An identifier of a person, and the record that states it."""

    facility = fields.String(required=True)
    recordId = fields.String(required=True)  # noqa: N815  # JSON's spelling


class CrossReferencesSchema(Input):
    """Under which identifiers a person is known."""

    patientId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    identifiers = Items(Sub(CrossReferenceSchema), required=True)


class SurvivorSchema(Input):
    """A value of the golden view."""

    attribute = fields.String(required=True)
    value = fields.Raw(required=True)
    recordId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    rule = OneOf(Rule, required=True)


class GoldenSchema(Input):
    """One value an attribute."""

    patientId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    attributes = Items(Sub(SurvivorSchema), required=True)


@dataclass(frozen=True, slots=True)
class ProposalQuery:
    """Which proposals a registrar asks for."""

    state: ProposalState
    cursor: str | None
    limit: int


MERGE = MergeSchema()
REASON = ActReasonSchema()
HAND = HandSchema()
DECISION = ProposalDecisionSchema()
PROPOSALS = ProposalQuerySchema()


def load_merge(survivor: PatientId, version: int) -> MergeRequest:
    """Load the merge in the request's body."""
    data = cast("dict[str, Any]", load_json(MERGE))
    return MergeRequest(
        survivor=survivor,
        retired=PatientId(data["retiredId"]),
        reason=data["reason"],
        version=version,
        retired_version=data["retiredVersion"],
        despite_conflict=data["despiteConflict"],
    )


def load_unmerge(merge_id: str, version: int) -> UnmergeRequest:
    """Load why a merge is to be undone."""
    return UnmergeRequest(merge_id, cast("str", load_json(REASON)["reason"]), version)


def load_hand(patient_id: PatientId, version: int) -> HandRequest:
    """Load which record is to be linked or unlinked."""
    data = cast("dict[str, Any]", load_json(HAND))
    return HandRequest(patient_id, RecordId(data["recordId"]), version, data["reason"])


def load_decision() -> bool:
    """Load whether a proposal is confirmed."""
    return cast("bool", load_json(DECISION)["confirm"])


def load_proposal_query() -> ProposalQuery:
    """Load which proposals are asked for."""
    return ProposalQuery(**load_arguments(PROPOSALS))


def dump_act(act: Act) -> dict[str, object]:
    """Show an act."""
    return _known(
        id=act.id,
        kind=act.kind,
        patientId=act.patient_id,
        otherPatientId=act.other_patient_id,
        recordId=act.record_id,
        reason=act.reason,
        actor=act.actor.id,
        facility=act.actor.facility,
        madeAt=act.made_at,
        secondedBy=act.seconded_by,
        undoes=act.undoes,
        undoneBy=act.undone_by,
    )


def dump_proposal(proposal: Proposal, act: Act | None = None) -> dict[str, object]:
    """Show a proposal, with the act once it was done."""
    return _known(
        id=proposal.id,
        kind=proposal.kind,
        state=proposal.state,
        patientId=proposal.patient_id,
        otherPatientId=proposal.other_patient_id,
        reason=proposal.act.reason,
        proposedBy=proposal.proposed_by.id,
        proposedAt=proposal.proposed_at,
        undoes=None if isinstance(proposal.act, MergeRequest) else proposal.act.merge_id,
        decidedBy=proposal.decided_by,
        act=dump_act(act) if act else None,
    )


def dump_history(history: History, version: int | None = None) -> dict[str, object]:
    """Show how links came to be."""
    return _known(
        version=version,
        stays=[_stay(each) for each in history.stays],
        acts=[dump_act(each) for each in history.acts],
    )


def dump_cross_references(patient: FoundPatient) -> dict[str, object]:
    """Show under which identifiers a person is known, record by record."""
    identifiers = [
        {
            **dump_identifier(each),
            "facility": record.linked.facility,
            "recordId": record.linked.record_id,
        }
        for record in patient.records
        for each in record.registration.identifiers
    ]
    return {"patientId": patient.patient_id, "identifiers": identifiers}


def dump_golden(patient_id: PatientId, survivors: Sequence[Survivor]) -> dict[str, object]:
    """Show the golden view."""
    attributes = [
        {
            "attribute": each.attribute,
            "value": _plain(each.value),
            "recordId": each.record_id,
            "rule": each.rule,
        }
        for each in survivors
    ]
    return {"patientId": patient_id, "attributes": attributes}


def _plain(value: object) -> object:
    if isinstance(value, HumanName):
        return dump_name(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def _stay(event: LinkEvent) -> dict[str, object]:
    return _known(
        recordId=event.record_id,
        patientId=event.patient_id,
        facility=event.facility,
        madeAt=event.made_at,
        endedAt=event.ended_at,
        outcome=event.outcome,
        explanation=[dump_reason(each) for each in event.explanation],
        madeBy=event.made_by,
    )


def _known(**members: object) -> dict[str, object]:
    return {name: value for name, value in members.items() if value is not None}
