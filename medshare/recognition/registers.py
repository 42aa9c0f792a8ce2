"""Everything that is in force at an instant, read from the registers and kept while they stand."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from weakref import WeakKeyDictionary

from sqlalchemy.engine import Engine

from medshare.exams import service as exams
from medshare.facilities import service as facilities
from medshare.facilities.model import Member
from medshare.infra.uow import UnitOfWork
from medshare.recognition import revision
from medshare.recognition.catalogue import service as catalogue
from medshare.recognition.catalogue.model import Catalogue, evaluator_items
from medshare.recognition.certificates import service as certificates
from medshare.recognition.certificates.model import Scope
from medshare.recognition.policies import service as policies
from medshare.recognition.policies.model import Content, RepeatReason, Terms
from medshare.recognition.programme import FacilityLevel, Programme, ScopeNode


@dataclass(frozen=True, slots=True)
class InForce:
    """The programme for the evaluator, and what the decision's face says of it.

    Parameters
    ----------
    reasons
        Why a repeat may be: the programme's own list, in its order.
    terms
        Price, minutes, dose and card mode by item of the policy.
    catalogue
        What codes mean: ``catalogue.item_of(system, code)``.
    """

    programme: Programme
    policy_id: str
    content_hash: str
    content: Content
    catalogue: Catalogue

    @property
    def reasons(self) -> tuple[RepeatReason, ...]:
        """Return the coded reasons for a repeat."""
        return self.content.reasons

    @property
    def terms(self) -> Mapping[str, Terms]:
        """Return what an item costs, by its code."""
        return self.content.terms


_Key = tuple[str, str, tuple[Member, ...]]
_kept: WeakKeyDictionary[Engine, tuple[_Key, InForce]] = WeakKeyDictionary()


def load_programme(uow: UnitOfWork, at: datetime) -> InForce:
    """Return what is in force at an instant.

    It is read anew when a register, a facility or the policy in force has changed; otherwise the
    answer costs four small queries.

    Raises
    ------
    NoPolicyInForceError
        No policy is in force then.
    """
    version_id = policies.id_in_force(uow, at)
    members = facilities.members(uow)
    key = (revision.current(uow.session), version_id, members)
    engine = uow.session.get_bind().engine
    kept = _kept.get(engine)
    if kept is not None and kept[0] == key:
        return kept[1]
    fresh = _read(uow, version_id, members)
    _kept[engine] = (key, fresh)
    return fresh


def _read(uow: UnitOfWork, version_id: str, members: tuple[Member, ...]) -> InForce:
    version = policies.get(uow, version_id)
    content, listed = version.content, catalogue.load(uow)
    programme = Programme(
        content.policy,
        evaluator_items(exams.managed_items(uow), listed),
        {scope.code: _node(scope, members) for scope in certificates.scopes(uow)},
        {member.code: FacilityLevel(member.level) for member in members},
        tuple(each.rule for each in certificates.all_certificates(uow)),
    )
    return InForce(programme, version.id, version.content_hash, content, listed)


def _node(scope: Scope, members: tuple[Member, ...]) -> ScopeNode:
    inside = tuple(member.code for member in members if scope.code in member.scopes)
    return ScopeNode(scope.code, scope.rank, scope.contains, inside)
