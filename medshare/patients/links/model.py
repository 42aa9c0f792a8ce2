"""Acts on the link graph: who joined or parted which records, why, and what would forbid it.

A record never moves: the link that names its person ends, and another begins. An act is never
rewritten either. It is undone when a later act names it, so the history reads as it happened.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from medshare.kernel.errors import ConflictError, ForbiddenError, Issue, NotFoundError
from medshare.kernel.facts import Fact
from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId
from medshare.patients.model import LinkedRecord, Outcome, Reason, Registration


class ActKind(StrEnum):
    """What a person can do to links."""

    MERGE = "merge"
    UNMERGE = "unmerge"
    LINK = "link"
    UNLINK = "unlink"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: an account or a client, and the one facility whose records they may move.

    ``facility`` is ``None`` for a registrar of the whole city.
    """

    id: str
    facility: FacilityCode | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """One act on the link graph.

    Of a merge ``patient_id`` is the person that remains and ``other_patient_id`` the one retired;
    an unmerge says the same of the merge that it ``undoes``. Of a link or an unlink
    ``patient_id`` is the person that ``record_id`` came to, ``other_patient_id`` where it was.
    ``seconded_by`` is the second person, where policy asks for one.
    """

    id: str
    kind: ActKind
    patient_id: PatientId
    other_patient_id: PatientId
    reason: str
    actor: Actor
    made_at: datetime
    record_id: RecordId | None = None
    undoes: str | None = None
    seconded_by: str | None = None
    undone_by: str | None = None


@dataclass(frozen=True, slots=True)
class MergeRequest:
    """Which two persons are one, as a registrar saw them.

    ``version`` and ``retired_version`` are those of the link graph around each.
    ``despite_conflict`` says that the registrar knows of two different identity numbers.
    """

    survivor: PatientId
    retired: PatientId
    reason: str
    version: int
    retired_version: int
    despite_conflict: bool = False


@dataclass(frozen=True, slots=True)
class UnmergeRequest:
    """Which merge was wrong; ``version`` is that of the links around the one who remained."""

    merge_id: str
    reason: str
    version: int


class ProposalState(StrEnum):
    """Where a proposal stands that waits for a second person."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A merge or unmerge that waits for a second person, or was decided by one.

    It is of the links as its author saw them: once they have changed it can only be rejected.
    """

    id: str
    act: MergeRequest | UnmergeRequest
    patient_id: PatientId
    other_patient_id: PatientId
    proposed_by: Actor
    proposed_at: datetime
    state: ProposalState = ProposalState.OPEN
    decided_by: str | None = None

    @property
    def kind(self) -> ActKind:
        """Return what is proposed."""
        return ActKind.MERGE if isinstance(self.act, MergeRequest) else ActKind.UNMERGE


@dataclass(frozen=True, slots=True)
class LinkEvent:
    """A record's stay with a person, from one event to the next."""

    record_id: RecordId
    patient_id: PatientId
    facility: FacilityCode
    made_at: datetime
    ended_at: datetime | None
    outcome: Outcome
    explanation: tuple[Reason, ...]
    made_by: str


@dataclass(frozen=True, slots=True)
class PatientsMerged(Fact):
    """Two persons are one: the records of ``retired_id`` belong to ``survivor_id`` from now on."""

    kind: ClassVar[str] = "patients.merged"

    act_id: str
    survivor_id: str
    retired_id: str
    record_ids: list[str]

    @property
    def subject(self) -> str:
        """Keep the facts of one person in order."""
        return self.survivor_id


@dataclass(frozen=True, slots=True)
class PatientsUnmerged(Fact):
    """A merge was undone: the records named belong to ``retired_id`` again."""

    kind: ClassVar[str] = "patients.unmerged"

    act_id: str
    survivor_id: str
    retired_id: str
    record_ids: list[str]

    @property
    def subject(self) -> str:
        """Keep the facts of one person in order."""
        return self.survivor_id


@dataclass(frozen=True, slots=True)
class RecordLinked(Fact):
    """A registrar put a record to another person."""

    kind: ClassVar[str] = "patients.record-linked"

    act_id: str
    record_id: str
    patient_id: str
    from_patient_id: str
    facility: str

    @property
    def subject(self) -> str:
        """Keep the facts of one person in order."""
        return self.patient_id


@dataclass(frozen=True, slots=True)
class RecordUnlinked(Fact):
    """A registrar took a record out of ``from_patient_id``; ``patient_id`` is its own person."""

    kind: ClassVar[str] = "patients.record-unlinked"

    act_id: str
    record_id: str
    patient_id: str
    from_patient_id: str
    facility: str

    @property
    def subject(self) -> str:
        """Keep the facts of one person in order."""
        return self.from_patient_id


class SamePatientError(ConflictError):
    """A person cannot be merged with themselves."""

    slug = "same-patient"
    title = "Both ids name one person already; there is nothing to merge"
    title_zh = "两个标识已指向同一人，无需合并"


class PatientRetiredError(ConflictError):
    """The person was merged into another; ``params`` name the one that remains."""

    slug = "patient-retired"
    title = "The patient was merged into another one; act on the one that replaced it"
    title_zh = "该患者已并入其他患者，请对替代的患者操作"


class IdentityConflictError(ConflictError):
    """Two different valid identity numbers stand against each other."""

    slug = "identity-numbers-conflict"
    title = (
        "Two different valid identity numbers are two people; correct the wrong one, or send"
        " despiteConflict with the reason"
    )
    title_zh = "两个不同的有效身份证号属于两个人；请先更正，或说明理由并发送 despiteConflict"


class NeverLinkError(ConflictError):
    """Somebody decided that two of the records are two people."""

    slug = "never-link"
    title = "Two of the records were marked as different people; lift that mark first"
    title_zh = "其中两条记录已标记为不同的人，请先解除该标记"


class LaterActError(ConflictError):
    """What is to be undone lies under a later act."""

    slug = "later-act-stands"
    title = "A later merge builds on this one; undo the later one first"
    title_zh = "后续合并以此次合并为基础，请先撤销后续合并"


class RecordThereError(ConflictError):
    """The record is with the person already."""

    slug = "record-there"
    title = "The record belongs to this patient already; there is nothing to do"
    title_zh = "该记录已属于该患者，无需操作"


class LastRecordError(ConflictError):
    """A record that is a person of its own cannot be taken out of it."""

    slug = "only-record"
    title = "The record is the only one of its patient; there is nothing to take apart"
    title_zh = "该记录是该患者的唯一记录，无法拆分"


class TwoHaveToAgreeError(ConflictError):
    """A link would retire a person, as a merge does, and merges need two registrars here."""

    slug = "two-have-to-agree"
    title = (
        "The record is its patient's only one; propose a merge, for another registrar to confirm"
    )
    title_zh = "该记录是该患者的唯一记录，请改为提出合并，由另一位登记员确认"


class SecondPersonError(ConflictError):
    """Who proposed it cannot confirm it."""

    slug = "second-person-needed"
    title = "Another registrar has to confirm; whoever proposed it cannot"
    title_zh = "须由另一名登记员确认，提议者本人不能确认"


class ProposalClosedError(ConflictError):
    """The proposal was decided before."""

    slug = "proposal-closed"
    title = "The proposal was decided before"
    title_zh = "该提议已处理"


class ForeignRecordsError(ForbiddenError):
    """A facility's registrar moves the facility's own records only."""

    slug = "foreign-records"
    title = "Records of another facility would move; ask a registrar of the city"
    title_zh = "此操作将移动其他机构的记录，请联系市级登记员"


class ActUnknownError(NotFoundError):
    """There is no such merge."""

    slug = "merge-unknown"
    title = "There is no such merge"
    title_zh = "没有该合并记录"


class ProposalUnknownError(NotFoundError):
    """There is no such proposal."""

    slug = "proposal-unknown"
    title = "There is no such proposal"
    title_zh = "没有该提议"


OTHER_UNKNOWN = Issue(
    "/retiredId",
    "patient-unknown",
    "There is no such patient; send the id as a search shows it.",
    "没有该患者，请填写检索结果中的标识。",
)
RECORD_UNKNOWN = Issue(
    "/recordId",
    "patient-record-unknown",
    "There is no such record; send the id as the patient shows it.",
    "没有该记录，请填写患者信息中的记录标识。",
)


def require_own(actor: Actor, moving: Iterable[LinkedRecord]) -> None:
    """Let a facility's registrar move the facility's own records only.

    Raises
    ------
    ForeignRecordsError
        A record of another facility would move.
    """
    if actor.facility is not None and any(each.facility != actor.facility for each in moving):
        raise ForeignRecordsError


def have_conflict(ours: Iterable[Registration], theirs: Iterable[Registration]) -> bool:
    """Tell whether two persons have different valid identity numbers: that is two people."""
    ours_known = {each.identity_number for each in ours} - {None}
    theirs_known = {each.identity_number for each in theirs} - {None}
    return bool(ours_known and theirs_known) and ours_known != theirs_known


def returning(
    moved: Iterable[RecordId], stays: Sequence[LinkEvent], act: Act
) -> tuple[RecordId, ...]:
    """Return the records that go back when a merge is undone.

    Those that the merge moved and that are still with the person who remained. A record that a
    registrar put there by hand since then stays: the later word counts.

    Parameters
    ----------
    moved
        The records that the merge moved.
    stays
        The live links of these records.
    """
    by_hand = f"{ActKind.LINK}:"
    present = {
        each.record_id
        for each in stays
        if each.patient_id == act.patient_id and not each.made_by.startswith(by_hand)
    }
    return tuple(each for each in moved if each in present)
